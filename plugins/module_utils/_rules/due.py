# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due for an account, each with a stable word, how soon, and the sentence with the next step (§4.1, §4.3, §6).

How soon is in days until something is lost: 0 is today, AT_ONCE that the account can't work or something is lost
already, None that no day is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEPT_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import Waiting
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Allowance
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import EXPIRING_DAYS, Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import RUN_FAILED, RUN_KILLED, Run

AT_ONCE = -1
AT_ONCE_WORD, DAYS_WORD, SOON_WORD, NONE_WORD = "at_once", "days", "soon", "none"
CLOCK_OFF = 120  # seconds between two machines' clocks that no honest network explains
_CALENDAR_DAYS = 60  # as early as the calendar's own warning
_LITTLE = 64 << 20  # bytes that any archive has left
_ROOM_DAYS = 10  # of the largest of the last days
EXPIRING, LOST, MISSING = "expiring", "lost", "missing"
HANDOVER_WAITING = "handover_waiting"
_SYNC = "playbook dcass.sftp.sync_reports"


@dataclass(frozen=True)
class Due:
    """One thing that is due; ``what`` is the kind of run that it is about, ``error_code`` what that has failed with."""

    code: str
    within: int | None
    sentence: str
    what: str | None = None
    error_code: str | None = None

    def to_result(self) -> dict[str, Any]:
        """Return what the module tells of it."""
        found = {"code": self.code, "within_days": self.within, "urgency": urgency([self])}
        return {**found, "sentence": self.sentence, "what": self.what, "error_code": self.error_code}


def urgency(dues: Iterable[Due]) -> str:
    """Return the word for the most urgent of them: at_once, days, soon, or none where nothing is due."""
    days = [due.within for due in dues]
    if not days:
        return NONE_WORD
    known = [day for day in days if day is not None]
    return SOON_WORD if not known else AT_ONCE_WORD if min(known) < 0 else DAYS_WORD


def ranked(dues: Iterable[Due]) -> list[Due]:
    """Return them with the most urgent first, and those without a day last."""
    return sorted(dues, key=lambda due: (due.within is None, due.within))


def last_day_at_facility(day: date) -> date:
    """Return the last day on which a report of that day can be fetched, read the careful way (§4.1)."""
    return day + timedelta(days=KEPT_DAYS - 1)


def kept_state(day: date, today: date) -> str:
    """Return the word for what is outstanding of a day: expiring within three days, before that missing (§4.1)."""
    return EXPIRING if (last_day_at_facility(day) - today).days <= EXPIRING_DAYS else MISSING


def of_runs(account: str, failed: Sequence[Run], overdue: date | None) -> list[Due]:
    """Say which runs have failed last, and that a day has passed without a full sync."""
    dues = [_of_run(account, run) for run in failed]
    if overdue:
        said = f"No sync of {account} has come to its end since {overdue} opened. Look whether the schedule runs"
        dues.append(Due("sync_overdue", AT_ONCE, f"{said}; then {_SYNC}."))
    return dues


def _of_run(account: str, run: Run) -> Due:
    last = f"The last {run.what} of {account}"
    if run.has_failed:
        said = f"{last} failed on {_moment(run.began)}: {run.error_code}: {run.msg} {run.hint}"
        return Due(RUN_FAILED, AT_ONCE, said, run.what, run.error_code)
    return Due(
        RUN_KILLED,
        AT_ONCE,
        f"{last} began on {_moment(run.began)} and never came to an end: it was killed, or the machine stopped. Run it "
        "again: it goes on from there.",
        run.what,
    )


def of_reports(outstanding: Sequence[Outstanding], today: date) -> list[Due]:
    """Say what is outstanding, and until when it can be fetched, and what was lost."""
    there = [item.day for item in outstanding if not item.lost_on]
    lost = sum(1 for item in outstanding if item.lost_on)
    dues = []
    if lost:
        some = f"{lost} reports are" if lost > 1 else "A report is"
        said = f"{some} lost: ask the exchange for what you need; then playbook dcass.sftp.acknowledge."
        dues.append(Due("reports_lost", AT_ONCE, said))
    if there:
        until = last_day_at_facility(min(there))
        some = f"{len(there)} reports that are" if len(there) > 1 else "a report that is"
        when = (
            f"the first leaves the facility after {until}" if until >= today else "the first may have left it already"
        )
        within = max((until - today).days, AT_ONCE)  # for how long it may have been gone makes it no more urgent
        dues.append(Due("reports_outstanding", within, f"Look into {some} outstanding: {when}."))
    return dues


def of_handovers(waiting: Sequence[Waiting]) -> list[Due]:
    """Say that the back office has not been handed everything, and why, where a run has tried."""
    if not waiting:
        return []
    failed = next((item for item in waiting if item.error_code), None)
    said = f"The back office waits for {len(waiting)} hand-overs, the first since {_moment(waiting[0].since)}"
    if failed is None:
        return [Due(HANDOVER_WAITING, None, f"{said}: {_SYNC}, which hands them over.")]
    why = f"{failed.what} ({failed.way}): {failed.error_code}: {failed.reason}"
    return [Due(HANDOVER_WAITING, 0, f"{said}. {why} Put that right; then {_SYNC}.")]


def of_allowance(account: str, what: str, left: Allowance) -> list[Due]:
    """Say that a budget is used up, and when the next one fits."""
    if left.left or left.retry_at is None:
        return []
    return [
        Due(
            f"{what}_budget_spent",
            None,
            f"All {what}s of {account} are used: the next one fits at {left.retry_at:%H:%M:%S} Hong Kong time.",
        )
    ]


def of_calendar(calendar: Calendar, today: date) -> list[Due]:
    """Say that the known calendar ends soon, or has ended."""
    warning = calendar.warning(today)
    if warning is None:
        return []
    ends = date(today.year, 12, 31)
    within = (ends - today).days if (ends - today).days <= _CALENDAR_DAYS and calendar.knows(today) else AT_ONCE
    return [Due("calendar_ends", within, warning)]


def of_room(free: int | None, largest_day: int, where: str) -> list[Due]:
    """Say that a disk fills up, by the largest of the last days."""
    if free is None or free >= max(_LITTLE, _ROOM_DAYS * largest_day):
        return []
    within = AT_ONCE if free < max(_LITTLE, 2 * largest_day) else free // max(1, largest_day)
    said = f"{where} has room for {free / 1e6:.0f} MB more, and the largest of the last days brought"
    return [Due("disk_low", within, f"{said} {largest_day / 1e6:.0f} MB. Make room, or give it a larger disk.")]


def of_clock(seconds: float | None) -> list[Due]:
    """Say that this workstation's clock is not the control node's."""
    if seconds is None or abs(seconds) <= CLOCK_OFF:
        return []
    side = "ahead of" if seconds > 0 else "behind"
    said = (
        f"The workstation's clock is {_span(abs(seconds))} {side} the control node's. Days and keys are counted by it"
    )
    return [Due("clock_off", AT_ONCE, f"{said}: set the wrong one of the two right, and keep both by NTP.")]


def _span(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}s"
    return f"{seconds:.0f} seconds"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(HONG_KONG):%Y-%m-%d at %H:%M}"
