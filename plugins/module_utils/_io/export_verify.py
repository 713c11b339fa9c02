# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies what the playbook dcass.sftp.export has handed over, anywhere, with Python 3.9 or newer and nothing else.

    python3 -I -S verify.py [FOLDER] [--reports ARCHIVE] [--head SHA256]

FOLDER is what the zip was unpacked to, by itself where this file lies. It is verified that

- each file is what the manifest says, byte for byte, this one too, and nothing is missing or added;
- reports.csv and SHA256SUMS tell the same of the same reports, and each table has as many rows as were counted;
- each entry of the evidence names the hash of the one before, and the hashes of its own files, up to the head;
- with --reports, that the copies of the reports in a folder are those that were fetched;
- with --head, that the entry with this hash is in the chain. A head that a log elsewhere noted long ago can't have been
  written anew since; without one, who holds a workstation could have made all of this up.

It ends with 0 where all is sound and with 1 where it is not; a line tells each fault. Take this file from a release of
the collection dcass.sftp, or from an export that you trust: one that comes with what it verifies may say anything.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

MANIFEST, SEAL, SUMS, REPORTS, CHAIN = "manifest.json", "manifest.sha256", "SHA256SUMS", "reports.csv", "evidence.csv"
FIRST = "0" * 64  # what the first entry names as the one before
FORMAT = 1
_SUM = re.compile(r"(\\?)([0-9a-f]{64})  (.+)\n", re.DOTALL)
_BLOCK = 1 << 20


def main(arguments: Sequence[str]) -> int:
    """Verify, tell what was found, and return what the program ends with."""
    options = _options(arguments)
    try:
        found = list(faults(options.folder, options.reports, options.head))
    except (ArithmeticError, LookupError, OSError, TypeError, ValueError, RecursionError) as error:
        found = [f"The export is not written as one is: {type(error).__name__}: {error}."]
    for fault in found:
        _say(f"Not sound: {fault}")
    if not found:
        _say(f"Sound: {_summary(options.folder)}")
    return 1 if found else 0


def faults(folder: str, reports: str | None = None, head: str | None = None) -> Iterator[str]:
    """Yield what is wrong, a sentence each; nothing where all is sound."""
    try:
        stated = _manifest(folder)
    except (OSError, ValueError) as error:
        yield f"{error} Nothing else can be judged."
        return
    damaged = list(_file_faults(folder, stated["files"]))
    yield from damaged
    if not damaged:
        yield from _table_faults(folder, stated["counts"])
        yield from _chain_faults(folder, stated, head)
        yield from () if reports is None else _report_faults(folder, reports)


def _manifest(folder: str) -> dict[str, Any]:
    """The manifest, if it is the one that was sealed."""
    data = _read(folder, MANIFEST)
    if _read(folder, SEAL) != f"{hashlib.sha256(data).hexdigest()}  {MANIFEST}\n".encode():
        raise ValueError(f"{MANIFEST} is not what {SEAL} says: one of the two was changed.")
    stated = json.loads(data)
    if stated["format"] != FORMAT:
        raise ValueError(f"The export has format {stated['format']}; this script knows {FORMAT}.")
    return dict(stated)


def _file_faults(folder: str, files: Mapping[str, Any]) -> Iterator[str]:
    """Whether each file is as the manifest says, and no other one is there."""
    there = set(_names(folder)) - {MANIFEST, SEAL}
    for name in sorted({*files, *there}):
        if name not in files:
            yield f"{name} is no part of the export."
        elif name not in there:
            yield f"{name} is missing."
        else:
            size, digest = _measure(os.path.join(folder, name))
            if (size, digest) != (files[name]["size"], files[name]["sha256"]):
                yield f"{name} was changed: it has {size} bytes and the SHA-256 {digest}."


def _table_faults(folder: str, counts: Mapping[str, int]) -> Iterator[str]:
    for name, count in sorted(counts.items()):
        rows = sum(1 for _row in _rows(folder, name))
        if rows != count:
            yield f"{name} has {rows} rows; {count} were counted."
    sums, rows_ = _sums(folder), _rows(folder, REPORTS)
    for line, row in zip(sums, rows_):
        if line != (row["path"], row["sha256"]):
            yield f"{SUMS} has {line[0]} where {REPORTS} has {row['path']}, or another SHA-256 for it."
            return
    if next(sums, None) or next(rows_, None):
        yield f"{SUMS} and {REPORTS} have not as many reports."


