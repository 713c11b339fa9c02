# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the workstations know as one value: its figures are account_info's, and nothing in it can act."""

from __future__ import annotations

import json
import pathlib
import random
import re
import shlex
from datetime import date, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow import account_info
from ansible_collections.dcass.sftp.plugins.module_utils._rules import account_status, due
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadPrivateKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEPT_DAYS, LOGINS, UPLOADS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run
from ansible_collections.dcass.sftp.plugins.plugin_utils import _next_steps as next_steps
from ansible_collections.dcass.sftp.plugins.plugin_utils._overview import FORM, overview
from ansible_collections.dcass.sftp.plugins.plugin_utils._overview_days import days_of
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row
from tests.page import fleet
from tests.unit import test_account_info_flow as accounts

ACKNOWLEDGE = (
    "acknowledge -e dcass_hosts=cp_cxyz -e 'dcass_acknowledge=*RX_AUDIT*' -e dcass_acknowledge_day=2026-11-17 "
    "-e dcass_acknowledge_why=REASON -e dcass_acknowledge_who=NAME"
)
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}{%x%}{#y#}\x1b[2J\u202e\u2066\ud800"


def overview_of(rows, **more):
    """What is made of rows as the role brings them."""
    return overview([Row(host, **row) for host, row in rows.items()], fleet.WRITTEN, [fleet.INVENTORY], **more)


def pair(*changes):
    """One sound participant, changed."""
    one, two = rows = fleet.row("CXYZ", 1), fleet.row("CXYZ", 2)
    for change in changes:
        change(*rows)
    return {"ws1": one, "ws2": two}


def action_of(rows, **more):
    """The most urgent thing to do."""
    return overview_of(rows, **more)["actions"][0]


def test_a_sound_fleet_asks_for_nothing():
    told = overview_of(pair())
    assert (told["form"], told["written"], told["urgency"]) == (FORM, "2026-11-27T07:20:12+08:00", "none")
    assert (told["actions"], told["counts"]["none"]) == ([], 1)
    assert told["facility"] == [
        {"sentence": "The facility is open until Saturday 2026-11-28 03:30 Hong Kong time.", "participants": []}
    ]


def test_nobody_is_an_answer_too():
    told = overview([], fleet.WRITTEN)
    assert (told["urgency"], told["participants"], told["actions"], told["calendar"]) == ("none", [], [], [])


@pytest.mark.parametrize(
    ("change", "urgency", "code", "command"),
    [
        pytest.param(fleet.failing, "at_once", "key_unusable", "rollout -e dcass_hosts=cp_cxyz", id="a bad key"),
        pytest.param(fleet.renewing, "days", "renewal_due", "renew_keys -e dcass_hosts=cp_cxyz", id="a renewal"),
        pytest.param(fleet.missing, "at_once", "reports_lost", ACKNOWLEDGE, id="a lost report"),
        pytest.param(
            fleet.switched,
            "soon",
            "site_switched",
            "switch_site -e dcass_hosts=cp_cxyz -e dcass_switch_confirmed=true -e dcass_switch_to=primary "
            "-e dcass_switch_why=REASON -e dcass_switch_who=NAME",
            id="another site",
        ),
        pytest.param(
            fleet.spent, "soon", "login_budget_spent", "sync_reports -e dcass_hosts=cp_cxyz", id="no login left"
        ),
    ],
)
def test_what_is_next_has_its_command(change, urgency, code, command):
    told = overview_of(pair(change))
    first = told["actions"][0]
    assert (told["urgency"], first["urgency"], first["code"]) == (urgency, urgency, code)
    assert first["command"] == f"ansible-playbook -i {fleet.INVENTORY} dcass.sftp.{command}"


def test_what_lets_a_run_work_comes_before_running_it_again():
    codes = [one["code"] for one in overview_of(pair(fleet.failing))["actions"]]
    assert codes == ["key_unusable", "run_failed"]


@pytest.mark.parametrize(
    ("what", "playbook"),
    [
        ("sync", "sync_reports"),
        ("intraday", "sync_reports -e dcass_hosts=cp_cxyz -e dcass_report_scope=intraday"),
        ("renewal", "renew_keys"),
        ("verify", "verify"),
    ],
)
def test_a_run_that_failed_is_run_again(what, playbook):
    command = action_of(pair(lambda one, _two: fleet.due(one, "run_failed", -1, "It failed.", what)))["command"]
    assert f"dcass.sftp.{playbook}" in command


def test_a_host_that_does_not_answer_is_looked_for():
    found = action_of(pair(fleet.silent))
    assert (found["code"], found["hosts"]) == ("host_unreachable", ["ws2"])
    assert found["command"] == f"ansible -i {fleet.INVENTORY} ws2 -m ansible.builtin.ping"
    other = pair(lambda one, _two: one.update(failure="not_rolled_out: No.", error_code="not_rolled_out"))
    assert "dcass.sftp.rollout" in action_of(other)["command"]
    unknown = pair(lambda one, _two: one.update(failure="task_failed: No.", known={}))
    assert (action_of(unknown)["code"], "dcass.sftp.status" in action_of(unknown)["command"]) == ("no_answer", True)


def test_what_both_workstations_say_in_the_same_way_is_done_once():
    (lost, outstanding) = overview_of(pair(fleet.missing))["actions"]
    assert lost["accounts"] == outstanding["accounts"] == ["CXYZ001", "CXYZ002"]
    fleet_of_two = {**pair(), **{f"b{host}": row | {"participant": "cp_cabc"} for host, row in pair().items()}}
    for row in fleet_of_two.values():
        fleet.due(row, "calendar_ends", 30, "The calendar ends.")
    (action,) = overview_of(fleet_of_two)["actions"]
    assert (action["participant"], len(action["hosts"])) == ("", 4)
    assert action["command"] == "ansible-galaxy collection install --upgrade dcass.sftp"


def test_a_pair_at_two_sites_is_told_once():
    rows = pair(fleet.switched)
    rows["ws1"]["switch"] = {}
    assert [one["code"] for one in overview_of(rows)["actions"]].count("sites_differ") == 1


def test_an_expired_key_is_made_anew_on_its_own_host_alone():
    command = action_of(pair(lambda _one, two: fleet.due(two, "key_expired", -1, "It expired.")))["command"]
    assert command.endswith("dcass.sftp.rollout -e dcass_hosts=ws2 -e dcass_key_regenerate=always")


def test_a_withdrawn_key_is_named_by_its_fingerprint():
    def withdrawn(one, _two):
        one["known"]["key"]["renewal"]["old_fingerprint"] = "5c:11"
        fleet.due(one, "key_withdrawn", -1, "It is withdrawn.")

    assert "-e dcass_compromised=5c:11 -e dcass_registered_on=DAY" in action_of(pair(withdrawn))["command"]


def test_a_job_of_awx_names_no_inventory():
    assert " -i " not in action_of(pair(fleet.failing), by_awx=True)["command"]


def test_every_code_that_is_due_has_its_command():
    source = "".join(pathlib.Path(part.__file__).read_text() for part in (due, account_info))
    codes = {*re.findall(r'Due\(\s*"(\w+)"', source), *account_status._CODES.values()}
    codes |= {"libraries_unusable", "key_unusable", "archive_unusable", "state_unusable"}
    codes |= {f"{limit.what}_budget_spent" for limit in (LOGINS, UPLOADS)}
    of_others = {"run_failed", "run_killed", "calendar_ends"}  # by the kind of run; an update of the collection
    looked_at_again = {"disk_low", "clock_off", "reports_shorter"}
    assert len(codes) > 20
    assert codes - of_others - looked_at_again == codes & set(next_steps.PLAYBOOKS)


@pytest.mark.parametrize(
    ("what", "error_code", "command"),
    [
        pytest.param("sync", "host_key_mismatch", "preflight", id="another host key: nobody connects"),
        pytest.param("intraday", "host_key_unknown", "preflight", id="a host key that nobody has pinned"),
        pytest.param("sync", "authentication_failed", "preflight", id="a refused login: one more would count"),
        pytest.param("sync", "unreachable", "preflight", id="no way to the facility"),
        pytest.param("renewal", "bad_private_key", "rollout", id="a key that others can read"),
        pytest.param("sync", "library_missing", "rollout", id="a library that is missing"),
        pytest.param("sync", "connection_lost", "sync_reports", id="what the next run goes on with"),
        pytest.param("verify", "archive_damaged", "verify", id="damage that was mended"),
    ],
)
def test_what_lets_a_failed_run_work_comes_before_running_it_again(what, error_code, command):
    failed = Run(what, "ops", accounts.NOW, accounts.NOW, "failed", None, error_code, "No.", "Look.")
    (told,) = (one.to_result() for one in due.of_runs("CXYZ001", [failed], None))
    shown = action_of(pair(lambda one, _two: one["known"]["due"].append(told)))["command"]
    assert f"dcass.sftp.{command} -e dcass_hosts=cp_cxyz" in shown


def test_what_waits_for_a_run_comes_after_why_the_last_one_failed():
    gone, lost = (Outstanding("expected", "*A*", date(2026, 11, 1), lost_on) for lost_on in (None, date(2026, 11, 27)))
    reports = due.of_reports([gone, lost], date(2026, 11, 27))
    refused = Run("sync", "ops", accounts.NOW, accounts.NOW, "failed", None, "authentication_failed", "No.", "Look.")
    dues = due.ranked([*due.of_runs("CXYZ001", [refused], None), *reports])
    order = ["run_failed", "reports_lost", "reports_outstanding"]
    assert [one.code for one in dues] == order

    def failing(one, _two):
        one["known"]["due"] = [thing.to_result() for thing in reversed(dues)]

    assert [one["code"] for one in overview_of(pair(failing))["actions"]] == order


def test_the_most_urgent_participant_comes_first():
    rows = fleet.rows(20)
    told = overview_of(rows)
    order = [(one["urgency"], one["within_days"]) for one in told["participants"]]
    words = ["at_once", "days", "soon", "none"]
    assert [word for word, _within in order] == sorted((word for word, _ in order), key=words.index)
    assert told["counts"] == {word: sum(one[0] == word for one in order) for word in words}
    assert {one["name"] for one in told["participants"]} == {row["participant"] for row in rows.values()}


def test_runs_of_a_day_that_came_to_the_same_are_one():
    account = overview_of(pair(fleet.failing))["participants"][0]["accounts"][0]
    last, polls, syncs, *_earlier = account["runs"]
    assert (last["error_code"], last["times"], last["hint"][:11]) == ("bad_private_key", 1, "Restore the")
    assert (polls["what"], polls["times"], polls["first"][11:16], polls["began"][11:16]) == (
        "intraday",
        96,
        "09:00",
        "16:55",
    )
    assert (syncs["times"], syncs["fetched"], "hint" in syncs) == (3, 65, False)


def test_calendars_that_differ_say_whose_they_are():
    rows = {**pair(), **{f"b{host}": row | {"participant": "cp_cabc"} for host, row in pair(fleet.holidays).items()}}
    assert [one["participants"] for one in overview_of(rows)["calendar"]] == [["cp_cxyz"], ["cp_cabc"]]
    (calendar,) = overview_of(pair())["calendar"]
    days = {day["day"]: day for week in calendar["weeks"] for day in week}
    assert [len(week) for week in calendar["weeks"]] == [7] * 6
    assert days["2026-12-25"] == {
        "day": "2026-12-25",
        "kind": "holiday trading day",
        "open": False,
        "predicted": False,
    }
    assert days["2026-11-28"]["open"] is False and days["2026-11-30"]["open"] is True


def test_days_after_the_known_calendar_are_predicted_but_for_weekends():
    rows = pair()
    for row in rows.values():
        row["known"]["calendar"]["known_to"] = "2026-12-31"
    (calendar,) = overview_of(rows)["calendar"]
    predicted = [day["day"] for week in calendar["weeks"] for day in week if day["predicted"]]
    assert predicted == ["2027-01-01"]


@pytest.mark.parametrize(
    ("states", "cell"),
    [
        pytest.param(("held", "not_here"), {"state": "held", "by": ["A1"]}, id="one has it"),
        pytest.param(("held", "held"), {"state": "held", "by": ["A1", "A2"]}, id="both have it"),
        pytest.param(
            ("held", "missing"), {"state": "held", "by": ["A1"]}, id="one has it, and the other does not know"
        ),
        pytest.param(("missing", "not_here"), {"state": "missing", "days_left": 8}, id="missing"),
        pytest.param(("lost", "missing"), {"state": "lost"}, id="lost"),
        pytest.param(("acknowledged", "not_here"), {"state": "acknowledged"}, id="closed by people"),
        pytest.param(("not_here", "not_here"), {"state": "not_asked"}, id="nobody asked"),
        pytest.param(("not_here", None), {"state": "unknown"}, id="the other one does not answer"),
        pytest.param((None, None), {"state": "not_expected"}, id="not expected"),
    ],
)
def test_a_day_of_the_pair_is_made_of_both(states, cell):
    known = {}
    for account, state in zip(("A1", "A2"), states):
        entry = [{"what": "*X*", "day": "2026-11-26", "reports": 1, "state": state}] if state else []
        early = [{"what": "*X*", "day": "2026-11-25", "reports": 1, "state": "held"}]
        if state or states == (None, None):
            its = fleet.row("CXYZ", 1)["known"]
            known[account] = {**its, "reports": {**its["reports"], "expected": early + entry, "outstanding": []}}
    told = days_of(known, 2)
    assert told["patterns"][0]["cells"][told["days"].index("2026-11-26")] == cell


@pytest.mark.parametrize(("day", "state", "left"), [("2026-11-19", "expiring", 1), ("2026-11-17", "expiring", -1)])
def test_what_leaves_the_facility_soon_is_expiring(day, state, left):
    known = fleet.row("CXYZ", 1)["known"]
    known["reports"]["expected"] = [{"what": "*X*", "day": day, "reports": 0, "state": "missing"}]
    told = days_of({"A1": known}, 1)
    assert told["patterns"][0]["cells"][told["days"].index(day)] == {"state": state, "days_left": left}


def test_what_no_pattern_stands_for_is_counted_by_days():
    told = overview_of(pair(fleet.missing))["participants"][0]["days"]
    found = [(day, cell) for day, cell in zip(told["days"], told["others"]) if cell["state"] != "not_expected"]
    assert found == [("2026-11-25", {"state": "missing", "days_left": 7, "reports": 1})]
    assert overview_of(pair())["participants"][0]["days"]["others"] == []


def test_nothing_that_people_or_a_facility_wrote_can_act():
    told = overview_of(fleet.hostile(HOSTILE))
    text = json.dumps(told, ensure_ascii=False)
    assert not any(opener in text for opener in ("{{", "{%", "{#", "\x1b", "\u202e", "\u2066", "\ud800"))
    assert "<script>alert(1)" in text and "\\\\x1b[2J\\\\u202e" in text
    for action in told["actions"]:
        words = shlex.split(action["command"])
        assert words[0] in ("ansible", "ansible-playbook") and not any("\n" in word for word in words)
        assert [word for word in words if "alert(1)" in word and not word.startswith("dcass_hosts=")] == []


def drawn(seed):
    """A workstation's records, drawn by lot, and what account_info tells of them."""
    lot = random.Random(seed)
    ago = [accounts.NOW - timedelta(hours=lot.randrange(200)) for _run in range(lot.randrange(60))]
    codes = (None, None, None, "connection_lost", "bad_private_key")
    runs = [
        Run(
            lot.choice(("sync", "intraday", "renewal")),
            "chan",
            at,
            at,
            "synced",
            lot.randrange(70),
            lot.choice(codes),
            "M.",
            "H.",
        )
        for at in sorted(ago, reverse=True)
    ]
    days = [accounts.TODAY - timedelta(days=number) for number in range(12)]
    owed = [
        Outstanding(kind, lot.choice(("*X*", "*Y*", "COMMON/z")), day, lot.choice((None, None, accounts.TODAY)))
        for day in days
        for kind in ("report", "expected")
        if lot.random() < 0.3
    ]
    world = accounts.World(
        facts=[accounts.Facts(registered_on=accounts.TODAY - timedelta(days=lot.randrange(800)))],
        runs=runs,
        owed=owed,
        reports=[(f"COMMON/{lot.choice('XY')}1", day) for day in days if lot.random() < 0.7],
        health=accounts.Health(
            {"key": BadPrivateKey("No.")} if lot.random() < 0.2 else {}, lot.choice((None, 10**6, 10**12))
        ),
        synced=lot.choice((None, accounts.NOW, accounts.NOW - timedelta(days=9))),
    )
    return world.info(expected=["*X*", "*Y* @ monday month-end"], closed_days=[str(days[3])])


@pytest.mark.parametrize("seed", range(40))
def test_every_figure_is_account_info_s(seed):
    known = {f"ws{place}": drawn(2 * seed + place) for place in (1, 2)}
    rows = [Row(host, "cp_cxyz", f"CXYZ00{host[-1]}", its) for host, its in known.items()]
    told = overview(rows, accounts.NOW)
    (participant,) = told["participants"]
    for account in participant["accounts"]:
        its = known[account["host"]]
        reports, runs = its["reports"], its["runs"]
        assert {part: account[part] for part in ("key", "logins", "uploads", "health")} == {
            part: its[part] for part in ("key", "logins", "uploads", "health")
        }
        assert account["urgency"] == its["urgency"]
        assert account["reports"] == {
            **{part: reports[part] for part in ("held", "bytes", "last_sync")},
            **{part: len(reports[part]) for part in ("outstanding", "lost", "shorter_than_listed")},
            "acknowledged": reports["acknowledged_count"],
        }
        last = sorted({run["began"][:10] for run in runs})[-5:]
        recent = [run for run in runs if run["began"][:10] in last]
        assert sum(run["times"] for run in account["runs"]) == len(recent)
        assert sum(run["fetched"] for run in account["runs"]) == sum(run["fetched"] for run in recent)
        failed = sum(run["times"] for run in account["runs"] if "error_code" in run)
        assert failed == sum(run["error_code"] is not None for run in recent)
    said = sorted(
        {(due["code"], due["sentence"], due["within_days"]) for its in known.values() for due in its["due"]}, key=str
    )
    assert sorted({(one["code"], one["sentence"], one["within_days"]) for one in told["actions"]}, key=str) == said
    assert told["urgency"] == min(
        (its["urgency"] for its in known.values()), key=("at_once", "days", "soon", "none").index
    )
    assert_days_agree(participant["days"], known)


def assert_days_agree(days, known):
    """The days of the pair are what its workstations tell, and not one more."""
    first = str(accounts.TODAY - timedelta(days=KEPT_DAYS))
    for host, its in known.items():
        told = dict(zip(days["days"], days["held"][f"CXYZ00{host[-1]}"]))
        wanted = {row["day"]: row["reports"] for row in its["reports"]["per_day"]}
        assert {day: count for day, count in told.items() if count} == {
            day: n for day, n in wanted.items() if day >= first
        }
    for row in days["patterns"]:
        for day, cell in zip(days["days"], row["cells"]):
            states = {
                f"CXYZ00{host[-1]}": one["state"]
                for host, its in known.items()
                for one in its["reports"]["expected"]
                if (one["what"], one["day"]) == (row["what"], day)
            }
            assert cell.get("by", []) == sorted(name for name, state in states.items() if state == "held")
            assert (cell["state"] == "not_expected") is (states == {})
            if cell["state"] in ("missing", "expiring"):
                assert "missing" in states.values()
                assert cell["days_left"] == (date.fromisoformat(day) - accounts.TODAY).days + KEPT_DAYS - 1
