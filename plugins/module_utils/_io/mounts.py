# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted where: nothing can be renamed from one mount into another, be they of the same file system."""

from __future__ import annotations

import contextlib
import os
import re

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import from_disk, on_disk, real_path

_MOUNTS = "/proc/self/mountinfo"
_ESCAPED = re.compile(rb"\\([0-7]{3})")  # blanks and line ends in a mount's path


def mounts_below(folder: str) -> set[str]:
    """Return the folders below this one on which something is mounted; none where the system does not tell."""
    real = real_path(folder)
    found = set()
    with contextlib.suppress(OSError), open(on_disk(_MOUNTS), "rb") as file:
        for line in file:
            point = from_disk(_ESCAPED.sub(lambda code: bytes([int(code[1], 8) & 255]), line.split(b" ")[4]))
            if point.startswith(real.rstrip("/") + "/"):
                found.add(folder.rstrip("/") + point[len(real.rstrip("/")) :])
    return found


def mount_of(folder: str) -> str:
    """Return what a folder that is there is mounted by: hard links, like renames, stay within one mount."""
    real, found = real_path(folder), ("", f"device {os.stat(on_disk(folder)).st_dev}")
    with contextlib.suppress(OSError), open(on_disk(_MOUNTS), "rb") as file:
        for line in file:
            number, _parent, _device, _root, point = line.split(b" ")[:5]
            place = from_disk(_ESCAPED.sub(lambda code: bytes([int(code[1], 8) & 255]), point))
            if f"{real}/".startswith(f"{place.rstrip('/')}/") and len(place) >= len(found[0]):
                found = (place, f"mount {number.decode()}")  # the last one, of several on one another
    return found[1]


def other_device(folder: str, dest: str) -> bool:
    """Say whether a folder is of another file system, or another subvolume, than ``dest``; what is not there is not."""
    try:
        return os.stat(on_disk(folder)).st_dev != os.stat(on_disk(dest)).st_dev
    except OSError:
        return False
