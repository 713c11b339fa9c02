# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a listing found and what became of each fetch, in words that flows and the outside world share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed


@dataclass(frozen=True)
class Refusal:
    """One entry that was left alone, and why."""

    folder: str
    name: str
    error_code: str
    reason: str


@dataclass
class Listing:
    """The reports found, in no order that means anything, and the entries refused."""

    reports: list[Listed] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class Fetched:
    """A report that arrived whole and unchanged since it was listed; ``part`` is where it lies."""

    item: Fetch
    part: Any


@dataclass(frozen=True)
class Changed:
    """A report that is no longer what was listed; ``now`` is what the facility says of it."""

    item: Fetch
    now: Listed


@dataclass(frozen=True)
class Unreadable:
    """A report that the facility would not hand out."""

    item: Fetch
    reason: str


Outcome = Union[Fetched, Changed, Unreadable]
