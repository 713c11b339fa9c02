# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an auditor is handed: rows as CSV, hashes in the form of coreutils, and a manifest that seals all files (§6)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Union

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import Entry
from ansible_collections.dcass.sftp.plugins.module_utils._rules.switches import parse_switch

FORMAT = 1  # of the manifest; the script refuses one that it does not know
MANIFEST, SEAL, SUMS, SCRIPT = "manifest.json", "manifest.sha256", "SHA256SUMS", "verify.py"
REPORTS = "reports.csv"
REGISTRATIONS = ("entry", "at", "outcome", "fingerprint", "registered_on", "package_sha256", "run_by")
CHAIN = ("entry", "at", "subject", "sha256", "recorded")
SWITCHES = ("since", "site", "who", "why", "unreadable")
_REGISTERED = ("registered", "package built")
# what makes a spreadsheet work out a cell instead of showing it, in some languages also wide as an ideograph
_FORMULA = (*"=+-@", *"\uff1d\uff0b\uff0d\uff20", "\t", "\r", "\n")
_BATCH = 1000  # lines that are written at once

Cell = Union[str, int, float, None]
Row = Sequence[Cell]


@dataclass(frozen=True)
class Period:
    """The days of an export, both included; ``since`` None is from the beginning."""

    since: date | None
    until: date

    @property
    def name(self) -> str:
        """The days as they stand in the name of a file."""
        return f"{self.since}-to-{self.until}" if self.since else f"until-{self.until}"

    def has(self, day: str) -> bool:
        """Say whether a day, or a moment in Hong Kong time, both as ISO 8601, is one of these."""
        return (str(self.since) if self.since else "") <= day[:10] <= str(self.until)


@dataclass
class Sealed:
    """What was written of one file: its bytes and hash, and how many rows it has."""

    size: int = 0
    sha256: str = ""


@dataclass
class Contents:
    """What has been written so far: each file, the rows of each table, and what was left out and why."""

    files: dict[str, Sealed] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def counted(self, name: str, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass rows on, and count them."""
        self.counts[name] = 0
        for row in rows:
            self.counts[name] += 1
            yield row


def as_csv(columns: Sequence[str], rows: Iterable[Row], paths: int = 0) -> Iterator[bytes]:
    """Yield a table with its head line, lines ended by LF.

    The first ``paths`` columns are written as they are, since they begin with a folder of ours.
    """
    yield from _in_batches(csv_lines([columns], len(columns)))
    yield from _in_batches(csv_lines(rows, paths))


def csv_lines(rows: Iterable[Row], paths: int) -> Iterator[str]:
    """Yield each row as a line of CSV; a text that a spreadsheet would work out gets an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in rows:
        writer.writerow([*row[:paths], *map(_harmless, row[paths:])])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_sums(hashes: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Yield what ``sha256sum --check`` reads, from paths and hashes."""
    yield from _in_batches(sums_line(path, digest) for path, digest in hashes)


def sums_line(path: str, digest: str) -> str:
    """Return the line of one file; a backslash before it says that its name is written with some."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n")
    return f"{'' if escaped == path else chr(92)}{digest}  {escaped}\n"


def _in_batches(lines: Iterable[str]) -> Iterator[bytes]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield "".join(batch).encode()
            batch = []
    yield "".join(batch).encode()


def manifest(facts: Mapping[str, Any], contents: Contents) -> bytes:
    """Return the manifest: what the export is, and size and SHA-256 of each other file in it."""
    files = {name: {"size": one.size, "sha256": one.sha256} for name, one in contents.files.items()}
    values = {**facts, "counts": contents.counts, "left_out": contents.left_out, "files": files}
    return (json.dumps(values, sort_keys=True, indent=2, allow_nan=False) + "\n").encode("ascii")


def seal(data: bytes) -> bytes:
    """Return the file that tells the manifest's own hash."""
    return sums_line(MANIFEST, sha256(data)).encode()


def chain_rows(entries: Iterable[tuple[Entry, bytes]], recorded: Mapping[int, str]) -> Iterator[Row]:
    """Yield each entry of evidence with its hash, and whether the state has the same on record."""
    for entry, data in entries:
        digest = sha256(data)
        found = recorded.get(entry.number)
        yield (
            entry.number,
            entry.at,
            entry.subject,
            digest,
            "no" if found is None else "yes" if found == digest else found,
        )


def registration_rows(entries: Iterable[Entry], period: Period) -> Iterator[Row]:
    """Yield what the evidence tells of registrations: packages that were built, and days that were confirmed (§5)."""
    for entry in entries:
        facts = entry.facts
        if facts.get("outcome") in _REGISTERED and period.has(entry.at):
            stated = [facts.get(name) for name in ("outcome", "new_fingerprint", *REGISTRATIONS[4:])]
            yield entry.number, entry.at, *(str(value) if value is not None else None for value in stated)


def switch_rows(record: str, period: Period) -> Iterator[Row]:
    """Yield the switches of site; a damaged line is told as it is, whatever its day."""
    for line in record.splitlines():
        switch = parse_switch(line)
        if switch is None:
            yield None, None, None, None, foreign.line(line)
        elif period.has(switch.since):
            yield switch.since, switch.site, switch.who, switch.why, None
