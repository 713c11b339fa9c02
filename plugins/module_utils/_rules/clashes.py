# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that can't be in one archive: a report and a folder of one name, twins where capitals are not told apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

_ENDS = re.compile(r"[. ]+(?=/|\Z)")
SameName = Callable[[str, str], bool]  # whether the archive takes two paths, spelled alike, for one


class Clash(NamedTuple):
    """A report's path and that of the report which has its name already, or that of a folder above it."""

    path: str
    other: str

    def sentence(self) -> str:
        """Say what clashes; these names have passed ``safe_name``."""
        if spelled(self.other).startswith(spelled(self.path) + "/"):
            return f"{self.path} is the name of a report and of a folder, in which the archive has {self.other}."
        if spelled(self.path).startswith(spelled(self.other) + "/"):
            return f"{self.path} needs a folder where the archive has the report {self.other}."
        return f"{self.path} and {self.other} are one name to the archive's file system, and it has the latter."


def spelled(path: str) -> str:
    """Return what all spellings have in common that some file system takes for one name.

    Capitals, composed accents, widths, and blanks or dots at an end: no more than a suspicion, the archive decides.
    """
    if not path.isascii():
        path = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())
    return _ENDS.sub("", path.lower())


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders on the way to a path."""
    for slash in re.finditer("/", path):
        yield path[: slash.start()]


def clashes(paths: Callable[[], Iterable[str]], is_one: SameName) -> list[Clash]:
    """Return those paths that can't be beside an earlier one, each with that one; the order decides who stays."""
    reports: dict[str, list[str]] = {}
    folders: dict[str, list[tuple[str, str]]] = {}
    found = []
    for path in _suspects(paths):
        other = _taken(path, reports, folders, is_one)
        if other is not None:
            found.append(Clash(path, other))
            continue
        reports.setdefault(spelled(path), []).append(path)
        for folder in folders_of(path):
            folders.setdefault(spelled(folder), []).append((folder, path))
    return found


def _suspects(paths: Callable[[], Iterable[str]]) -> list[str]:
    """The paths of which two are spelled alike; numbers alone are kept, for there may be 100,000 of them."""
    folders = {folder for path in paths() for folder in folders_of(path)}
    keys = sorted(hash(spelled(place)) for place in chain(paths(), folders))
    twice = {one for one, other in zip(keys, islice(keys, 1, None)) if one == other}
    if not twice:
        return []
    return [path for path in paths() if any(hash(spelled(one)) in twice for one in (path, *folders_of(path)))]


def _taken(
    path: str, reports: dict[str, list[str]], folders: dict[str, list[tuple[str, str]]], is_one: SameName
) -> str | None:
    """The report that stays instead of this one, if any."""
    for place in (path, *folders_of(path)):
        for other in reports.get(spelled(place), ()):
            if place == other or is_one(place, other):
                return other
    for folder, other in folders.get(spelled(path), ()):
        if folder == path or is_one(folder, path):
            return other
    return None


def rivals(paths: Collection[str], recorded: Iterable[str]) -> list[Clash]:
    """Return each path that a recorded one may stand in the way of, with that one."""
    names: dict[str, list[str]] = {}
    folders: dict[str, list[str]] = {}
    for path in paths:
        names.setdefault(spelled(path), []).append(path)
        for folder in folders_of(path):
            folders.setdefault(spelled(folder), []).append(path)
    found = []
    for other in recorded:
        key = spelled(other)
        near = [*names.get(key, ()), *folders.get(key, ())]
        for folder in folders_of(key):
            near += names.get(folder, ())
        found += [Clash(path, other) for path in near if path != other]
    return found
