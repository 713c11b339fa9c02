# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive for machines that reach no package index: whole, described, and installed without a network."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.supply.conftest import BASE, PYTHON, ROOT, digest

# a Python without ensurepip, as Debian's is without a package; the words after its options are the script's
POOR = f"""#!/bin/sh
shift 2
exec {BASE} -I -c 'import sys; sys.modules["ensurepip"] = None; exec(sys.stdin.read())' "$@"
"""


def run(*words: object, **more: str) -> subprocess.CompletedProcess[str]:
    """What a command said and how it ended."""
    place = {**os.environ, "PIP_INDEX_URL": "http://127.0.0.1:9/simple/", **more}
    return subprocess.run(list(map(str, words)), env=place, capture_output=True, text=True, check=False)


def install(folder: Path, target: Path, *words: object, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the script of a bundle's folder, with a Python that suits it."""
    return run(folder / "install.sh", "-p", BASE, *words, target, **more)


def sum_anew(tools: ModuleType, folder: Path) -> None:
    """Let the sums say what is there now."""
    (folder / "SHA256SUMS").write_text(tools.sums(folder))


def test_the_sums_are_those_of_all_files(unpacked: Path) -> None:
    listed = {line[66:] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {f"./{path.relative_to(unpacked)}" for path in unpacked.rglob("*") if path.is_file()}
    assert there - listed == {"./SHA256SUMS"}
    assert listed <= there
    checked = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=unpacked, check=False)
    assert checked.returncode == 0


def earlier(folder: Path, target: Path, is_complete: bool = False) -> None:
    """What an earlier run of the script has left for `target`: complete where a link leads to it, or killed midway."""
    folder.mkdir()
    (folder / ".dcass-control").write_text(str(target))
    if is_complete:
        target.symlink_to(folder.name)


def test_it_is_installed_without_a_network(apart: list[str], unpacked: Path, tmp_path: Path) -> None:
    target = tmp_path / "control node"  # a path with a space is a path, too
    earlier(tmp_path / "control node-0.9.0.before", target, is_complete=True)
    earlier(tmp_path / "control node-0.9.1.killed", target)
    earlier(tmp_path / "control node-test-0.9.0.before", tmp_path / "control node-test", is_complete=True)
    (tmp_path / "control node-notes.backup").mkdir()
    for wheel in unpacked.glob("workstations/*.whl"):
        wheel.chmod(0o600)  # as under somebody's umask
    installed = run(*apart, unpacked / "install.sh", "-p", BASE, f"{target}//")
    assert installed.returncode == 0, installed.stderr
    assert installed.stdout.splitlines()[-1] == f"dcass_wheel_dir: {target}/wheels"
    documented = run(target / "bin" / "ansible-doc", "-t", "role", "-l", "dcass.sftp", ANSIBLE_HOME=str(tmp_path))
    assert "dcass.sftp.workstation" in documented.stdout, documented.stderr
    assert scheduled(target) == f"{target}/bin/ansible-playbook", "what a timer runs after an upgrade, too"
    wheels = {path.name.partition("-")[0].lower() for path in (target / "wheels").iterdir()}
    assert wheels >= {"bcrypt", "cffi", "cryptography", "invoke", "paramiko", "pycparser", "pynacl"}
    assert {path.stat().st_mode & 0o777 for path in (target / "wheels").iterdir()} == {0o644}
    assert {path.name for path in tmp_path.glob("control node*")} == {
        "control node",
        "control node-0.9.0.before",  # runs that are under way go on
        "control node-notes.backup",  # no run of the script has made it
        "control node-test",  # another one
        "control node-test-0.9.0.before",
        target.readlink().name,
    }
    assert target.readlink().name.startswith("control node-1.")


def scheduled(control: Path) -> str:
    """Which ansible-playbook the timers of a control node would run."""
    (ours,) = control.glob("lib/python*/site-packages/ansible_collections/dcass/sftp/roles/schedule/vars/main.yml")
    given = ["-e", f"@{ours}", "-e", "dcass_schedule_ansible_playbook="]
    words = ["-m", "ansible.builtin.debug", "-a", "var=schedule_program", *given]
    said = run(control / "bin" / "ansible", "localhost", *words, ANSIBLE_HOME=str(control / "home"))
    assert said.returncode == 0, said.stderr
    return str(json.loads(said.stdout.partition("=>")[2])["schedule_program"])


@pytest.mark.long("what is refused before anything is written has its tests")
@pytest.mark.parametrize(
    "there",
    [pytest.param(True, id="the one before works on"), pytest.param(False, id="nothing is left")],
)
def test_an_installation_that_fails_changes_nothing(
    tools: ModuleType, unpacked: Path, tmp_path: Path, there: bool
) -> None:
    target = tmp_path / "control"
    if there:
        earlier(tmp_path / "control-0.9.0.before", target, is_complete=True)
    (core,) = unpacked.glob("control/ansible_core-*.whl")
    core.write_bytes(core.read_bytes() + b"\n")
    sum_anew(tools, unpacked)  # so that pip alone notices
    outcome = install(unpacked, target)
    assert outcome.returncode == 1
    assert "DO NOT MATCH THE HASHES" in outcome.stderr
    assert outcome.stderr.splitlines()[-1] == "Nothing was installed, for the reason above."
    left = {path.name for path in tmp_path.iterdir() if path.name.startswith("control")}
    assert left == ({"control", "control-0.9.0.before"} if there else set())
    assert not there or (target / ".dcass-control").exists()


@pytest.mark.parametrize(
    ("stated", "refused"),
    [
        pytest.param("sparc64 2.28 {0}", r"This machine is \w+; this bundle is for sparc64\.", id="another processor"),
        pytest.param(
            "{1} 9.28 {0}",
            r"This system has glibc 2\.\d+; this bundle is for glibc 9\.28 and newer\.",
            id="an older C library",
        ),
        pytest.param(
            "{1} 2.28 2.6 2.7",
            r"\S+ is Python 3\.\d+; this bundle is for Python 2\.6, 2\.7\. Name another with -p\.",
            id="another Python",
        ),
    ],
)
def test_a_machine_that_it_is_not_for_is_refused(
    tools: ModuleType, unpacked: Path, tmp_path: Path, stated: str, refused: str
) -> None:
    (unpacked / "control" / "for").write_text(stated.format(PYTHON, os.uname().machine) + "\n")
    sum_anew(tools, unpacked)
    assert_refused(install(unpacked, tmp_path / "new" / "folder"), refused, tmp_path)


def test_a_python_that_makes_no_environments_is_refused(unpacked: Path, tmp_path: Path) -> None:
    (poor := tmp_path / "poor").write_text(POOR)
    poor.chmod(0o755)
    outcome = run(unpacked / "install.sh", "-p", poor, tmp_path / "new" / "folder")
    assert_refused(outcome, rf"\S+ can't make virtual environments; .+ package python{PYTHON}-venv\.", tmp_path)


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        pytest.param(
            ["-p", "no-python"], r"There is no no-python on this machine\..+", id="a Python that is not there"
        ),
        pytest.param(
            ["-k", "keyring"], r"Nobody has signed this bundle: SHA256SUMS\.asc is not in it\.", id="unsigned"
        ),
    ],
)
def test_what_is_asked_for_and_not_there_is_refused(
    unpacked: Path, tmp_path: Path, words: list[str], refused: str
) -> None:
    assert_refused(install(unpacked, tmp_path / "new" / "folder", *words), refused, tmp_path)


