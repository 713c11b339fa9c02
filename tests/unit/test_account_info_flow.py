# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info on records that are handed in: what it tells, and what it does when they can't be read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_info import (
    AccountRecords,
    account_info,
    account_info_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    ArchiveDamaged,
    BadInput,
    BadPrivateKey,
    Busy,
    DcassError,
    LibraryMissing,
    StateDamaged,
    StateNewer,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import Waiting
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import allowance
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import ENDS, Renewal, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run
from tests.unit.support import options

NOW = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
TODAY = NOW.date()
ASKED = {"renew_before": 60, "dest": None, "control_time": None, "expected": [], "expected_on_holidays": []}


@dataclass(frozen=True)
class Key:
    fingerprint: str = "old"
    fingerprint_sha256: str = "SHA256:old"


@dataclass(frozen=True)
class Facts:
    fingerprint: str = "old"
    made_on: date | None = TODAY - timedelta(days=2)
    registered_on: date | None = TODAY
    is_registered: bool = True
    last_day: date | None = None
    compromised: bool = False


@dataclass
class Files:
    key: Any = Key()
    there: bool = True
    put_away: bool = False

    def public(self):
        return self.key

    def exists(self):
        return self.there

    def withdrawn(self):
        return self.put_away


@dataclass
class Health:
    """A workstation on which runs can work, unless told otherwise."""

    troubles: dict[str, DcassError] = field(default_factory=dict)
    room: int | None = 10**12

    def libraries(self):
        return self.troubles.get("libraries")

    def key(self):
        return self.troubles.get("key")

    def archive(self):
        return self.troubles.get("archive")

    def state(self):
        return self.troubles.get("state")

    def archive_room(self):
        return self.room

    def state_room(self):
        return 10**12


@dataclass
class World:
    """A workstation's records, and what is left beside them."""

    files: Files = field(default_factory=Files)
    facts: list[Facts] = field(default_factory=lambda: [Facts()])
    renewal: Renewal | None = None
    attempts: list[Any] = field(default_factory=list)
    trouble: DcassError | None = None
    runs: list[Run] = field(default_factory=list)
    synced: datetime | None = NOW
    health: Any = field(default_factory=lambda: Health())
    owed: list[Outstanding] = field(default_factory=list)
    reports: list[tuple[str, date]] = field(default_factory=list)
    unhanded: list[Waiting] = field(default_factory=list)
    state_path: str = "/state/state.sqlite3"

    def known(self) -> dict[str, Facts]:
        return {facts.fingerprint: facts for facts in self.facts}

    def latest(self) -> Renewal | None:
        if self.trouble:
            raise self.trouble
        return self.renewal

    def allowance(self, limit, budget, now):
        return allowance(limit, budget, self.attempts, now)

    def outstanding(self):
        return self.owed

    def brought(self, _folders, _since):
        return self.reports

    def shorter_than_listed(self, _since):
        return []

    def acknowledged(self):
        return set()

    def last_full_sync(self, until):
        return self.synced if self.synced and self.synced <= until else None

    def last(self, most, kinds=()):
        return [run for run in self.runs if not kinds or run.what in kinds][:most]

    def head(self):
        return 3, "ab" * 32

    def summary(self):
        per_day = [{"day": "2026-11-19", "reports": 1, "bytes": 9}]
        return {"last_sync": {"ended": NOW.isoformat()}, "per_day": per_day, "held": 0, "bytes": 0}

    def waiting(self):
        return self.unhanded

    def days(self):
        return []

    def versions(self):
        return [{"version": "20261118-old", "current": True}]

    def evidence(self):
        return [{"facts": {"outcome": "renewed", "new_fingerprint": "5c:11", "last_day": "2028-11-19"}}]

    def results(self):
        return []

    def info(self, **more) -> dict:
        request = account_info_request(options(**{**ASKED, **more}))
        return account_info(
            request,
            self.files,
            lambda: AccountRecords(self, self, self, self, self, self, self),
            self,
            self.health,
            NOW,
        )

    def key(self, **more) -> dict:
        return self.info(**more)["key"]


def renewal(state: State, **more) -> Renewal:
    return Renewal(1, state, NOW, NOW if state in ENDS else None, "old", "new", "20261120-new", **more)


def test_a_good_key_asks_for_nothing():
    told = World().info()
    assert (told["changed"], told["account"], told["next_actions"]) == (False, "CXYZ001", [])
    assert (told["key"]["state"], told["key"]["last_day"], told["key"]["days_left"]) == (
        "registered",
        "2028-11-19",
        730,
    )
    assert told["key"]["renewal"] == {
        "state": "none",
        "reason": "valid until 2028-11-19, renewal opens 2028-09-20",
        "opens_on": "2028-09-20",
        "began": None,
        "ended": None,
        "uploaded_on": None,
        "old_key_last_day": None,
        "old_fingerprint": None,
        "new_fingerprint": None,
        "result_name": None,
    }


