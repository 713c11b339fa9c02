# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred participants in events that AWX shows whole: every workstation told, the most urgent first."""

from __future__ import annotations

import json

import pytest

from ansible_collections.dcass.sftp.plugins.filter.failure_line import failure_line
from ansible_collections.dcass.sftp.plugins.filter.job_stats import job_stats
from ansible_collections.dcass.sftp.plugins.filter.status_page import status_page
from ansible_collections.dcass.sftp.plugins.filter.sync_failures import sync_failures
from ansible_collections.dcass.sftp.plugins.filter.sync_lines import sync_lines
from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section, events
from ansible_collections.dcass.sftp.plugins.plugin_utils._verdict import verdict
from tests.unit.probes import probed
from tests.unit.test_status_page import row, wants
from tests.unit.test_sync_lines import LEFT, LOCKED, QUIET

FLEET = [f"c{number:03}-ws{place}.clearing.example.com" for number in range(200) for place in (1, 2)]
COLOUR = "\x1b[0;32m"


def shown(event, first=FLEET[0]):
    """An event as Ansible writes it, in colour, as AWX has it."""
    said = json.dumps({"msg": event["lines"]}, indent=4, ensure_ascii=False)
    text = f"ok: [{first}] => (item={event['who']}) => {said}"
    return "\r\n".join(f"{COLOUR}{line}\x1b[0m" for line in text.splitlines())


def fleet():
    """Variables of a sync of all: every tenth has failed, every seventh has much outstanding."""
    hostvars = {}
    for number, host in enumerate(FLEET):
        account, partner = f"C{host[1:4]}00{host[7]}", FLEET[number ^ 1]
        its = probed(account, partner)
        much = {"missing": [{"expected": f"*R{n}*", "day": "2026-11-20"} for n in range(40)]} if number % 7 == 0 else {}
        result = {**LOCKED, "hint": "Wait. " * 500} if number % 10 == 0 else {**QUIET, **much}
        hostvars[host] = {**its, f"report_sync_{'second' if host[7] == '2' else 'first'}": result}
    return hostvars


def test_a_sync_of_two_hundred_participants_is_told_whole_the_failed_first():
    told = sync_lines(FLEET, fleet(), FLEET, apart=True)
    assert max(len(shown(event)) for event in told) <= 1000
    who = [event["who"] for event in told]
    assert set(FLEET) <= set(who)
    assert {name.partition(",")[0] for name in who} == set(FLEET)
    assert who[:40] == FLEET[::10]
    assert told[0]["lines"][0].startswith(
        f"{FLEET[0]} C000001: authentication_failed: The facility refused CXYZ001. Wait."
    )
    lines = [line for event in told for line in event["lines"]]
    assert sum(line == "    Missing: *R39* of 2026-11-20" for line in lines) == len(
        {*range(0, 400, 7)} - {*range(0, 400, 10)}
    )


def test_a_status_of_two_hundred_participants_is_told_whole():
    rows = {host: row(participant=f"cp_{host[:4]}", account=host[:4].upper()) for host in FLEET}
    rows[FLEET[3]]["failure"] = "state_damaged: " + "“It is torn.” " * 300
    rows[FLEET[5]]["known"]["due"] = wants(9)
    rows[FLEET[5]]["known"]["next_actions"] = [f"Do the {n}th thing." for n in range(200)]
    told = status_page(rows, True, FLEET[0])
    assert max(len(shown(event)) for event in told) <= 1000
    who = [event["who"] for event in told]
    assert who[:3] == ["the facility", FLEET[3], FLEET[5]]
    assert {name.partition(",")[0] for name in who} == {"the facility", *FLEET}
    assert "    101 more." in [line for event in told for line in event["lines"]]


MUCH = "“It is torn.” " * 300
FAILURES = {  # of each kind one in ten participants
    1: {"unreachable": True, "msg": "Failed to connect to the host via ssh: " + "debug1: x\r\n" * 500},
    2: {"failed": True, "error_code": "busy", "msg": "Another run works with the account. " + MUCH, "hint": MUCH},
    3: {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "Traceback\n" + "KeyError: '\\\\'" * 400},
    4: {**LEFT, "changed": True},
}


