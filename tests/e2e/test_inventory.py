# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong inventory is refused with one sentence, before anything changes."""

import json
from pathlib import Path

import pytest

from demo.rehearsal import Outcome, Rehearsal

ONE, TWO, THREE = ({"dcass_workstation_address": f"127.0.10.{last}"} for last in (31, 32, 33))
CODE = {"dcass_customer_code": "CXYZ"}
# What is wrong: variables of the group, of its hosts a, b and c, and the sentence. Each participant makes one mistake.
MISTAKES = {
    "three-hosts": (CODE, (ONE, TWO, THREE), "a is one of 3 hosts in cp_three-hosts (a, b, c): a participant has two"),
    "one-host": (CODE, (ONE,), "a is one of 1 hosts in cp_one-host (a): a participant has two workstations."),
    "lower-case": (
        {"dcass_customer_code": "cxyz"},
        (ONE, TWO),
        "a has the dcass_customer_code 'cxyz': write 'CXYZ'",
    ),
    "no-code": ({}, (ONE, TWO), "a has the dcass_customer_code '': it must be C and three capitals or digits."),
    "two-codes": (
        CODE,
        (ONE, {**TWO, "dcass_customer_code": "CABC"}),
        "a has the dcass_customer_code 'CXYZ' and b 'CABC': set it once, on the group cp_two-codes.",
    ),
    "no-address": (CODE, ({}, TWO), "a has the dcass_workstation_address '': it must be the IPv4 address"),
    "a-name": (
        CODE,
        ({"dcass_workstation_address": "ws1.example.org"}, TWO),
        "a has the dcass_workstation_address 'ws1.example.org': it must be the IPv4 address",
    ),
    "equal": (CODE, (ONE, ONE), "a and b both have the dcass_workstation_address 127.0.10.31: each workstation needs"),
    "two-subnets": (
        CODE,
        (ONE, {"dcass_workstation_address": "127.0.11.32"}),
        "a has the dcass_workstation_address 127.0.10.31 and b 127.0.11.32: both must be in one subnet",
    ),
    "another's": (
        CODE,
        ({**ONE, "dcass_account": "CABC001"}, TWO),
        "a has the dcass_account 'CABC001': the accounts of CXYZ are CXYZ001 and CXYZ002.",
    ),
    "twice": (CODE, ({**ONE, "dcass_account": "CXYZ002"}, TWO), "a and b both have the dcass_account CXYZ002: leave"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """One run for all mistakes, beside a participant that makes none."""
    stage = Rehearsal(tmp_path_factory.mktemp("mistakes"), [], "")
    inventory = json.loads(stage.inventory.read_text())
    common = {name: value for name, value in inventory["cp_cxyz"]["vars"].items() if name.startswith("ansible_")}
    for mistake, (group, hosts, _sentence) in MISTAKES.items():
        named = {f"{mistake}-{letter}": variables for letter, variables in zip("abc", hosts, strict=False)}
        inventory[f"cp_{mistake}"] = {"vars": {**common, **group}, "hosts": named}
    stage.inventory.write_text(json.dumps(inventory))
    outcome = stage.play("dcass.sftp.rollout")
    assert outcome.code == 2, outcome.output
    assert outcome.changed == 0
    assert not (stage.root / "hosts").exists()
    return outcome


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_by_name(refused: Outcome, mistake: str) -> None:
    complaints = [
        entry["result"]["msg"].replace(f"{mistake}-", "")
        for entry in refused.results
        if entry["how"] == "failed" and entry["host"] == f"{mistake}-a"
    ]
    assert len(complaints) == 1
    assert MISTAKES[mistake][2] in complaints[0]


def test_a_faultless_participant_is_not_blamed(refused: Outcome) -> None:
    assert {entry["host"] for entry in refused.results if entry["how"] == "failed"}.isdisjoint({"cxyz-ws1", "cxyz-ws2"})


def test_the_order_pairs_hosts_with_accounts_and_a_host_may_say_otherwise(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    stage.write_inventory(**{"cxyz-ws1": {"dcass_account": "CXYZ002"}, "cxyz-ws2": {"dcass_account": "CXYZ001"}})
    outcome = stage.play("dcass.sftp.register", "--check")
    told = {e["host"]: e["result"]["msg"] for e in outcome.results if e["task"] == "Show the fingerprint"}
    assert told["cxyz-ws1"].startswith("CXYZ002: there was no key")
    assert told["cxyz-ws2"].startswith("CXYZ001: there was no key")


def test_a_bare_workstation_is_told_to_be_rolled_out_first(tmp_path: Path) -> None:
    outcome = Rehearsal(tmp_path, [], "").play("dcass.sftp.sync_reports")
    assert outcome.code == 2
    assert all(complaint.endswith("run the playbook dcass.sftp.rollout first.") for complaint in outcome.complaints)
    assert len(outcome.complaints) == 2


def test_a_pattern_without_a_host_is_refused_and_not_green(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    outcome = stage.play("dcass.sftp.sync_reports", "-e", "dcass_hosts=cp_cxzy")
    assert outcome.code == 2
    assert "The inventory has no host for dcass_hosts: 'cp_cxzy'." in outcome.output
