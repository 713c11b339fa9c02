# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the back office is handed of new reports, in which ways, and which days are complete (§4.1)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from posixpath import normpath
from typing import Any, NamedTuple

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar, iso
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, HandoverRefused
from ansible_collections.dcass.sftp.plugins.module_utils._rules.expected import Expected, days_asked
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import (
    HANDOVER_COMMAND,
    HANDOVER_TIMEOUT,
    absolute_path,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import fits

SCHEMA = 1  # of what is written; a field that is added does not count
LIST, LINK, COMMAND, DAY = "list", "link", "command", "day"  # the ways, as they are on record
DONE, SUPERSEDED, ACKNOWLEDGED = "done", "superseded", "acknowledged"  # how one ends
LISTS, LINKS, DAYS = "new", "reports", "complete"  # folders in that of the hand-over
PREFIX = "handover:"  # before what people close, so that no glob for missing reports closes it
LOOKED_BACK = 60  # days for which a marker may still come


@dataclass(frozen=True)
class Handover:
    """Where the back office looks, and what it wants beside lists and markers of days; ``seconds`` a command may take.

    The report's path becomes the last argument of ``command``.
    """

    folder: str
    links: bool
    command: tuple[str, ...]
    seconds: int

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in which each new report is handed over."""
        return (LIST, *([LINK] if self.links else []), *([COMMAND] if self.command else []))


class Waiting(NamedTuple):
    """One hand-over that is not done: a report's by its path below the archive, or the marker of a day.

    ``number`` is that of the record, where it grows. ``changed`` says that an earlier version was held before.
    """

    number: int
    way: str
    what: str
    day: date | None
    size: int
    sha256: str
    changed: bool
    since: datetime
    tries: int = 0
    error_code: str | None = None
    reason: str | None = None

    @property
    def day_known(self) -> date:
        """Its business day, else that on which it was recorded."""
        return self.day or self.since.date()

    def to_result(self) -> dict[str, Any]:
        """Tell it to people."""
        found = {"what": self.what, "way": self.way, "day": iso(self.day), "since": iso(self.since)}
        return {**found, "tries": self.tries, "error_code": self.error_code, "reason": self.reason}


def handover_from(options: Mapping[str, Any], settings: Settings) -> Handover | None:
    """Return what the options ask for, None where they ask for nothing, or raise BadInput or HandoverRefused."""
    HANDOVER_TIMEOUT.require(options[HANDOVER_TIMEOUT.name])
    command = command_from(options[HANDOVER_COMMAND.name])
    if not options["handover_dir"]:
        if command or options["handover_links"]:
            raise BadInput("handover_links and handover_command need handover_dir, where lists and markers go.")
        return None
    folder = normpath(absolute_path("handover_dir", options["handover_dir"]))
    dest = normpath(absolute_path("dest", options["dest"]))
    complaint = wrong_place(folder, dest, normpath(settings.key_dir), normpath(settings.state_dir))
    if complaint:
        raise HandoverRefused(f"handover_dir is {folder!r}, {complaint}.")
    return Handover(folder, options["handover_links"], command, options[HANDOVER_TIMEOUT.name])


def command_from(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a command, or raise BadInput: nothing looks for its program, and no shell reads it."""
    if words and (not words[0].startswith("/") or any("\0" in word for word in words)):
        raise BadInput(f"handover_command is {list(words)!r}: its first word must be the absolute path of a program.")
    return tuple(words)


def wrong_place(folder: str, dest: str, key_dir: str, state_dir: str) -> str | None:
    """Say why the back office must not be led to this folder, half a sentence; None where it may be."""
    for name, other in (("archive", dest), ("keys", key_dir)):
        if _is_in(folder, other):
            return f"which lies in the folder of the {name}: it must be a folder of its own"
    for name, other in (("archive", dest), ("keys", key_dir), ("state", state_dir)):
        if _is_in(other, folder):
            return f"in which the folder of the {name} lies: it must be a folder of its own"
    return None


def _is_in(inner: str, outer: str) -> bool:
    return f"{inner}/".startswith(f"{outer.rstrip('/')}/")


def is_handed_over(folder: str) -> bool:
    """Say whether reports of a folder of the facility are the back office's: KEY_MANAGEMENT is about keys (§6)."""
    return folder != KEY_MANAGEMENT


def complete_days(
    expected: Iterable[Expected],
    days: Sequence[date],
    calendar: Calendar,
    brought: Iterable[tuple[str, date]],
    closed: Collection[tuple[str, str, date]],
    outstanding: Iterable[Outstanding],
) -> dict[date, dict[str, bool]]:
    """Return the complete ones of these days, with all that was expected of them, and whether that has come.

    A day is complete when each glob has brought a report or has been closed by people, and no report of it is
    outstanding or lost. A day of which nothing is expected never is.
    """
    asked = days_asked(expected, days, calendar)
    globs = tuple(dict.fromkeys(glob for glob, _day in asked))
    held = {(glob, of) for path, of in brought for glob in globs if fits(glob, path)}
    settled = held | {(what, of) for kind, what, of in closed if kind == "expected"}
    due = {item.day for item in outstanding if item.kind == "report" and not item.what.startswith(KEY_MANAGEMENT)}
    found: dict[date, dict[str, bool]] = {}
    for glob, of in asked:
        found.setdefault(of, {})[glob] = (glob, of) in held
    return {of: came for of, came in found.items() if of not in due and all((glob, of) in settled for glob in came)}


def name_of_list(account: str, reports: Sequence[Waiting]) -> str:
    """Return the name of a list, after its last report: a run that repeats it repeats its name."""
    return f"{LISTS}/{account}-{max(report.number for report in reports):08}.json"


def name_of_day(account: str, day: date) -> str:
    """Return the name of the marker of a complete day."""
    return f"{DAYS}/{account}-{day}.json"


def list_text(account: str, entries: Sequence[Mapping[str, Any]], now: datetime) -> bytes:
    """Return a list of new reports as it is written."""
    return _text(account, now, {"reports": list(entries)})


def day_text(
    account: str, day: date, came: Mapping[str, bool], reports: Sequence[Mapping[str, Any]], now: datetime
) -> bytes:
    """Return the marker of a complete day: what was expected of it, what people have closed, what is held here."""
    closed = [glob for glob, has_come in came.items() if not has_come]
    facts = {"day": iso(day), "expected": list(came), "acknowledged": closed, "reports": list(reports)}
    return _text(account, now, facts)


def _text(account: str, now: datetime, facts: Mapping[str, Any]) -> bytes:
    known = {"schema": SCHEMA, "account": account, "participant": account[:4], "written_at": iso(now)}
    return (json.dumps({**known, **facts}, indent=1) + "\n").encode("ascii")


def variables_of(account: str, report: Waiting) -> dict[str, str]:
    """Return what a command is told of a report in its environment, beside the path that is its last argument."""
    return {
        "DCASS_ACCOUNT": account,
        "DCASS_REPORT": report.what,
        "DCASS_DAY": iso(report.day) or "",
        "DCASS_SIZE": str(report.size),
        "DCASS_SHA256": report.sha256,
        "DCASS_CHANGED": "yes" if report.changed else "no",
    }
