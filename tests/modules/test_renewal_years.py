# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten years of both accounts once, for real: the modules as the play runs them, against the rehearsal facility (§6)."""

from __future__ import annotations

import functools
from datetime import date, datetime, time, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import key_files
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import CLOSED, HOLIDAYS
from tests.modules.steering import SteeredClock
from tests.modules.support import Participant, succeed

BEGAN = datetime(2018, 1, 2, 8, tzinfo=HONG_KONG)
DAYS = 3650
NEAR = 10  # days before the next renewal opens from which each morning is lived; until then, every fifth
NO_BUSINESS = [
    f"{year}-{day[:2]}-{day[2:]}"
    for table in (HOLIDAYS, CLOSED)
    for year, days in table.items()
    for day in days.split()
]


@pytest.fixture(autouse=True)
def keys_read_once(monkeypatch):
    """To read an RSA key takes 60 ms, since its primes are tried; ten years read the same few."""
    monkeypatch.setattr(key_files, "load_private", functools.lru_cache(key_files.load_private))


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    steered.set(BEGAN)
    facility.control.hours(closed_days=NO_BUSINESS)
    yield steered
    facility.control.hours(closed_days=[])
    steered.release()


@pytest.fixture
def accounts(clock, tmp_path, facility):
    """Both workstations of a participant that was registered on the first morning."""
    stations = Participant(tmp_path, facility, "CTEN").register().workstations
    for station in stations:
        station.options["outside_hours"] = "skip"
        station.make_key(registered_on=BEGAN.date().isoformat())
    return stations


def the_play(stations, near: bool) -> list[dict]:
    """One morning: each account in its turn; when a renewal is near, told of the other one as it is then."""
    return [one_run(station, other if near else None) for station, other in (stations, stations[::-1])]


def one_run(station, other) -> dict:
    told = None
    if other:
        renewal = succeed("account_info", **other.options)["key"]["renewal"]
        told = {"account": other.account, "state": renewal["state"], "uploaded_on": renewal["uploaded_on"]}
    return succeed("key_renewal", **station.options, result_timeout=3, other_account=told)


def opens_in(today: date, results: list[dict]) -> int:
    """Days until the next renewal opens."""
    return (min(date.fromisoformat(result["last_day"]) for result in results) - timedelta(days=60) - today).days


def logs_in(station) -> bool:
    return bool(succeed("facility_info", **station.options, login=True).get("connection"))


def versions(station) -> set[str]:
    return {path.name for path in (station.root / "keys" / station.account).iterdir()} - {"current"}


@pytest.mark.long("tests/unit/test_renewal_years.py lives them with the same flow; test_key_renewal.py has its days")
def test_ten_years(facility, clock, accounts):
    first = [versions(station) for station in accounts]
    renewed: list[list[date]] = [[], []]
    destroyed, samples, lived, quarter, near = 0, 0, 0, None, True
    while clock.now < BEGAN + timedelta(days=DAYS):
        today, lived = clock.now.date(), lived + 1
        results = the_play(accounts, near)
        for station, days, result in zip(accounts, renewed, results):
            destroyed += len(result["destroyed"])
            assert len(versions(station)) <= 2
            if result["state"] == "renewed":
                days.append(today)
                assert (result["uploaded_on"], result["resumed"]) == (today.isoformat(), False)
                assert result["result_file"].endswith(".success.txt")
        is_new_quarter = quarter != (today.year, today.month // 3) and Calendar().at(clock.now).is_open
        if is_new_quarter or any(today in days for days in renewed):
            quarter, samples = (today.year, today.month // 3), samples + 1
            clock.advance(minutes=6)
            assert all(logs_in(station) for station in accounts)
        near = opens_in(today, results) <= NEAR
        clock.set(datetime.combine(today + timedelta(days=1 if near else 5), time(8), HONG_KONG))
    print(f"\n{lived} mornings in {DAYS} days; renewed {renewed[0]} and {renewed[1]}; {samples} times both logged in")
    assert [len(days) for days in renewed] == [5, 5] and not set(renewed[0]) & set(renewed[1])
    for station, days, old in zip(accounts, renewed, first):
        assert versions(station).isdisjoint(old)
        assert counted(facility, station) == {"upload": len(days), "login": 2 * len(days) + samples}
        evidence = succeed("archive_check", state_dir=station.options["state_dir"], dest=station.dest, deep=True)
        assert evidence["evidence"] == {station.account: {"entries": 2 * len(days) + 1, "faults": []}}
    assert destroyed == 10


def counted(facility, station) -> dict[str, int]:
    """What the facility has counted for the account in all the years."""
    events = [event["event"] for event in facility.control.events(account=station.account)]
    return {kind: events.count(kind) for kind in ("upload", "login")}
