# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facility has shown so far, by its own disk."""

from __future__ import annotations

import hashlib
import pathlib
from collections import defaultdict


class Shown:
    """All that the facility has shown: the contents of each report by its path, by size and time, by hash."""

    def __init__(self, folders: pathlib.Path) -> None:
        self._folders = folders
        self.contents: dict[str, set[str]] = defaultdict(set)
        self.present: dict[str, tuple[int, int, str]] = {}

    def look(self) -> None:
        """See what is there now."""
        before, self.present = self.present, {}
        for folder in [path for path in self._folders.iterdir() if not path.name.startswith(".")]:
            for file in [path for path in folder.rglob("*") if path.is_file()]:
                path, status = str(file.relative_to(self._folders)), file.stat()
                known = before.get(path)
                if known is None or known[:2] != (status.st_size, status.st_mtime_ns):
                    known = (status.st_size, status.st_mtime_ns, sha256_of(file))
                self.present[path] = known
                self.contents[path].add(known[2])

    def reports_of(self, code: str) -> dict[str, str]:
        """The hash of each report that a participant sees now in the folders that its accounts share."""
        shared = ("COMMON/", f"{code}/")
        return {path: told[2] for path, told in self.present.items() if path.startswith(shared)}


def sha256_of(file: pathlib.Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
