# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""lftp and rclone, which nobody here wrote, meet the rules as the guide says they would."""

import shutil
import subprocess
from pathlib import Path

import pytest

from emulator.client import Emulator


@pytest.fixture
def participant(publisher: Emulator, enrol):
    """A participant with a business day to fetch."""
    participant = enrol(publisher)
    publisher.control.publish(date="2026-11-20", scale=0.05)
    return participant


@pytest.fixture
def trusted(publisher: Emulator, tmp_path: Path) -> Path:
    """A known_hosts file with the plain host key and the certificate authority."""
    path = tmp_path / "known_hosts"
    path.write_text(publisher.known_hosts + publisher.host_ca)
    return path


def _needs(tool: str) -> None:
    if not shutil.which(tool):
        pytest.skip(f"{tool} not found on this machine")


def _rclone(participant, trusted: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    _needs("rclone")
    host, port = participant.facility.addresses[0]
    settings = {
        "--config": "/dev/null",
        "--sftp-host": host,
        "--sftp-port": port,
        "--sftp-user": participant.account,
        "--sftp-key-file": participant.keys[0].path,
        "--sftp-known-hosts-file": trusted,
        "--bind": "127.0.10.31",
        "--retries": 1,
        "--low-level-retries": 1,
    }
    command = ["rclone", *arguments, *(part for pair in settings.items() for part in pair)]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)


def _outcomes(participant) -> list[str]:
    return [event["detail"]["outcome"] for event in participant.events("login")]


def _lftp(participant, trusted: Path, *commands: str) -> subprocess.CompletedProcess[str]:
    _needs("lftp")
    host, port = participant.facility.addresses[0]
    ssh = f"ssh -a -x -F none -i {participant.keys[0].path} -o IdentitiesOnly=yes -o BindAddress=127.0.10.31"
    ssh += f" -o UserKnownHostsFile={trusted} -o HostKeyAlgorithms=ssh-rsa -o PubkeyAcceptedAlgorithms=ssh-rsa"
    script = [f"set sftp:connect-program '{ssh}'", "set cmd:fail-exit yes", "set net:max-retries 1"]
    script += [f"open -u {participant.account}, -p {port} sftp://{host}", *commands]
    return subprocess.run(["lftp", "-c", "; ".join(script)], capture_output=True, text=True, timeout=60, check=False)


def test_lftp_mirrors_with_one_login(participant, publisher: Emulator, trusted: Path, tmp_path: Path) -> None:
    assert _lftp(participant, trusted, f"mirror /COMMON {tmp_path}/COMMON").returncode == 0
    there = {report.name: report.read_bytes() for report in Path(publisher.root, "folders/COMMON").iterdir()}
    assert {report.name: report.read_bytes() for report in (tmp_path / "COMMON").iterdir()} == there
    assert _outcomes(participant) == ["accepted"]


def test_lftp_cannot_upload_under_a_temporary_name(participant, trusted: Path, tmp_path: Path) -> None:
    """The pattern of WinSCP's 'endurance': NAME.filepart, then a rename."""
    key = tmp_path / f"{participant.account}.pub"
    key.write_text(participant.keys[0].ssh2)
    temporary = ("set xfer:use-temp-file yes", "set xfer:temp-file-name *.filepart")
    answer = _lftp(participant, trusted, *temporary, f"put {key} -o /KEY_MANAGEMENT/{key.name}")
    assert answer.returncode != 0
    assert f"Permission denied (/KEY_MANAGEMENT/{key.name}.filepart)" in answer.stderr
    assert "§2.1: rename" in {event["violation"] for event in participant.events("denied")}
    assert [event["detail"]["result"] for event in participant.events("upload")] == ["failed"]


def test_rclone_with_its_defaults_locks_the_account(participant, trusted: Path, tmp_path: Path) -> None:
    for target in ("first", "second"):
        _rclone(participant, trusted, "copy", ":sftp:/", tmp_path / target)
    assert participant.events("locked")
    assert not participant.try_login()


@pytest.mark.parametrize(("folder", "logins"), [("/COMMON", 1), ("/", 2)], ids=["a folder", "everything"])
def test_rclone_with_one_connection_works(participant, trusted: Path, tmp_path: Path, folder: str, logins: int) -> None:
    one = ("--sftp-concurrency", 1, "--transfers", 1, "--checkers", 1)
    assert _rclone(participant, trusted, "copy", f":sftp:{folder}", tmp_path / "there", *one).returncode == 0
    assert _outcomes(participant) == ["accepted"] * logins


def test_rclone_cannot_set_the_time_of_an_upload(participant, trusted: Path, tmp_path: Path) -> None:
    key = tmp_path / f"{participant.account}.pub"
    key.write_text(participant.keys[0].ssh2)
    answer = _rclone(participant, trusted, "copy", key, ":sftp:/KEY_MANAGEMENT")
    assert answer.returncode != 0
    assert "permission denied" in answer.stderr
    assert len(participant.events("upload")) == 1
