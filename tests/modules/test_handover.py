# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The back office is handed each new report and each complete day at least once, whatever happens to a run."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import pathlib
import shutil
import stat
import sys
import time
import zipfile
from collections import Counter
from datetime import datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow import handover
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from tests.modules import killing
from tests.modules.steering import SteeredClock
from tests.modules.support import fail, run_module, succeed

DAY, NEXT = "2026-11-20", "2026-11-23"  # a Friday and the Monday after it
NOON = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
CLOSED = datetime(2026, 11, 21, 12, tzinfo=HONG_KONG)
ENDS = 16  # ways for a run to be killed
FIRST, SECOND = f"RX_{DAY.replace('-', '')}.csv", f"TP_{DAY.replace('-', '')}.csv"
EXPECTED = ["RX_*", "TP_*"]


class BackOffice:
    """What the back office finds in its folder, and a command of its own that takes note of what it is given."""

    def __init__(self, facility, workstation):
        self.facility, self.workstation = facility, workstation
        self.folder = workstation.root / "handover"
        self._taken, self._says = workstation.root / "taken.jsonl", workstation.root / "says"
        self.program = workstation.root / "take"
        self.program.write_text(
            f"#!{sys.executable} -IS\n"
            "import json, os, sys, time\n"
            f"says = open({str(self._says)!r}).read() if os.path.exists({str(self._says)!r}) else ''\n"
            "facts = {name: value for name, value in os.environ.items() if name.startswith('DCASS_')}\n"
            "stdin = sys.stdin.read()\n"
            "note = {'words': sys.argv[1:], 'stdin': stdin, 'names': sorted(os.environ), 'cwd': os.getcwd(), **facts}\n"
            "time.sleep(30 if 'hang' in says else 0)\n"
            f"open({str(self._taken)!r}, 'a').write(json.dumps(note) + chr(10))\n"
            "sys.exit(says.strip() or 0)\n"
        )
        self.program.chmod(0o755)
        self.asked = {
            "handover_dir": str(self.folder),
            "handover_links": True,
            "handover_command": [str(self.program), "--source", "a b; $(false)"],
            "expected": EXPECTED,
        }

    def publish(self, name, size=900, **more):
        self.facility.publish(name=name, folder=self.workstation.code, size=size, **more)

    def sync(self, **more):
        return self.workstation.sync(**{**self.asked, **more})

    def says(self, text):
        """Let the command fail with this from now on; nothing makes it end well again."""
        self._says.write_text(text)

    def taken(self):
        """What the command was given, each time."""
        return [json.loads(line) for line in self._taken.read_text().splitlines()] if self._taken.exists() else []

    def taken_reports(self):
        return [note["DCASS_REPORT"].rpartition("/")[2] for note in self.taken()]

    def lists(self):
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("new/*.json"))]

    def listed(self):
        return [entry["report"].rpartition("/")[2] for one in self.lists() for entry in one["reports"]]

    def linked(self):
        return sorted(path.name for path in self.folder.glob("reports/*/*"))

    def marker(self, day=DAY):
        path = self.folder / "complete" / f"{self.workstation.account}-{day}.json"
        return json.loads(path.read_text()) if path.exists() else None

    def info(self):
        return succeed("account_info", **self.workstation.options, dest=self.workstation.dest)

    def rows(self, query="SELECT * FROM handovers ORDER BY id"):
        state = StateDb(self.workstation.options["state_dir"], read_only=True)
        found = [dict(row) for row in state.rows(query)]
        state.close()
        return found


@pytest.fixture
def office(facility, workstation):
    office = BackOffice(facility, workstation)
    office.publish(FIRST)
    office.publish(SECOND)
    return office


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    steered.set(NOON)
    yield steered
    steered.release()


@pytest.fixture
def elsewhere(tmp_path):
    """A folder to be, on another file system than the archive; pytest's own folder may be in memory itself."""
    tops = [top for top in ("/dev/shm", "/var/tmp") if os.stat(top).st_dev != tmp_path.stat().st_dev]
    place = pathlib.Path(tops[0]) / f"dcass-handover-{os.getpid()}"
    yield place
    shutil.rmtree(place, ignore_errors=True)


