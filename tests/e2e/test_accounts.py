# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of accounts where an inventory changes: hosts in another order, some left out, participants wrong."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.rehearsal import CHECKOUT, Outcome
from emulator.client import Emulator, running
from tests.e2e.steered import Steered, last_lines

FRIDAY, MONDAY = "2020-02-28", "2020-03-02"
REQUIREMENTS = CHECKOUT / "roles" / "workstation" / "files" / "requirements.txt"
TESTS = itertools.count(1)
AWX = ("-e", "awx_job_id=7")
SLICE = (*AWX, "-e", "awx_job_template_name=sync awx_workflow_job_name=sync")
FINGERPRINT = ":".join(["aa"] * 16)
USING_KEYS = {
    "preflight": (),
    "rollout": (),
    "register": (),
    "sync_reports": (),
    "renew_keys": ("-e", "dcass_renewal_force=true"),
    "status": (),
    "compromised_key": ("-e", f"dcass_compromised={FINGERPRINT}"),
    "adopt": ("-e", "dcass_adopt_from=/srv/by-hand"),
}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A facility of these tests' own: what it objects to fails them."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator
        assert emulator.control.violations() == []


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator) -> Steered:
    """Three participants, registered, on the morning after a day of reports."""
    stage = Steered(tmp_path_factory.mktemp("fleet"), exchange, codes=("CABC", "CDEF", "CGHI"))
    shutil.copy(REQUIREMENTS, stage.root / "venv")  # a rollout has nothing to install
    stage.register()
    stage.at(f"{MONDAY}T08:00")
    exchange.control.publish(date=FRIDAY, scale=0.01)
    return stage


@pytest.fixture
def fleet(registered: Steered) -> Iterator[Steered]:
    """The three, with the inventory as it was, ten minutes after the test before: their logins are free again."""
    before = registered.inventory.read_text()
    hour, minute = divmod(next(TESTS) * 10, 60)
    registered.at(f"{MONDAY}T{8 + hour:02}:{minute:02}")
    yield registered
    registered.inventory.write_text(before)


def hosts_of(stage: Steered, code: str, hosts: dict[str, Any]) -> None:
    """Give a participant these hosts, in this order."""
    inventory = json.loads(stage.inventory.read_text())
    inventory[f"cp_{code}"]["hosts"] = hosts
    stage.inventory.write_text(json.dumps(inventory))


def hosts_in(stage: Steered, code: str) -> dict[str, Any]:
    hosts: dict[str, Any] = json.loads(stage.inventory.read_text())[f"cp_{code}"]["hosts"]
    return hosts


def explicit(stage: Steered, *codes: str) -> None:
    """Write the account of each workstation on it."""
    for code in codes:
        hosts = hosts_in(stage, code)
        for number, its in enumerate(hosts.values(), 1):
            its["dcass_account"] = f"{code.upper()}00{number}"
        hosts_of(stage, code, hosts)


def everything(stage: Steered) -> dict[str, int]:
    """Every file and folder of all workstations, and when the kernel last saw it changed."""
    return {str(path): path.lstat().st_ctime_ns for path in (stage.root / "hosts").glob("*/**/*")}


def page(outcome: Outcome) -> str:
    return "\n".join(outcome.lines("Show what is due next"))


def sparing(playbooks: Iterable[str], *quick: str) -> list[Any]:
    """All of them, of which `make test` plays the quick ones: each takes a run of its own, and all begin alike."""
    spared = pytest.mark.long(f"{' and '.join(quick)} stand for the other playbooks in `make test`")
    return [pytest.param(one, marks=() if one in quick else (spared,)) for one in playbooks]


@pytest.mark.parametrize("playbook", sparing(USING_KEYS, "sync_reports", "rollout"))
def test_in_another_order_no_playbook_makes_a_second_key(fleet: Steered, exchange: Emulator, playbook: str) -> None:
    before, since = everything(fleet), exchange.control.status()["last_event"]
    hosts_of(fleet, "cabc", dict(reversed(hosts_in(fleet, "cabc").items())))
    outcome = fleet.play(f"dcass.sftp.{playbook}", "-e", "dcass_hosts=cp_cabc", *USING_KEYS[playbook], log=playbook)
    assert outcome.code == 2
    first, second = last_lines(outcome)
    assert first.startswith("cabc-ws1 CABC002: other_account_here: CABC002 has no key on this workstation")
    assert "write dcass_account: CABC001 on this host" in first
    assert second.startswith("cabc-ws2 CABC001: other_account_here: CABC001 has no key on this workstation")
    assert everything(fleet) == before
    assert exchange.control.events(since=since, event="connect") == []
    if playbook == "status":
        assert "write dcass_account: CABC001 on this host" in page(outcome)
        assert "Make the key" not in page(outcome)


