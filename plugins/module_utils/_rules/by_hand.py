# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people have fetched by hand: which of it may come into the archive, and why the rest may not (§4.1)."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed, Origin

# why a file is left out, as words that stay the same
HELD, NOT_LISTED, OTHER_SIZE, OLDER, NOT_WANTED = "held", "not_listed", "other_size", "older", "not_wanted"
OTHER_FOLDER, UNSAFE_NAME, NO_PLAIN_FILE = "other_folder", "unsafe_name", "no_plain_file"
UNREADABLE, CHANGING = "unreadable", "changing"


class Lying(NamedTuple):
    """A plain file that lies where the facility would have it; ``mtime`` is the disk's, in whole Unix seconds."""

    folder: str
    name: str
    size: int
    mtime: int
    origin: Origin

    @property
    def path(self) -> str:
        """Where it lies below the folder that people name."""
        return f"{self.folder}/{self.name}"


class LeftOut(NamedTuple):
    """What is not adopted, by its path below the folder that people name, and why: a word, and a sentence."""

    path: str
    why: str
    reason: str


def why_not(lying: Lying, listed: Listed | None) -> LeftOut | None:
    """Return why a file can't be the report that the facility lists, None where it may be.

    One that was written before that report was made is an earlier version of it; a copy that kept the report's time
    is as old as it.
    """
    if listed is None:
        return LeftOut(lying.path, NOT_LISTED, "The facility does not list it.")
    if listed.size != lying.size:
        return LeftOut(lying.path, OTHER_SIZE, f"It has {lying.size} bytes, and {listed.size} are listed.")
    if listed.mtime is not None and lying.mtime < listed.mtime:
        return LeftOut(lying.path, OLDER, "It was written before the report that the facility lists was made.")
    return None