def counts(result):
    told = result["handover"]
    days = [one["day"] for one in told["complete"]]
    return {name: told[name] for name in ("listed", "linked", "commanded", "waiting")}, days, result["changed"]


def test_new_reports_come_in_every_way_and_a_complete_day_is_marked_and_a_second_run_changes_nothing(office):
    planned, done = office.sync(check=True), None
    assert not office.folder.exists()
    done = office.sync()
    assert counts(done) == ({"listed": 2, "linked": 2, "commanded": 2, "waiting": 0}, [DAY], True)
    assert counts(planned) == counts(done)
    assert sorted(office.listed()) == office.linked() == sorted(office.taken_reports()) == [FIRST, SECOND]
    (written,) = office.lists()
    for entry in written["reports"]:
        assert os.path.samefile(entry["path"], entry["link"])
        assert (entry["day"], entry["size"], entry["changed"]) == (DAY, 900, False)
    marker = office.marker()
    assert (marker["expected"], marker["acknowledged"]) == (EXPECTED, [])
    assert [entry["report"] for entry in marker["reports"]] == sorted(entry["report"] for entry in written["reports"])
    before = {path: path.stat().st_mtime_ns for path in office.folder.rglob("*")}
    again = office.sync()
    assert counts(again) == ({"listed": 0, "linked": 0, "commanded": 0, "waiting": 0}, [], False)
    assert counts(office.sync(check=True)) == counts(again)
    assert {path: path.stat().st_mtime_ns for path in office.folder.rglob("*")} == before


