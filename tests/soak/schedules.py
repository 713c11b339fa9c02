# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schedules by steered clock: how long after its publication each report is home, and how many logins that takes.

`python -m tests.soak.schedules [--every-poll] [SCHEDULE...]` lives 2027 and prints the table of docs/reliability.md,
one schedule beside another on each processor. With --every-poll each run of the year is made; without it all polls of
the weeks with a holiday, and in the other weeks those before which something was published: the rest would find nothing
new. What is told of logins a day is of days with all their polls.
"""

from __future__ import annotations

import argparse
import functools
import os
import pathlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, datetime, timedelta
from datetime import time as dt_time
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import key_files
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import (
    HONG_KONG,
    Calendar,
    Kind,
    days_from,
    operating_day,
)
from emulator.client import running
from emulator.folders import KEY_MANAGEMENT
from tests.modules.steering import SteeredClock
from tests.modules.support import Participant, succeed
from tests.soak.cron import ALL, INTRADAY, SCHEDULES, Schedule
from tests.soak.exchange import Exchange, Version
from tests.soak.figures import Figures, tables
from tests.soak.shown import sha256_of

CODE = "CXYZ"
YEAR = (date(2027, 1, 1), date(2027, 12, 31))
LOGIN_AFTER = (2, 20)  # seconds after its minute, by lot, at which a run logs in: a playbook takes a while to get there
PUBLISHED_AT = (dt_time(0, 30), dt_time(23, 59))  # whatever was made, also where no run comes for it
EXPECTED = ["*TP001*", "rpf*"]
AT_MOST = 10  # days after the last one until all is home
NAMES = ", ".join(map(repr, SCHEDULES))


class Life:
    """One workstation whose cron has a schedule, the facility that it asks, and one day after the other."""

    def __init__(self, root: pathlib.Path, emulator: Any, clock: SteeredClock, schedule: Schedule, last: date) -> None:
        self.schedule, self._control, self._clock = schedule, emulator.control, clock
        self._first, self._last, self._began = clock.now.date(), last, time.monotonic()
        self._dice = random.Random(schedule.name)
        self.workstation = Participant(root, emulator, CODE).register().workstations[0]
        self.workstation.options.update(outside_hours="skip", holiday_trading=schedule.holiday_trading)
        self.workstation.make_key(registered_on=self._first.isoformat())
        self.exchange = Exchange(emulator, CODE, self._first, last, holidays=schedule.holiday_trading)
        self._heard = self._control.status()["last_event"]
        self.home: dict[Version, datetime] = {}
        self._logins: list[datetime] = []
        self._full: set[date] = set()
        self._violations: list[dict[str, Any]] = []
        self._counts: Counter[str] = Counter()

    def live(self, in_full: Callable[[date], bool]) -> Figures:
        """Live until the last day, and on until all is home."""
        for day in days_from(self._first, self._last):
            self._live(day, in_full(day))
        day = self._last
        while self.missing() or day == self._last:
            day += timedelta(days=1)
            self._live(day, is_full=False)
            assert day <= self._last + timedelta(days=AT_MOST), f"never came home: {self.missing()[:3]}"
        return self._figures()

    def missing(self) -> list[Version]:
        """What was published and is not home."""
        return sorted(self.exchange.made - self.home.keys())

    def _live(self, day: date, is_full: bool) -> None:
        if is_full:
            self._full.add(day)
        extra = [(datetime.combine(day, at, HONG_KONG), "") for at in PUBLISHED_AT]
        for minute, scope in sorted([*self.schedule.runs_of(day), *extra]):
            moment = minute + timedelta(seconds=self._dice.randint(*LOGIN_AFTER))
            is_due = self.exchange.is_due(moment)
            if not is_due and not is_full and scope == INTRADAY:
                self._counts["left out"] += 1
            elif is_due or scope:
                self._run(moment, scope, is_due)
        self._listen()

    def _run(self, moment: datetime, scope: str, is_due: bool) -> None:
        self._clock.set(moment)
        if is_due:
            self.exchange.publish(moment)
        if not scope:
            return
        expected = {"expected": EXPECTED} if scope == ALL else {}
        result = self.workstation.sync(scope=scope, **expected)
        self._counts["runs"] += 1
        self._counts["while closed"] += result["outcome"] == "closed"
        trouble = [entry for entry in result.get("missing", []) if entry["day"] >= self._first.isoformat()]
        trouble += [entry for entry in result.get("lost", []) if entry["day"] >= self._first.isoformat()]
        assert not trouble and not result.get("refused"), f"{moment}: {trouble} {result.get('refused')}"

    def _listen(self) -> None:
        """Take in what the facility has logged."""
        events = self._control.events(since=self._heard)
        self._heard += len(events)
        for event in events:
            moment, told = datetime.fromisoformat(event["time"]), event["detail"]
            if event["event"] == "login":
                self._logins.append(moment)
            elif event["event"] == "download" and told["sent"] >= told["size"]:
                self.home.setdefault((told["path"], told["made"]), moment)
        self._violations += [event for event in events if "violation" in event]

    def _figures(self) -> Figures:
        of_day = Counter(map(operating_day, self._logins))
        return Figures(
            name=self.schedule.name,
            home={version: self.home[version] for version in self.exchange.made},
            daily_logins=[of_day[day] for day in sorted(self._full) if of_day[day]],
            logins=self._logins,
            runs=self._counts["runs"],
            while_closed=self._counts["while closed"],
            left_out=self._counts["left out"],
            violations=self._violations,
            seconds=time.monotonic() - self._began,
        )

    def look_at_the_archive(self) -> None:
        """All that was published is there, each content once, beside nothing else."""
        found = succeed("archive_check", **self.workstation.options, dest=self.workstation.dest, deep=True)
        assert not found["damaged"] and not found["absent"] and not found["unknown"], found
        shared = [pathlib.Path(self.workstation.dest, folder) for folder in ("COMMON", CODE)]
        held = sorted(sha256_of(file) for folder in shared for file in folder.rglob("*") if file.is_file())
        shown = self.exchange.shown.contents
        published = sorted(one for path in shown if not path.startswith(KEY_MANAGEMENT) for one in shown[path])
        assert held == published, f"{len(published)} contents were published, {len(held)} are in the archive"


def live(schedule: Schedule, first: date, last: date, in_full: Callable[[date], bool]) -> Figures:
    """Live a schedule from one day to another, against a facility of its own."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(dir=place) as folder,
        running(pathlib.Path(folder) / "facility") as emulator,
    ):
        # to read an RSA key takes 60 ms, since its primes are tried; here one is read again and again
        patch.setattr(key_files, "load_private", functools.lru_cache(key_files.load_private))
        clock = SteeredClock(emulator.control, patch)
        clock.set(datetime.combine(first, dt_time(0), HONG_KONG))
        life = Life(pathlib.Path(folder), emulator, clock, schedule, last)
        figures = life.live(in_full)
        life.look_at_the_archive()
        return figures


