# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an empty inventory to reports on disk, as an operator lives it."""

import base64
import hashlib
import re
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from demo.rehearsal import WORKSTATIONS, Outcome, Rehearsal
from emulator.client import Emulator
from tests.e2e.steered import brief_failures, brief_lines, last_lines

# What installing the libraries takes; in check mode the task before it speaks for all of them.
INSTALLING = re.compile(r"environment|installed from|requirements|wheels|[Ii]nstall|umask|finished")


def logins(facility: Emulator, account: str) -> list[dict]:
    """What the facility counts as logins of an account."""
    return facility.control.events(account=account, event="login")


def changes(outcome: Outcome) -> set[tuple[str, str]]:
    """Host and task of every change."""
    return {(entry["host"], entry["task"]) for entry in outcome.results if entry["how"] == "changed"}


def test_check_mode_leaves_a_bare_workstation_bare(stage: Rehearsal, predicted: Outcome) -> None:
    assert predicted.code == 0, predicted.output
    assert not (stage.root / "hosts").exists()
    assert not (stage.root / "registration").exists()


def test_check_mode_predicted_the_first_run(predicted: Outcome, rolled_out: Outcome) -> None:
    foretold, done = changes(predicted), changes(rolled_out)
    surprises = {task for _host, task in done - foretold if not INSTALLING.search(task)}
    # which check mode announces in words, since no key is there to pack
    evidence = "Keep evidence of the package, on the workstation of each account"
    assert surprises == {"Make the folder of packages", "Put the package there", evidence}
    assert {task for _host, task in foretold - done} == {"Say what would be built"}


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["done", "foretold"])
def test_a_folder_without_wheels_is_refused_before_anything_changes(tmp_path: Path, mode: tuple[str, ...]) -> None:
    bare = Rehearsal(tmp_path, [], "", dcass_wheel_dir="/nowhere")
    outcome = bare.play("dcass.sftp.rollout", *mode)
    assert outcome.code == 2
    refused = "wheels_unfit: dcass_wheel_dir is /nowhere: the control node has no wheels there. Fetch those it takes: "
    assert all(refused in line for line in last_lines(outcome)), outcome.output
    assert not (bare.root / "hosts").exists()


def test_the_second_run_changes_nothing(again: Outcome) -> None:
    assert (again.code, again.changed) == (0, 0), changes(again)


def test_check_mode_knows_that_nothing_would_change(stage: Rehearsal, again: Outcome) -> None:
    checked = stage.play("dcass.sftp.rollout", "--check", "--limit=cxyz-ws1", log="checked")
    assert (checked.code, checked.changed) == (0, 0), changes(checked)


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["done", "foretold"])
def test_a_participant_is_not_registered_with_one_key(stage: Rehearsal, again: Outcome, mode: tuple[str, ...]) -> None:
    outcome = stage.play("dcass.sftp.register", "--limit=cxyz-ws1", *mode, log="register_alone", brief=True)
    assert outcome.code == 2, outcome.output
    refused = "CXYZ.zip was not built: cp_cxyz is registered with the keys of both its workstations, and cxyz-ws2 gave"
    (last,) = brief_failures(outcome)
    assert last == (f"cxyz-ws1 CXYZ001: no_package: {refused} none. Let cxyz-ws1 and cxyz-ws2 take part in one run.")


def test_preflight_saw_every_address_with_its_pinned_key(again: Outcome) -> None:
    for result in again.of("facility_info").values():
        assert [entry["error_code"] for entry in result["addresses"]] == [None, None]


def test_each_workstation_made_its_own_key_and_the_exchange_took_both(
    rolled_out: Outcome, registered: Path, facility: Emulator
) -> None:
    made = {result["fingerprint"] for result in rolled_out.of("account_key").values()}
    known = {key["fingerprint"] for account in facility.control.accounts() for key in account["keys"]}
    assert len(made) == 2
    assert made == known
    assert registered.name == "CXYZ.zip"


def test_a_person_logs_in_with_openssh_and_our_ssh_config(stage: Rehearsal, registered: Path) -> None:
    config = stage.folder("cxyz-ws2") / "etc" / "ssh_config"
    try:
        command = ["sftp", "-F", str(config), "-b", "-", "dcass-2"]
        seen = subprocess.run(command, input="ls /COMMON\n", capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip("there is no sftp on this machine (Debian package openssh-client)")
    assert seen.returncode == 0, seen.stderr
    assert "HKCC_CLOSING_PRICES" in seen.stdout


def test_check_mode_predicted_the_first_sync(synced: tuple[Outcome, Outcome, Outcome]) -> None:
    wanted, first, _again = (outcome.of("report_sync")["cxyz-ws1"] for outcome in synced)
    assert [entry["path"] for entry in wanted["downloaded"]] == [entry["path"] for entry in first["downloaded"]]
    assert wanted["changed"]


def test_the_reports_are_on_disk_as_told(stage: Rehearsal, synced: tuple[Outcome, Outcome, Outcome]) -> None:
    results = synced[1].of("report_sync")
    assert set(results) == set(WORKSTATIONS)
    assert len(results["cxyz-ws1"]["downloaded"]) == results["cxyz-ws2"]["held_by_partner"] > 60
    for host, result in results.items():
        for entry in result["downloaded"]:
            path = Path(entry["path"])
            assert path.is_relative_to(stage.folder(host) / "reports")
            assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]


