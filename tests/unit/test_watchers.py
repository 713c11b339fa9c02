# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What whoever watches is told: metrics, events and account_info agree, each event comes once, and names are text."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import importlib.util
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._flow.watched import Watchers, watched
from ansible_collections.dcass.sftp.plugins.module_utils._io.watchers import EventLog, MetricsFile
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AuthenticationFailed,
    DcassError,
    HostKeyMismatch,
    RenewalRejected,
    StateDamaged,
    Unreachable,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.events import PRIORITIES, emitted_from, news
from ansible_collections.dcass.sftp.plugins.module_utils._rules.metrics import (
    HELP,
    Family,
    exposition,
    of_account,
    of_failure,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run, overdue_since, sync_due_at
from tests.unit.test_account_info_flow import NOW, TODAY, Facts, Files, Health, World

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "monitoring"
ALERTS, DASHBOARD = MONITORING / "prometheus/dcass_alerts.yml", MONITORING / "grafana/dcass.json"
ACCOUNT = Account("CXYZ001")
ALWAYS = {"account": "CXYZ001", "participant": "CXYZ"}
OF_DAYS = 'dcass_key_days_left use base unit "seconds" instead of "days"'  # the days are the exchange's own
NASTY = 'a "b" \\ c\nd\te\x1b[31m \u202e {{ 7*7 }} | \u2028 é中'
promtool = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(not promtool, reason="promtool is not here (Debian: prometheus)")


def load_check():
    spec = importlib.util.spec_from_file_location("check_dcass", MONITORING / "nagios/check_dcass.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = load_check()


@dataclass
class Watched(World):
    """A workstation with what is outstanding, too."""

    items: list[Outstanding] = field(default_factory=list)

    def outstanding(self):
        return self.items

    def info(self, **more):
        return {**super().info(**more), "warnings": []}


def read(text):
    """Samples by name and labels, as Prometheus's own client reads them."""
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is in .venv alone")
    families = list(parser.text_string_to_metric_families(text))
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def labels(**more):
    return tuple(sorted({**ALWAYS, **more}.items()))


def emitted(text):
    """Lines of the events as they are read."""
    return [json.loads(line) for line in text.splitlines()]


def run(what="sync", number=1, **more):
    return Run(what, "job 7 of Chan", NOW - timedelta(hours=1), number=number, **{"ended": NOW, **more})


def failed(error):
    return {"outcome": "failed", "error_code": error.code, "msg": str(error), "hint": error.hint}


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30) | st.just(NASTY)
DAYS = st.integers(0, 14).map(lambda days: TODAY - timedelta(days=days))
ITEMS = st.builds(
    Outstanding,
    kind=st.just("expected"),
    what=TEXTS,
    day=DAYS,
    lost_on=st.none() | st.just(TODAY),
    error_code=st.none() | st.just("not_readable"),
    reason=st.none() | TEXTS,
)
RUNS = st.lists(st.sampled_from([None, AuthenticationFailed("No."), Unreachable(NASTY)]), max_size=4)
WORLDS = st.builds(
    Watched,
    items=st.lists(ITEMS, max_size=12, unique_by=lambda item: (item.what, item.day, item.lost_on)),
    runs=RUNS.map(
        lambda errors: [
            run(number=len(errors) - place, **(failed(error) if error else {"outcome": "synced", "fetched": 3}))
            for place, error in enumerate(errors)
        ]
    ),
    facts=st.builds(Facts, registered_on=st.integers(0, 900).map(lambda days: TODAY - timedelta(days=days))).map(
        lambda facts: [facts]
    ),
    synced=st.none() | st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
    health=st.builds(Health, room=st.none() | st.integers(0, 10**13)),
)


@given(WORLDS, st.sampled_from(["primary", "secondary"]))
@settings(max_examples=150, deadline=None)
def test_metrics_events_and_account_info_agree_in_every_figure(world, site):
    info = world.info(site=site)
    text = exposition(ACCOUNT, of_account(info, NOW))
    values = {name: value for name, its, value in check.samples(text) if name != "dcass_due" and its == ALWAYS}
    reports = info["reports"]
    expected = {
        "dcass_key_days_left": info["key"]["days_left"],
        "dcass_reports_missing": reports["counts"]["missing"],
        "dcass_reports_expiring": reports["counts"]["expiring"],
        "dcass_reports_lost": len(reports["lost"]),
        "dcass_logins_left": info["logins"]["left"],
        "dcass_archive_free_bytes": info["health"]["archive_free_bytes"],
        "dcass_site_secondary": int(info["facility"]["site"] == "secondary"),
        "dcass_last_good_sync_timestamp_seconds": world.synced and world.synced.timestamp(),
        "dcass_calendar_last_day_timestamp_seconds": datetime.fromisoformat(
            f"{info['calendar']['known_to']}T00:00:00+08:00"
        ).timestamp(),
        "dcass_status_written_timestamp_seconds": NOW.timestamp(),
    }
    assert {name: values.get(name) for name in expected} == expected
    assert expected["dcass_reports_missing"] + expected["dcass_reports_expiring"] == len(reports["outstanding"])
    failing = [due for due in info["due"] if due["code"] == "run_failed"]
    assert values.get("dcass_last_attempt_success") == (int(not failing) if info["runs"] else None)
    dues = {(its["code"], its["urgency"]): value for name, its, value in check.samples(text) if name == "dcass_due"}
    assert sum(dues.values()) == len(info["due"])
    assert set(dues) == {(due["code"], due["urgency"]) for due in info["due"]}
    overdue = any(due["code"] == "sync_overdue" for due in info["due"])
    due_at = values.get("dcass_sync_due_timestamp_seconds")
    assert overdue == (due_at is not None and due_at <= NOW.timestamp())

    events, then = news(info, None, "me", NOW)
    told = [json.loads(event.line()) for event in events]
    for word in ("missing", "expiring", "lost"):
        assert sum(event["event"] == word for event in told) == reports["counts"][word]
    assert news(info, then, "me", NOW)[0] == [], "each is told once"
    assert emitted_from(then.to_text()) == then


@given(st.dictionaries(st.sampled_from(["code", "urgency"]), TEXTS))
@settings(deadline=None)
def test_any_text_in_a_label_is_text(more):
    text = exposition(ACCOUNT, [Family("dcass_due", NASTY, [(more, 1)])])
    assert read(text) == {("dcass_due", labels(**more)): 1}
    assert list(check.samples(text)) == [("dcass_due", {**ALWAYS, **more}, 1)]


def test_names_of_the_server_are_one_line_of_json_and_spelled_out():
    world = Watched(items=[Outstanding("report", NASTY, TODAY)])
    (event,) = news(world.info(), None, NASTY, NOW)[0]
    line = event.line()
    assert line.isascii() and line.isprintable()
    told = json.loads(line)
    assert "\\x1b[31m" in told["what"] and "\\u202e" in told["sentence"] and "\n" not in told["run_by"]


@needs_promtool
def test_promtool_has_nothing_to_say_against_the_metrics():
    world = Watched(items=[Outstanding("expected", NASTY, TODAY), Outstanding("expected", "*X*", TODAY, TODAY)])
    world.runs = [run(**failed(Unreachable(NASTY)))]
    for families in (of_account(world.info(), NOW), of_failure("secondary", "state_damaged", NOW)):
        text = exposition(ACCOUNT, families)
        seen = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        said = [line for line in (seen.stdout + seen.stderr).splitlines() if line != OF_DAYS]
        assert said == []


def test_prometheus_s_own_client_reads_the_metrics():
    world = Watched(items=[Outstanding("expected", "*TP001*", TODAY - timedelta(days=8))])
    world.health.room = 12345678901234
    found = read(exposition(ACCOUNT, of_account(world.info(), NOW)))
    assert found["dcass_key_days_left", labels()] == 730
    assert found["dcass_archive_free_bytes", labels()] == 12345678901234
    assert found["dcass_reports_expiring", labels()] == 1
    assert found["dcass_due", labels(code="reports_outstanding", urgency="days")] == 1
    assert {name for name, _labels in found} <= set(HELP)


# Events


@pytest.mark.parametrize(
    ("runs", "events"),
    [
        pytest.param([run(outcome="synced", fetched=3)], ["synced"], id="reports came"),
        pytest.param([run(outcome="synced", fetched=0)], [], id="nothing came"),
        pytest.param([run(outcome="closed", fetched=0)], [], id="closed"),
        pytest.param([run(**failed(AuthenticationFailed("No.")))], ["login_refused"], id="a login refused"),
        pytest.param([run(**failed(HostKeyMismatch("No.")))], ["host_key_changed"], id="another host key"),
        pytest.param([run("renewal", **failed(RenewalRejected("No.")))], ["rejected"], id="a key rejected"),
        pytest.param([run("renewal", outcome="renewed")], ["renewed"], id="a key renewed"),
        pytest.param([run("renewal", outcome="not_due")], [], id="nothing to renew"),
        pytest.param([run(**failed(Unreachable("No.")))], ["run_failed"], id="nobody there"),
        pytest.param(
            [run("intraday", 3, ended=None), run(number=2, outcome="synced", fetched=1)],
            ["synced"],
            id="one that goes on, which is told when it has ended",
        ),
        pytest.param(
            [run(number=3, outcome="synced", fetched=1), run(number=2, ended=None)],
            ["run_killed", "synced"],
            id="one that was killed",
        ),
    ],
)
def test_a_run_is_told_by_a_stable_word(runs, events):
    before = emitted_from('{"run": 1, "site": "primary", "states": []}' if len(runs) > 1 else "")
    found, then = news(Watched(runs=runs).info(), before, "me", NOW)
    assert [event.event for event in found] == events
    assert all(event.run_by == "job 7 of Chan" for event in found)
    assert news(Watched(runs=runs).info(), then, "me", NOW)[0] == []


def test_a_run_that_goes_on_is_told_when_it_has_ended():
    going = run(number=2, ended=None)
    _found, then = news(
        Watched(runs=[going]).info(), emitted_from('{"run": 1, "site": "primary", "states": []}'), "", NOW
    )
    assert then.run == 1
    (event,) = news(Watched(runs=[run(number=2, outcome="synced", fetched=9)]).info(), then, "", NOW)[0]
    assert json.loads(event.line())["fetched"] == 9


def test_what_is_missing_then_expiring_then_lost_is_told_at_each_step_once():
    told, then = [], None
    for item in (
        Outstanding("expected", "*X*", TODAY - timedelta(days=2)),
        Outstanding("expected", "*X*", TODAY - timedelta(days=8)),
        Outstanding("expected", "*X*", TODAY - timedelta(days=8), TODAY),
    ):
        for _again in range(2):
            events, then = news(Watched(items=[item]).info(), then, "me", NOW)
            told += [event.event for event in events]
    assert told == ["missing", "expiring", "lost"]


def test_a_switch_of_site_is_told_once_with_who():
    _events, then = news(Watched().info(), None, "me", NOW)
    events, then = news(Watched().info(site="secondary"), then, "Chan", NOW)
    (told,) = [json.loads(event.line()) for event in events]
    assert (told["event"], told["from"], told["to"], told["run_by"]) == (
        "site_switched",
        "primary",
        "secondary",
        "Chan",
    )
    assert news(Watched().info(site="secondary"), then, "Chan", NOW)[0] == []


def test_a_withdrawn_key_is_told_once():
    world = Watched(files=Files(put_away=True))
    events, then = news(world.info(), None, "Chan", NOW)
    assert [(event.event, event.run_by) for event in events] == [("withdrawn", "Chan")]
    assert news(world.info(), then, "Chan", NOW)[0] == []


def test_a_flood_comes_in_parts():
    world = Watched(items=[Outstanding("report", f"COMMON/{number}", TODAY) for number in range(900)])
    counts, then = [], None
    for _look in range(4):
        events, then = news(world.info(), then, "me", NOW)
        counts.append(len(events))
    assert counts == [500, 400, 0, 0]


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"run": "x"}', '{"run": 1}', "[" * 100_000, "null"])
def test_a_damaged_note_of_what_was_told_is_none(text):
    assert emitted_from(text) is None


