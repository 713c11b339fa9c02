# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether anything has come into an archive of late: a standby that mostly looks on need not be asked what it holds.

A launcher asks before it begins a module, so this imports little.
"""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Iterable

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import from_disk, raw

_DAYS = 30  # more than anybody asks of; the facility keeps a report for ten


def has_recent(patterns: Iterable[str]) -> bool:
    """Say whether a folder of these patterns, or one below it, has a file that changed in the last month.

    What can't be read may have one.
    """
    since = time.time() - _DAYS * 86_400
    folders = (from_disk(folder) for pattern in patterns for folder in glob.glob(raw(pattern)))
    return any(_has_recent(folder, since) for folder in folders)


def _has_recent(folder: str, since: float) -> bool:
    try:
        with os.scandir(raw(folder)) as entries:
            return any(
                _has_recent(from_disk(entry.path), since)
                if entry.is_dir(follow_symlinks=False)
                else entry.stat(follow_symlinks=False).st_ctime > since
                for entry in entries
            )
    except OSError:
        return True