def test_a_command_gets_its_words_as_they_are_and_a_small_environment(office, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_RUN", "x")
    office.sync()
    note = next(note for note in office.taken() if note["DCASS_REPORT"].endswith(FIRST))
    path = os.path.join(office.workstation.dest, office.workstation.code, FIRST)
    assert note["words"] == ["--source", "a b; $(false)", path]
    assert (note["stdin"], note["cwd"], note["DCASS_DAY"], note["DCASS_CHANGED"]) == ("", "/", DAY, "no")
    assert set(note["names"]) <= {"HOME", "USER", "LOGNAME", "TZ", "PATH", "LANG", "LC_CTYPE"} | {
        name for name in note["names"] if name.startswith("DCASS_")
    }


def test_files_have_the_archive_s_modes_and_no_half_of_one_is_left(office):
    office.sync()
    files = [path for path in office.folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (office.folder, office.folder / "reports")} == {0o750}
    assert not [path for path in files if path.name.startswith(".")]


def test_without_links_and_command_there_are_lists_and_markers(office):
    done = office.sync(handover_links=False, handover_command=[])
    assert counts(done) == ({"listed": 2, "linked": 0, "commanded": 0, "waiting": 0}, [DAY], True)
    assert (office.linked(), office.taken()) == ([], [])
    assert [entry["link"] for entry in office.lists()[0]["reports"]] == [None, None]


def test_of_very_many_reports_some_are_handed_over_at_a_time_and_each_once(office, monkeypatch):
    monkeypatch.setattr(handover, "_LISTED_TOGETHER", 3)
    monkeypatch.setattr(handover, "_LINKED_TOGETHER", 2)
    more = [f"A{number}_{DAY.replace('-', '')}.csv" for number in range(6)]
    for name in more:
        office.publish(name)
    office.says("no room in the ledger")
    planned, done = office.sync(check=True), office.sync()
    assert counts(planned)[0] == {"listed": 8, "linked": 8, "commanded": 8, "waiting": 0}
    assert counts(done) == ({"listed": 8, "linked": 8, "commanded": 0, "waiting": 9}, [], True)
    assert [len(one["reports"]) for one in office.lists()] == [3, 3, 2]
    assert sorted(office.listed()) == office.linked() == sorted([FIRST, SECOND, *more])
    assert [row["tries"] for row in office.rows() if row["way"] == "command"] == [1] * 8
    office.says("")
    again = office.sync()
    assert counts(again) == ({"listed": 0, "linked": 0, "commanded": 8, "waiting": 0}, [DAY], True)
    assert Counter(office.taken_reports()) == dict.fromkeys([FIRST, SECOND, *more], 2)


def test_a_command_that_hangs_holds_up_all_that_wait_behind_it(office, monkeypatch):
    monkeypatch.setattr(handover, "_LISTED_TOGETHER", 1)
    office.says("hang")
    done = office.sync(handover_timeout=1)
    assert [one["error_code"] for one in done["handover"]["failed"]] == ["handover_hung"] * 2
    assert (counts(done)[0]["waiting"], office.taken()) == (3, [])


def test_a_command_that_fails_fails_no_run_and_comes_again_with_the_next(office):
    office.says("no room in the ledger")
    done = office.sync()
    assert counts(done) == ({"listed": 2, "linked": 2, "commanded": 0, "waiting": 3}, [], True)
    assert len(done["downloaded"]) == 2
    assert any("no room in the ledger" in str(warning) for warning in done["warnings"])
    assert {one["error_code"] for one in done["handover"]["failed"]} == {"handover_failed"}
    assert office.marker() is None, "a marker comes when all of its day is handed over"
    info = office.info()
    (due,) = [due for due in info["due"] if due["code"] == "handover_waiting"]
    assert (due["urgency"], "no room in the ledger" in due["sentence"]) == ("days", True)
    assert (info["handover"]["waiting_count"], info["handover"]["failed_count"]) == (3, 2)
    office.says("")
    again = office.sync()
    assert (again["downloaded"], len(office.listed())) == ([], 2)
    assert counts(again) == ({"listed": 0, "linked": 0, "commanded": 2, "waiting": 0}, [DAY], True)
    assert Counter(office.taken_reports()) == {FIRST: 2, SECOND: 2}
    assert office.info()["handover"]["waiting"] == []
    assert office.marker() is not None


def test_what_waits_is_handed_over_while_the_facility_is_closed(office, clock):
    office.says("later")
    office.sync()
    office.says("")
    clock.set(CLOSED)
    closed = office.sync(outside_hours="skip")
    assert (closed["outcome"], "skipped" in closed) == ("closed", False)
    assert counts(closed) == ({"listed": 0, "linked": 0, "commanded": 2, "waiting": 0}, [DAY], True)
    assert office.sync(outside_hours="skip")["skipped"]


def test_what_is_new_is_handed_over_where_the_run_fails_and_what_waits_where_nobody_logs_in(office, monkeypatch):
    options = {**office.workstation.options, **office.asked, "dest": office.workstation.dest}
    failed = run_module("report_sync", **{**options, "folders": [office.workstation.code, "NOSUCH"]})
    assert failed["error_code"] == "folder_refused"
    assert failed["handover"]["commanded"] == 2
    assert failed["handover"]["complete"] == [], "a run that has failed does not know whether a day is complete"
    office.says("later")
    office.publish(f"XX_{DAY.replace('-', '')}.csv")
    office.sync()
    office.says("")
    unreachable = run_module("report_sync", **{**options, "addresses": ["127.0.0.1:1"]})
    assert (unreachable["error_code"], unreachable["handover"]["commanded"]) == ("unreachable", 1)


@pytest.mark.parametrize(
    ("command", "said", "code"),
    [
        pytest.param(["/no/such/program"], "can't be started", "handover_failed", id="is not there"),
        pytest.param(["/"], "can't be started", "handover_failed", id="is no program"),
        pytest.param(["/bin/false"], "ended with 1", "handover_failed", id="ends with 1"),
        pytest.param(["/bin/sh", "-c", "kill -9 $$"], "ended by signal 9", "handover_failed", id="is killed"),
        pytest.param(["/bin/sh", "-c", "sleep 30"], "did not end within 1 seconds", "handover_hung", id="hangs"),
        pytest.param(["/bin/sh", "-c", "echo 'a\tb' >&2; exit 3"], "said: a b", "handover_failed", id="complains"),
    ],
)
def test_a_command_that(office, command, said, code):
    done = office.sync(handover_command=command, **({"handover_timeout": 1} if code == "handover_hung" else {}))
    assert len(done["downloaded"]) == 2
    assert {one["error_code"] for one in done["handover"]["failed"]} == {code}
    assert all(said in one["reason"] for one in done["handover"]["failed"])
    assert done["handover"]["waiting"] == 3


def test_a_command_that_leaves_somebody_running_does_not_hold_up_the_run(office):
    began = time.monotonic()
    done = office.sync(handover_command=["/bin/sh", "-c", "sleep 60 & echo 'on its way' >&2"])
    assert time.monotonic() - began < 60
    assert done["handover"]["commanded"] == 2


def test_a_report_that_changed_comes_again_and_what_waits_of_the_earlier_version_does_not(office):
    office.says("later")
    office.sync()
    office.publish(FIRST, size=1200, date=DAY)
    office.says("")
    office.sync()
    assert Counter(office.taken_reports())[FIRST] == 2, "once in vain, once as it is now"
    assert office.taken()[-1]["DCASS_CHANGED"] == "yes" or office.taken()[-2]["DCASS_CHANGED"] == "yes"
    (last,) = [entry for one in office.lists()[1:] for entry in one["reports"]]
    assert (last["changed"], last["size"]) == (True, 1200)
    assert os.stat(last["link"]).st_size == 1200
    outcomes = [(row["way"], row["outcome"]) for row in office.rows() if row["what"].endswith(FIRST)]
    assert outcomes == [
        ("list", "done"), ("link", "done"), ("command", "superseded"),
        ("list", "done"), ("link", "done"), ("command", "done"),
    ]  # fmt: skip


def test_only_what_is_recorded_from_then_on_is_handed_over(office):
    office.facility.forgiven = ("once a day",)  # the report that somebody has removed
    office.workstation.sync()
    assert counts(office.sync()) == ({"listed": 0, "linked": 0, "commanded": 0, "waiting": 0}, [], False)
    os.unlink(os.path.join(office.workstation.dest, office.workstation.code, FIRST))
    repaired = office.sync()
    assert (len(repaired["downloaded"]), office.listed()) == (1, [])
    office.publish(f"ZZ_{DAY.replace('-', '')}.csv")
    assert office.sync()["handover"]["listed"] == 1
    assert len(office.marker()["reports"]) == 3


def test_what_the_office_has_taken_away_does_not_come_back(office):
    office.sync()
    shutil.rmtree(office.folder)
    assert office.sync()["handover"]["listed"] == 0
    assert not office.folder.exists()


def test_a_day_is_complete_when_people_have_closed_what_is_missing(office, clock):
    office.asked["expected"] = [*EXPECTED, "NONE_*"]
    office.sync()
    clock.set(datetime(2026, 11, 23, 8, tzinfo=HONG_KONG))
    assert (office.sync()["missing"], office.marker()) == ([{"expected": "NONE_*", "day": DAY}], None)
    close = {"what": ["NONE_*"], "first_day": DAY, "who": "Chan Tai Man", "why": "not made"}
    succeed("acknowledge", **office.workstation.options, **close)
    planned = office.sync(check=True)["handover"]["complete"]
    done = office.sync()["handover"]["complete"]
    assert planned == done
    assert done[0]["acknowledged"] == office.marker()["acknowledged"] == ["NONE_*"]


def test_a_day_is_not_complete_while_one_of_its_reports_can_t_be_had(office):
    place = pathlib.Path(office.workstation.dest) / office.workstation.code
    (place / "XX_20261120.csv").mkdir(parents=True)
    office.publish("XX_20261120.csv")
    failed = run_module("report_sync", **office.workstation.options, **office.asked, dest=office.workstation.dest)
    assert failed["error_code"] == "archive_damaged"
    assert (failed["handover"]["listed"], office.marker()) == (2, None)
    (place / "XX_20261120.csv").rmdir()
    assert office.sync()["handover"]["listed"] == 1
    assert len(office.marker()["reports"]) == 3


def test_a_poll_hands_over_and_leaves_days_to_the_full_run(office):
    office.publish("RPI03_20261120.csv")
    poll = office.sync(scope="intraday", expected=["RPI*"])
    assert counts(poll) == ({"listed": 1, "linked": 1, "commanded": 1, "waiting": 0}, [], True)
    assert counts(office.sync())[1] == [DAY]


def test_each_workstation_hands_over_what_it_has_fetched(facility, participant):
    first, second = (BackOffice(facility, workstation) for workstation in participant.workstations)
    first.publish(FIRST)
    index = first.sync(return_index=True)["index"]
    facility.publish(name=SECOND, folder=participant.customer_code, size=900)
    done = second.sync(partner_index=index)
    assert (second.listed(), second.linked()) == ([SECOND], [SECOND])
    assert [one["day"] for one in done["handover"]["complete"]] == [DAY], "the pair has all of it"
    assert [entry["report"].rpartition("/")[2] for entry in second.marker()["reports"]] == [SECOND]
    assert first.marker() is None
    index = succeed("report_sync", **second.workstation.options, dest=second.workstation.dest, standby=True)["index"]
    assert [one["day"] for one in first.sync(partner_index=index)["handover"]["complete"]] == [DAY]


def test_a_drill_and_what_is_about_keys_are_nobody_s(office, clock):
    office.facility.put("KEY_MANAGEMENT", f"{office.workstation.account}/SSHKeyExpireWarning_20261120.txt")
    office.sync()
    assert sorted(office.listed()) == [FIRST, SECOND]
    office.facility.control.hours(open_days=["2026-11-21"])
    clock.set(CLOSED)
    office.publish("DR_20261121.csv")
    drill = office.sync(drill=True, open_days=["2026-11-21"])
    office.facility.control.hours(open_days=[])
    assert (len(drill["downloaded"]), "handover" in drill, len(office.listed())) == (1, False, 2)


def test_what_people_adopt_is_handed_over(office, emulator):
    place = office.workstation.root / "by hand" / office.workstation.code
    shutil.copytree(pathlib.Path(emulator.root) / "folders" / office.workstation.code, place)
    done = office.sync(adopt_from=str(place.parent))
    assert (len(done["adopted"]), done["handover"]["commanded"], office.marker()) == (2, 2, None)
    assert counts(office.sync())[1] == [DAY]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param({"handover_dir": None}, "bad_option", id="links without a folder"),
        pytest.param({"handover_dir": "handover"}, "bad_option", id="a path that is not absolute"),
        pytest.param({"handover_command": ["load-report"]}, "bad_option", id="a program that would be looked for"),
        pytest.param({"handover_timeout": 0}, "bad_option", id="no time"),
        pytest.param({"handover_dir": "{dest}/handover"}, "handover_refused", id="in the archive"),
        pytest.param({"handover_dir": "{dest}"}, "handover_refused", id="the archive itself"),
        pytest.param({"handover_dir": "{root}"}, "handover_refused", id="around the archive"),
        pytest.param({"handover_dir": "{root}/keys/office"}, "handover_refused", id="beside the keys"),
        pytest.param({"handover_dir": "{root}/link/office"}, "handover_refused", id="in the archive by a link"),
        pytest.param({"handover_dir": "{elsewhere}"}, "handover_refused", id="on another mount"),
    ],
)
def test_what_can_t_be_is_refused_before_anything_connects(office, elsewhere, wrong, code):
    workstation = office.workstation
    os.makedirs(workstation.dest)
    (workstation.root / "link").symlink_to(workstation.dest)
    places = {"dest": workstation.dest, "root": workstation.root, "elsewhere": elsewhere}
    filled = {name: text.format(**places) if isinstance(text, str) else text for name, text in wrong.items()}
    fail("report_sync", code, **{**workstation.options, **office.asked, "dest": workstation.dest, **filled})
    assert office.facility.events("login") == []
    assert os.listdir(workstation.dest) == []


