# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a playbook becomes, and where, read from its tasks as they stand."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORKSTATIONS, CONTROL_NODE, KEEPER = "workstations", "control node", "dcass_package_host"
SERVICE_USER, EITHER = "service user", "service user or root"
# who a template of a become_user stands for
USERS = {
    "root": "root",
    "{{ dcass_user }}": SERVICE_USER,
    "{{ dcass_service_user }}": SERVICE_USER,
    "{{ dcass_probe.user }}": SERVICE_USER,
    "{{ dcass_needs_user | default('root') }}": "root",
}
KEEPERS_USER = "{{ dcass_user if registration_host in dcass_pair else 'root' }}"
BLOCKS = ("block", "rescue", "always")
IMPORTS = ("import_role", "include_role", "import_tasks", "include_tasks")
Needs = set[tuple[str, str]]


def needs(playbook: pathlib.Path) -> Needs:
    """Return (user, place) for each user that some task becomes."""
    found: Needs = set()
    for play in yaml.safe_load(playbook.read_text()):
        if "hosts" in play:
            place = CONTROL_NODE if "dcass_schedule_host" in play["hosts"] else WORKSTATIONS
            found |= set(_of_tasks(play["tasks"], _inherited({"place": place}, play), ROOT / "roles"))
    return found


def _of_tasks(tasks: list[dict[str, Any]], above: Mapping[str, Any], folder: pathlib.Path) -> Iterator[tuple[str, str]]:
    for task in tasks:
        here = _inherited(above, task)
        parts = [part for name in BLOCKS for part in task.get(name, ())]
        if parts:
            yield from _of_tasks(parts, here, folder)
            continue
        word = next((name for name in IMPORTS if f"ansible.builtin.{name}" in task), "")
        if word:
            path = _imported(task[f"ansible.builtin.{word}"], folder, here["vars"])
            yield from _of_tasks(yaml.safe_load(path.read_text()) or [], here, path.parent)
        elif here["become"]:
            yield from _becomes(here)


def _imported(what: Any, folder: pathlib.Path, variables: Mapping[str, Any]) -> pathlib.Path:
    if isinstance(what, str):
        return folder / re.sub(r"\{\{ (\w+) \}\}", lambda found: variables[found[1]], what)
    role = what["name"].removeprefix("dcass.sftp.")
    return ROOT / "roles" / role / "tasks" / f"{what.get('tasks_from', 'main')}.yml"


def _inherited(above: Mapping[str, Any], node: Mapping[str, Any]) -> dict[str, Any]:
    """What holds below a play, a block or a task: what is not said there is said above it."""
    variables = {**above.get("vars", {}), **node.get("vars", {})}
    here = {"become": False, "become_user": "root", **above, "vars": variables}
    here |= {name: node[name] for name in ("become", "become_user") if name in node}
    if node.get("delegate_to") == "localhost":
        here["place"] = CONTROL_NODE
    elif "delegate_to" in node:
        here["place"] = KEEPER
    return here


def _becomes(here: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    user = here["become_user"]
    if user == KEEPERS_USER:
        yield SERVICE_USER, WORKSTATIONS
        yield "root", KEEPER
    elif "dcass_needs_user" in user and here["vars"].get("dcass_needs_user"):
        yield USERS[here["vars"]["dcass_needs_user"]], here["place"]
    else:
        yield USERS[user], here["place"]
