# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other days than today, on which tests are to pass as well: `python tools/clocks.py DAY COMMAND...`.

DAY is a name of the table below, or a moment in Hong Kong time such as 2028-02-29T10:00, from which the clock runs on.
The command and all that it starts has that clock; nothing else on this machine has.
"""

from __future__ import annotations

import os
import pathlib
import sys
from datetime import datetime, timedelta, timezone

import debian
import environments

from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR

HONG_KONG = timezone(timedelta(hours=8))
TODAY = datetime.now(HONG_KONG).date()
# playbooks are run on these: files keep the machine's time, which must not be far behind, and never ahead
SATURDAY = TODAY + timedelta(days=3 + (2 - TODAY.weekday()) % 7)
WEDNESDAY = TODAY + timedelta(days=3 + (6 - TODAY.weekday()) % 7)
DAYS = {
    "saturday": f"{SATURDAY}T10:00",
    "holiday": "2027-10-01T10:00",  # National Day, a Friday
    "leap-day": "2028-02-29T10:00",
    "calendar-ends": f"{LAST_YEAR}-11-15T10:00",  # within the last sixty days that the calendar of holidays knows
    "calendar-over": f"{LAST_YEAR + 1}-11-15T10:00",
    "night": f"{WEDNESDAY}T05:00",  # the facility is closed
    "new-year": f"{TODAY.year}-12-31T23:59",  # midnight comes while tests run
}


def place(moment: str) -> dict[str, str]:
    """The environment in which a program begins at that moment."""
    ahead = datetime.fromisoformat(moment).replace(tzinfo=HONG_KONG) - datetime.now(HONG_KONG)
    return {"LD_PRELOAD": str(library()), "DCASS_AHEAD": str(round(ahead.total_seconds()))}


def library() -> pathlib.Path:
    """The library that tells programs another time, made from tools/clock.c."""
    source = environments.ROOT / "tools" / "clock.c"
    made = environments.ROOT / ".build" / "clock.so"
    with environments.alone("clock"):
        if not debian.install_missing(debian.CLOCKS):
            raise environments.Missing(
                f"another clock needs Debian's {', '.join(debian.missing_packages(debian.CLOCKS))}"
            )
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            environments.run(["cc", "-O2", "-shared", "-fPIC", "-o", made, source])
    return made


def main(day: str, *command: str) -> None:
    """Become the command, on that day."""
    try:
        os.execvpe(command[0], command, {**os.environ, **place(DAYS.get(day, day))})
    except environments.Missing as lack:
        sys.exit(str(lack))


if __name__ == "__main__":
    main(*sys.argv[1:])
