# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listing found and what became of each fetch, in words that flows and the outside world share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, Union

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import FolderRefused, NotReadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed


@dataclass(frozen=True)
class Refusal:
    """One entry that was left alone, and why; size and time as a listing tells them, None where it does not.

    A folder that can't be listed has the name below its top folder, which is empty for that one itself. ``name`` can be
    shown; ``spelled`` is as the facility lists it, bytes that are no UTF-8 as surrogates, where that differs.
    """

    folder: str
    name: str
    error_code: str
    reason: str
    size: int | None = None
    mtime: int | None = None
    spelled: str = ""


@dataclass
class Listing:
    """The reports found, in no order that means anything, and the entries refused."""

    reports: list[Listed] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def trouble(self) -> FolderRefused | None:
        """Why a folder of the account could not be listed to its end, if one could not."""
        return next((FolderRefused(entry.reason) for entry in self.refused if not entry.name), None)


class Part(Protocol):
    """Where the bytes of a report go as they come, in any order."""

    size: int = 0  # bytes, as far as they are there
    sha256: str = ""  # once it is whole
    named: bool = False  # whether it has its name on disk

    def write(self, offset: int, data: memoryview) -> None: ...

    def abort(self) -> None: ...


@dataclass(frozen=True)
class Fetched:
    """A report that was read to its end; ``part`` is where it lies, ``size`` its bytes.

    These are as many as listed, but for a server that tells another size each time than it hands out.
    """

    item: Fetch
    part: Part
    size: int


@dataclass(frozen=True)
class Changed:
    """A report that was not what was listed, and is read again; ``now`` is what the facility lists meanwhile."""

    item: Fetch
    now: Listed


@dataclass(frozen=True)
class Unreadable:
    """A report that the facility would not hand out, or not whole."""

    item: Fetch
    reason: str
    error_code: str = NotReadable.code


Outcome = Union[Fetched, Changed, Unreadable]