def test_another_mount_will_do_without_links(office, elsewhere):
    done = office.sync(handover_dir=str(elsewhere), handover_links=False)
    assert (done["handover"]["listed"], len(list(elsewhere.glob("new/*")))) == (2, 1)


def test_a_folder_that_can_t_be_written_fails_no_run(office):
    office.folder.write_text("a file")
    done = office.sync()
    assert (len(done["downloaded"]), done["handover"]["listed"], done["handover"]["linked"]) == (2, 0, 0)
    assert done["handover"]["commanded"] == 2
    assert {one["way"] for one in done["handover"]["failed"]} == {"link", "list"}
    office.folder.unlink()
    assert counts(office.sync()) == ({"listed": 2, "linked": 2, "commanded": 0, "waiting": 0}, [DAY], True)


def test_a_link_of_the_office_s_leads_nothing_astray(office):
    elsewhere = office.workstation.root / "elsewhere"
    elsewhere.mkdir()
    (office.folder / "reports").mkdir(parents=True)
    (office.folder / "reports" / office.workstation.code).symlink_to(elsewhere)
    (office.folder / "new").symlink_to(elsewhere)
    assert {one["way"] for one in office.sync()["handover"]["failed"]} == {"link", "list"}
    assert os.listdir(elsewhere) == []