def test_a_state_that_was_set_back_tells_its_last_run():
    before = emitted_from('{"run": 99, "site": "primary", "states": []}')
    events, then = news(Watched(runs=[run(number=5, outcome="synced", fetched=1)]).info(), before, "", NOW)
    assert ([event.event for event in events], then.run) == (["synced"], 5)


# Files and journald


def watching(tmp_path, world, metrics=None, events=None, journal=""):
    """Look at the account as the module does."""
    log = EventLog(str(events), str(tmp_path), "CXYZ001", str(journal)) if events else None
    watchers = Watchers(ACCOUNT, "primary", "me", MetricsFile(str(metrics)) if metrics else None, log)
    return watched(watchers, world.info, NOW)


def test_the_files_are_written_for_whom_they_are(tmp_path):
    metrics, events = tmp_path / "dcass.prom", tmp_path / "events.jsonl"
    world = Watched(items=[Outstanding("expected", "*X*", TODAY)])
    for _look in range(2):
        assert watching(tmp_path, world, metrics, events)["unwritten"] == []
    assert [event["event"] for event in emitted(events.read_text())] == ["missing"]
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"dcass.prom": 0o644, "events.jsonl": 0o640, "CXYZ001.events.json": 0o600}


def test_a_file_that_was_rotated_away_is_begun_again(tmp_path):
    events = tmp_path / "events.jsonl"
    watching(tmp_path, Watched(items=[Outstanding("expected", "*X*", TODAY)]), events=events)
    events.rename(tmp_path / "events.jsonl.1")
    watching(tmp_path, Watched(items=[Outstanding("expected", "*Y*", TODAY)]), events=events)
    assert [event["what"] for event in emitted(events.read_text())] == ["*Y*"]