def _chain_faults(folder: str, stated: Mapping[str, Any], head: str | None) -> Iterator[str]:
    """Whether each entry of the evidence names the one before and its own files, and all of them are there."""
    before, hashes = FIRST, []
    for row in _rows(folder, CHAIN):
        data = _read(folder, f"evidence/{int(row['entry']):04}.json")
        entry, digest = json.loads(data), hashlib.sha256(data).hexdigest()
        hashes.append(digest)
        if (entry["number"], entry["account"]) != (int(row["entry"]), stated["account"]) or digest != row["sha256"]:
            yield f"Entry {row['entry']} of the evidence is that of another place."
        elif entry["number"] != len(hashes):
            yield f"Before entry {entry['number']} of the evidence {entry['number'] - len(hashes)} are missing."
        elif entry["previous"] != before:
            yield f"Entry {row['entry']} of the evidence does not continue the one before: one was exchanged."
        if row["recorded"] not in ("yes", "no"):
            yield f"Entry {row['entry']} of the evidence was changed after it was recorded on the workstation."
        yield from _entry_faults(folder, entry, stated)
        before = digest
    entries = [name for name in stated["files"] if re.fullmatch(r"evidence/[0-9]+\.json", name)]
    if len(entries) != len(hashes):
        yield f"{CHAIN} has {len(hashes)} entries; {len(entries)} are there: some can't be read."
    if (stated["evidence"]["entries"], stated["evidence"]["head"] or FIRST) != (len(hashes), before):
        yield "The evidence has not the head that the manifest tells."
    if head is not None and head.lower() not in hashes:  # also an empty one: a script lost the head that it was given
        yield f"The evidence has no entry with the SHA-256 {head}: it is not the one whose head that was."


def _entry_faults(folder: str, entry: Mapping[str, Any], stated: Mapping[str, Any]) -> Iterator[str]:
    number, files = entry["number"], stated["files"]
    for name, digest in sorted(entry["files"].items()):
        path = f"evidence/{number:04}/{name}"
        if path in stated["left_out"]:
            continue
        if path not in files:
            yield f"File {name} of entry {number} of the evidence is missing."
        elif files[path]["sha256"] != digest:
            yield f"File {name} of entry {number} of the evidence was changed."
    for path in files:
        if path.startswith(f"evidence/{number:04}/") and path.split("/")[2] not in entry["files"]:
            yield f"{path} lies with entry {number} of the evidence and is no part of it."


def _report_faults(folder: str, archive: str) -> Iterator[str]:
    """Whether the copies of the reports below a folder are those that were fetched."""
    for row in _rows(folder, REPORTS):
        path = row["path"]
        if path.startswith("/") or ".." in path.split("/"):
            yield f"{path} is no path of an archive."
            continue
        try:
            size, digest = _measure(os.path.join(archive, path))
        except OSError as error:
            yield f"The report {path} can't be read: {error.strerror}."
            continue
        if (str(size), digest) != (row["size"], row["sha256"]):
            yield f"The report {path} is not the one that was fetched: it has {size} bytes and the SHA-256 {digest}."


def _sums(folder: str) -> Iterator[tuple[str, str]]:
    """Path and hash of each line of SHA256SUMS."""
    with open(on_disk(os.path.join(folder, SUMS)), encoding="utf-8", newline="\n") as lines:
        for line in lines:
            found = _SUM.fullmatch(line)
            if not found:
                raise ValueError(f"{SUMS} has a line that is none.")
            path = found[3]
            if found[1]:
                path = re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], path)
            yield path, found[2]


def _rows(folder: str, name: str) -> Iterator[dict[str, str]]:
    with open(on_disk(os.path.join(folder, name)), encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _names(folder: str) -> Iterator[str]:
    """Each file in a folder and below it, by its path there."""
    for place, _folders, names in os.walk(raw(folder)):
        for name in names:
            path = os.path.relpath(os.path.join(place, name), raw(folder)).replace(raw(os.sep), b"/")
            yield path.decode("utf-8", "surrogateescape")


def _measure(path: str) -> tuple[int, str]:
    """Size and SHA-256 of a file, a block at a time."""
    size, digest = 0, hashlib.sha256()
    with open(on_disk(path), "rb") as file:
        for block in iter(lambda: file.read(_BLOCK), b""):
            size += len(block)
            digest.update(block)
    return size, digest.hexdigest()


def _read(folder: str, name: str) -> bytes:
    with open(on_disk(os.path.join(folder, name)), "rb") as file:
        return file.read()


def on_disk(path: str) -> str:
    """Return a path so that the system gets it in UTF-8, whatever the locale."""
    return os.fsdecode(raw(path))


def raw(path: str) -> bytes:
    """Return the bytes of a path."""
    return path.encode("utf-8", "surrogateescape")


def _summary(folder: str) -> str:
    stated = _manifest(folder)
    period = f"from {stated['since']} to {stated['until']}" if stated["since"] else f"until {stated['until']}"
    chain = stated["evidence"]
    return (
        f"{stated['account']} {period}: {len(stated['files'])} files, {stated['counts'][REPORTS]} reports, "
        f"{chain['entries']} entries of evidence with the head {chain['head']}."
    )


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("folder", nargs="?", default=here, help="what the zip was unpacked to")
    parser.add_argument("--reports", metavar="ARCHIVE", help="a folder with copies of the reports")
    parser.add_argument("--head", metavar="SHA256", help="a head of the evidence that was noted elsewhere")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    shown = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    sys.stdout.write(
        shown.encode(sys.stdout.encoding or "ascii", "backslashreplace").decode(sys.stdout.encoding) + "\n"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
