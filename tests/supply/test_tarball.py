# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's tarball: one commit, the same bytes; and who judged it has not only said so."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from tests.supply.conftest import ROOT, digest

BUILD = """\
import os, pathlib, sys
sys.path.insert(0, "tools")
os.umask(int(sys.argv[2], 8))
import collection
collection.build_tarball(pathlib.Path(sys.argv[1]))
"""
DONE = "Importer processing completed successfully"
GOOD = f"Linting collection via ansible-lint 26...\n...ansible-lint run complete\n{DONE}"


@pytest.fixture(scope="module")
def collection(tools: ModuleType) -> ModuleType:
    return importlib.import_module("collection")


def build(folder: Path, umask: str, zone: str) -> Path:
    """The tarball of a fresh clone, built by its own tools."""
    subprocess.run(
        ["git", "clone", "--quiet", "--no-hardlinks", ROOT, folder / "clone"], check=True, umask=int(umask, 8)
    )
    base = folder / "built"
    base.mkdir()
    words = [sys.executable, "-c", BUILD, base, umask]
    subprocess.run(words, cwd=folder / "clone", env={**os.environ, "TZ": zone}, check=True, capture_output=True)
    (tarball,) = base.glob("*.tar.gz")
    return tarball


def test_two_builds_of_one_commit_are_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "a longer path").mkdir()
    first, second = build(tmp_path / "one", "022", "UTC"), build(tmp_path / "a longer path", "077", "Asia/Hong_Kong")
    begun = (tmp_path / "one" / "clone" / "galaxy.yml").stat().st_mtime_ns
    assert begun != (tmp_path / "a longer path" / "clone" / "galaxy.yml").stat().st_mtime_ns
    assert first.name == second.name
    assert digest(first) == digest(second)
    with tarfile.open(first) as tar:
        members = tar.getmembers()
    assert {member.mode for member in members} == {0o755, 0o644}
    assert len({member.mtime for member in members}) == 1
    assert {(member.uid, member.uname) for member in members} == {(0, "")}
    assert [member.name for member in members][:2] == ["MANIFEST.json", "FILES.json"]


@pytest.mark.parametrize(
    ("said", "linted", "found"),
    [
        pytest.param(GOOD, True, [], id="all is well"),
        pytest.param(
            f"WARNING: ansible-lint not found, skipping lint of collection\n{DONE}",
            True,
            [
                "WARNING: ansible-lint not found, skipping lint of collection",
                "galaxy-importer has not said: ...ansible-lint run complete",
            ],
            id="no ansible-lint",
        ),
        pytest.param(
            DONE,
            True,
            ["galaxy-importer has not said: ...ansible-lint run complete"],
            id="not linted, and silent about it",
        ),
        pytest.param(DONE, False, [], id="nobody wanted it linted"),
        pytest.param(
            f"ERROR: Timeout on call to ansible-lint\n{GOOD}",
            True,
            [
                "ERROR: Timeout on call to ansible-lint",
                "It waits for three minutes alone: run tools/check.py sanity/galaxy with nothing beside it.",
            ],
            id="linted on a busy machine, and not to the end",
        ),
        pytest.param(f"ERROR: a fault\n{GOOD}", True, ["ERROR: a fault"], id="an error"),
        pytest.param(
            "Getting doc strings",
            False,
            [f"galaxy-importer has not said: {DONE}"],
            id="ended early",
        ),
    ],
)
def test_an_importer_that_is_green_without_having_judged_is_noticed(
    collection: ModuleType, said: str, linted: bool, found: list[str]
) -> None:
    assert collection.faults(said, linted=linted) == found


@pytest.mark.parametrize(
    ("script", "works"),
    [
        pytest.param("exit 0", True, id="works"),
        pytest.param("exit 1", False, id="fails at once"),
        pytest.param(None, False, id="not there"),
    ],
)
def test_a_linter_that_does_not_work_is_noticed(
    collection: ModuleType, tmp_path: Path, script: str | None, works: bool
) -> None:
    if script:
        (tmp_path / "ansible-lint").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "ansible-lint").chmod(0o755)
    assert collection.works("ansible-lint", {"PATH": str(tmp_path)}) is works


@pytest.mark.long("what the importer says is judged from a table")
def test_the_real_importer_without_its_tools_is_not_green(collection: ModuleType, tmp_path: Path) -> None:
    tarball = collection.build_tarball(tmp_path)
    found = collection.judged(tarball, "/usr/bin:/bin", linted=True)
    assert "galaxy-importer judged without ansible-lint, which does not work on its PATH" in found
    assert "WARNING: ansible-lint not found, skipping lint of collection" in found
    assert "WARNING: ansible-doc not found, skipping loading of docstrings" in found


@pytest.mark.long("the fragments are linted")
def test_the_changelog_can_be_released_and_passes_the_gates(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    place = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for words in (
        "antsibull-changelog release --date 2026-12-01",
        "antsibull-changelog lint",
        "antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml",
        "yamllint --strict changelogs",
    ):
        done = subprocess.run(words.split(), cwd=clone, env=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    version = yaml.safe_load((clone / "galaxy.yml").read_text())["version"]
    assert list(yaml.safe_load((clone / "changelogs" / "changelog.yaml").read_text())["releases"]) == [version]
    assert f"\nv{version}\n======\n" in (clone / "CHANGELOG.rst").read_text()


def test_the_changelog_has_this_version() -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    if waiting := list((ROOT / "changelogs" / "fragments").glob("*.yml")):
        pytest.skip(f"{version} is not released in the changelog: {len(waiting)} fragments wait")
    assert f"\nv{version}\n" in (ROOT / "CHANGELOG.rst").read_text()
