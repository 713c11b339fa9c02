# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The weekly look at every byte, and what an auditor is handed: both tell the truth, and cost no login."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, TWO, Steered, last_lines
from tests.e2e.test_for_awx import JOB, artifacts, events

REGISTERED, FRIDAY, MONDAY = "2018-05-01", "2020-02-28", "2020-03-02"
ACCOUNTS = {ONE: "CXYZ001", TWO: "CXYZ002"}


class Story(Steered):
    """The pair, registered and with a day's reports."""

    def __init__(self, root: Path, *arguments: Any) -> None:
        super().__init__(root, *arguments)
        self.runs: dict[str, Outcome] = {}
        self.files: dict[str, set[str]] = {}
        inventory = json.loads(self.inventory.read_text())
        for host, variables in inventory["cp_cxyz"]["hosts"].items():
            variables["dcass_account"] = ACCOUNTS[host]  # AWX keeps no order of hosts
        self.inventory.write_text(json.dumps(inventory))

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ANSIBLE_SHOW_CUSTOM_STATS": "true", "USER": "chan"}

    def run(self, name: str, playbook: str, *arguments: str) -> None:
        self.runs[name] = self.play(f"dcass.sftp.{playbook}", *arguments, log=name)
        self.files[name] = {str(path.relative_to(self.root)) for path in self.root.rglob("CXYZ00?-*.zip*")}

    def export(self, name: str, *arguments: str) -> None:
        days = ("-e", "dcass_export_since=2018-01-01", "-e", f"dcass_export_until={MONDAY}")
        self.run(name, "export", *days, "-e", f"dcass_export_dir={self.root}/handed-over", *arguments)

    def by_ssh(self, host: str) -> None:
        """Have Ansible reach a host by what it takes for ssh, and so for another machine."""
        script = self.root / "as_ssh"
        script.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
        script.chmod(0o755)
        inventory = json.loads(self.inventory.read_text())
        inventory["cp_cxyz"]["hosts"][host] |= {
            "ansible_connection": "ssh",
            "ansible_ssh_executable": str(script),
            "ansible_ssh_transfer_method": "piped",
        }
        self.inventory.write_text(json.dumps(inventory))

    def report(self, host: str) -> Path:
        """A report that the host holds."""
        found = sorted((self.folder(host) / "reports" / "COMMON").iterdir())
        return found[0]


