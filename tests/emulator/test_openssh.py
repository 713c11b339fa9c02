# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSSH's own sftp, as a person would use it."""

import subprocess
from pathlib import Path

import pytest

from emulator.client import Emulator

pytestmark = pytest.mark.usefixtures("openssh")


@pytest.fixture
def participant(publisher: Emulator, enrol):
    """A participant at the emulator that publishes whole days."""
    return enrol(publisher)


@pytest.fixture
def sftp(participant, tmp_path: Path):
    """Runs sftp with commands on its input; returns what it said and how it ended."""
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(participant.facility.known_hosts)
    options = {
        "UserKnownHostsFile": known_hosts,
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlgorithms": "ssh-rsa",
        "PubkeyAcceptedAlgorithms": "ssh-rsa",
        "BindAddress": "127.0.10.31",
        "IdentitiesOnly": "yes",
        "IdentityFile": participant.keys[0].path,
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    host, port = participant.facility.addresses[0]

    def run(*commands: str, account: str = participant.account) -> subprocess.CompletedProcess[str]:
        command = ["sftp", "-F", "none", "-P", str(port), *flags, "-b", "-", f"{account}@{host}"]
        return subprocess.run(
            command, input="\n".join(commands) + "\n", capture_output=True, text=True, timeout=30, check=False
        )

    return run


def test_fetches_a_whole_day(participant, publisher: Emulator, sftp, tmp_path: Path) -> None:
    publisher.control.publish(date="2026-11-20", scale=0.05)
    target = tmp_path / "got"
    target.mkdir()
    assert sftp(f"get -rp /* {target}").returncode == 0
    for folder in ("COMMON", participant.code):
        there = Path(publisher.root) / "folders" / folder
        for report in (path for path in there.rglob("*261120*") if path.is_file()):
            assert (target / folder / report.name).read_bytes() == report.read_bytes()
            assert int((target / folder / report.name).stat().st_mtime) == int(report.stat().st_mtime)
    assert participant.events("denied") == []


def test_fetches_a_day_by_its_names_as_people_do_in_need(
    participant, publisher: Emulator, sftp, tmp_path: Path
) -> None:
    publisher.control.publish(date="2026-11-20", scale=0.05)
    publisher.control.publish(name="ELSE_20261119.csv", folder="COMMON", size=10)
    since = publisher.control.status()["last_event"]
    for folder in ("COMMON", participant.code):
        (tmp_path / folder).mkdir()
    commands = [f"get -p {folder}/*1120* {folder}/" for folder in ("COMMON", participant.code)]
    assert sftp(f"lcd {tmp_path}", "ls -lt COMMON", *commands).returncode == 0
    got = {folder: {path.name for path in (tmp_path / folder).iterdir()} for folder in ("COMMON", participant.code)}
    there = {
        folder: {path.name for path in (Path(publisher.root) / "folders" / folder).rglob("*1120*")} for folder in got
    }
    assert got == there and all(there.values())
    assert len(publisher.control.events(since=since, account=participant.account, event="login")) == 1


def test_uploads_a_key_and_nothing_else(participant, sftp, tmp_path: Path) -> None:
    key = tmp_path / f"{participant.account}.pub"
    key.write_text(participant.keys[0].ssh2)
    assert sftp(f"put {key} /KEY_MANAGEMENT/").returncode == 0
    [event] = participant.events("upload")
    assert event["detail"]["size"] == key.stat().st_size
    participant.facility.control.publish(name="ALL.csv", folder="COMMON", size=10)
    for wrong in (
        f"put {key} /COMMON/",
        f"reput {key} /COMMON/ALL.csv",
        "rename /KEY_MANAGEMENT/a /KEY_MANAGEMENT/b",
        "rm /COMMON/ALL.csv",
        "rmdir /COMMON",
        "mkdir /KEY_MANAGEMENT/x",
        "chmod 777 /COMMON",
        "ln -s /COMMON /KEY_MANAGEMENT/x",
    ):
        assert "ermission denied" in sftp(wrong).stderr, wrong
    assert len(participant.events("upload")) == 1


def test_an_upload_under_a_temporary_name_fails_at_the_rename(participant, sftp, tmp_path: Path) -> None:
    key = tmp_path / f"{participant.account}.pub"
    key.write_text(participant.keys[0].ssh2)
    part = f"/KEY_MANAGEMENT/{key.name}.filepart"
    answer = sftp(f"put {key} {part}", f"rename {part} /KEY_MANAGEMENT/{key.name}")
    assert answer.returncode != 0
    assert f'remote rename "{part}" to "/KEY_MANAGEMENT/{key.name}": Permission denied' in answer.stderr
    assert [event["violation"] for event in participant.events("denied")] == ["§2.1: rename"]
    assert [event["detail"]["result"] for event in participant.events("upload")] == ["failed"]


def test_small_letters_are_refused(participant, sftp) -> None:
    answer = sftp("ls", account=participant.account.lower())
    assert answer.returncode != 0
    assert "Permission denied (publickey)" in answer.stderr