def test_a_renewal_is_told_whole_for_people_and_for_the_other_account():
    sent = renewal(State.ACCEPTED, uploaded_at=NOW, result_name="Result.20261120.180002.success.txt")
    world = World(renewal=sent)
    told = world.key()["renewal"]
    assert (told["state"], told["uploaded_on"], told["ended"]) == ("accepted", "2026-11-20", None)
    assert (told["old_fingerprint"], told["new_fingerprint"]) == ("old", "new")
    assert told["began"] == "2026-11-20T18:00:00+08:00"
    assert told["result_name"] == "Result.20261120.180002.success.txt"
    assert told["old_key_last_day"] == "2026-12-03"
    assert world.key()["last_day"] == "2026-12-03", "the old key lives through the thirteenth day after the upload"
    (action,) = world.info()["next_actions"]
    assert "dcass.sftp.renew_keys" in action and told["reason"] in action


def test_a_renewal_that_ended_with_other_keys_is_history():
    world = World(renewal=replace(renewal(State.REJECTED), old_fingerprint="first", new_fingerprint="second"))
    assert world.key()["renewal"]["state"] == "none"
    assert world.info()["next_actions"] == []


@pytest.mark.parametrize(
    ("world", "state"),
    [
        pytest.param(World(Files(None, there=False), []), "absent", id="nothing here"),
        pytest.param(World(Files(None, there=False)), "lost", id="a registered key that is gone"),
        pytest.param(World(Files(None)), "unreadable", id="a public key file that is gone"),
        pytest.param(World(facts=[]), "unknown", id="a state that is gone"),
        pytest.param(World(facts=[Facts("another")]), "unknown", id="a state of another key"),
        pytest.param(World(facts=[Facts(is_registered=False)]), "made", id="not registered yet"),
        pytest.param(World(), "registered", id="registered"),
        pytest.param(World(facts=[Facts(registered_on=date(2024, 11, 19))]), "expired", id="past its last day"),
        pytest.param(World(facts=[Facts(compromised=True)]), "withdrawn", id="compromised by the record"),
        pytest.param(World(Files(there=False, put_away=True), []), "withdrawn", id="compromised by its file's name"),
        pytest.param(
            World(Files(None, there=False), renewal=renewal(State.WITHDRAWING)), "withdrawn", id="being withdrawn"
        ),
    ],
)
def test_the_key_has_a_word_for_how_it_stands(world, state):
    told = world.info()
    assert told["key"]["state"] == state
    assert bool(told["next_actions"]) is (state != "registered")


def test_a_closed_day_that_has_brought_reports_is_told_at_any_time():
    assert World().info(closed_days=["2026-11-18"])["warnings"] == []
    (warning,) = World().info(closed_days=["2026-11-19"])["warnings"]
    assert warning.startswith("2026-11-19 is listed under dcass_closed_days, but brought 1 report. Was the facility")


def test_the_kind_of_the_day_is_told():
    told = World().info(closed_days=["2026-11-20"])["facility"]
    assert (told["open"], told["day"], told["day_kind"]) == (False, "2026-11-20", "closed day")


def test_renewal_opens_as_early_as_is_asked():
    world = World(facts=[Facts(registered_on=TODAY - timedelta(days=640))])  # 90 days are left
    assert world.info()["next_actions"] == []
    assert "in 90 days" in world.info(renew_before=90)["next_actions"][0]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"renew_before": -1}, id="after the last day"),
        pytest.param({"renew_before": 731}, id="longer than a key lives"),
        pytest.param({"dest": "reports"}, id="a path that begins nowhere"),
    ],
)
def test_bad_options_are_refused(more):
    with pytest.raises(BadInput, match=next(iter(more))):
        World().info(**more)


def test_a_damaged_state_fails_and_tells_what_is_known_elsewhere():
    with pytest.raises(StateDamaged, match="keys holds") as failed:
        World(trouble=StateDamaged("The state is damaged: keys holds rubbish.")).info()
    told = failed.value.facts["rebuild"]
    assert told["versions"] == [{"version": "20261118-old", "current": True}]
    assert any("5c:11, good until 2028-11-19" in step for step in told["steps"])
    assert any("/state/state.sqlite3" in step for step in told["steps"])


def test_a_newer_state_is_not_to_be_rebuilt():
    with pytest.raises(StateNewer) as failed:
        World(trouble=StateNewer("It has version 9.")).info()
    assert failed.value.facts["rebuild"]["steps"] == [StateNewer.hint]


def test_other_trouble_is_no_loss():
    with pytest.raises(Busy) as failed:
        World(trouble=Busy("Another run.")).info()
    assert failed.value.facts == {}


def dues(world, **more):
    return [(due["code"], due["urgency"]) for due in world.info(**more)["due"]]