@pytest.mark.parametrize("place", ["missing/x", "folder", "pipe"])
def test_what_can_t_be_written_is_a_warning_and_fails_nothing(tmp_path, place):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    info = watching(tmp_path, Watched(), tmp_path / "missing" / "x.prom", tmp_path / place)
    assert info["account"] == "CXYZ001"
    assert len(info["unwritten"]) == 2 and info["unwritten"] == info["warnings"]
    assert all("can't be written" in said for said in info["unwritten"])
    assert not (tmp_path / "CXYZ001.events.json").exists(), "what was not told stays to be told"


@contextlib.contextmanager
def no_file_longer_than(size):
    """As a disk without room: what is written beyond that is refused."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


THREE = Watched(items=[Outstanding("expected", what, TODAY) for what in ("*X*", "*Y*", "*Z*")])


@pytest.mark.parametrize("more", [0, 100, 400], ids=["nothing fits", "half a line fits", "a line and a half fit"])
def test_a_full_disk_leaves_no_half_a_line_and_doubles_nothing(tmp_path, more):
    events = tmp_path / "events.jsonl"
    events.write_text('{"of": "others"}\n' * 100)
    before = events.read_text()
    with no_file_longer_than(len(before) + more):
        info = watching(tmp_path, THREE, events=events)
    assert (len(info["unwritten"]), events.read_text()) == (1, before)
    for _look in range(2):
        assert watching(tmp_path, THREE, events=events)["unwritten"] == []
    assert [event["what"] for event in emitted(events.read_text())[100:]] == ["*X*", "*Y*", "*Z*"]


def test_where_what_was_told_can_t_be_kept_nothing_is_told(tmp_path):
    events = tmp_path / "events.jsonl"
    in_the_way = tmp_path / ".CXYZ001.events.json.new" / "x"
    in_the_way.mkdir(parents=True)
    for _look in range(3):
        assert len(watching(tmp_path, THREE, events=events)["unwritten"]) == 1
    assert events.read_text() == ""
    shutil.rmtree(in_the_way.parent)
    watching(tmp_path, THREE, events=events)
    assert len(emitted(events.read_text())) == 3


def at_once(work, count=6):
    """Let as many threads as that do it, and return what came of each."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _number: work(), range(count)))


