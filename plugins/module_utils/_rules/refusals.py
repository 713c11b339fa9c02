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

    ``listed`` are the reports that are wanted, held or not, ``refused`` those left there; ``odd`` is what may be none.
    """
    left = _each_once((*refused, *odd))
    if not left:
        return []
    of_folders = Counter(one.folder for one in left)
    there = _each_once(one for one in (*listed, *left) if one.folder in of_folders)
    all_there = Counter(one.folder for one in there)
    sentences = {
        folder: f"/{folder}: {count} of {all_there[folder]} reports can't be had."
        for folder, count in of_folders.items()
        if count > MOST_REFUSED * all_there[folder]
    }
    days, known = _by_day(there, today), _by_day(refused, today)
    for (folder, day), count in _by_day(left, today).items():
        if count == days[folder, day] and (known[folder, day] or count > 1):  # one odd entry alone may be no report
            sentences.setdefault(folder, f"/{folder}: none of the {count} reports of {day} can be had.")
    return [sentences[folder] for folder in sorted(sentences)]


def _each_once(reports: Iterable[Listed]) -> list[Listed]:
    return list({(one.folder, one.name): one for one in reports}.values())


def _by_day(reports: Iterable[Listed], today: date) -> Counter[tuple[str, date]]:
    def recent() -> Iterator[tuple[str, date]]:
        for report in reports:
            day = report_day(report.name, report.mtime)
            if day and today - RECENT <= day:
                yield report.folder, day

    return Counter(recent())
