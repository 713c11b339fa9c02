# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who runs what: two customer codes on one pair of machines, and a participant with one workstation."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.rehearsal import CHECKOUT
from emulator.client import Emulator, running
from tests.e2e.steered import ONE, TWO, Steered, last_lines, told

FRIDAY, MONDAY, TUESDAY = "2020-02-28", "2020-03-02", "2020-03-03"
REQUIREMENTS = CHECKOUT / "roles" / "workstation" / "files" / "requirements.txt"
NO_PACKAGE = (
    "cxyz-ws1 CXYZ001: no_package: CXYZ.zip was not built: the exchange registers two workstations, and cp_cxyz has "
    "cxyz-ws1 alone. What is missing is the address of a second one and the public key of CXYZ002. Add a host with its "
    "dcass_workstation_address to cp_cxyz, run ansible-playbook dcass.sftp.rollout, then this playbook again."
)
PAIR = {"1": "127.0.10.31", "2": "127.0.10.32"}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A facility of these tests' own: what it objects to fails them."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator
        assert emulator.control.violations() == []


def edit(stage: Steered, *, drop: str = "", **variables: object) -> None:
    """Take a host out of the inventory, and set variables of hosts."""
    inventory = json.loads(stage.inventory.read_text())
    for participant in inventory.values():
        participant["hosts"].pop(drop, None)
        for name, its in participant["hosts"].items():
            its.update(variables.get(name.replace("-", "_"), {}))  # type: ignore[call-overload]
    stage.inventory.write_text(json.dumps(inventory))


def names(stage: Steered, host: str, folder: str) -> set[str]:
    """The reports of a folder in a workstation's archive."""
    return {path.name for path in (stage.folder(host) / "reports" / folder).glob("*")}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator) -> Steered:
    """Two codes, both on the machines with the same two registered addresses."""
    stage = Steered(tmp_path_factory.mktemp("bureau"), exchange, codes=("CABC", "CDEF"))
    hosts = [f"{code}_ws{place}" for code in ("cabc", "cdef") for place in PAIR]
    edit(stage, **{host: {"dcass_workstation_address": PAIR[host[-1]]} for host in hosts})
    shutil.copy(REQUIREMENTS, stage.root / "venv")  # a rollout has nothing to install
    stage.register()
    return stage


def test_two_codes_on_one_pair_are_rolled_out_twice_and_the_second_time_nothing_changes(bureau: Steered) -> None:
    bureau.at(f"{FRIDAY}T10:00")
    for log, changes in (("once", True), ("twice", False)):
        outcome = bureau.play("dcass.sftp.rollout", log=log)
        assert outcome.code == 0, outcome.output
        assert bool(outcome.changed) is changes, outcome.output
    for host, account in (("cabc-ws1", "CABC001"), ("cdef-ws1", "CDEF001")):
        config = (bureau.folder(host) / "etc" / "ssh_config").read_text()
        assert f"User {account}\n" in config and "BindAddress 127.0.10.31\n" in config


def test_each_of_two_codes_gets_its_own_reports_and_both_what_is_everybody_s(
    bureau: Steered, exchange: Emulator
) -> None:
    bureau.at(f"{MONDAY}T07:00")
    exchange.control.publish(date=FRIDAY, scale=0.01)
    bureau.at(f"{MONDAY}T07:10")
    outcome = bureau.play("dcass.sftp.sync_reports")
    assert outcome.code == 0, outcome.output
    common = names(bureau, "cabc-ws1", "COMMON")
    assert len(common) > 1 and common == names(bureau, "cdef-ws1", "COMMON")
    for mine, other in (("CABC", "CDEF"), ("CDEF", "CABC")):
        host = f"{mine.lower()}-ws1"
        assert names(bureau, host, mine) and not names(bureau, host, other)
        assert all(name.startswith(mine) for name in names(bureau, host, mine))
        assert names(bureau, f"{mine.lower()}-ws2", "COMMON") == set()  # each pair fetches each report once
    again = bureau.play("dcass.sftp.sync_reports", log="again")
    assert (again.code, again.changed) == (0, 0), again.output


def test_one_folder_for_both_is_refused_before_anything_changes(bureau: Steered) -> None:
    shared = str(bureau.folder("cabc-ws2") / "state")
    edit(bureau, cdef_ws2={"dcass_state_dir": shared, "ansible_host": "ws2"}, cabc_ws2={"ansible_host": "ws2"})
    outcome = bureau.play("dcass.sftp.sync_reports", log="shared")
    edit(bureau, cdef_ws2={"dcass_state_dir": str(bureau.folder("cdef-ws2") / "state")})
    assert (outcome.code, outcome.changed) == (2, 0)
    (said,) = outcome.complaints
    assert "cabc-ws2 (cp_cabc) and cdef-ws2 (cp_cdef) are this machine (ansible_connection: local)" in said
    assert f"share the dcass_state_dir '{shared}': give each folders of its own." in said


def test_one_of_two_codes_is_removed_and_the_libraries_stay_for_the_other(bureau: Steered) -> None:
    (bureau.root / "venv" / "pyvenv.cfg").touch()  # what a removal takes for an environment
    outcome = bureau.play("dcass.sftp.remove", "-e", "dcass_hosts=cp_cdef", "--check")
    assert outcome.code == 0, outcome.output
    stays = f"{bureau.root / 'venv'} stays: cabc-ws1 and cabc-ws2 use it as well."
    said = [entry["result"].get("msg") for entry in outcome.results if entry["task"].startswith("Say what stays")]
    assert said == [stays, stays]
    both = bureau.play("dcass.sftp.remove", "--check", log="both")
    removed = [entry for entry in both.results if entry["task"] == "Remove the libraries"]
    assert [entry["host"] for entry in removed if entry["result"].get("changed")] == ["cabc-ws1"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator) -> Steered:
    """A registered participant whose second workstation is no more."""
    stage = Steered(tmp_path_factory.mktemp("alone"), exchange)
    stage.register()
    edit(stage, drop=TWO)
    shutil.copy(REQUIREMENTS, stage.root / "venv")
    return stage


