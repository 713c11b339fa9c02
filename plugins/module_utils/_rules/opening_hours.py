# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run may log in now: the first question of everything that talks to the facility (§4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import CalendarUnknown, FacilityClosed
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings


@dataclass(frozen=True)
class HoursCheck:
    """``skip_result`` is the result with which to end at once, None to go on; ``warnings`` are told either way.

    ``clause`` says until when, as a part of a sentence.
    """

    skip_result: dict[str, Any] | None
    warnings: list[str]
    clause: str


def is_extra_day(settings: Settings, now: datetime) -> bool:
    """Say whether the facility is open on what is no business day; where hours are ignored all days are alike."""
    calendar, day = settings.calendar, operating_day(now)
    return calendar.is_open_on(day) and not calendar.is_business_day(day) and settings.outside_hours != "ignore"


def check_hours(settings: Settings, now: datetime) -> HoursCheck:
    """Decide by the calendar and ``outside_hours``; raise FacilityClosed or CalendarUnknown where that is 'fail'."""
    opening = settings.calendar.at(now)
    warnings = [opening.warning] if opening.warning else []
    if settings.outside_hours == "ignore":
        return HoursCheck(None, warnings, opening.clause)
    if settings.outside_hours == "fail" and not settings.calendar.knows(operating_day(now)):
        raise CalendarUnknown(f"The exchange's holidays are gazetted to the end of {LAST_YEAR} only.")
    if opening.is_open:
        return HoursCheck(None, warnings, opening.clause)
    opens_at = opening.changes_at.isoformat(timespec="seconds")
    if settings.outside_hours == "fail":
        raise FacilityClosed(opening.sentence, opens_at=opens_at)
    result = {
        "skipped": True,
        "msg": opening.sentence,
        "opens_at": opens_at,
        "day_kind": opening.kind.value,
        "warnings": warnings,
    }
    return HoursCheck(result, warnings, opening.clause)