def wrong_ones():
    """The failures of participants in whose inventory much is wrong."""
    names = ("port", "login_budget", "connect_timeout", "operation_timeout", "run_timeout", "renew_before", "site")
    wrong = {f"dcass_{name}": "x" * 80 for name in names}
    hostvars = {}
    for host in FLEET:
        right = {
            "dcass_customer_code": f"C{host[1:4]}",
            "dcass_workstation_address": f"198.18.{int(host[1:4])}.{host[7]}",
        }
        hostvars[host] = {**right, **(wrong if host[3] == "5" else {})}
    groups = {}
    for host in FLEET:
        groups.setdefault(f"cp_{host[:4]}", []).append(host)
    return verdict({**hostvars, "localhost": {}}, groups, FLEET)["wrong"]


def told_at_the_end(line, host):
    """What AWX shows of the event in which ansible-core tells a failure, since 2.19 twice: its beginning."""
    said = json.dumps({"changed": False, "msg": line}, ensure_ascii=False)
    return f"[ERROR]: Task failed: Action failed: {line}\nOrigin: …\nfatal: [{host}]: FAILED! => {said}"[:1000]


def test_of_two_hundred_participants_each_failure_is_told_whole_of_whatever_kind():
    hostvars, wrong = fleet(), wrong_ones()
    for number, host in enumerate(FLEET):
        name = "report_sync_second" if host[7] == "2" else "report_sync_first"
        if number // 2 % 10 in FAILURES:
            hostvars[host][name] = FAILURES[number // 2 % 10]
        elif host in wrong:
            hostvars[host]["dcass_probe"]["blocked"] = wrong[host]["failure"]
    told = sync_lines(FLEET, hostvars, FLEET, apart=True)
    failures = sync_failures(FLEET, hostvars)
    assert {event["who"].partition(",")[0] for event in told} == set(FLEET)
    assert max(len(shown(event)) for event in told) <= 1000
    codes = {line.split()[2] for line in failures.values()}
    assert codes == {"host_unreachable:", "busy:", "task_failed:", "wrong_inventory:", "authentication_failed:"}
    for host, line in failures.items():
        assert line in told_at_the_end(line, host) and line.startswith(f"{host} ")
        assert len(json.dumps({"changed": False, "msg": line}, ensure_ascii=False)) < 950
    left = [event["lines"][0] for event in told if ": busy: " in event["lines"][0] and event["who"] not in failures]
    assert len(left) == 40 and all(line.split(":")[1] == " busy" for line in left)
    assert job_stats(FLEET, hostvars, "sync")["dcass_next_actions"]["total"] >= len(failures)


def test_a_wrong_participant_tells_as_many_of_its_mistakes_as_fit_and_how_many_more_there_are():
    (failure,) = {json.dumps(its["failure"]) for host, its in wrong_ones().items() if host.startswith("c005")}
    line = failure_line(json.loads(failure), FLEET[10], "C005001")
    assert "c005-ws1.clearing.example.com (and 39 more) has the dcass_port" in line
    assert "more: ansible-playbook dcass.sftp.check_inventory tells all of them. Correct the inventory." in line
    assert line.endswith("Nothing was done on this workstation.")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("x" * 5000, id="long"),
        pytest.param('"' * 900, id="with marks that take two characters"),
        pytest.param("\\" * 5000, id="with backslashes"),
        pytest.param("\x1b[31m" * 900, id="with what would colour it"),
        pytest.param("\n" * 3000, id="of ends of lines"),
        pytest.param("é" * 5000, id="not of ASCII"),
    ],
)
def test_no_line_makes_an_event_too_long(line):
    told = events([Section("h" * 300, ["begin", line, "end"])], True, FLEET[0])
    assert max(len(shown(event)) for event in told) <= 1000
    lines = [part for event in told for part in event["lines"]]
    assert (lines[0], lines[-1], len(lines)) == ("begin", "end", 3)


def test_at_a_terminal_all_is_one_page():
    told = events([Section("a", ["a"], (2,)), Section("b", ["b1", "b2"], (0,)), Section("c", ["c"], (2,))], False)
    assert told == [{"who": "all workstations", "lines": ["b1", "b2", "a", "c"]}]
