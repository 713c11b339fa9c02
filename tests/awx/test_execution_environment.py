# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The execution environment: its context is made from the tarball, and it asks for what a control node imports."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEFINITION = ROOT / "awx" / "ee" / "execution-environment.yml"
BIN = Path(sys.executable).parent
OURS = "ansible_collections.dcass.sftp."
OF_ANSIBLE = {"ansible", "ansible_collections", "jinja2", "packaging"}  # which ansible-core brings
NAMED = re.compile(r"^[A-Za-z0-9._-]+")
TASKS = [*(ROOT / "roles").glob("*/tasks/*.yml"), *(ROOT / "playbooks").glob("*.yml")]
HERE = ("localhost", "127.0.0.1")


def definition() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(DEFINITION.read_text())
    return read


def run(*words: object, cwd: Path) -> str:
    """Run a program of this environment that must succeed; the machine's configuration of Ansible is not its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    place = {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(cwd), "LANG": "C.UTF-8"}
    done = subprocess.run(list(map(str, words)), cwd=cwd, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    run(BIN / "ansible-galaxy", "collection", "build", "--output-path", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.tar.gz")
    return built


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory, tarball: Path) -> Path:
    """What ansible-builder makes of a copy of awx/ee beside which the tarball lies."""
    folder = tmp_path_factory.mktemp("ee")
    for path in (DEFINITION, DEFINITION.with_name("requirements.txt"), tarball):
        shutil.copy(path, folder)
    command = ["ansible-builder", "create", "--file", DEFINITION.name, "--context", "context"]
    as_everywhere = ["--output-filename", "Containerfile"]  # or where there is docker and no podman it has another name
    run(BIN / command[0], *command[1:], *as_everywhere, cwd=folder)
    return folder / "context"


def test_the_context_has_the_tarball_where_its_requirements_look_for_it(context: Path, tarball: Path) -> None:
    (wanted,) = yaml.safe_load((context / "_build" / "requirements.yml").read_text())["collections"]
    assert (context / "_build" / wanted["name"]).read_bytes() == tarball.read_bytes()
    assert wanted["type"] == "file"
    steps = (context / "Containerfile").read_text()
    assert (
        "ansible-galaxy collection install" in steps and "COPY _build/collection/" not in steps.partition("galaxy")[0]
    )


def test_the_context_has_the_python_and_the_base_that_are_stated(context: Path) -> None:
    steps, stated = (context / "Containerfile").read_text(), definition()["dependencies"]
    assert stated["python_interpreter"]["python_path"] in steps
    assert re.fullmatch(r"\S+@sha256:[0-9a-f]{64}", definition()["images"]["base_image"]["name"])


def test_pip_takes_by_hash_what_comes_along(context: Path) -> None:
    steps = (context / "Containerfile").read_text()
    copied, where = "_build/python/requirements.txt", "/usr/share/dcass/requirements.txt"
    assert (context / copied).read_bytes() == DEFINITION.with_name("requirements.txt").read_bytes()
    before, _install, _after = steps.partition("pip install")
    assert f"COPY {copied} {where}\n" in before
    assert f'ARG ANSIBLE_INSTALL_REFS="--requirement={where}"\n' in before
    final = steps.rpartition("\nFROM ")[2]
    assert [line for line in final.splitlines() if "pip install" in line and f"--requirement={where}" not in line] == []
    locked = (context / copied).read_text()
    assert {"ansible-core", "ansible-runner", "dumb-init"} <= set(
        re.findall(r"^([\w-]+)==[\w.]+ .*\\\n +--hash=", locked, re.MULTILINE)
    )


def test_the_file_that_is_named_is_of_this_version() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    name = f"{galaxy['namespace']}-{galaxy['name']}-{galaxy['version']}.tar.gz"
    ours = definition()
    assert [one["src"] for one in ours["additional_build_files"]] == [name, "requirements.txt"]
    assert [Path(one["name"]).name for one in ours["dependencies"]["galaxy"]["collections"]] == [name]
    requires = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    (locked,) = re.findall(r"^ansible-core==(\S+)", DEFINITION.with_name("requirements.txt").read_text(), re.MULTILINE)
    least, stated = (tuple(map(int, re.findall(r"\d+", text)[:2])) for text in (requires, locked))
    assert stated >= least


def test_the_image_gets_what_the_installed_collection_asks_for(tmp_path: Path, tarball: Path) -> None:
    forced = ("--offline", "--force")  # the checkout's link counts as installed
    run(BIN / "ansible-galaxy", "collection", "install", *forced, "-p", tmp_path, tarball, cwd=tmp_path)
    told = yaml.safe_load(run(BIN / "ansible-builder", "introspect", tmp_path, cwd=tmp_path))
    assert {name(line) for line in told["system"]} == {"openssh-client", "openssh-clients"}
    assert {name(line) for line in told["python"]} == needed_here()


def name(line: str) -> str:
    """The package of a line of requirements."""
    found = NAMED.match(line)
    assert found, line
    return found[0].lower()


def blocks(tasks: Any, is_here: bool) -> Iterator[str]:
    """The modules of ours that tasks run on the control node."""
    for task in tasks if isinstance(tasks, list) else ():
        here = is_here or task.get("delegate_to", task.get("hosts")) in HERE
        if here:
            yield from (action for action in task if action.startswith("dcass.sftp."))
        for part in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks"):
            yield from blocks(task.get(part), here)


def imports(path: Path) -> set[str]:
    """All that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def foreign_of(path: Path, seen: set[Path]) -> set[str]:
    """The packages of others that a file of ours imports, itself or by others of ours."""
    if path in seen:
        return set()
    seen.add(path)
    found = set()
    for one in imports(path):
        if one.startswith(OURS):
            ours = ROOT / (one.removeprefix(OURS).replace(".", "/") + ".py")
            found |= foreign_of(ours, seen) if ours.exists() else set()
        else:
            found.add(one.partition(".")[0])
    return found - set(sys.stdlib_module_names) - OF_ANSIBLE


def modules_here() -> set[str]:
    """Our modules that roles and playbooks run on the control node."""
    plays = [yaml.safe_load(path.read_text()) for path in TASKS]
    return {one.removeprefix("dcass.sftp.") for play in plays for one in blocks(play, False)}


def needed_here() -> set[str]:
    """The packages that a control node imports for us, beside Ansible's own."""
    files = [ROOT / "plugins" / "modules" / f"{module}.py" for module in modules_here()]
    files += [
        path
        for room in ("action", "callback", "filter", "plugin_utils")
        for path in (ROOT / "plugins" / room).glob("*.py")
    ]
    return set[str]().union(*(foreign_of(path, set()) for path in files))


def test_what_a_control_node_imports_is_found() -> None:
    assert modules_here() == {"registration_package"}
    assert foreign_of(ROOT / "plugins" / "modules" / "report_sync.py", set()) == {"cryptography", "paramiko"}
