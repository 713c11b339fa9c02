# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every target by its name."""

from __future__ import annotations

from tests.fuzz import disk, facility, people, sessions

TARGETS = {target.name: target for part in (facility, people, sessions, disk) for target in part.TARGETS}
# what coverage can guide: parsers, and the protocol; not what asks SQLite, a disk or a library in another language
_NOT_GUIDED = {"private keys", "protected keys", "host certificates", "syncs to disk", "folders that people bring"}
GUIDED = [
    target for part in (facility, people, sessions) for target in part.TARGETS if target.name not in _NOT_GUIDED
] + [
    TARGETS[name] for name in ("entries of evidence", "files of progress", "records of a switch", "attempts and clocks")
]
