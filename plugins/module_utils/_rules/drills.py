# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill: the exchange rehearses on a day that is no business day; what it brings then counts for nothing (§4.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import Calendar, operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput

PREFIX = ".drill-"  # of the folders below ``dest``: no name that the facility lists may begin with a dot
_AT = len(f"{PREFIX}2026-12-31/")  # where the path below such a folder begins
_HINT = "Leave dcass_report_drill out, or set it to false, and run again. Nothing was changed, no login was spent."


def drill_folder(calendar: Calendar, now: datetime) -> str:
    """Return the folder below ``dest`` for a drill at this moment, one for each operating day, or raise BadInput.

    A day on which the exchange itself is open brings reports that are wanted: a drill would put them aside.
    """
    day = operating_day(now)
    if replace(calendar, opened=frozenset()).is_open_on(day):
        raise BadInput(f"drill: {day} is no day for a drill, for it brings reports that belong to the archive.", _HINT)
    return f"{PREFIX}{day}"


def apart(path: str) -> tuple[str, str]:
    """Return a drill's day and the path below its folder, of a path below ``dest``."""
    return path[len(PREFIX) : _AT - 1], path[_AT:]
