# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths as the disk knows them: bytes in UTF-8, whatever the locale in which this Python was started.

Python hands a str to the system in the encoding of its locale: under ISO-8859-1 a Chinese name can't be written, under
Big5 it gets other bytes than under UTF-8, and the next run, under another locale, would find neither. So every path
goes to the system by ``on_disk``, and every name comes back from it as bytes. ``tools/architecture.py`` looks that no
call forgets it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator


def on_disk(path: str) -> str:
    """Return the path in such a form that the system gets it in UTF-8; for calls into the system, and nothing else.

    Each byte that is not ASCII becomes a half of a surrogate pair. No encoding has these, and Python turns them back
    into their bytes under every locale (PEP 383).
    """
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("ascii", "surrogateescape")


def from_disk(path: bytes) -> str:
    """Return a name or path of the disk as text; what is not UTF-8 survives the way back through ``on_disk``."""
    return path.decode("utf-8", "surrogateescape")


def in_words(path: str | bytes) -> str:
    """Return a path for people, be it of whichever form."""
    return (path if isinstance(path, bytes) else raw(path)).decode("utf-8", "backslashreplace")


def raw(path: str) -> bytes:
    """Return the bytes of a path: for calls that answer with names, which these then are in bytes, too."""
    return path.encode("utf-8", "surrogateescape")


def names_in(folder: str) -> list[str]:
    """Return the names in a folder, sorted."""
    return sorted(map(from_disk, os.listdir(raw(folder))))


def entries_of(folder: int) -> Iterator[tuple[str, bool]]:
    """Yield the names in an open folder, each with whether it is a folder, too."""
    by_name = b"/proc/self/fd/%d" % folder  # of a descriptor Python tells no bytes
    with os.scandir(by_name if os.path.isdir(by_name) else folder) as entries:
        for entry in entries:
            yield from_disk(os.fsencode(entry.name)), entry.is_dir(follow_symlinks=False)


def files_below(folder: str) -> Iterator[str]:
    """Yield the path of each file in a folder and below it; nothing where there is no folder."""
    for place, _folders, names in os.walk(raw(folder)):
        for name in names:
            yield from_disk(os.path.join(place, name))


def real_path(path: str) -> str:
    """Return where a path leads in the end, all links followed."""
    return from_disk(os.path.realpath(raw(path)))
