# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run may log in now: the first question of everything that talks to the facility (§4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import CalendarUnknown, FacilityShut
from ansible_collections.dcass.sftp.plugins.module_utils._rules.facility import Facility
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR


@dataclass(frozen=True)
class Door:
    """``shut`` is the result with which to end at once, None to go on; ``warnings`` are told either way.

    ``clause`` says until when, as a part of a sentence.
    """

    shut: dict[str, Any] | None
    warnings: list[str]
    clause: str


def ask(facility: Facility, now: datetime) -> Door:
    """Decide by the calendar and ``outside_hours``; raise FacilityShut or CalendarUnknown where that is 'fail'."""
    opening = facility.calendar.at(now)
    warnings = [opening.warning] if opening.warning else []
    if facility.outside_hours == "ignore":
        return Door(None, warnings, opening.clause)
    if facility.outside_hours == "fail" and not facility.calendar.knows(operating_day(now)):
        raise CalendarUnknown(f"The exchange's holidays are known to the end of {LAST_YEAR} only.")
    if opening.is_open:
        return Door(None, warnings, opening.clause)
    opens_at = opening.changes_at.isoformat(timespec="seconds")
    if facility.outside_hours == "fail":
        raise FacilityShut(opening.sentence, opens_at=opens_at)
    result = {"skipped": True, "msg": opening.sentence, "opens_at": opens_at, "warnings": warnings}
    return Door(result, warnings, opening.clause)
