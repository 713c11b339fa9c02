# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One schedule: README tells it, AWX has it as recurrence rules, and tests/soak lives a year with it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from tests.soak.cron import AFTER, ALL, INTRADAY, moments

ROOT = Path(__file__).resolve().parents[2]
OBJECTS = ROOT / "awx" / "objects.yml"
MONDAY = date(2026, 11, 2)
WEEK = [MONDAY + timedelta(days) for days in range(7)]
BUILT = "%Y-%m-%d %H:%M"
Runs = dict[str, set[str]]


def moment(when: datetime) -> str:
    return when.strftime(BUILT)


def of_readme() -> Runs:
    """The moments of a week at which README lets each job run; a sync of the intraday reports is a job of its own."""
    chapter = (ROOT / "README.md").read_text().partition("## The schedule")[2].partition("```")[2].partition("```")[0]
    runs: Runs = {}
    for line in filter(None, chapter.splitlines()):
        *cron, playbook, rest = re.split(r"\s+", f"{line} ", maxsplit=6)
        job = f"{playbook} intraday" if "intraday" in rest else playbook
        runs.setdefault(job, set()).update(moment(one) for day in WEEK for one in moments(" ".join(cron), day))
    return runs


def of_rules(schedules: list[dict[str, Any]]) -> Runs:
    """The same of AWX's schedules, as their rules tell it."""
    names = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    runs: Runs = {}
    for schedule in schedules:
        parts = dict(part.split("=") for part in schedule["rule"].split(";"))
        days = [day for day, name in zip(WEEK, names, strict=True) if name in parts["BYDAY"].split(",")]
        times = product(days, parts["BYHOUR"].split(","), parts["BYMINUTE"].split(","))
        found = {moment(datetime(day.year, day.month, day.day, int(hour), int(minute))) for day, hour, minute in times}
        runs.setdefault(schedule["template"], set()).update(found)
    return runs


def test_the_year_is_lived_with_the_schedule_that_readme_tells() -> None:
    lived: Runs = {}
    for line, scope in AFTER.lines.items():
        job = {ALL: "sync_reports", INTRADAY: "sync_reports intraday"}[scope]
        lived.setdefault(job, set()).update(moment(one) for day in WEEK for one in moments(line, day))
    assert lived == {job: its for job, its in of_readme().items() if job.startswith("sync_reports")}
    assert len(lived["sync_reports"]) == 10 and len(lived["sync_reports intraday"]) == 5 * 8 * 12


def test_awx_is_given_the_schedule_that_readme_tells() -> None:
    assert of_rules(yaml.safe_load(re.sub("!unsafe", "", OBJECTS.read_text()))["dcass_awx_schedules"]) == of_readme()