def test_two_runs_at_once_tell_each_event_once(tmp_path):
    for number in range(10):
        place = tmp_path / str(number)
        place.mkdir()
        looks = at_once(lambda here=place: watching(here, THREE, here / "dcass.prom", here / "events.jsonl"))
        assert [look["unwritten"] for look in looks] == [[]] * len(looks)
        assert len(emitted((place / "events.jsonl").read_text())) == 3


def test_an_event_does_not_follow_a_file_that_is_rotated_away_while_it_waits(tmp_path):
    events, rotated = tmp_path / "events.jsonl", tmp_path / "events.jsonl.1"
    with events.open("w") as file, concurrent.futures.ThreadPoolExecutor(1) as pool:
        fcntl.flock(file, fcntl.LOCK_EX)
        look = pool.submit(watching, tmp_path, THREE, None, events)
        with pytest.raises(concurrent.futures.TimeoutError):
            look.result(timeout=0.5)
        events.rename(rotated)
        fcntl.flock(file, fcntl.LOCK_UN)
        assert look.result(timeout=10)["unwritten"] == []
    assert (rotated.read_text(), len(emitted(events.read_text()))) == ("", 3)


def test_the_longest_names_there_are_hold_up_no_events(tmp_path):
    events, name = tmp_path / "events.jsonl", "\U00020000" * 63
    paths = [f"COMMON/{name}/{number}" for number in range(1000)]
    world = Watched(items=[Outstanding("report", path, TODAY, lost_on) for path in paths for lost_on in (None, TODAY)])
    for _look in range(6):
        assert watching(tmp_path, world, events=events)["unwritten"] == []
    assert len(emitted(events.read_text())) == 2000


