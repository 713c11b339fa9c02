# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which reports a day brings, when each is made and how large it is (§4.1: 60 and more for HKCC and SEOCH)."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from emulator import names, zips
from emulator.clock import HONG_KONG

COMMON = "COMMON"
HOUSES = ("HKCC", "SEOCH")
HOLIDAY_HOUSES = HOUSES[:1]  # what trades on a holiday is cleared by HKCC alone
SMALLEST, LARGEST = 300, 4_500_000  # bytes
FOR_ALL, FOR_ONE, OF_RISK = 150_000, 90_000, 400_000  # bytes: half of the reports are smaller

# What is made when by the day's run (Hong Kong time; 24:05 is five past midnight, in the night after the day).
CALLS = {"HKCC": {"10:30": "RPI02", "15:00": "RPI03"}, "SEOCH": {"09:45": "RPI01", "15:00": "RPI03"}}
_EARLY, _FINAL, _ZIPPED = "18:30", "24:05", "24:15"
_FOR_ALL_PER_HOUSE = {
    "SERIES_LIST": "06:35",
    "CONTRACT_SPEC": "06:36",
    "FEE_SCHEDULE": "06:41",
    "CALENDAR": "06:42",
    "CLOSING_PRICES": "17:05",
    "SETTLEMENT_PRICES": "18:20",
    "OPEN_INTEREST": "18:55",
    "VOLATILITY": "19:05",
    "CAPITAL_ADJUSTMENTS": "19:30",
}
_UNCHANGING = ("CALENDAR",)  # each day's takes the place of the one before, under the same name
_FOR_ONE_PER_HOUSE = {
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
    "EX002": "20:21",
    "FE001": "20:45",
    "AU001": "21:10",
    "RX_LIMITS": "21:20",
}
_MONTHLY_PER_HOUSE = {"RP008": "20:30"}
_FOR_ONE = {"RX_AUDIT": "21:30", "RX_USERS": "21:31", "STATEMENT": "21:45"}


@dataclass(frozen=True)
class Report:
    """A file to be published: where, under which name, how many bytes, when it was made, and of which day it is."""

    folder: str
    name: str
    size: int
    made_at: datetime
    day: date
    unchanging: bool = False

    @property
    def is_late(self) -> bool:
        """Whether it is made in the night after its day."""
        return self.made_at.date() > self.day

    def scaled(self, factor: float) -> "Report":
        """The same, smaller or larger; of a zip file, what it carries."""
        around = zips.wrapping(self.name) if zips.is_zip(self.name) else 0
        return replace(self, size=around + max(1, int((self.size - around) * factor)))


def reports_for_all(day: date, *, holiday: bool = False) -> Iterator[Report]:
    """The day's files in COMMON; of a `holiday`, those of the house that works on it."""
    for house in _houses(holiday):
        for kind, made in _FOR_ALL_PER_HOUSE.items():
            if kind in _UNCHANGING:
                yield replace(_report(COMMON, names.ours(house, kind), day, made, FOR_ALL), unchanging=True)
            else:
                yield _report(COMMON, names.ours(house, kind, day=day), day, made, FOR_ALL)
    yield from _risk_parameters(day, holiday)


def _risk_parameters(day: date, holiday: bool) -> Iterator[Report]:
    for at in sorted({at for house in _houses(holiday) for at in CALLS[house]}):
        yield _report(COMMON, names.intraday_risk_parameters(day, at), day, at, OF_RISK)
    yield _report(COMMON, names.early_risk_parameters(day), day, _EARLY, OF_RISK)
    final = _report(COMMON, names.final_risk_parameters(f"{day:%y%m%d}"), day, _FINAL, OF_RISK)
    zipped = _report(COMMON, names.zipped_risk_parameters(day), day, _ZIPPED, OF_RISK)
    yield final
    yield replace(zipped, size=zips.wrapping(zipped.name) + final.size)


def reports_for_one(customer_code: str, day: date, *, holiday: bool = False, monthly: bool = False) -> Iterator[Report]:
    """The day's files in a participant's own folder; with the `monthly` ones, where it is their day."""
    for house in _houses(holiday):
        kinds = {kind: at for at, kind in CALLS[house].items()} | _FOR_ONE_PER_HOUSE
        kinds |= _MONTHLY_PER_HOUSE if monthly and not holiday else {}
        for kind, made in kinds.items():
            yield _report(customer_code, names.ours(customer_code, house, kind, day=day), day, made, FOR_ONE)
    if not holiday:
        for kind, made in _FOR_ONE.items():
            yield _report(customer_code, names.ours(customer_code, kind, day=day), day, made, FOR_ONE)


def reports_of_call(customer_codes: Iterable[str], day: date, at: str, *, holiday: bool = False) -> Iterator[Report]:
    """What an ad hoc call for margin brings: risk parameters for all, and a report of each house for each."""
    yield _report(COMMON, names.intraday_risk_parameters(day, at), day, at, OF_RISK)
    for code in customer_codes:
        for house in _houses(holiday):
            yield _report(code, names.ours(code, house, "RPI", at.replace(":", ""), day=day), day, at, FOR_ONE)


def _houses(holiday: bool) -> tuple[str, ...]:
    return HOLIDAY_HOUSES if holiday else HOUSES


def _report(folder: str, name: str, day: date, made: str, median: int) -> Report:
    dice = dice_for(folder, name, day.isoformat())
    size = int(median * dice.lognormvariate(0, 1.5))
    hours, minutes = map(int, made.split(":"))
    since_midnight = timedelta(hours=hours, minutes=minutes, seconds=dice.randrange(300))
    moment = datetime(day.year, day.month, day.day, tzinfo=HONG_KONG) + since_midnight
    return Report(folder, name, min(max(size, SMALLEST), LARGEST), moment, day)


def dice_for(*words: object) -> random.Random:
    """A source of numbers that is the same for the same words on every machine."""
    return random.Random(hashlib.sha256("|".join(map(str, words)).encode()).digest())  # noqa: S311
