# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred participants in events that AWX shows whole: every workstation told, the most urgent first."""

from __future__ import annotations

import json

import pytest

from ansible_collections.dcass.sftp.plugins.filter.status_page import status_page
from ansible_collections.dcass.sftp.plugins.filter.sync_lines import sync_lines
from ansible_collections.dcass.sftp.plugins.plugin_utils._events import Section, events
from tests.unit.test_status_page import row, wants
from tests.unit.test_sync_lines import LOCKED, QUIET

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
        its = {"dcass_account_here": account, "dcass_partner": partner, "dcass_is_second": host[7] == "2"}
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
    assert sum(line == "    Not there: *R39*" for line in lines) == len({*range(0, 400, 7)} - {*range(0, 400, 10)})


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
