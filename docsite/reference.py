# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of reference that antsibull-docs does not make: every error code, and every playbook."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ansible_collections.dcass.sftp.plugins.module_utils._rules import errors
from docsite.markdown import at_home, moved, tables

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPERATIONS = "docs/operations.md"
ERRORS, PLAYBOOKS = "reference/errors.md", "reference/playbooks.md"
# what refuses, as the tree of errors.py has it, and what it is called for people
KINDS = (
    (errors.BadInput, "The request was wrong: nothing was changed, nothing was connected"),
    (errors.RetryLater, "The request was right, the moment is wrong"),
    (errors.NoConnection, "The facility could not be reached, trusted or entered"),
    (errors.LeftThere, "An entry was left at the facility"),
    (errors.LocalError, "This workstation is in trouble"),
    (errors.DcassError, "A fault of the collection, or of a library"),
)

ERRORS_BEGIN = f"""\
# Error codes

Every refusal carries an `error_code`, which never changes. How a playbook tells it is explained in
[daily life](../{OPERATIONS}).
"""
PLAYBOOKS_BEGIN = f"""\
# Playbooks

Each is run as `ansible-playbook -i inventory.yml dcass.sftp.NAME`, with `-e dcass_hosts=NAME` for one participant or
workstation. [Getting started](../docs/getting-started.md#who-may-do-what) tells whose sudo it needs, and
[daily life](../{OPERATIONS}) when to run it.
"""


class Incomplete(Exception):
    """Something has no place in the documentation; the text says what."""


def error_classes() -> dict[str, type[errors.DcassError]]:
    """Every error that has a code of its own, by it."""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DcassError)]
    return {kind.code: kind for kind in kinds if "code" in vars(kind) and kind is not errors.DcassError}


def rows_of(text: str, header: str) -> dict[str, list[str]]:
    """The rows of all tables whose first column has that header, by their first cells without quotes."""
    return {row[0].strip("`"): row for head, rows in tables(text) if head[0].strip("`") == header for row in rows}


def errors_page(operations: str) -> str:
    """Each code with its meaning, the next step in short and in full, and whether a login was spent."""
    rows = rows_of(operations, "error_code")
    untold = sorted(error_classes().keys() - rows.keys())
    if untold:
        raise Incomplete(f"{OPERATIONS} has no row for {', '.join(untold)}")
    parts = [ERRORS_BEGIN]
    left = error_classes()
    for parent, title in KINDS:
        its = [code for code, kind in left.items() if issubclass(kind, parent)]
        parts += [f"\n## {title}\n", *(_error(rows[code], left.pop(code).hint) for code in its)] if its else []
    parts.append("\n## Words of the control node\n")
    parts += [_word(row) for row in rows_of(operations, "word").values()]
    return "".join(parts)


def _error(row: list[str], hint: str) -> str:
    _code, means, to_do, login = (moved(cell, OPERATIONS, ERRORS) for cell in row)
    next_step = f"\n**Said with it:** {hint.rstrip()}\n" if hint else ""
    return f"\n### {row[0]}\n\n{means}\n\n**What to do:** {to_do}\n{next_step}\n**Spends a login:** {login}.\n"


def _word(row: list[str]) -> str:
    means, to_do = (moved(cell, OPERATIONS, ERRORS) for cell in row[1:])
    return f"\n### {row[0]}\n\n{means}\n\n**What to do:** {to_do}\n"


def playbooks() -> list[pathlib.Path]:
    """All playbooks that people run."""
    return sorted((ROOT / "playbooks").glob("*.yml"))


def playbooks_page() -> str:
    """Each playbook: what it runs, what its author says of it, its plays with their roles, and its variables."""
    told = rows_of(at_home((ROOT / "README.md").read_text(encoding="utf-8")), "playbook")
    parts = [PLAYBOOKS_BEGIN]
    for path in playbooks():
        name = f"dcass.sftp.{path.stem}"
        row = told.get(name)
        parts.append(
            f"\n## {path.stem}\n\n`{name}`" + (f": {moved(row[1], 'README.md', PLAYBOOKS)}.\n" if row else "\n")
        )
        parts += _playbook(path.read_text(encoding="utf-8"))
    return "".join(parts)


def _playbook(text: str) -> Iterator[str]:
    said = _comment(text)
    if said:
        yield f"\n{said}\n"
    plays = [play for play in yaml.safe_load(text) if "hosts" in play]
    yield "\nIts plays:\n\n"
    for play in plays:
        roles = list(dict.fromkeys(_roles(play)))
        by = f", by {', '.join(f'[{role}](../collection/{role}_role.rst)' for role in roles)}" if roles else ""
        yield f"- {play['name']}{by}\n"
    variables = sorted(set(re.findall(r"\bdcass_[a-z_]+\b", text)) & _options())
    if variables:
        yield f"\nIt reads {', '.join(f'`{name}`' for name in variables)}, beside what its roles read.\n"


def _comment(text: str) -> str:
    """The comment below the licence, as paragraphs and blocks of commands."""
    head = text.split("\n- name:", 1)[0].splitlines()
    lines = [line[2:] for line in head[4:] if line.startswith("#")]
    return re.sub(r"(?m)^ {4}", "    ", "\n".join(lines)).strip("\n")


def _roles(node: Any) -> Iterator[str]:
    """The roles of the collection that a play calls, in order; `dcass` is in all of them."""
    if isinstance(node, dict):
        name = (node.get("ansible.builtin.import_role") or {}).get("name", "")
        if name.startswith("dcass.sftp.") and name != "dcass.sftp.dcass":
            yield name.removeprefix("dcass.sftp.")
        for value in node.values():
            yield from _roles(value)
    elif isinstance(node, list):
        for value in node:
            yield from _roles(value)


def _options() -> set[str]:
    specs = [yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml")]
    return {name for spec in specs for entry in spec["argument_specs"].values() for name in entry["options"]}
