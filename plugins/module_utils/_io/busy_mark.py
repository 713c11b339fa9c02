# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small file beside the state: the last run of its kind found the account busy, and ended without a failure."""

from __future__ import annotations

import contextlib
import os

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk


class BusyMark:
    """The mark of one account and one kind of run: a sync that went well says nothing of the renewals before it."""

    def __init__(self, state_dir: str, account: str, kind: str) -> None:
        self._path = os.path.join(state_dir, f"{account}.{kind}.busy")

    def is_set(self) -> bool:
        """Whether the last run found it busy."""
        return os.path.lexists(on_disk(self._path))

    def set(self) -> bool:
        """Leave the mark; False where it was there already, or can't be left: then this run must fail, to be seen."""
        try:
            os.close(os.open(on_disk(self._path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError:
            return False
        return True

    def clear(self) -> None:
        """Take it away, since a run has had the account to itself."""
        with contextlib.suppress(OSError):
            os.unlink(on_disk(self._path))