def flip(path: Path) -> None:
    """Change one bit; size and time stay."""
    content, found = bytearray(path.read_bytes()), path.stat()
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """All runs, one after the other."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        story = Story(tmp_path_factory.mktemp("pair"), emulator)
        story.register(REGISTERED)
        story.at(f"{MONDAY}T07:00")
        emulator.control.publish(date=FRIDAY, scale=0.01)
        story.run("synced", "sync_reports")
        spent = story.spent("CXYZ001")
        story.run("sound", "verify")
        flip(story.report(ONE))
        story.run("predicted", "verify", "--check")
        story.run("not noted", "status")
        story.power(TWO, on=False)
        story.run("damaged", "verify")
        story.power(TWO, on=True)
        story.run("told", "status")
        story.run("in AWX", "verify", *JOB)
        flip(story.report(ONE))
        story.run("again", "verify")
        story.run("told no more", "status")
        story.export("foretold", "--check")
        story.export("exported")
        story.export("exported again")
        story.run("in the environment", "export", *JOB, "-e", f"dcass_export_until={MONDAY}")
        story.by_ssh(ONE)
        story.by_ssh(TWO)
        story.run("for AWX", "export", *JOB, "-e", f"dcass_export_until={MONDAY}")
        story.power(TWO, on=False)
        story.export("without one")
        story.power(TWO, on=True)
        story.run("wrong day", "export", "-e", "dcass_export_since=1.3.2020")
        assert story.spent("CXYZ001") == spent
        yield story


def test_what_was_fetched_is_sound_and_no_login_was_needed(story: Story) -> None:
    sound = story.runs["sound"]
    assert (sound.code, sound.changed) == (0, 0), sound.output
    for host, account in ACCOUNTS.items():
        checked = sound.of("archive_check")[host]["checked"]
        line = f"{host} {account}: {checked} reports read, all of them as they were fetched; 2 entries of evidence"
        assert line in sound.output
    assert sound.of("archive_check")[ONE]["checked"] > 60


def test_a_changed_bit_is_told_with_the_next_step_also_where_the_other_workstation_is_gone(story: Story) -> None:
    damaged = story.runs["damaged"]
    assert damaged.code == 2
    first, second = last_lines(damaged)
    path = f"COMMON/{story.report(ONE).name}"
    assert first.startswith(f"{ONE} CXYZ001: archive_damaged: Damaged in the archive: 1, the first is {path}. ")
    assert "Restore the named files from a backup" in first
    assert second.startswith(f"{TWO} CXYZ002: host_unreachable: ")
    assert f"    Damaged: {path}: Its content is not what was recorded (SHA-256)." in damaged.output
    left = artifacts(damaged)["dcass_next_actions"]
    assert set(left["accounts"]) == {"CXYZ001", "CXYZ002"} and left["accounts"]["CXYZ001"] == [first]


def test_status_tells_it_from_then_on_until_the_archive_is_found_sound(story: Story) -> None:
    said = {name: "archive_damaged" in story.runs[name].output for name in ("not noted", "told", "told no more")}
    assert said == {"not noted": False, "told": True, "told no more": False}
    assert story.runs["predicted"].code == 2 and story.runs["again"].code == 0
    (run,) = [run for run in story.runs["told"].of("account_info")[ONE]["runs"] if run["what"] == "verify"][:1]
    assert (run["run_by"], run["error_code"]) == ("chan", "archive_damaged")


def test_awx_shows_each_workstation_s_event_whole(story: Story) -> None:
    shown = events(story.runs["in AWX"], "dcass.sftp.proof : Tell what was found")
    assert len(shown) == 2 and all(len(event) <= 1000 for event in shown), shown
    assert ONE in shown[0] and "archive_damaged" in shown[0], "what failed comes first"


def test_check_mode_hands_nothing_over_and_says_what_would_be(story: Story) -> None:
    foretold = story.runs["foretold"]
    assert (foretold.code, story.files["foretold"]) == (0, set()), foretold.output
    assert "zip would be ready on this control node" in foretold.output
    assert foretold.of("account_export")[ONE]["counts"] == story.runs["exported"].of("account_export")[ONE]["counts"]


def test_each_account_s_export_comes_to_the_control_node_once(story: Story) -> None:
    names = {f"handed-over/{account}-2018-01-01-to-{MONDAY}.zip" for account in ACCOUNTS.values()}
    assert story.files["exported"] == names | {f"{name}.sha256" for name in names}
    assert (story.runs["exported"].code, story.runs["exported"].recap[ONE]["changed"]) == (0, 1)
    assert (story.runs["exported again"].code, story.runs["exported again"].changed) == (0, 0)


@pytest.mark.parametrize("host", ACCOUNTS)
def test_it_verifies_without_the_collection_and_tells_the_first_registration(
    story: Story, host: str, tmp_path: Path
) -> None:
    path = story.root / "handed-over" / f"{ACCOUNTS[host]}-2018-01-01-to-{MONDAY}.zip"
    subprocess.run(["sha256sum", "--check", f"{path.name}.sha256"], cwd=path.parent, check=True, capture_output=True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path)
    head = story.runs["told no more"].of("account_info")[host]["evidence"]["head"]
    archive_ = str(story.folder(host) / "reports")
    verify = [sys.executable, "-I", "-S", "verify.py", "--head", head, "--reports", archive_]
    ended = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    with open(tmp_path / "registrations.csv", encoding="utf-8") as lines:
        built, confirmed = csv.DictReader(lines)
    package = story.root / "registration" / "CXYZ.zip"
    digest = subprocess.run(["sha256sum", str(package)], check=True, capture_output=True, text=True).stdout.split()[0]
    assert (built["outcome"], built["package_sha256"], built["run_by"]) == ("package built", digest, "chan")
    assert (confirmed["outcome"], confirmed["registered_on"]) == ("registered", REGISTERED)
    assert json.loads((tmp_path / "manifest.json").read_text())["run_by"] == "chan"


def test_under_awx_it_stays_on_the_account_s_workstation(story: Story) -> None:
    outcome = story.runs["for AWX"]
    assert outcome.code == 0, outcome.output
    new = story.files["for AWX"] - story.files["exported"]
    assert {path for path in new if path.endswith(".zip")} == {
        f"hosts/{host}/state/export/{account}-until-{MONDAY}.zip" for host, account in ACCOUNTS.items()
    }
    left = artifacts(outcome)["dcass_exports"]
    assert {its["host"]: account for account, its in left.items()} == ACCOUNTS


def test_under_awx_the_execution_environment_is_no_place_for_it(story: Story) -> None:
    outcome = story.runs["in the environment"]
    assert (outcome.code, outcome.of("account_export")) == (2, {}), outcome.output
    assert last_lines(outcome) == [
        f"{host} {account}: no_export: Nothing was exported: {host} is the execution environment of this job, and what "
        f"is written there goes with it. Let Ansible reach {host} by ssh, without ansible_connection: local."
        for host, account in ACCOUNTS.items()
    ]
    assert story.files["in the environment"] == story.files["exported"]


def test_a_workstation_that_does_not_answer_keeps_nobody_from_it(story: Story) -> None:
    (line,) = last_lines(story.runs["without one"])
    assert line.startswith(f"{TWO} CXYZ002: host_unreachable: ")
    assert ONE in story.runs["without one"].of("account_export")


def test_a_day_that_is_none_is_refused_before_anything_is_asked(story: Story) -> None:
    wrong = story.runs["wrong day"]
    assert wrong.code == 2 and "dcass_export_since" in wrong.output and wrong.of("account_export") == {}
