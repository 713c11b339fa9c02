# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks run on a pair of workstations, as stories: each yields a run, and goes on when that has ended.

People belong to it: they do what docs/operations.md says of what the day before has told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.soak.world import Run, Station

if TYPE_CHECKING:
    from tests.soak.year import Pair, Year

# A key is valid for 730 days; here it is renewed as soon as the one before it has gone, every two weeks or so, so that
# a year has many renewals.
RENEWAL = {"renew_before": 715, "result_timeout": 5}
FOR_PEOPLE = ("ambiguous_key", "key_date_unknown", "state_damaged", "clock_wrong")
ASKED, TRIED = 0.3, 0.1  # of the evenings: account_info, facility_info


def renew_keys(year: Year, pair: Pair) -> Iterator[Run]:
    """dcass.sftp.renew_keys: both accounts are asked, then one goes after the other."""
    known: dict[Station, dict[str, Any]] = {}
    done: dict[Station, Run] = {}
    for station in pair:
        yield from _serve(year, station)
        asked = _ask(station)
        yield asked
        known[station] = asked.told.get("key", {}).get("renewal", {})
    for station, other in (pair, pair[::-1]):
        if station in year.fate.compromised:
            yield from _replace(year, station, other, known[other])
            continue
        told = {"account": other.account, **_of_other(known[other], done.get(other))}
        forced = {"force": True} if "ambiguous_key" in station.asks_people else {}
        run = Run.of(station, "key_renewal", year.fate.bad_key(other), other_account=told, **RENEWAL, **forced)
        run.is_due = _may_go_on(known[station], station.now().date())
        yield run
        done[station] = run
        year.counts["renewals told as done"] += run.told.get("state") == "renewed"
        station.asks_people.discard("ambiguous_key")
        station.asks_people |= {run.told.get("error_code")} & {*FOR_PEOPLE}


def _serve(year: Year, station: Station) -> Iterator[Run]:
    """Set the clock right, put a damaged state aside, tell the day of the key: whatever was asked for."""
    asked = station.asks_people
    if "clock_wrong" in asked:
        year.fate.set_clock(station, timedelta())
    if "state_damaged" in asked and station.database.exists():
        station.database.replace(station.root / "damaged")
        year.watch.lost(station)
    if asked & {"state_damaged", "key_date_unknown"} and station not in year.fate.compromised:
        run = Run.of(station, "account_key", registered_on=_registered_on(year, station))
        yield run
        if not run.is_good:
            return
    asked -= {"clock_wrong", "state_damaged", "key_date_unknown"}


def _registered_on(year: Year, station: Station) -> str:
    [account] = [entry for entry in year.control.accounts() if entry["account"] == station.account]
    return next(key["valid_from"] for key in account["keys"] if key["fingerprint"] == station.in_force())


def _replace(year: Year, station: Station, other: Station, known: dict[str, Any]) -> Iterator[Run]:
    """dcass.sftp.compromised_key: put the key out of use, register another, prove it; as many days as it takes."""
    fingerprint = year.fate.compromised[station]
    run = Run.of(station, "key_renewal", compromised_fingerprint=fingerprint)
    yield run
    if not run.is_good:
        return
    if run.told["state"] == "current":
        year.fate.end_withdrawal(station)
        return
    is_other_busy = not known or _may_go_on(known, date.min)  # to re-register would undo its renewal
    if is_other_busy or station.ahead:
        return
    if fingerprint in {key["fingerprint"] for entry in year.control.accounts() for key in entry["keys"]}:
        year.register(*sorted((station, other), key=str))
        year.remember(f"{station} is re-registered")
    today = year.time.now.date().isoformat()
    run = Run.of(station, "key_renewal", compromised_fingerprint=fingerprint, registered_on=today)
    yield run
    if run.is_good and run.told["state"] in ("renewed", "current"):
        year.fate.end_withdrawal(station)


def _may_go_on(known: dict[str, Any], today: date) -> bool:
    """Whether a renewal is under way, or opens by today."""
    opens = known.get("opens_on") or date.max.isoformat()
    return known.get("state") not in (None, "none", "done", "rejected", "abandoned") or opens <= today.isoformat()


def _of_other(known: dict[str, Any], run: Run | None) -> dict[str, Any]:
    """What the play tells an account of its participant's other one (plugins/plugin_utils/_other_account.py)."""
    told = run.told if run else {}
    if told.get("state") in ("pending", "rejected"):
        return {"state": told["state"]}
    if run and not run.is_good:
        return {}
    if told.get("state") == "renewed":
        return {"state": "done", "uploaded_on": told["uploaded_on"]}
    return {"state": known.get("state"), "uploaded_on": known.get("uploaded_on")}


def sync_reports(pair: Pair, scope: str = "all") -> Iterator[Run]:
    """dcass.sftp.sync_reports: the first fetches what neither has, the second what the pair still misses."""
    first, second = pair
    asked = _sync(second, standby=True)
    yield asked
    one = _sync(first, scope=scope, return_index=True, partner_index=asked.told.get("index"))
    yield one
    code = one.told.get("error_code", "")
    stands_by = code == "busy" or (scope == "intraday" and one.is_good)
    if not stands_by or one.told.get("changed"):
        yield _sync(second, scope=scope, standby=stands_by, partner_index=one.told.get("index"))


def sync_in_a_hurry(year: Year, station: Station) -> Iterator[Run]:
    """Somebody runs it again and again, while a clock is set, a state is lost, or the workstation starts anew."""
    for _again in range(year.dice.randrange(5, 9)):
        yield _sync(station, scope="intraday")
        befalls = year.dice.random()
        if befalls < 0.15:
            year.fate.lose_state(station)
        elif befalls < 0.4:
            year.fate.jump(station)
        elif befalls < 0.5:
            year.fate.reboot(station)


def ask(year: Year, pair: Pair) -> Iterator[Run]:
    """dcass.sftp.status and dcass.sftp.preflight, now and then."""
    for station in pair:
        if year.dice.random() < ASKED:
            yield _ask(station)
        if year.dice.random() < TRIED:
            yield Run.of(station, "facility_info", login=year.dice.random() < 0.5)


def _ask(station: Station) -> Run:
    return Run.of(station, "account_info", dest=station.dest, renew_before=RENEWAL["renew_before"])


def _sync(station: Station, **options: Any) -> Run:
    given = {name: value for name, value in options.items() if value is not None}
    return Run.of(station, "report_sync", dest=station.dest, **given)
