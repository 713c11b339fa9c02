# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When so much of what the facility lists is not to be had that a run must not be called a success (§4.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import RECENT, report_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed

MOST_REFUSED = 0.5  # of what a folder lists; and of one recent day's reports in it never all


def too_much_refused(
    listed: Iterable[Listed], refused: Collection[Listed], odd: Collection[Listed], today: date
) -> list[str]:
    """Return a sentence for each folder that hands out too little: all of a recent day's reports, or too large a share.

    ``listed`` are the reports that are wanted, held or not, each once; ``refused`` those left there; ``odd`` is what
    may be none.
    """
    left = {(one.folder, one.name): one for one in (*refused, *odd)}
    if not left:
        return []
    of_folders = Counter(one.folder for one in left.values())
    all_there, days = Counter(of_folders), _by_day(left.values(), today)
    for one in listed:
        if one.folder in of_folders and (one.folder, one.name) not in left:
            all_there[one.folder] += 1
            days.update(_recent_day(one, today))
    sentences = {
        folder: f"/{folder}: {count} of {all_there[folder]} reports can't be had."
        for folder, count in of_folders.items()
        if count > MOST_REFUSED * all_there[folder]
    }
    known = _by_day(refused, today)
    for (folder, day), count in _by_day(left.values(), today).items():
        if count == days[folder, day] and (known[folder, day] or count > 1):  # one odd entry alone may be no report
            sentences.setdefault(folder, f"/{folder}: none of the {count} reports of {day} can be had.")
    return [sentences[folder] for folder in sorted(sentences)]


def _by_day(reports: Iterable[Listed], today: date) -> Counter[tuple[str, date]]:
    return Counter(key for report in reports for key in _recent_day(report, today))


def _recent_day(report: Listed, today: date) -> Iterator[tuple[str, date]]:
    """Yield folder and day of a report of a recent day, nothing of another one."""
    day = report_day(report.name, report.mtime)
    if day and today - RECENT <= day:
        yield report.folder, day
