# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the archive's file system makes of names: which it does not take, and which two it takes for one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import names_in, on_disk

_UNUSUAL = re.compile(r"[^A-Za-z0-9_+=,()\[\]. /-]|[. ](?=/|\Z)")  # what some file systems do not take in a name
_TOGETHER = 40  # characters tried in one name


class Spelling:
    """Asks the file system of ``incoming``, a folder of our own. Only ``may_write`` tries names there."""

    def __init__(self, dest: str, incoming: str) -> None:
        self._dest, self._incoming = dest, incoming

    def is_one(self, one: str, other: str, may_write: bool) -> bool:
        """Say whether two paths below ``dest``, of as many steps, lead to the same file, now or once they are there."""
        places = [os.path.join(self._dest, path) for path in (one, other)]
        found = [_identity(place) for place in places]
        if None not in found:
            return found[0] == found[1]
        steps = [path.split("/") for path in (one, other)]
        above = self._dest
        for mine, theirs in zip(*steps):
            if mine != theirs and not self._is_one_name(above, mine, theirs, may_write):
                return False
            above = os.path.join(above, mine)
        return len(steps[0]) == len(steps[1])

    def _is_one_name(self, folder: str, one: str, other: str, may_write: bool) -> bool:
        if may_write and self._tried_as_one(one, other):
            return True
        return _caseless(one) == _caseless(other) and self._folds(folder)

    def _tried_as_one(self, one: str, other: str) -> bool:
        with self._tried(one) as refused:
            return not refused and os.path.lexists(on_disk(os.path.join(self._incoming, other)))

    def _folds(self, folder: str) -> bool:
        """Say whether a folder, or the nearest above it that has anything in it, finds a name in other capitals."""
        while True:
            with contextlib.suppress(OSError):
                for name in names_in(folder):
                    if name.swapcase() != name and name.swapcase().swapcase() == name:
                        swapped = _identity(os.path.join(folder, name.swapcase()))
                        return swapped is not None and swapped == _identity(os.path.join(folder, name))
            if folder == self._dest:
                return False
            folder = os.path.dirname(folder)

    def found_in_other_capitals(self, paths: Iterable[str]) -> set[str]:
        """Return those paths that are there, and are found under a name in other capitals, too."""
        found = set()
        for path in paths:
            folder, name = os.path.split(os.path.join(self._dest, path))
            here = _identity(os.path.join(folder, name)) if name.swapcase() != name else None
            if here is not None and here == _identity(os.path.join(folder, name.swapcase())):
                found.add(path)
        return found

    def not_taken(self, paths: Iterable[str]) -> set[str]:
        """Return those paths of which the file system does not take a name; tries them in ``incoming``."""
        suspects = {path: [step for step in path.split("/") if is_unusual(step)] for path in paths}
        steps = {step for names in suspects.values() for step in names}
        if self._takes_all(steps):
            return set()
        refused = {step for step in steps if not self._takes(step)}
        return {path for path, names in suspects.items() if refused.intersection(names)}

    def _takes_all(self, steps: Collection[str]) -> bool:
        """Try the characters of all names together, for a name by itself costs as much as a small report."""
        characters = sorted(set("".join(steps)))
        some = ["".join(characters[at : at + _TOGETHER]) for at in range(0, len(characters), _TOGETHER)]
        ends = {step[-1] for step in steps if step[-1] in ". "}
        return all(self._takes(f"x{name}x") for name in some) and all(self._takes(f"x{end}") for end in ends)

    def _takes(self, name: str) -> bool:
        with self._tried(name) as refused:
            return refused in (0, errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # which say nothing of the name

    @contextlib.contextmanager
    def _tried(self, name: str) -> Iterator[int]:
        """A file of that name for as long as the body runs, which gets the number of the error if there is none."""
        place = on_disk(os.path.join(self._incoming, name))
        try:
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        except OSError as error:
            yield error.errno or errno.EINVAL
            return
        try:
            yield 0
        finally:
            with contextlib.suppress(OSError):
                os.unlink(place)


def is_unusual(path: str) -> bool:
    """Say whether there are file systems that would not take a path."""
    return _UNUSUAL.search(path) is not None


def _identity(place: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(on_disk(place))
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _caseless(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