@pytest.mark.parametrize(
    ("world", "options_given", "due"),
    [
        pytest.param(
            World(health=Health({"key": BadPrivateKey("It is mode 0644.")})),
            {},
            ("key_unusable", "at_once"),
            id="a key that no run can read",
        ),
        pytest.param(
            World(health=Health({"libraries": LibraryMissing("No paramiko.")})),
            {},
            ("libraries_unusable", "at_once"),
            id="a library that is missing",
        ),
        pytest.param(
            World(health=Health({"archive": ArchiveDamaged("A file is in the way.")})),
            {},
            ("archive_unusable", "at_once"),
            id="an archive that takes nothing",
        ),
        pytest.param(World(health=Health(room=1000)), {}, ("disk_low", "at_once"), id="a disk that is full"),
        pytest.param(
            World(),
            {"control_time": NOW.timestamp() + 63_072_000},
            ("clock_off", "at_once"),
            id="a clock that is wrong",
        ),
        pytest.param(
            World(synced=NOW - timedelta(days=730)), {}, ("sync_overdue", "at_once"), id="no sync for two years"
        ),
        pytest.param(
            World(synced=NOW + timedelta(days=730), facts=[Facts(registered_on=TODAY - timedelta(days=30))]),
            {},
            ("sync_overdue", "at_once"),
            id="no sync but by a clock that was ahead",
        ),
        pytest.param(
            World(runs=[Run("sync", "chan", NOW, NOW, "failed", None, "no_key", "No key.", "Roll out.")]),
            {},
            ("run_failed", "at_once"),
            id="a sync that failed",
        ),
    ],
)
def test_what_keeps_runs_from_working_is_due_at_once(world, options_given, due):
    told = world.info(**options_given)
    assert dues(world, **options_given)[0] == due
    assert (told["urgency"], told["next_actions"]) == ("at_once", [one["sentence"] for one in told["due"]])


def test_a_key_that_is_not_there_is_not_tried():
    world = World(Files(key=None, there=False), [], health=Health({"key": BadPrivateKey("It is not there.")}))
    assert world.info()["health"]["key"] == "ok"
    assert dues(world)[0] == ("key_absent", "at_once")


def test_a_check_that_found_damage_is_due_until_the_next_one_however_many_polls_came_since():
    polls = [Run("intraday", "cron", NOW, NOW, "synced", 0)] * 300
    verified = Run("verify", "cron", NOW, NOW, "failed", None, "archive_damaged", "Damaged in the archive: 1.", "Look.")
    found = World(runs=[*polls, verified]).info()
    assert [due["code"] for due in found["due"]] == ["run_failed"] and "archive_damaged" in found["next_actions"][0]
    assert len(found["runs"]) == 200
    assert World(runs=[replace(verified, error_code=None), *polls, verified]).info()["due"] == []


@pytest.mark.parametrize("what", ["sync", "renewal"])
def test_a_failure_is_due_however_many_polls_and_closed_days_came_since(what):
    polls = [Run("intraday", "cron", NOW, NOW, "synced", 0)] * 300
    closed = [Run(what, "cron", NOW, NOW, "closed")] * 3
    failed = Run(what, "cron", NOW, NOW, "failed", None, "connection_lost", "It broke.", "Run again.")
    found = World(runs=[*polls, *closed, failed]).info()
    assert [(due["code"], due["what"]) for due in found["due"]] == [("run_failed", what)]


def test_the_head_of_the_evidence_is_told():
    assert World().info()["evidence"] == {"entries": 3, "head": "ab" * 32}


def test_runs_are_told_the_newest_first_and_two_hundred_at_most():
    runs = [Run("intraday", "job 7", NOW, NOW, "synced", number) for number in range(300)]
    told = World(runs=runs).info()["runs"]
    assert (len(told), told[0]["fetched"], told[0]["began"]) == (200, 0, NOW.isoformat(timespec="seconds"))


def test_what_was_expected_of_the_last_days_is_told_for_each_of_them():
    brought = [("COMMON/X_20261118.zip", date(2026, 11, 18)), ("COMMON/x2_20261118.zip", date(2026, 11, 18))]
    owed = [
        Outstanding("expected", "X*", date(2026, 11, 16), lost_on=TODAY),
        Outstanding("expected", "X*", date(2026, 11, 17)),
        Outstanding("report", "X*", date(2026, 11, 19)),
    ]
    told = World(owed=owed, reports=brought).info(expected=["X*"])["reports"]["expected"]
    assert [(one["day"][8:], one["state"], one["reports"]) for one in told[-5:]] == [
        ("16", "lost", 0),
        ("17", "missing", 0),
        ("18", "held", 2),
        ("19", "not_here", 0),
        ("20", "not_here", 0),
    ]
    assert told[0] == {"what": "X*", "day": "2026-11-10", "reports": 0, "state": "not_here"}
    assert World(reports=brought).info()["reports"]["expected"] == []


def test_days_of_the_calendar_that_are_out_of_the_ordinary_are_told():
    told = World().info(closed_days=["2026-11-18"], open_days=["2026-12-05"], holiday_trading=True)["calendar"]
    assert (told["first"], told["last"], told["known_to"]) == ("2026-11-10", "2027-01-04", "2027-12-31")
    assert [tuple(day.values()) for day in told["days"]] == [
        ("2026-11-18", "closed day", False),
        ("2026-12-05", "opened day", True),
        ("2026-12-25", "holiday trading day", True),
        ("2027-01-01", "closed day", False),
    ]
    assert World().info(holidays=["2028-02-01"])["calendar"]["known_to"] == "2028-12-31"
