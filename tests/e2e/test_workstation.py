# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""preflight says whom one may trust; the libraries survive a cut installation; OpenSSH finds its way, too."""

import json
import subprocess
from pathlib import Path

import pytest

from demo.rehearsal import Outcome, Rehearsal
from emulator.client import Emulator

ONE, TWO = "cxyz-ws1", "cxyz-ws2"


def preflight(stage: Rehearsal, **variables: object) -> Outcome:
    """Run preflight on one workstation with other variables; what it then pins is put right by the next run."""
    return stage.play("dcass.sftp.preflight", f"--limit={ONE}", "--extra-vars", json.dumps(variables))


def test_an_unknown_host_key_is_shown_to_be_compared(stage: Rehearsal, rolled_out: Outcome) -> None:
    outcome = preflight(stage, dcass_known_hosts=[])
    entries = outcome.of("facility_info")[ONE]["addresses"]
    assert outcome.code == 0, outcome.output
    assert {entry["error_code"] for entry in entries} == {"host_key_unknown"}
    assert f"{entries[0]['host_key_fingerprint']}" in outcome.output
    assert "Compare the fingerprint" in outcome.output


def test_a_changed_host_key_fails_preflight(stage: Rehearsal, rolled_out: Outcome, facility: Emulator) -> None:
    primary, _, secondary, _ = facility.known_hosts.splitlines()
    forged = [f"{primary.split()[0]} {secondary.split(maxsplit=1)[1]}"]
    outcome = preflight(stage, dcass_known_hosts=[*forged, *facility.known_hosts.splitlines()[1:]])
    assert outcome.code == 2
    assert "which is not the one in known_hosts" in outcome.complaints[0]


def test_a_facility_that_is_down_fails_preflight(stage: Rehearsal, rolled_out: Outcome, facility: Emulator) -> None:
    standby = [f"{host}:{port}" for host, port in facility.addresses if host.startswith("127.152.")]
    outcome = preflight(stage, dcass_addresses=standby)
    assert outcome.code == 2
    assert "refused" in outcome.complaints[0]


def test_an_installation_cut_off_is_none_and_is_done_again(stage: Rehearsal, synced: object) -> None:
    (stage.folder(TWO) / "venv" / "requirements.txt").unlink()
    refused = stage.play("dcass.sftp.sync_reports", f"--limit={TWO}", log="cut_off")
    assert refused.complaints[0].endswith("run the playbook dcass.sftp.rollout first.")
    assert stage.play("dcass.sftp.rollout", f"--limit={TWO}", "--check").changed > 0
    assert stage.play("dcass.sftp.rollout", f"--limit={TWO}").changed > 0
    assert stage.play("dcass.sftp.rollout", f"--limit={TWO}").changed == 0


def test_a_person_logs_in_with_openssh_and_our_ssh_config(stage: Rehearsal, registered: Path) -> None:
    config = stage.folder(TWO) / "etc" / "ssh_config"
    try:
        command = ["sftp", "-F", str(config), "-b", "-", "dcass-2"]
        seen = subprocess.run(command, input="ls /COMMON\n", capture_output=True, text=True, check=False, timeout=30)
    except FileNotFoundError:
        pytest.skip("there is no sftp on this machine (Debian package openssh-client)")
    assert seen.returncode == 0, seen.stderr
    assert "HKCC_CLOSING_PRICES" in seen.stdout