def test_one_workstation_is_rolled_out_and_fetches_all(alone: Steered, exchange: Emulator) -> None:
    alone.at(f"{MONDAY}T08:00")
    exchange.control.publish(date=FRIDAY, scale=0.01)
    for playbook in ("rollout", "preflight", "sync_reports"):
        outcome = alone.play(f"dcass.sftp.{playbook}")
        assert outcome.code == 0, outcome.output
    assert names(alone, ONE, "COMMON") and names(alone, ONE, "CXYZ")
    assert re.search(r"CXYZ001: \d+ reports fetched .* no standby; logins left", outcome.output)


def test_one_workstation_polls(alone: Steered, exchange: Emulator) -> None:
    alone.at(f"{MONDAY}T10:00")
    exchange.control.publish(name="CXYZ_RPI01_20200302.csv", folder="CXYZ", size=100)
    outcome = alone.play("dcass.sftp.sync_reports", "-e", "dcass_report_scope=intraday", log="poll")
    assert outcome.code == 0, outcome.output
    assert [entry["name"] for entry in outcome.of("report_sync")[ONE]["downloaded"]] == ["CXYZ_RPI01_20200302.csv"]


def test_a_run_for_another_environment_is_told_in_a_line(alone: Steered, exchange: Emulator) -> None:
    since = exchange.control.status()["last_event"]
    outcome = alone.play("dcass.sftp.sync_reports", "-e", "dcass_environment=production", log="mixed")
    (line,) = last_lines(outcome)
    assert line.startswith("cxyz-ws1 CXYZ001: wrong_environment: The state ")
    assert "belongs to the environment other, and this run to production. Give the inventory of production a " in line
    assert exchange.control.events(since=since, event="connect") == []


def test_one_workstation_renews_its_key(alone: Steered) -> None:
    alone.at(f"{MONDAY}T10:10")
    outcome = alone.renew()
    assert outcome.code == 0, outcome.output
    assert told(outcome)[ONE][0] == "renewed"
    alone.at(f"{TUESDAY}T10:10")
    assert told(alone.renew(log="next day"))[ONE][0] == "current"


def test_the_status_says_what_one_workstation_is_without(alone: Steered) -> None:
    outcome = alone.play("dcass.sftp.status")
    assert outcome.code == 0, outcome.output
    without = "cp_cxyz has one workstation: it has no standby, and a registration wants a second address and a second"
    assert f"{without} key." in outcome.output


@pytest.mark.parametrize(
    "mode",
    [
        pytest.param((), id="for real"),
        pytest.param(("--check",), id="in check mode", marks=[pytest.mark.long("the other run stands for it")]),
    ],
)
def test_no_package_is_built_for_one_workstation(alone: Steered, mode: tuple[str, ...]) -> None:
    package = alone.root / "registration" / "CXYZ.zip"
    before = package.stat().st_mtime_ns
    outcome = alone.play("dcass.sftp.register", *mode, log=f"register{len(mode)}")
    assert outcome.code == 2
    assert last_lines(outcome) == [NO_PACKAGE]
    assert package.stat().st_mtime_ns == before


@pytest.mark.long("test_switch_site.py switches a pair")
def test_one_workstation_tries_a_switch_of_site(alone: Steered) -> None:
    words = "dcass_switch_to=secondary dcass_switch_who=Chan dcass_switch_why=drill dcass_switch_confirmed=true"
    outcome = alone.play("dcass.sftp.switch_site", "-e", words)
    (line,) = last_lines(outcome)
    assert "since not all of its workstations can go to the secondary one" in line


@pytest.mark.long("tests/unit/test_sync_turn.py has one that is alone")
def test_one_workstation_of_the_second_account(alone: Steered, exchange: Emulator, tmp_path: Path) -> None:
    stage = Steered(tmp_path / "second", exchange, codes=("CGHI",))
    stage.register()
    edit(stage, drop="cghi-ws1", cghi_ws2={"dcass_account": "CGHI002"})
    stage.at(f"{TUESDAY}T11:00")
    exchange.control.publish(name="CGHI_TP001_20200302.csv", folder="CGHI", size=100)
    outcome = stage.play("dcass.sftp.sync_reports")
    assert outcome.code == 0, outcome.output
    assert names(stage, "cghi-ws2", "CGHI") == {"CGHI_TP001_20200302.csv"}
    assert re.search(r"CGHI002: \d+ reports fetched .* no standby", outcome.output)


@pytest.mark.long("test_compromised.py withdraws the key of a pair's workstation")
def test_one_workstation_puts_a_compromised_key_out_of_use(alone: Steered) -> None:
    key = alone.play("dcass.sftp.status", log="key").of("account_info")[ONE]["key"]["fingerprint"]
    outcome = alone.play("dcass.sftp.compromised_key", "-e", f"dcass_compromised={key}")
    assert last_lines(outcome) == [NO_PACKAGE]
    assert "Nobody fetches the reports meanwhile, as there is no other workstation." in outcome.output
    known = alone.play("dcass.sftp.status", log="withdrawn").of("account_info")[ONE]
    assert known["key"]["state"] == "withdrawn"