def test_where_nothing_can_be_told_the_metrics_say_so(tmp_path):
    metrics = tmp_path / "dcass.prom"
    world = Watched(trouble=StateDamaged("It is damaged."))
    with pytest.raises(DcassError):
        watching(tmp_path, world, metrics, tmp_path / "events")
    values = {(name, its.get("code")): value for name, its, value in check.samples(metrics.read_text())}
    assert values["dcass_due", "state_damaged"] == 1
    assert values["dcass_status_written_timestamp_seconds", None] == NOW.timestamp()


def test_journald_hears_each_event_in_its_own_protocol(tmp_path):
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journald:
        journald.bind(str(place))
        journald.settimeout(5)
        world = Watched(items=[Outstanding("report", NASTY, TODAY, TODAY)])
        watching(tmp_path, world, events=tmp_path / "events", journal=place)
        heard = journald.recv(65536).decode()
    fields = dict(line.split("=", 1) for line in heard.splitlines())
    assert heard.endswith("\n") and heard.count("\n") == len(fields) == 7
    assert (fields["DCASS_EVENT"], fields["PRIORITY"], fields["SYSLOG_IDENTIFIER"]) == ("lost", "3", "dcass-sftp")
    assert json.loads(fields["DCASS_JSON"])["event"] == "lost"


def test_every_event_has_a_priority_and_a_row_in_the_documentation():
    page = (ROOT / "docs/monitoring.md").read_text()
    assert sorted(re.findall(r"^\| `(\w+)` \| (?:error|warning|info) \|", page, re.MULTILINE)) == sorted(PRIORITIES)


def test_every_metric_has_a_row_in_the_documentation():
    page = (ROOT / "docs/monitoring.md").read_text()
    assert set(re.findall(r"^\| `(dcass_\w+)` \|", page, re.MULTILINE)) >= set(HELP)


# When a sync is due


