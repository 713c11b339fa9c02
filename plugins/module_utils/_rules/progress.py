# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a sync has come: what is counted, and how it is written for the one who looks on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TypeVar

from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Outcome, Part
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import MOST_BYTES, Fetch

_MOST_SECONDS = 1e9  # thirty years
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Counts:
    """How far a run has come: reports and bytes that are there, and all that it is about.

    ``run`` tells runs apart; ``seconds`` have passed since it began, and it fetches ``since`` a moment of these: None
    while it still looks what there is.
    """

    run: str
    seconds: float
    since: float | None = None
    reports: int = 0
    bytes: int = 0
    of_reports: int = 0
    of_bytes: int = 0


class Tally:
    """What a run counts as it goes; may be read by another thread at any time."""

    def __init__(self) -> None:
        self.looked = False
        self._reports = self._bytes = self._of_reports = self._of_bytes = 0
        self._arriving: dict[str, tuple[int, Part]] = {}

    def expect(self, reports: int, size: int) -> None:
        """Take note of what is to be fetched."""
        self._of_reports, self._of_bytes, self.looked = reports, size, True

    def begin(self, item: Fetch, part: Part) -> Part:
        """Count a report that begins to arrive; ``part.size`` tells how much of it is there. Return the part."""
        self._arriving[item.path] = (item.report.size, part)
        return part

    def end(self, outcome: Outcome) -> None:
        """Count what has come of a report: one that changed comes again, one that can't be read is expected no more."""
        item = outcome.item
        self._arriving.pop(item.path, None)
        if isinstance(outcome, Fetched):
            self._reports += 1
            self._bytes += item.report.size
        elif isinstance(outcome, Changed):
            self._of_bytes += outcome.now.size - item.report.size
        else:
            self._of_reports -= 1
            self._of_bytes -= item.report.size

    def counts(self, run: str, seconds: float, since: float | None) -> Counts:
        """Return how far the run has come."""
        arriving = [(size, part.size) for size, part in list(self._arriving.values())]
        # whoever fetches hears of a whole report only when it has something to ask for; here it counts at once
        reports = self._reports + sum(here >= size for size, here in arriving)
        there = self._bytes + sum(here for _size, here in arriving)
        return Counts(run, seconds, since, reports, there, self._of_reports, self._of_bytes)


def file_name(account: str) -> str:
    """Return the name of the file below ``state_dir`` in which an account's run tells its counts."""
    return f"{account}.progress"


def to_text(counts: Counts) -> str:
    """Write counts for the one who looks on."""
    return json.dumps(asdict(counts)) + "\n"


def from_text(text: str) -> Counts | None:
    """Read what ``to_text`` wrote; None where it is anything else, or tells what no run can have come to."""
    try:
        counts = json.loads(text)
        since = counts["since"]
        return Counts(
            str(counts["run"]),
            _possible(float(counts["seconds"]), _MOST_SECONDS),
            None if since is None else _possible(float(since), _MOST_SECONDS),
            *(_possible(int(counts[name]), MOST_BYTES) for name in ("reports", "bytes", "of_reports", "of_bytes")),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _possible(number: Number, most: float) -> Number:
    """Return a number that a run can come to, or raise ValueError: JSON knows infinity, and more than any disk has."""
    if not 0 <= number <= most:
        raise ValueError(f"{number} is no such number")
    return number
