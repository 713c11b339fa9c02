# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at the archive finds: each report as it was recorded, or what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass

SOUND, DAMAGED, ABSENT, UNKNOWN = "sound", "damaged", "absent", "unknown"
_EARLIER = re.compile(r"\.~[1-9]\d*~\Z", re.ASCII)


@dataclass(frozen=True)
class Recorded:
    """What the manifest says of a report at a path below ``dest``."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Finding:
    """What was found at a path below ``dest``, and the reason where it is not sound."""

    kind: str
    path: str
    reason: str = ""


def compare_one(recorded: Recorded, size: int, sha256: str | None) -> Finding:
    """Compare a file with its record; no hash: the content was not looked at."""
    if size != recorded.size:
        return Finding(DAMAGED, recorded.path, f"It has {size} bytes; {recorded.size} were recorded.")
    if sha256 not in (None, recorded.sha256):
        return Finding(DAMAGED, recorded.path, "Its content is not what was recorded (SHA-256).")
    return Finding(SOUND, recorded.path)


def report_of(path: str) -> str:
    """Return the report that a path belongs to: an earlier version NAME.~N~ belongs to NAME."""
    return _EARLIER.sub("", path)
