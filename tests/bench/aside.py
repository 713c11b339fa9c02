# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting rid of files without deleting them while others race.

For each file that is made, ext4 passes one by one over the inodes that were deleted in the last minutes: what is
deleted before a client runs makes it slower, by up to twice.
"""

from __future__ import annotations

import os
import pathlib
import tempfile


def put_away(things, aside):
    """Move files and folders below ``aside``, and empty them; they are deleted when the bench has ended."""
    aside.mkdir(exist_ok=True)
    place = pathlib.Path(tempfile.mkdtemp(dir=aside))
    for thing in list(things):
        thing.rename(place / thing.name)
    for file in place.rglob("*"):
        if file.is_file() and not file.is_symlink():
            os.truncate(file, 0)
