# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file beside the state that says how far an account's ledger has counted, and on which machine.

The state alone can't tell that it is an older one. The marker can: what was counted before is not counted after, or the
marker itself is a copy: the kernel says when a file was touched last, which nobody can set, and the state knows it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    disk_errors,
    read_file,
    read_if_there,
    sync_folder,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LocalError

SUFFIX = ".ledger.json"
_MACHINE_ID = "/etc/machine-id"
_MOST = 1 << 62  # what SQLite can count to, and some more


@dataclass(frozen=True)
class Mark:
    """What a marker says. ``attempt`` is the number of the last one; ``fault`` why it can't be believed, if so.

    ``touched`` is when the file was last changed in any way, in nanoseconds of the kernel's.
    """

    attempt: int
    touched: int
    fault: str | None = None


class Marker:
    """The marker of one account; ``machine`` is what this machine is known by, None where it has no such name."""

    def __init__(self, state_dir: str, account: str, machine: str | None) -> None:
        self._path = os.path.join(state_dir, account + SUFFIX)
        self._machine = machine

    def read(self) -> Mark | None:
        """Return what the marker says, None where there is none."""
        data = read_if_there(self._path)
        if data is None:
            return None
        with disk_errors(self._path):
            touched = os.stat(on_disk(self._path), follow_symlinks=False).st_ctime_ns
        parsed = _parsed(data)
        if parsed is None:
            return Mark(0, touched, f"{self._path} is damaged")
        attempt, machine = parsed
        if None not in (machine, self._machine) and machine != self._machine:
            return Mark(attempt, touched, "the state comes from another machine")
        return Mark(attempt, touched)

    def write(self, attempt: int) -> None:
        """Say that the ledger has counted so far; on disk, whole or not at all, when this returns."""
        folder, name = os.path.split(self._path)
        staged = os.path.join(folder, f".{name}.new")
        with disk_errors(self._path):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(on_disk(staged))  # what a run left that was killed just here
            descriptor = os.open(on_disk(staged), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(json.dumps({"attempt": attempt, "machine": self._machine}).encode())
                file.flush()
                os.fsync(file.fileno())
            os.replace(on_disk(staged), on_disk(self._path))
            sync_folder(folder)


def machine_name() -> str | None:
    """Return what tells this machine from others, and tells others nothing; None where it has no machine-id."""
    with contextlib.suppress(LocalError):
        found = read_file(_MACHINE_ID).strip()
        if found:
            return hashlib.sha256(b"dcass.sftp " + found).hexdigest()[:32]
    return None


def _parsed(data: bytes) -> tuple[int, str | None] | None:
    try:
        parsed = json.loads(data)
        attempt, machine = parsed["attempt"], parsed["machine"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if isinstance(attempt, bool) or not isinstance(attempt, int) or not 0 <= attempt < _MOST:
        return None
    return (attempt, machine) if machine is None or isinstance(machine, str) else None
