# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making many files survive a power cut with one call instead of one a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection
from functools import cache

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk

_FEW = 4  # files; syncfs also writes what others have changed, which so few are not worth
_REPORTS_ERRORS = (5, 8)  # the first Linux whose syncfs fails where writing a file back has failed


class Disk:
    """The file system under a folder. It is watched from here on: a write that fails later shows in ``sync``."""

    def __init__(self, folder: str) -> None:
        self._folder = os.open(on_disk(folder), os.O_RDONLY | os.O_DIRECTORY)

    def __del__(self) -> None:
        if hasattr(self, "_folder"):
            os.close(self._folder)

    def sync(self, files: Collection[int]) -> None:
        """Return when the content of the open files is on disk, or raise OSError."""
        sync_all = _syncfs() if len(files) > _FEW else None
        if sync_all is not None:
            sync_all(self._folder)
            return
        for file in files:
            os.fsync(file)


@cache
def _syncfs() -> Callable[[int], None] | None:
    """The C library's syncfs, where there is one and its success can be believed."""
    if not sys.platform.startswith("linux") or _kernel() < _REPORTS_ERRORS:
        return None
    import ctypes  # 10 ms, which only a run that fetches shall pay

    function = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if function is None:
        return None

    def syncfs(folder: int) -> None:
        if function(folder):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return syncfs


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2] if part.isdigit())
