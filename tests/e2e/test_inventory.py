# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong inventory is refused with one sentence, before anything changes."""

import pytest

from demo.rehearsal import Rehearsal

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
# what is wrong: variables of the group, of each host, and the sentence
MISTAKES = {
    "three hosts": (
        {},
        {ONE: {}, TWO: {}, "cxyz-ws3": {}},
        "is one of 3 hosts in cp_cxyz (cxyz-ws1, cxyz-ws2, cxyz-ws3)",
    ),
    "one host": ({}, {ONE: {}}, "cxyz-ws1 is one of 1 hosts in cp_cxyz"),
    "code in small letters": (
        {"dcass_customer_code": "cxyz"},
        {ONE: {}, TWO: {}},
        "has the dcass_customer_code 'cxyz': write 'CXYZ'.",
    ),
    "no code": (
        {"dcass_customer_code": ""},
        {ONE: {}, TWO: {}},
        "has the dcass_customer_code '': it must be C and three capitals or digits.",
    ),
    "two codes": (
        {},
        {ONE: {}, TWO: {"dcass_customer_code": "CABC"}},
        "cxyz-ws1 has the dcass_customer_code 'CXYZ' and cxyz-ws2 'CABC'",
    ),
    "no address": (
        {},
        {ONE: {}, TWO: {"dcass_workstation_address": "ws2.example.org"}},
        "cxyz-ws2 has the dcass_workstation_address 'ws2.example.org'",
    ),
    "equal addresses": (
        {},
        {ONE: {}, TWO: {"dcass_workstation_address": "127.0.10.31"}},
        "cxyz-ws1 and cxyz-ws2 both have the dcass_workstation_address 127.0.10.31: each workstation needs its own.",
    ),
    "two subnets": (
        {},
        {ONE: {}, TWO: {"dcass_workstation_address": "127.0.11.32"}},
        "cxyz-ws2 127.0.11.32: both must be in one subnet",
    ),
    "another's account": (
        {},
        {ONE: {"dcass_account": "CABC001"}, TWO: {}},
        "cxyz-ws1 has the dcass_account 'CABC001': the accounts of CXYZ are CXYZ001 and CXYZ002.",
    ),
    "one account twice": (
        {},
        {ONE: {"dcass_account": "CXYZ002"}, TWO: {}},
        "cxyz-ws1 and cxyz-ws2 both have the dcass_account CXYZ002",
    ),
}


@pytest.fixture
def bare(stage: Rehearsal, tmp_path) -> Rehearsal:
    """Workstations of their own, so that a change would be seen."""
    return Rehearsal(tmp_path, ["127.151.14.121:1"], "")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_by_name(bare: Rehearsal, mistake: str) -> None:
    group, hosts, sentence = MISTAKES[mistake]
    bare.write_inventory(group, **hosts)
    outcome = bare.play("dcass.sftp.rollout")
    assert outcome.code == 2
    assert any(sentence in complaint for complaint in outcome.complaints)
    assert not (bare.root / "hosts").exists()


def test_the_order_pairs_hosts_with_accounts_and_a_host_may_say_otherwise(bare: Rehearsal) -> None:
    bare.write_inventory(**{ONE: {"dcass_account": "CXYZ002"}, TWO: {"dcass_account": "CXYZ001"}})
    outcome = bare.play("dcass.sftp.register", "--check")
    told = {e["host"]: e["result"]["msg"] for e in outcome.results if e["task"] == "Show the fingerprint"}
    assert told[ONE].startswith("CXYZ002: there was no key")
    assert told[TWO].startswith("CXYZ001: there was no key")


def test_a_bare_workstation_is_told_to_be_rolled_out_first(bare: Rehearsal) -> None:
    outcome = bare.play("dcass.sftp.sync_reports")
    assert outcome.code == 2
    assert all(complaint.endswith("run the playbook dcass.sftp.rollout first.") for complaint in outcome.complaints)
    assert len(outcome.complaints) == 2
