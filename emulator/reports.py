# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports a business day brings, when each is made and how large it is (§4.1: 60 and more for HKCC and SEOCH)."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from emulator.clock import HONG_KONG

COMMON = "COMMON"
HOUSES = ("HKCC", "SEOCH")
SMALLEST, LARGEST = 300, 4_500_000  # bytes

# Names of the reports, and when the day's run makes them (Hong Kong time).
_FOR_ALL = {
    "SERIES_LIST": "06:35",
    "CONTRACT_SPEC": "06:36",
    "MARGIN_RATES": "06:40",
    "FEE_SCHEDULE": "06:41",
    "CALENDAR": "06:42",
    "CLOSING_PRICES": "17:05",
    "SETTLEMENT_PRICES": "18:20",
    "RISK_PARAMETERS": "18:35",
    "RISK_ARRAYS": "18:40",
    "OPEN_INTEREST": "18:55",
    "VOLATILITY": "19:05",
    "CAPITAL_ADJUSTMENTS": "19:30",
}
_FOR_ONE_PER_HOUSE = {
    "RPI01": "09:45",
    "RPI02": "11:15",
    "RPI03": "14:10",
    "TP001": "18:30",
    "TP002": "18:31",
    "TP003": "18:32",
    "PS001": "18:50",
    "PS002": "18:51",
    "MR001": "19:10",
    "MR002": "19:12",
    "MR003": "19:14",
    "CS001": "19:40",
    "CS002": "19:41",
    "CL001": "20:05",
    "CL002": "20:06",
    "EX001": "20:20",
    "FE001": "20:45",
    "AU001": "21:10",
    "RX_LIMITS": "21:20",
}
_FOR_ONE = {"RX_AUDIT": "21:30", "RX_USERS": "21:31", "STATEMENT": "21:45"}


@dataclass(frozen=True)
class Report:
    """A file to be published: where, under which name, how many bytes, and when it was made."""

    folder: str
    name: str
    size: int
    made_at: datetime


def reports_for_all(day: date) -> Iterator[Report]:
    """The day's files in COMMON."""
    for house in HOUSES:
        for kind, made in _FOR_ALL.items():
            yield _report(COMMON, f"{house}_{kind}_{day:%Y%m%d}.csv", day, made, median=150_000)


def reports_for_one(customer_code: str, day: date) -> Iterator[Report]:
    """The day's files in a participant's own folder."""
    for house in HOUSES:
        for kind, made in _FOR_ONE_PER_HOUSE.items():
            yield _report(customer_code, f"{customer_code}_{house}_{kind}_{day:%Y%m%d}.csv", day, made, median=90_000)
    for kind, made in _FOR_ONE.items():
        yield _report(customer_code, f"{customer_code}_{kind}_{day:%Y%m%d}.csv", day, made, median=90_000)


def is_intraday(name: str) -> bool:
    """Whether this is an intraday margin report, the one kind that may be fetched more than once a day (§4.1)."""
    return "RPI" in name


def _report(folder: str, name: str, day: date, made: str, *, median: int) -> Report:
    dice = dice_for(folder, name, day.isoformat())
    size = int(median * dice.lognormvariate(0, 1.5))
    moment = datetime.combine(day, time.fromisoformat(made), HONG_KONG) + timedelta(seconds=dice.randrange(300))
    return Report(folder, name, min(max(size, SMALLEST), LARGEST), moment)


def dice_for(*words: object) -> random.Random:
    """A source of numbers that is the same for the same words on every machine."""
    return random.Random(hashlib.sha256("|".join(map(str, words)).encode()).digest())  # noqa: S311