def test_bare_workstations_are_told_what_would_change(predicted: Outcome) -> None:
    lines = brief_lines(predicted)
    assert lines[0] == "dcass.sftp.rollout --check"
    assert "  Would change: Make the folders: cxyz-ws1, cxyz-ws2" in lines
    assert "  cxyz-ws1: Make and keep the key of the account" in lines  # and below it what --diff has
    assert lines[-2:] == ["  Would change: Say what would be built: cxyz-ws1", "  # s, changed=3"]


def test_a_run_that_changes_nothing_says_so_in_a_few_lines(again: Outcome) -> None:
    lines = brief_lines(again)
    hosts = ("cxyz-ws1", "cxyz-ws2")
    addresses = [f"  {host}: # answers in # ms, with the pinned host key #" for host in hosts for _address in (1, 2)]
    keys = [f"  {host} CXYZ00{host[-1]}: the key is there and fit; fingerprint #" for host in hosts]
    assert lines[0] == "dcass.sftp.preflight"
    assert sorted(lines[1:5]) == addresses
    assert lines[5:9] == ["  # s, changed=0", "dcass.sftp.rollout", *keys]
    assert lines[9:11] == ["  # s, changed=0", "dcass.sftp.register"]
    assert lines[-1] == "  # s, changed=0"


def test_a_sync_with_nothing_new_has_a_line_a_workstation(synced: tuple[Outcome, Outcome, Outcome]) -> None:
    first, second, count = brief_lines(synced[2])[1:]
    assert first.startswith("  CXYZ001: 0 reports fetched (0.0 MB), ")
    assert second.startswith("  CXYZ002: 0 reports fetched (0.0 MB), ")
    assert count == "  # s, changed=0"


def test_the_second_sync_fetches_nothing_with_one_login(synced: tuple[Outcome, Outcome, Outcome]) -> None:
    first, again = synced[1], synced[2]
    assert again.changed == 0
    for host, result in again.of("report_sync").items():
        assert (result["bytes"], result["downloaded"]) == (0, [])
        left = first.of("report_sync")[host]["connection"]["logins_left"]
        assert result["connection"]["logins_left"] == left - 1


def test_the_fifth_run_in_five_minutes_waits(
    stage: Rehearsal, synced: tuple[Outcome, Outcome, Outcome], facility: Emulator
) -> None:
    fourth = stage.play("dcass.sftp.sync_reports", "--limit=cxyz-ws1", log="sync_fourth")
    assert fourth.code == 0, fourth.output
    fifth = stage.play("dcass.sftp.sync_reports", "--limit=cxyz-ws1", log="sync_fifth", brief=True)
    told, fifth = brief_failures(fifth), fifth.of("report_sync")["cxyz-ws1"]
    seen = logins(facility, "CXYZ001")
    assert fifth["error_code"] == "login_budget_spent"
    assert told == [f"cxyz-ws1 CXYZ001: login_budget_spent: {fifth['msg']} {fifth['hint']}"]
    assert [entry["detail"]["outcome"] for entry in seen] == ["accepted"] * 4
    waits = datetime.fromisoformat(fifth["retry_at"]) - datetime.fromisoformat(seen[0]["time"])
    assert 300 <= waits.total_seconds() < 310
    assert facility.control.violations() == []


def test_no_private_key_is_told(stage: Rehearsal, synced: tuple[Outcome, Outcome, Outcome]) -> None:
    folders = [path for host in WORKSTATIONS for path in (stage.folder(host) / "etc" / "keys").glob("*/current")]
    secrets = [line for folder in folders for line in secret_lines(folder)]
    told = [path for pattern in ("*.log", "*.jsonl") for path in stage.root.glob(pattern)]
    assert len(secrets) > 30
    assert len(told) > 8
    for path in told:
        text = path.read_text()
        assert [line for line in secrets if line in text] == [], path
        assert "PRIVATE KEY" not in text


def secret_lines(folder: Path) -> list[str]:
    """The lines of a private key file, less those that only repeat the public key, which may be told."""
    (public,) = folder.glob("*.pub")
    blob = base64.b64decode("".join(line for line in public.read_text().splitlines() if not re.search("[: ]", line)))
    repeated = [base64.b64encode(bytes(shift) + blob).decode() for shift in range(3)]
    lines = [line for line in (folder / "id_rsa").read_text().splitlines() if len(line) > 20 and "-" not in line]
    return [line for line in lines if not any(line[4:-4] in text for text in repeated)]
