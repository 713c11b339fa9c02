# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""preflight looks and changes nothing: bare workstations stay as they are, and say whom they reach and which key."""

from __future__ import annotations

import hashlib
import shutil
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from demo.rehearsal import Outcome, Rehearsal
from emulator.client import Emulator
from tests.e2e.steered import brief_failures

pytestmark = pytest.mark.skipif(
    shutil.which("ssh-keyscan") is None,
    reason="there is no ssh-keyscan on this machine (Debian package openssh-client)",
)
ONE, TWO = "cxyz-ws1", "cxyz-ws2"


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with nothing but its own library, as a bare host has it."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, symlinks=True)
    return folder / "bin" / "python"


class Bare(Rehearsal):
    """Two workstations on which nobody has done anything."""

    def __init__(self, root: Path, facility: Emulator, python: Path, **variables: Any) -> None:
        addresses = facility.by_site["primary"]
        python_of_host = {"ansible_python_interpreter": str(python)}
        super().__init__(root, addresses, facility.known_hosts, **python_of_host, **variables)
        for host in (ONE, TWO):
            self.folder(host).mkdir(parents=True)
            (self.folder(host) / "somebody's").write_text("own")

    def preflight(self, *arguments: str) -> Outcome:
        """Run it, and see that no file on either workstation was touched."""
        before = everything(self.root / "hosts")
        outcome = self.play("dcass.sftp.preflight", *arguments, brief=True)
        assert (everything(self.root / "hosts"), outcome.changed) == (before, 0), outcome.output
        return outcome


def everything(folder: Path) -> Mapping[str, tuple[int, int, str]]:
    """Each file and folder, with its inode's last change and what it holds."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_ctime_ns, digest(path)) for path in (folder, *folder.rglob("*"))
    }


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


@pytest.mark.parametrize("mode", [(), ("--check",)], ids=["run", "checked"])
def test_bare_workstations_say_whom_they_reach_and_that_the_key_is_the_pinned_one(
    tmp_path: Path, facility: Emulator, bare_python: Path, mode: tuple[str, ...]
) -> None:
    outcome = Bare(tmp_path, facility, bare_python).preflight(*mode)
    assert outcome.code == 0, outcome.output
    assert outcome.output.count(" with the pinned host key SHA256:") == 4
    for host in (ONE, TWO):
        assert f"{host} has no finished {tmp_path}/hosts/{host}/venv yet; nothing was changed on it." in outcome.output
    assert all(one["agreed"] is None for told in outcome.of("facility_info").values() for one in told["addresses"])
    assert not facility.control.violations()


def test_an_unknown_key_is_shown_with_its_line_and_another_one_than_the_pinned_is_refused(
    tmp_path: Path, facility: Emulator, bare_python: Path
) -> None:
    first, second, secondary, _ = facility.known_hosts.splitlines()
    forged = f"{first.split()[0]} {secondary.split(maxsplit=1)[1]}"
    outcome = Bare(tmp_path, facility, bare_python, dcass_known_hosts=[forged]).preflight()
    assert outcome.code == 2
    assert [line.split(": ")[1] for line in brief_failures(outcome)] == ["host_key_mismatch"] * 2
    assert f"  {ONE}: {second}" in outcome.output.splitlines()


def test_a_facility_that_is_down_is_red(tmp_path: Path, facility: Emulator, bare_python: Path) -> None:
    standby = facility.by_site["secondary"]
    outcome = Bare(tmp_path, facility, bare_python, dcass_addresses=standby).preflight()
    assert outcome.code == 2
    assert [line.split(": ")[1] for line in brief_failures(outcome)] == ["unreachable"] * 2


def test_a_python_that_can_not_have_the_libraries_is_told_after_what_the_facility_answers(
    tmp_path: Path, facility: Emulator, bare_python: Path
) -> None:
    outcome = Bare(tmp_path, facility, bare_python, dcass_base_python="/nowhere/python3").preflight()
    assert outcome.code == 2 and outcome.output.count(" with the pinned host key SHA256:") == 4
    assert [line.split(": ")[1] for line in brief_failures(outcome)] == ["python_unfit"] * 2


def test_also_what_is_rolled_out_stays_as_it_is(tmp_path: Path, facility: Emulator) -> None:
    stage = Bare(tmp_path, facility, Path(sys.executable))
    for host in (ONE, TWO):
        bin_dir = stage.folder(host) / "venv" / "bin"
        bin_dir.mkdir(parents=True)
        (bin_dir / "python").symlink_to(sys.executable)
        (stage.folder(host) / "venv" / "requirements.txt").touch()
        (stage.folder(host) / "etc").mkdir()
        (stage.folder(host) / "etc" / "known_hosts").write_text("# none yet\n127.0.0.9 ssh-rsa AAAA\n")
    outcome = stage.preflight()
    assert outcome.code == 0, outcome.output
    assert "rollout writes it" in outcome.output and "nothing was changed" not in outcome.output
