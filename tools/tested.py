# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the whole story wherever it can be told here, for the table in README of what the collection was tried with.

    python tools/tested.py [write] [CORE|SUITE...]

tests/supply/matrix.py runs it; `write` puts what went well into README.
"""

from __future__ import annotations

import dataclasses
import datetime
import pathlib
import re
import sys
from collections.abc import Sequence

BEGIN, END = "<!-- tried: written by make tested -->\n", "<!-- tried: end -->\n"
# by the minor version of ansible-core that a control node has: its lock in requirements/, and whose Pythons suit it
CORES = {
    "2.17": ("core-2.17", "core-2.17"),
    "2.18": ("core-2.18", "core-2.18"),
    "2.19": ("control", "dev"),
    "2.20": ("core-2.20", "core-2.20"),
    "2.21": ("core-2.21", "core-2.21"),
    "2.22": ("core-2.22", "core-2.22"),
}
DEBIANS = {"bookworm": "Debian 12", "trixie": "Debian 13"}
NEVER = ("Ubuntu", "Red Hat")  # which no machine of ours can be had of
SAYS = (
    "Version {version} on {day}: [the whole story](https://example.org/dcass/sftp/blob/main/CONTRIBUTING.md"
    "#where-it-runs), from the built tarball, then once more without a change; no deprecation warning. A Debian is a"
    " fresh machine with the bundle alone.\n"
)
HEAD = "| control node | workstations |\n|---|---|\n"
_ROW = re.compile(r"^\| (ansible-core .+|Debian .+) \| Python (.+) \|$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Table:
    """What was tried: the day, the version, and by control node the Pythons of its workstations; and what was not."""

    day: str
    version: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    untried: tuple[str, ...]

    def __str__(self) -> str:
        rows = "".join(f"| {control} | Python {', '.join(workstations)} |\n" for control, workstations in self.rows)
        says = wrapped(SAYS.format(version=self.version, day=self.day))
        return f"{BEGIN}{says}\n{HEAD}{rows}\nNot tried: {', '.join(self.untried)}.\n{END}"


def wrapped(paragraph: str) -> str:
    """A paragraph in lines of at most 120 characters."""
    lines = [""]
    for word in paragraph.split():
        joined = f"{lines[-1]} {word}".lstrip()
        lines = [*lines[:-1], joined] if len(joined) <= 120 else [*lines, word]
    return "\n".join(lines) + "\n"


def part(readme: str) -> str:
    """What of README is written by this tool."""
    return readme[readme.index(BEGIN) : readme.index(END) + len(END)]


def read(text: str) -> Table:
    """The table that was written so."""
    said = re.search(r"^Version (\S+) on (\d{4}-\d\d-\d\d): ", text, re.MULTILINE)
    untried = re.search(r"^Not tried: (.+)\.$", text, re.MULTILINE)
    if not said or not untried:
        raise ValueError("this is no table of what was tried")
    rows = tuple((control, tuple(workstations.split(", "))) for control, workstations in _ROW.findall(text))
    return Table(said[2], said[1], rows, tuple(untried[1].split(", ")))


def write(path: pathlib.Path, version: str, ran: Sequence[tuple[str, str]], pythons: Sequence[str]) -> None:
    """Put the table of today into README, in the place of the one before."""
    today, readme = datetime.datetime.now(datetime.UTC).date().isoformat(), path.read_text()
    path.write_text(readme.replace(part(readme), str(table_of(today, version, ran, pythons))))


def table_of(day: str, version: str, ran: Sequence[tuple[str, str]], pythons: Sequence[str]) -> Table:
    """The table of control nodes, each with a Python of a workstation, that ran; other `pythons` were not tried."""
    rows: dict[str, list[str]] = {}
    for control, workstation in ran:
        rows.setdefault(control, []).append(workstation)
    seen = {workstation for _control, workstation in ran}
    debians = {control.partition(",")[0] for control in rows}
    untried = [f"Python {python}" for python in pythons if python not in seen]
    untried += [name for name in DEBIANS.values() if name not in debians]
    return Table(day, version, tuple((control, tuple(its)) for control, its in rows.items()), (*untried, *NEVER))


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
    from tests.supply import matrix

    sys.exit(matrix.main(sys.argv[1:]))