def in_full(day: date) -> bool:
    """Whether a day is in a week with a holiday, of which all polls are made."""
    monday = day - timedelta(days=day.weekday())
    return any(Calendar().kind(monday + timedelta(days=number)) is not Kind.BUSINESS for number in range(5))


def _live_the_year(name: str, every_poll: bool) -> Figures:
    def told(day: date) -> bool:
        if day.day == 1:
            print(f"{name}: {day:%B}", file=sys.stderr, flush=True)
        return every_poll or in_full(day)

    return live(SCHEDULES[name], *YEAR, told)


def main() -> int:
    """Live the year with the schedules named, or with all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--every-poll", action="store_true", help="make all polls of the year, which takes hours")
    parser.add_argument("schedule", nargs="*", metavar="SCHEDULE", help=f"of {NAMES}; all if left out")
    given = parser.parse_args()
    if unknown := [name for name in given.schedule if name not in SCHEDULES]:
        parser.error(f"there is no schedule {unknown[0]!r}, but {NAMES}")
    names = given.schedule or [*SCHEDULES]
    with ProcessPoolExecutor(os.cpu_count()) as side_by_side:
        lived = [*side_by_side.map(_live_the_year, names, [given.every_poll] * len(names))]
    print("\n".join(tables(lived)))
    violations = [event for figures in lived for event in figures.violations]
    if violations:
        print(f"{len(violations)} violations, the first of them: {violations[0]}")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