def test_a_folder_of_something_else_is_left_alone(unpacked: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine" / "letter"
    mine.parent.mkdir()
    mine.touch()
    outcome = install(unpacked, mine.parent)
    assert_refused(outcome, r"\S+/mine holds what this script has not put there\..+", tmp_path)
    assert mine.exists()


def test_a_link_to_something_else_is_left_alone(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (link := tmp_path / "link").symlink_to("venv")
    outcome = install(unpacked, link)
    assert_refused(outcome, r"\S+/link leads to what this script has not made\..+", tmp_path)
    assert link.readlink() == Path("venv")


def test_two_installations_at_once_are_refused(unpacked: Path, tmp_path: Path) -> None:
    parent = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(parent, fcntl.LOCK_EX)
        outcome = install(unpacked, tmp_path / "folder")
    finally:
        os.close(parent)
    assert_refused(outcome, r"Another installation into \S+ is under way\.", tmp_path)
    assert not (tmp_path / "folder").exists()


def test_a_bundle_that_was_changed_is_refused(unpacked: Path, tmp_path: Path) -> None:
    with next(unpacked.glob("workstations/paramiko-*.whl")).open("ab") as wheel:
        wheel.write(b"\n")
    outcome = install(unpacked, tmp_path / "new" / "folder")
    assert_refused(outcome, r"(?s).*This bundle is not as it was made\. Get it again\.", tmp_path)


def assert_refused(outcome: subprocess.CompletedProcess[str], sentence: str, tmp_path: Path) -> None:
    """That one sentence was said and nothing made."""
    assert outcome.returncode == 1, outcome.stdout
    assert re.fullmatch(sentence, outcome.stderr.strip()), outcome.stderr
    assert not (tmp_path / "new").exists()


def test_help_is_given(unpacked: Path) -> None:
    said = run(unpacked / "install.sh", "-h")
    assert (said.returncode, said.stderr) == (0, "")
    assert f"({PYTHON}; python3 unless you say otherwise)" in said.stdout
    assert run(unpacked / "install.sh", "-x").returncode == 2


@pytest.mark.parametrize("words", [("-k", "/no/keyring"), ("another",)], ids=["an option", "another folder"])
def test_what_comes_after_the_folder_is_not_left_out(unpacked: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    outcome = run(unpacked / "install.sh", "-p", BASE, tmp_path / "new" / "folder", *words)
    assert (outcome.returncode, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Usage: ./install.sh [-h] [-k KEYRING] [-p PYTHON] [FOLDER]")
    assert not (tmp_path / "new").exists()


@pytest.mark.long("two builds of the tarball are compared")
def test_two_bundles_of_one_commit_are_the_same_bytes(tools: ModuleType, archive: Path, tmp_path: Path) -> None:
    again = tools.make(tmp_path / "again", control=(PYTHON,), workstations=(PYTHON,))
    assert digest(again) == digest(archive)


@pytest.mark.long("tests/e2e runs these playbooks, and the installation has its test")
def test_reports_are_fetched_with_what_a_bundle_brought(apart: list[str], archive: Path) -> None:
    tried = subprocess.run(
        [*apart, sys.executable, "-m", "tests.supply.trial", archive, BASE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    print(tried.stdout)
