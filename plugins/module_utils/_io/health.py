# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run could work here, without one: the libraries import, the key loads, the disks have room."""

from __future__ import annotations

import os
from collections.abc import Callable

from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.obstacles import existing
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    LibraryMissing,
    LocalError,
    as_ours,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account


class Health:
    """What is looked at on this workstation; nothing is changed and nothing is connected to."""

    def __init__(self, files: KeyFiles, passphrase: str | None, account: Account, state_dir: str, dest: str | None):
        self._files = files
        self._passphrase = passphrase
        self._archive = Archive(dest, account) if dest else None
        self._state_dir = state_dir
        self._written = [os.path.join(state_dir, name) for name in (FILE_NAME, f"{account}.lock")]

    def libraries(self) -> DcassError | None:
        """Return why no session could be begun, None where one could."""
        # imported here, to see whether it can be
        from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import MISSING

        return None if MISSING is None else _missing(MISSING)

    def key(self) -> DcassError | None:
        """Return why no run could log in with the current key, None where one could."""
        return _trouble(lambda: self._files.load_to_log_in(self._passphrase))

    def archive(self) -> DcassError | None:
        """Return why the archive takes no report, None where it does, or where none was named."""
        return _trouble(self._archive.require_usable) if self._archive else None

    def state(self) -> DcassError | None:
        """Return why no run could write down what it does, None where one could, or where it would make the state."""
        return _trouble(self._require_state)

    def archive_room(self) -> int | None:
        """Return how many bytes a fetch may bring, None where that can't be told."""
        return _known(self._archive.room) if self._archive else None

    def state_room(self) -> int | None:
        """Return how many bytes are free where the state lies, None where that can't be told."""
        return _known(lambda: _free(self._state_dir))

    def _require_state(self) -> None:
        for path in (self._state_dir, *self._written):
            if not os.path.lexists(on_disk(path)):
                continue
            if path in self._written and not os.path.isfile(on_disk(path)):
                raise LocalError(f"{path} is no regular file.")
            if not os.access(on_disk(path), os.W_OK):
                raise LocalError(f"{path} can't be written by the user of the runs.")


def _missing(error: Exception) -> DcassError:
    if not isinstance(error, ImportError):
        return as_ours(error)
    return LibraryMissing(f"The Python that runs the modules can't import {error.name or 'paramiko'}.")


def _free(folder: str) -> int:
    found = os.statvfs(on_disk(existing(folder)))
    return found.f_bavail * found.f_frsize


def _trouble(look: Callable[[], object]) -> DcassError | None:
    try:
        look()
    except ImportError as error:
        return _missing(error)
    except Exception as error:
        return as_ours(error)
    return None


def _known(look: Callable[[], int]) -> int | None:
    try:
        return look()
    except (DcassError, OSError):
        return None
