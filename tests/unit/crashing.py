# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut at any step: the n-th call into the system, and all after it, never happen; what is unsynced is lost."""

from __future__ import annotations

import itertools
import os
import pathlib
from collections.abc import Callable, Iterator
from unittest import mock

from ansible_collections.dcass.sftp.plugins.module_utils._io import disk

CALLS = (
    "open", "mkdir", "chmod", "fchmod", "fsync", "rename", "replace", "symlink", "link", "unlink", "rmdir", "pwrite",
    "utime",
)  # fmt: skip


class PowerCut(BaseException):
    """The machine is off; nobody catches this."""


def cut_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work until its ``number``-th call; return whether it came that far. Nothing can be tidied up after it."""
    calls = itertools.count(1)

    def deadly(call):
        def wrapped(*arguments, **more):
            if next(calls) >= number:
                raise PowerCut
            return call(*arguments, **more)

        return wrapped

    with mock.patch.multiple(os, **{name: deadly(getattr(os, name)) for name in CALLS}):
        try:
            work()
        except PowerCut:
            return True
    return False


def steps(most: int = 400) -> Iterator[int]:
    """The numbers to try, until the caller's work comes to its end."""
    yield from itertools.islice(itertools.count(1), most)
    raise AssertionError("the work never came to its end")


class Volatile:
    """Keeps account of the content and the names that no sync has covered; a cut takes them."""

    def __init__(self, syncfs: bool) -> None:
        self._content: set[int] = set()
        self._folders: set[str] = set()
        found = mock.patch.object(disk, "_syncfs", return_value=self._syncfs if syncfs else None)
        calls = {name: self._watched(getattr(os, name), getattr(self, "_" + name)) for name in ("pwrite", "replace")}
        calls["fsync"] = self._watched(os.fsync, self._synced)
        self._patches = [found, mock.patch.object(disk, "_FEW", 0), mock.patch.multiple(os, **calls)]

    def __enter__(self) -> Volatile:
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        for patch in self._patches:
            patch.stop()

    def would_lose(self, path: pathlib.Path) -> bool:
        return path.stat().st_ino in self._content or str(path.parent) in self._folders

    def lose(self, root: pathlib.Path) -> None:
        """Leave half of what was written and not synced, and that as zeros."""
        for path in root.rglob("*"):
            if path.is_file() and path.stat().st_ino in self._content:
                path.write_bytes(bytes(path.stat().st_size // 2))

    def _watched(self, call, note):
        def watched(*arguments, **more):
            result = call(*arguments, **more)
            note(*arguments)
            return result

        return watched

    def _pwrite(self, file: int, *_rest: object) -> None:
        self._content.add(os.fstat(file).st_ino)

    def _replace(self, _old: str, new: str) -> None:
        self._folders.add(os.path.dirname(new))

    def _synced(self, file: int) -> None:
        self._content.discard(os.fstat(file).st_ino)
        self._folders.discard(os.readlink(f"/proc/self/fd/{file}"))

    def _syncfs(self, folder: int) -> None:
        content, folders = set(self._content), set(self._folders)
        os.fsync(folder)  # a step, like any other; what is written meanwhile is not covered
        self._content -= content
        self._folders -= folders
