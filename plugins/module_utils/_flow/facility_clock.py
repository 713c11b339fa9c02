# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facility's day, by what it shows: whether this workstation's clock can be right (§6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import Session
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_run import RenewalRun
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ClockWrong
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import COMMON
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import CLOCK_MARGIN
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import newest_day_shown
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import listed_time
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed

_MANY = 3  # reports that are dated after our clock: so many are no slip


def require_right_clock(run: RenewalRun, session: Session, names: Iterable[str]) -> None:
    """Refuse to upload by a clock that is behind: the days of the new key would be counted wrong.

    Where the current key is about to end it is uploaded all the same: a name may lie.
    """
    now = run.ports.clock()
    newest = newest_day_shown(names)
    later = newest[1] if newest and newest[0] > now + CLOCK_MARGIN else _later_reports(run, session, now)
    if later is None:
        return
    if run.last_chance:
        run.warnings.append(f"{_other_clock(later, now)} The key was uploaded all the same.")
    else:
        raise ClockWrong(_other_clock(later, now))


def _later_reports(run: RenewalRun, session: Session, now: datetime) -> str | None:
    """Name one of the reports that are dated after our clock, if there are so many that it must be the clock."""
    latest = (now + CLOCK_MARGIN).timestamp()
    later = [report.remote for report in reports_of(run, session) if (listed_time(report.mtime) or 0) > latest]
    return later[0] if len(later) >= _MANY else None


def _other_clock(name: str, now: datetime) -> str:
    return f"The facility has a file {name} of a later day, but this workstation's clock says {now:%Y-%m-%d %H:%M}."


def reports_of(run: RenewalRun, session: Session) -> Sequence[Listed]:
    """List the reports of the shared folders, whose times tell the facility's day."""
    return session.list((COMMON, run.account.customer_code)).reports


def newest_of(reports: Iterable[Listed]) -> float:
    """When the newest reports were made, in Unix seconds, so many that no slip tells; 0 where there are fewer."""
    times = sorted((listed_time(report.mtime) or 0 for report in reports), reverse=True)
    return times[_MANY - 1] if len(times) >= _MANY else 0