@given(st.none() | st.integers(0, 40 * 24), st.integers(0, 400 * 24), st.booleans())
@settings(deadline=None)
def test_a_sync_is_overdue_as_soon_as_its_moment_is_past(last_hours, hours, trading):
    now = datetime(2026, 1, 1, tzinfo=HONG_KONG) + timedelta(hours=hours)
    last = None if last_hours is None else now - timedelta(hours=last_hours)
    calendar, since = Calendar(holiday_trading=trading), now.date() - timedelta(days=20)
    due = sync_due_at(calendar, last, since)
    assert due is not None
    assert (due <= now) == (overdue_since(calendar, last, since, now) is not None)


def test_lunar_new_year_is_waited_for():
    last = datetime(2026, 2, 16, 12, 0, tzinfo=HONG_KONG)  # the eve; the exchange opens again on the 20th
    assert sync_due_at(Calendar(), last, date(2026, 1, 1)) == datetime(2026, 2, 21, 3, 30, tzinfo=HONG_KONG)


# What is shipped for monitoring


@needs_promtool
def test_promtool_takes_the_alerts_and_they_fire_when_they_should():
    for words in (["check", "rules", ALERTS.name], ["test", "rules", "dcass_alerts_test.yml"]):
        seen = subprocess.run([promtool, *words], cwd=ALERTS.parent, capture_output=True, text=True)
        assert seen.returncode == 0, seen.stdout + seen.stderr


def expressions():
    """Every expression of the alerts and the dashboard."""
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [*(rule["expr"] for rule in rules), *(target["expr"] for panel in panels for target in panel["targets"])]


def test_alerts_and_dashboard_ask_for_metrics_that_are_written():
    asked = {name for expression in expressions() for name in re.findall(r"\bdcass_\w+", expression)}
    assert asked <= set(HELP)
    assert len(asked) > 8


@needs_promtool
def test_the_dashboard_asks_in_prometheus_s_language(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(expressions())]
    place = tmp_path / "rules.yml"
    place.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    seen = subprocess.run([promtool, "check", "rules", str(place)], capture_output=True, text=True)
    assert seen.returncode == 0, seen.stdout + seen.stderr


def test_the_dashboard_s_panels_lie_beside_each_other():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [(panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y) for panel in panels
             for x in range(panel["gridPos"]["w"]) for y in range(panel["gridPos"]["h"])]  # fmt: skip
    assert len(set(taken)) == len(taken) and max(x for x, _y in taken) < 24


@pytest.mark.parametrize(
    ("world", "hours", "code", "line"),
    [
        pytest.param(Watched(), 0, 0, "DCASS OK - CXYZ001: ok | CXYZ001_key_days=730 ", id="all is well"),
        pytest.param(
            Watched(items=[Outstanding("expected", "*X*", TODAY)]), 1, 1, "WARNING - CXYZ001: reports_outst", id="soon"
        ),
        pytest.param(Watched(synced=NOW - timedelta(days=9)), 0, 2, "CRITICAL - CXYZ001: no full sync", id="overdue"),
        pytest.param(Watched(), 61, 2, "CRITICAL - CXYZ001: nothing was written for 61 hours", id="an old file"),
        pytest.param(Watched(), -999, 2, "CRITICAL - CXYZ001: it was written by a clock that is 999.0", id="a new one"),
    ],
)
def test_nagios_is_told_in_a_line(tmp_path, capsys, monkeypatch, world, hours, code, line):
    metrics = tmp_path / "dcass.prom"
    watching(tmp_path, world, metrics)
    monkeypatch.setattr(check.time, "time", lambda: NOW.timestamp() + hours * 3600)
    assert check.main([str(metrics)]) == code
    said = capsys.readouterr().out
    assert line in said and said.count("\n") == 1


def test_nagios_is_told_what_can_t_be_read(tmp_path, capsys):
    assert check.main([str(tmp_path / "no|file")]) == 3
    assert check.main([]) == 3
    assert capsys.readouterr().out.count("DCASS UNKNOWN - ") == 2