def test_what_nobody_wants_handed_over_is_acknowledged_and_the_day_goes_on(office):
    office.says("never this one")
    office.sync()
    close = {"first_day": DAY, "who": "Chan Tai Man", "why": "loaded by hand", **office.workstation.options}
    fail("acknowledge", "not_outstanding", **close, what=["*"])
    assert len(succeed("acknowledge", **close, what=["handover:*"], check=True)["acknowledged"]) == 2
    closed = succeed("acknowledge", **close, what=["handover:*"])
    assert [one["what"].rpartition("/")[2] for one in closed["acknowledged"]] == [FIRST, SECOND]
    assert not succeed("acknowledge", **close, what=[f"handover:*{FIRST}"])["changed"]
    assert counts(office.sync()) == ({"listed": 0, "linked": 0, "commanded": 0, "waiting": 0}, [DAY], True)
    entry = json.loads(sorted((pathlib.Path(close["state_dir"]) / "evidence").rglob("*.json"))[-1].read_text())
    assert {one["way"] for one in entry["facts"]["handovers"]} == {"command"}


def test_it_is_told_by_events_and_by_an_export(office):
    events = office.workstation.root / "events.jsonl"
    watch = {**office.workstation.options, "events_file": str(events), "dest": office.workstation.dest}
    office.says("later")
    office.sync()
    succeed("account_info", **watch)
    office.says("")
    office.sync()
    succeed("account_info", **watch)
    told = Counter(json.loads(line)["event"] for line in events.read_text().splitlines())
    assert (told["not_handed_over"], told["day_complete"]) == (1, 1)
    (day,) = office.info()["handover"]["days"]
    assert (day["day"], day["listed"], day["linked"], day["commanded"], bool(day["complete"])) == (DAY, 2, 2, 2, True)
    exported = succeed("account_export", **office.workstation.options, dest=str(office.workstation.root))
    with zipfile.ZipFile(exported["path"]) as zipped:
        name = next(name for name in zipped.namelist() if name.endswith("handovers.csv"))
        rows = list(csv.DictReader(io.StringIO(zipped.read(name).decode())))
    assert Counter(row["way"] for row in rows) == {"list": 2, "link": 2, "command": 2, "day": 1}
    assert all(row["done"] and row["outcome"] == "done" for row in rows)


