# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file beside the state that names each report which an account's last run has fetched, one a line."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import disk_errors, sync_folder
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk

_MODE = 0o640  # who may read the state may read what is made of it


class DownloadedList:
    """Written as reports come, and whole or not there: a run that was killed leaves the list of the one before."""

    def __init__(self, state_dir: str, account: str) -> None:
        self.path = os.path.join(state_dir, f"{account}.downloaded.jsonl")
        self._staged = os.path.join(state_dir, f".{account}.downloaded.jsonl.new")

    @contextlib.contextmanager
    def writing(self) -> Iterator[Callable[[Iterable[Mapping[str, Any]]], None]]:
        """Write what the body adds, and let it take the place of the earlier list when it ends, however it does."""
        with disk_errors(self.path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(on_disk(self._staged))  # what a run left that was killed
            how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            file = os.fdopen(os.open(on_disk(self._staged), how, 0o600), "w", encoding="ascii")

        def add(entries: Iterable[Mapping[str, Any]]) -> None:
            with disk_errors(self.path):
                file.writelines(f"{json.dumps(entry)}\n" for entry in entries)

        try:
            yield add
        finally:
            with disk_errors(self.path):
                self._place(file)

    def _place(self, file: IO[str]) -> None:
        with file:
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            os.fsync(file.fileno())
        os.replace(on_disk(self._staged), on_disk(self.path))
        sync_folder(os.path.dirname(self.path))
