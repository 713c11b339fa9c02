# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders on disk, and how reports come into them whole (§4.2)."""

import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from emulator.clock import HONG_KONG
from emulator.content import content
from emulator.reports import COMMON, Report

KEY_MANAGEMENT = "KEY_MANAGEMENT"
_PLAIN_NAME = re.compile(r"(?![.~-])[^/\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")  # of any script
_NAME_BYTES = 255


class BadReport(ValueError):
    """A report that cannot be published, with the reason."""


@dataclass(frozen=True)
class Folders:
    """COMMON is one, a customer's folder is for both its accounts, KEY_MANAGEMENT is apart for each account."""

    root: Path

    def __post_init__(self) -> None:
        for path in (self.root / COMMON, self._drafts):
            path.mkdir(parents=True, exist_ok=True)

    @property
    def _drafts(self) -> Path:
        return self.root / ".drafts"

    def visible_to(self, account: str) -> dict[str, Path]:
        """The three folders an account sees, by the name it sees them under; they are made where missing."""
        code = account[:4]
        seen = {name: self.root / name for name in (COMMON, code)}
        seen[KEY_MANAGEMENT] = self.root / KEY_MANAGEMENT / account
        for path in seen.values():
            path.mkdir(parents=True, exist_ok=True)
        return seen

    def publish(self, report: Report) -> bool:
        """Put a report in place; False where it lies there already."""
        place = self._place(report.folder, report.name)
        if place.is_file() and _is_there(place.stat(), report):
            return False
        self._put(place, content(report.day, report.name, report.size), report.made_at)
        return True

    def leave_for(self, account: str, name: str, text: str, made_at: datetime, encoding: str = "utf-8") -> None:
        """Put a file into the account's KEY_MANAGEMENT folder."""
        data = text.encode(encoding, "backslashreplace")
        self._put(self.visible_to(account)[KEY_MANAGEMENT] / name, data, made_at)

    def forget(self, customer_code: str) -> None:
        """Remove a participant's own folders and what lies in them."""
        for path in (self.root / customer_code, *(self.root / KEY_MANAGEMENT).glob(f"{customer_code}*")):
            shutil.rmtree(path, ignore_errors=True)

    def one_byte(self, now: float) -> Path:
        """A file of one byte, outside every folder, that stands in for files that are made up: as old as the first."""
        path = self._drafts / "one-byte"
        if not path.exists():
            path.write_bytes(b"\n")
            os.utime(path, (now, now))
        return path

    def _place(self, folder: str, name: str) -> Path:
        for part in (*folder.split("/"), name):
            if not _PLAIN_NAME.fullmatch(part) or len(part.encode()) > _NAME_BYTES:
                raise BadReport(f"{part!r} is not a plain folder or file name")
        return self.root / folder / name

    def _put(self, place: Path, data: bytes, made_at: datetime) -> None:
        # Written elsewhere and moved: whoever lists or reads meanwhile sees the old file or the new one, never a part.
        draft = self._drafts / f"{os.getpid()}-{id(data):x}"
        draft.write_bytes(data)
        os.utime(draft, (made_at.timestamp(), made_at.timestamp()))
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(place)


def _is_there(found: os.stat_result, report: Report) -> bool:
    """Whether what was found is the report: that of its day or a later one, where the name says nothing of the day."""
    if report.unchanging:
        return datetime.fromtimestamp(found.st_mtime, HONG_KONG).date() >= report.day
    return found.st_size == report.size
