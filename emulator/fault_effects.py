# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How faults show in listings and files."""

import os
import re
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from asyncssh import SFTPAttrs, SFTPName

from emulator.faults import Faults

HOSTILE_NAMES = (
    b"../../escaped.csv",
    b"/tmp/absolute.csv",
    b"..",
    b"nul\0byte.csv",
    b"new\nline.csv",
    b"back\\slash.csv",
    b"not-utf8-\xff\xfe.csv",
    b"-rf",
    b"n" * 255,
    b"escape\x1b[2J.csv",
)
_LINK = SFTPName(b"link.csv", attrs=SFTPAttrs(permissions=stat.S_IFLNK | 0o777, size=9, atime=0, mtime=0))


class InPieces:
    """A listing that ends after every few names and goes on when it is asked again, as a READDIR reply may."""

    def __init__(self, names: AsyncIterator[SFTPName], at_a_time: int) -> None:
        self._names = names
        self._at_a_time = self._left = max(at_a_time, 1)

    def __aiter__(self) -> "InPieces":
        self._left = self._at_a_time
        return self

    async def __anext__(self) -> SFTPName:
        if self._left == 0:
            raise StopAsyncIteration
        self._left -= 1
        return await anext(self._names)


async def bare(names: AsyncIterator[SFTPName]) -> AsyncIterator[SFTPName]:
    """The same names without attributes."""
    async for name in names:
        yield SFTPName(name.filename, attrs=SFTPAttrs())


async def with_many(names: AsyncIterator[SFTPName], attributes: SFTPAttrs, count: int) -> AsyncIterator[SFTPName]:
    """The same names, and many more."""
    async for name in names:
        yield name
    for number in range(count):
        yield SFTPName(b"MANY_%09d.csv" % number, attrs=attributes)


def is_one_of_many(name: str) -> bool:
    """Whether a name is one of those that `with_many` makes up."""
    return re.fullmatch(r"MANY_\d{9}\.csv", name) is not None


def is_hostile(path: bytes) -> bool:
    """Whether a path asks for one of the names that `with_hostile_names` makes up."""
    return any(path.endswith(b"/" + name) for name in (*HOSTILE_NAMES, b"link.csv") if name != b"..")


async def with_hostile_names(names: AsyncIterator[SFTPName], attributes: SFTPAttrs) -> AsyncIterator[SFTPName]:
    """The same names, and some that mean harm; a link among them."""
    async for name in names:
        yield name
    for hostile in HOSTILE_NAMES:
        yield SFTPName(hostile, attrs=attributes)
    yield _LINK


@dataclass
class FileEffects:
    """What is to happen while one file is read."""

    stall: float = 0.0
    largest_read: int | None = None
    drop_after: int | None = None
    grow_by: int = 0
    change: bool = False

    @classmethod
    def of(cls, faults: Faults, path: str, account: str) -> "FileEffects":
        """Use up what is armed for this path and account."""
        effects = cls(change=faults.trigger("file_changes", path, account) is not None)
        if fault := faults.trigger("stall", path, account):
            effects.stall = float(fault.settings["seconds"])
        if fault := faults.trigger("short_reads", path, account):
            effects.largest_read = max(fault.number("bytes"), 1)
        if fault := faults.trigger("drop_in_file", path, account):
            effects.drop_after = fault.number("after")
        if fault := faults.trigger("file_grows", path, account):
            effects.grow_by = fault.number("bytes")
        return effects

    def apply(self, local: Path, now: float) -> None:
        """Do to the file on disk, once, what is to be done to it; its time becomes the facility's (Unix seconds)."""
        if not self.change and not self.grow_by:
            return
        size = local.stat().st_size
        if self.change:
            with local.open("r+b") as file:
                file.seek(size // 2)
                file.write(b"#" * (size - size // 2))
        if self.grow_by:
            with local.open("ab") as file:
                file.write(b"+" * self.grow_by)
        os.utime(local, (now, now))
        self.change, self.grow_by = False, 0