def test_in_another_order_each_keeps_the_account_that_is_written_on_it(fleet: Steered) -> None:
    explicit(fleet, "cabc")
    hosts_of(fleet, "cabc", dict(reversed(hosts_in(fleet, "cabc").items())))
    outcome = fleet.play("dcass.sftp.status", "-e", "dcass_hosts=cp_cabc")
    assert outcome.code == 0, outcome.output
    assert {its["key"]["state"] for its in outcome.of("account_info").values()} == {"registered"}


def test_the_one_that_is_left_is_not_taken_for_the_other_and_the_others_go_on(fleet: Steered) -> None:
    hosts = hosts_in(fleet, "cabc")
    hosts_of(fleet, "cabc", {"cabc-ws2": hosts["cabc-ws2"]})
    outcome = fleet.play("dcass.sftp.sync_reports", log="left")
    assert outcome.code == 2
    (line,) = last_lines(outcome)
    assert line.startswith("cabc-ws2 CABC001: other_account_here: ")
    assert {host for host, its in outcome.of("report_sync").items() if its.get("downloaded")} >= {"cdef-ws1"}
    hosts_of(fleet, "cabc", {"cabc-ws2": {**hosts["cabc-ws2"], "dcass_account": "CABC002"}})
    explicit(fleet, "cdef", "cghi")
    outcome = fleet.play("dcass.sftp.sync_reports", *AWX, log="disabled")
    assert outcome.code == 0, outcome.output
    assert outcome.of("report_sync")["cabc-ws2"]["downloaded"]
    said = "cp_cabc has cabc-ws2 alone in this inventory, so it has no standby; is its other host disabled?"
    assert said in outcome.output


def test_a_limit_leaves_a_workstation_out_and_its_partner_stands_in(fleet: Steered, exchange: Emulator) -> None:
    exchange.control.publish(name="CGHI_TP002_20200228.csv", folder="CGHI", size=100)
    outcome = fleet.play("dcass.sftp.sync_reports", "--limit=cghi-ws2", log="limited")
    assert outcome.code == 0, outcome.output
    assert "cp_cghi takes part with cghi-ws2 alone, without cghi-ws1: it has no standby in this run." in outcome.output
    brought = [entry["name"] for entry in outcome.of("report_sync")["cghi-ws2"]["downloaded"]]
    assert "CGHI_TP002_20200228.csv" in brought


@pytest.mark.parametrize(
    ("playbook", "limit"),
    [
        pytest.param("sync_reports", (), id="sync_reports"),
        pytest.param("sync_reports", ("--limit=cp_cdef,cp_cghi",), id="sync_reports, limited"),
        *(
            pytest.param(
                playbook, limit, id=f"{playbook} {limit}", marks=[pytest.mark.long("two stand for the others")]
            )
            for playbook, limit in (
                *((playbook, ()) for playbook in ("rollout", "renew_keys", "status", "preflight")),
                ("rollout", ("--limit=cp_cdef,cp_cghi",)),
            )
        ),
    ],
)
def test_a_wrong_participant_is_passed_over_and_the_right_ones_go_on(
    fleet: Steered, playbook: str, limit: tuple[str, ...]
) -> None:
    hosts = hosts_in(fleet, "cdef")
    hosts["cdef-ws2"]["dcass_workstation_address"] = "127.0.99.32"
    hosts_of(fleet, "cdef", hosts)
    before = {path: path.stat().st_mtime_ns for path in (fleet.root / "hosts").glob("cdef-*/**/*")}
    outcome = fleet.play(f"dcass.sftp.{playbook}", *limit, log=f"wrong-{playbook}")
    assert outcome.code == 2
    lines = last_lines(outcome)
    assert [line.split()[:3] for line in lines] == [
        [f"cdef-ws{place}", f"CDEF00{place}:", "wrong_inventory:"] for place in (1, 2)
    ]
    assert "both must be in one subnet" in lines[0]
    assert {path: path.stat().st_mtime_ns for path in (fleet.root / "hosts").glob("cdef-*/**/*")} == before
    right = {"cghi-ws1", "cghi-ws2"} if limit else {"cabc-ws1", "cabc-ws2", "cghi-ws1", "cghi-ws2"}
    assert outcome.asked == right