@pytest.mark.skipif(killing.LACK is not None, reason=str(killing.LACK))
def test_a_run_that_is_killed_at_any_deed_hands_over_everything_by_the_next(office, clock):
    """New reports before each run; the kills begin where the first report is on record."""
    days = (f"2612{number:02}" for number in itertools.count(10))

    def lay():
        name = next(days)
        for part in ("RX", "TP"):
            office.publish(f"{part}_A{name}_20261120.csv")
        clock.advance(minutes=6)
        return {f"{part}_A{name}_20261120.csv" for part in ("RX", "TP")}

    def after_the_record(deeds):
        """Those deeds of a run that come after the first report's row, but for what is on the network."""
        quiet = [deed for deed in deeds if not killing.is_on_the_net(deed)]
        named = [number for number, deed in enumerate(quiet) if deed.startswith("rename") and "A26" in deed]
        return quiet[named[0] :] if named else []

    office.facility.forgiven = ("once a day",)  # what a killed run had fetched and not recorded
    office.sync()
    wanted = {FIRST, SECOND} | lay()
    deeds = after_the_record(killing.watched(office.sync).deeds)
    killed = 0
    for number in range(ENDS):
        wanted |= lay()
        last = 1 + number * len(deeds) // ENDS
        killed += killing.watched(office.sync, lambda deeds, last=last: len(after_the_record(deeds)) >= last).killed
        clock.advance(minutes=6)
        office.sync()
        assert set(office.listed()) == set(office.linked()) == set(office.taken_reports()) == wanted
        assert counts(office.sync(outside_hours="ignore"))[0]["waiting"] == 0
    assert killed > ENDS // 2, deeds
    assert max(Counter(office.taken_reports()).values()) <= 2
    assert not list(office.folder.rglob(".*"))
    (marked,) = [row for row in office.rows() if row["way"] == "day"]
    assert marked["outcome"] == "done"
