# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of what became of an account's keys (§6): numbered entries, each sealed by the hash of the one before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256

FIRST = "0" * 64  # what the first entry names as the hash before it
QUARANTINED = ".quarantined"  # ends the name of a file that may hold a private key, and that nobody else may read
_DEEPEST = 20  # lists and tables in a fact; ours have two
_NUMBER = re.compile(r"(?!0000)(?:[0-9]{4}|[1-9][0-9]{4,8})\Z")  # no name for none, nor two for one


@dataclass(frozen=True)
class Entry:
    """One thing that was done: when (ISO 8601), the facts, the SHA-256 of each file kept, and of the entry before."""

    number: int
    account: str
    subject: str
    at: str
    facts: Mapping[str, Any]
    files: Mapping[str, str]
    previous: str

    def data(self) -> bytes:
        """Return the one way to write this entry, which an auditor can read."""
        values = {**vars(self), "facts": dict(self.facts), "files": dict(self.files)}
        return (json.dumps(values, sort_keys=True, indent=2, allow_nan=False) + "\n").encode("ascii")


@dataclass(frozen=True)
class Found:
    """What lies under one number: the entry's bytes, where it is there, and the SHA-256 of each file beside it."""

    entry: bytes | None
    files: Mapping[str, str]


def name_of(number: int) -> str:
    """Return the name of an entry's folder, and of its file before the .json."""
    return f"{number:04}"


def number_of(name: str) -> int | None:
    """Return the number that such a name stands for, None where it is none."""
    return int(name) if _NUMBER.match(name) else None


def parse(data: bytes) -> Entry | None:
    """Return the entry, None where the bytes are not exactly what was written for one."""
    try:
        entry = Entry(**json.loads(data))
        return entry if entry.data() == data and _is_of_our_kind(entry) else None
    except (TypeError, ValueError, RecursionError):
        return None


def _is_of_our_kind(entry: Entry) -> bool:
    """Say whether each value is of the type that it is written with, and no fact is deeper than any that we write."""
    texts = (entry.account, entry.subject, entry.at, entry.previous, *entry.files.values())
    is_number = isinstance(entry.number, int) and not isinstance(entry.number, bool) and entry.number > 0
    return is_number and all(isinstance(text, str) for text in texts) and _depth_fits(entry.facts, _DEEPEST)


def _depth_fits(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return not isinstance(value, list) or (levels > 0 and all(_depth_fits(part, levels - 1) for part in value))


def next_entry(
    kept: Mapping[int, bytes],
    anchors: Mapping[int, str],
    account: str,
    subject: str,
    at: str,
    facts: Mapping[str, Any],
    files: Mapping[str, bytes],
) -> Entry:
    """Return the entry that follows; a number that was ever given is not given again, also if its entry is gone."""
    last = max([*kept, *anchors], default=0)
    hashes = {name: sha256(content) for name, content in files.items()}
    return Entry(last + 1, account, subject, at, facts, hashes, _seal(last, kept, anchors) or FIRST)


def verify(account: str, found: Mapping[int, Found], strays: Iterable[str], anchors: Mapping[int, str]) -> list[str]:
    """Return what is wrong, a sentence each; ``anchors`` are the hashes on record, ``strays`` all other names.

    A crash may leave entries without an anchor at the end, and files without an entry after it: these are sound.
    """
    kept = {number: one.entry for number, one in found.items() if one.entry is not None}
    last = max([*kept, *anchors], default=0)
    faults: list[str] = []
    expected = 1
    for number in sorted(kept):
        faults += _gone(expected, number)
        faults += _faults(account, number, kept, found[number].files, anchors)
        expected = number + 1
    faults += _gone(expected, last + 1)
    faults += [f"The folder {name_of(number)} belongs to no entry." for number in sorted(found) if number > last + 1]
    begun = f".{name_of(last + 1)}.json.new"
    faults += [f"'{name}' is no part of the evidence." for name in sorted(strays) if name != begun]
    return [foreign.line(fault) for fault in faults]


def _gone(first: int, after: int) -> Iterator[str]:
    if after - first == 1:
        yield f"Entry {first} is gone."
    elif after > first:
        yield f"Entries {first} to {after - 1} are gone."


def _faults(
    account: str, number: int, kept: Mapping[int, bytes], files: Mapping[str, str], anchors: Mapping[int, str]
) -> Iterator[str]:
    entry = parse(kept[number])
    if sha256(kept[number]) != anchors.get(number, sha256(kept[number])):
        yield f"Entry {number} was changed after it was recorded."
    elif entry is None:
        yield f"Entry {number} is not as an entry is written."
    elif (entry.number, entry.account) != (number, account):
        yield f"Entry {number} is that of another place: number {entry.number} of {entry.account}."
    elif entry.previous != (_seal(number - 1, kept, anchors) or entry.previous):
        yield f"Entry {number} does not continue the one before: one of the two was exchanged."
    else:
        yield from _file_faults(number, entry.files, files)
        if number not in anchors and number < max(anchors, default=0):
            yield f"Entry {number} has lost its record in the state database."


def _file_faults(number: int, recorded: Mapping[str, str], there: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*recorded, *there}):
        if name not in there:
            yield f"File {name} of entry {number} is gone."
        elif name not in recorded:
            yield f"File {name} lies with entry {number} and is no part of it."
        elif recorded[name] != there[name]:
            yield f"File {name} of entry {number} was changed."


def _seal(number: int, kept: Mapping[int, bytes], anchors: Mapping[int, str]) -> str | None:
    """The hash that the next entry must name; None where nothing is left to tell it."""
    if number == 0:
        return FIRST
    if number in anchors:
        return anchors[number]
    return sha256(kept[number]) if number in kept else None