@pytest.mark.parametrize(
    ("playbook", "variable"),
    [
        pytest.param("sync_reports", "dcass_report_scope", id="sync"),
        pytest.param("renew_keys", "dcass_renewal_max_fail_percentage", id="renewal"),
    ],
)
def test_one_that_is_wrong_and_the_first_of_all_keeps_nobody_from_being_told(
    fleet: Steered, playbook: str, variable: str
) -> None:
    inventory = json.loads(fleet.inventory.read_text())
    inventory["cp_cabc"]["vars"][variable] = "{{ nothing_has_this_name }}"
    fleet.inventory.write_text(json.dumps(inventory))
    outcome = fleet.play(f"dcass.sftp.{playbook}", log=f"first-wrong-{playbook}")
    assert outcome.code == 2
    assert [line.split()[:3] for line in last_lines(outcome)] == [
        [f"cabc-ws{place}", f"CABC00{place}:", "wrong_inventory:"] for place in (1, 2)
    ]
    assert all(account in outcome.output for account in ("CDEF001", "CDEF002", "CGHI001", "CGHI002"))


def test_a_mistake_of_others_does_not_hold_up_one_that_runs_alone(fleet: Steered) -> None:
    hosts_of(fleet, "cdef", {**hosts_in(fleet, "cdef"), "cdef-ws3": {"dcass_workstation_address": "127.0.11.33"}})
    outcome = fleet.play("dcass.sftp.status", "--limit=cp_cabc", log="others")
    assert outcome.code == 0, outcome.output
    alone = fleet.play("dcass.sftp.check_inventory")
    assert alone.code == 2
    assert "cdef-ws1 is one of 3 hosts in cp_cdef" in alone.output


@pytest.mark.parametrize("variable", sparing(["awx_job_id", "tower_job_id"], "awx_job_id"))
def test_awx_keeps_no_order_so_the_account_must_be_written(fleet: Steered, variable: str) -> None:
    explicit(fleet, "cabc", "cghi")
    outcome = fleet.play("dcass.sftp.status", "-e", f"{variable}=7", log="awx")
    assert outcome.code == 2
    first, _second = last_lines(outcome)
    assert first.startswith("cdef-ws1 CDEF001: wrong_inventory: cdef-ws1 and cdef-ws2 have no dcass_account, and AWX ")
    assert "write dcass_account: CDEF001 on the workstation that holds the key of CDEF001" in first
    assert outcome.asked == {"cabc-ws1", "cabc-ws2", "cghi-ws1", "cghi-ws2"}


def test_reversed_switched_off_and_emptied_all_others_are_fetched_for_their_own_accounts(
    fleet: Steered, exchange: Emulator
) -> None:
    codes = ("cabc", "cdef", "cghi")
    explicit(fleet, *codes)
    of_all = [its for code in codes for its in hosts_in(fleet, code).values()]
    addresses = {its["dcass_account"]: its["dcass_workstation_address"] for its in of_all}
    hosts_of(fleet, "cabc", dict(reversed(hosts_in(fleet, "cabc").items())))
    hosts_of(fleet, "cdef", {"cdef-ws2": hosts_in(fleet, "cdef")["cdef-ws2"]})
    hosts_of(fleet, "cghi", {})
    since = exchange.control.status()["last_event"]
    outcome = fleet.play("dcass.sftp.sync_reports", *AWX, log="handed_over")
    assert outcome.code == 0, outcome.output
    assert set(outcome.of("report_sync")) == {"cabc-ws1", "cabc-ws2", "cdef-ws2"}
    logins = {event["account"]: event["source"] for event in exchange.control.events(since=since, event="login")}
    assert {"CABC001", "CDEF002"} <= set(logins)
    assert logins.items() <= addresses.items()


@pytest.mark.parametrize("offset", [0, pytest.param(1, marks=[pytest.mark.long("the other half is as bad")])])
def test_a_slice_is_refused_since_it_splits_pairs(fleet: Steered, offset: int) -> None:
    codes = ("cabc", "cdef", "cghi")
    explicit(fleet, *codes)
    names = sorted(name for code in codes for name in hosts_in(fleet, code))[offset::2]
    for code in codes:
        hosts_of(fleet, code, {name: its for name, its in hosts_in(fleet, code).items() if name in names})
    outcome = fleet.play("dcass.sftp.sync_reports", *SLICE, log="slice")
    assert outcome.code == 2
    assert outcome.asked == set()
    (said,) = outcome.complaints
    assert "This is a slice of the job 'sync', which splits pairs: cp_cabc has one workstation in it." in said
    assert fleet.play("dcass.sftp.status", *AWX, log="no slice").code == 0


def test_two_keys_on_one_machine_are_made_where_somebody_says_so(tmp_path: Path, exchange: Emulator) -> None:
    stage = Steered(tmp_path, exchange)
    stage.tell(dcass_key_dir=str(tmp_path / "keys"))
    outcome = stage.play("dcass.sftp.register", log="unsaid")
    assert outcome.code == 2
    assert "are one machine and have the dcass_key_dir" in outcome.output
    stage.tell(dcass_both_accounts=True)
    outcome = stage.play("dcass.sftp.register", log="said")
    assert outcome.code == 0, outcome.output
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"CXYZ001", "CXYZ002"}
