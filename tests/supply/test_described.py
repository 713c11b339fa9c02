# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a release says of itself: bills of materials, licences, hashes, and what is known against its packages."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.supply.conftest import PYTHON, ROOT

# in the environment that has the schemas; prints which files are wrong and why
VALIDATE = """\
import pathlib, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
judge = JsonStrictValidator(SchemaVersion.V1_6)
for path in map(pathlib.Path, sys.argv[1:]):
    fault = judge.validate_str(path.read_text())
    if fault:
        print(path.name, fault)
"""
ELSEWHERE = [ROOT / "roles" / "workstation" / "files" / "requirements.txt", ROOT / "awx" / "ee" / "requirements.txt"]
LOCKS = [*sorted((ROOT / "requirements").glob("*.lock")), *ELSEWHERE]
BOMS = (f"workstation-{PYTHON}", f"control-{PYTHON}", "execution-environment")
PACKAGE = re.compile(r"^(\S+)==(\S+)", re.MULTILINE)
# that python -m pip install gets from a lock which is judged; each with the oldest Python that it serves
AUDITED = {
    "roles/workstation/files/requirements.txt": "3.9",
    "requirements/control.lock": "3.11",
    "awx/ee/requirements.txt": "3.12",
}


@pytest.fixture(scope="module")
def release(tools: ModuleType) -> Path:
    """Where the programs lie by which a release is judged."""
    folder: Path = tools.environments.ensure("release").parent
    return folder


def bom_of(unpacked: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((unpacked / "sbom" / f"{name}.cdx.json").read_text())
    return read


def test_there_is_a_bill_of_each_kind_and_the_schema_has_nothing_against_it(release: Path, unpacked: Path) -> None:
    paths = sorted((unpacked / "sbom").iterdir())
    assert [path.name.removesuffix(".cdx.json") for path in paths] == sorted(BOMS)
    spoilt = unpacked / "spoilt.json"
    spoilt.write_text(paths[0].read_text().replace('"type": "library"', '"type": "shelf"'))
    words = [release / "python", "-c", VALIDATE, *paths, spoilt]
    judged = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert judged.startswith("spoilt.json ")
    assert "shelf" in judged
    assert ".cdx.json" not in judged


@pytest.mark.parametrize("name", BOMS)
def test_a_bill_says_who_is_what_by_which_hash_and_what_it_needs(tools: ModuleType, unpacked: Path, name: str) -> None:
    lock, python = {
        BOMS[0]: (tools.wheels.LOCK, PYTHON),
        BOMS[1]: (tools.CONTROL_LOCK, PYTHON),
        BOMS[2]: (tools.EE_LOCK, "3.12"),
    }[name]
    bom, locked = bom_of(unpacked, name), tools.wheels.lines_for(python, lock.read_text())
    subject = bom["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("dcass.sftp", tools.facts()["version"])
    components = {tools.key(one["name"], one["version"]): one for one in bom["components"]}
    if name == BOMS[0]:  # of which a rollout brings a part
        (core,) = [which for which in components if which[0] == "ansible-core"]
        assert core in {tools.key(one["name"], one["version"]) for one in bom_of(unpacked, BOMS[1])["components"]}
        del components[core]
    assert set(components) == {tools.key(*package) for package in PACKAGE.findall(locked)}
    for one in components.values():
        assert f"sha256:{one['hashes'][0]['content']}" in locked
        assert tools.licence_of(one), one["name"]
        assert one["purl"].startswith("pkg:pypi/")
    assert sum(len(entry.get("dependsOn", ())) for entry in bom["dependencies"]) >= len(components) - 3


def test_which_wheels_carry_native_code_and_no_bill_is_as_documented(tools: ModuleType, unpacked: Path) -> None:
    silent = {
        wheel.name.partition("-")[0]
        for wheel in unpacked.glob("*/*.whl")
        if any(".so" in Path(name).suffixes for name in zipfile.ZipFile(wheel).namelist()) and not tools.carried(wheel)
    }
    said = re.search(r"([^.]+) carry native code as well", (ROOT / "docs" / "operations.md").read_text())
    assert said, "docs/operations.md names them"
    named = {name.lower() for name in re.split(r",| and ", " ".join(said[1].split())) if name}
    assert {name.strip() for name in named} == silent - {"markupsafe"}, "whose native code is its own"


@pytest.mark.parametrize("name", BOMS)
def test_a_bill_names_what_a_wheel_carries_itself(unpacked: Path, name: str) -> None:
    (its,) = [one for one in bom_of(unpacked, name)["components"] if one["name"] == "cryptography"]
    assert "openssl" in {one["name"] for one in its["components"]}


def test_each_package_has_its_licence_in_one_table(tools: ModuleType, unpacked: Path) -> None:
    table = (unpacked / "LICENCES.md").read_text()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:2] == "| "][
        1:
    ]
    packages = {tools.key(one["name"], one["version"]) for name in BOMS for one in bom_of(unpacked, name)["components"]}
    assert {(row[0], row[1]) for row in rows} == packages
    assert len(rows) == len(packages)
    for row in rows:
        assert row[2], row
        assert "License ::" not in row[2], f"{row[0]}: give this classifier its name in SPDX"
    assert {row[3] for row in rows if row[0] == "paramiko"} == {"workstation"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_each_package_of_a_lock_has_a_hash(lock: Path) -> None:
    entries = re.findall(r"^\w(?:.*\\\n)*.*\n", lock.read_text(), re.MULTILINE)
    assert entries
    for entry in entries:
        assert re.match(r"[\w.-]+(\[\w+\])?==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


@pytest.mark.parametrize("kind", ["CONTROL", "WORKSTATIONS"])
def test_each_python_gets_each_package_once(tools: ModuleType, kind: str) -> None:
    lock = {"CONTROL": tools.CONTROL_LOCK, "WORKSTATIONS": tools.wheels.LOCK}[kind].read_text()
    every = {name for name, _version in PACKAGE.findall(lock)} - {"typing-extensions"}
    for python in getattr(tools, kind):
        names = [name for name, _version in PACKAGE.findall(tools.wheels.lines_for(python, lock))]
        assert len(names) == len(set(names))
        assert every <= set(names)


def test_the_pages_name_the_pythons_of_the_bundle(tools: ModuleType) -> None:
    page = " ".join((ROOT / "docs" / "operations.md").read_text().split())
    control, workstations = tools.CONTROL, tools.WORKSTATIONS
    assert f"wheels for a control node with Python {control[0]} to {control[-1]}" in page
    assert f"for workstations with Python {workstations[0]} to {workstations[-1]} (" in page
    assert f"glibc {tools.wheels.GLIBC} or newer" in page


@pytest.mark.long("what becomes known of a package is no fault of a change")
@pytest.mark.parametrize("lock", AUDITED)
def test_nothing_is_known_against_the_packages(tools: ModuleType, release: Path, tmp_path: Path, lock: str) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(tools.wheels.lines_for(AUDITED[lock], (ROOT / lock).read_text()))
    words = [release / "pip-audit", "--disable-pip", "--require-hashes", "--format=json", "--progress-spinner=off"]
    said = subprocess.run([*words, "--requirement", requirements], capture_output=True, text=True, check=False)
    if not said.stdout.startswith("{"):
        pytest.skip(f"pip-audit has no data here: {(said.stderr.strip().splitlines() or ['it says nothing'])[-1]}")
    packages = json.loads(said.stdout)["dependencies"]
    assert [one for one in packages if one.get("vulns")] == []
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    if unknown:
        pytest.skip(f"pip-audit has no data here of {len(unknown)} of {len(packages)} packages: {', '.join(unknown)}")
