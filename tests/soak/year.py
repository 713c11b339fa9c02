# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated year: what the daily playbooks run on two participants' workstations, and all that comes in between."""

from __future__ import annotations

import pathlib
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import CLOSED, HOLIDAYS
from tests.modules.support import succeed
from tests.soak import playbooks
from tests.soak.fate import Fate
from tests.soak.processes import side_by_side
from tests.soak.shown import Shown
from tests.soak.watch import Watch
from tests.soak.world import Run, Station, TrueTime, warm_up

BEGAN = date(2026, 1, 2)
REGISTERED = timedelta(days=12)  # before: the first renewals are due in the first days
NO_BUSINESS = [
    date(year, int(day[:2]), int(day[2:]))
    for table in (HOLIDAYS, CLOSED)
    for year, days in table.items()
    for day in days.split()
]
PARTICIPANTS = {"CXYZ": ("127.0.10.31", "127.0.10.32"), "CSOK": ("127.0.20.31", "127.0.20.32")}
SCALE = 0.01  # of the usual sizes of reports
QUIET_DAYS = 14  # at the end, and no more than were lived before, in which whatever was begun comes to its end
SHOWN = 40  # of the last events, where the soak fails; these tell too little
UNTOLD = ("clock", "publish", "connect", "disconnect", "list", "download", "faults cleared", "removed")

Pair = tuple[Station, Station]


class Year:
    """Two participants, the facility, and one day after the other."""

    def __init__(self, root: pathlib.Path, emulator: Any, seed: int) -> None:
        self.dice, self.control = random.Random(seed), emulator.control
        self.time = TrueTime(self.control, datetime.combine(BEGAN - REGISTERED, time(9), HONG_KONG))
        self.control.hours(closed_days=[day.isoformat() for day in NO_BUSINESS])
        self.pairs = [self._registered(root, emulator, code) for code in PARTICIPANTS]
        self.stations = [station for pair in self.pairs for station in pair]
        self.shown = Shown(pathlib.Path(emulator.root) / "folders")
        self.watch = Watch(self.control, self.shown, self.pairs)
        self.counts = self.watch.counts
        self.fate = Fate(self)
        self.story: list[str] = []
        warm_up()

    def _registered(self, root: pathlib.Path, emulator: Any, code: str) -> Pair:
        first, second = (
            Station(root / code / f"ws{number}", f"{code}00{number}", source, emulator, self.time)
            for number, source in enumerate(PARTICIPANTS[code], 1)
        )
        for station in (first, second):
            station.make_key_at_once()
        self.register(first, second)
        for station in (first, second):
            station.make_key_at_once(registered_on=self.time.now.date().isoformat())
        return first, second

    def register(self, *pair: Station) -> None:
        """Do as people do: build the package of both keys, and hand it in (§5)."""
        package = pair[0].root.parent / f"{pair[0].code}.zip"
        succeed(
            "registration_package",
            customer_code=pair[0].code,
            workstation_addresses=[station.options["source_address"] for station in pair],
            public_keys={station.account: station.newest(f"{station}.pub").read_text() for station in pair},
            dest=str(package),
        )
        self.control.register(package)

    # Side by side

    def together(self, stories: Iterable[Iterator[Run]]) -> None:
        """Let the stories of pairs go on side by side: each yields its next run, and goes on when that has ended."""
        going = {story: next(story, None) for story in stories}
        while going := {story: run for story, run in going.items() if run is not None}:
            self.time.reach(self.time.now + timedelta(seconds=self.dice.randrange(2, 40)))
            self._step([*going.values()])
            for story in going:
                going[story] = next(story, None)

    def _step(self, runs: list[Run]) -> None:
        for run in runs:
            self.fate.threaten(run)
        side_by_side(runs)
        for run in runs:
            self.remember(run)
            self.fate.learn(run)
        if any(run.fault for run in runs):
            self.control.fault_clear()
        self.watch.look(runs)

    def remember(self, told: object) -> None:
        self.story.append(f"{self.time.now:%Y-%m-%d %H:%M:%S} {told}")

    # A day

    def live(self, day: date) -> None:
        """Live a day: what happens, happens; then the playbooks run, if it is a business day."""
        self._at(day, 6)
        here = self.fate.morning(day)
        if day.weekday() > 4 or day in NO_BUSINESS:
            return
        self.counts["business days"] += 1
        self._at(day, 8)
        self.together(playbooks.renew_keys(self, pair) for pair in here)
        self._at(day, 10)
        self._publish()
        self.together(playbooks.sync_reports(pair, "intraday") for pair in here)
        if self.fate.draws("burst"):
            self._at(day, 14)
            self._publish()
            self.together(playbooks.sync_in_a_hurry(self, self.dice.choice(pair)) for pair in here)
        self._at(day, 22)
        self._publish()
        if self.fate.draws("burst"):
            self._rewrite()
        self.together(playbooks.sync_reports(pair) for pair in here)
        self.together(playbooks.ask(self, pair) for pair in here)

    def _at(self, day: date, hour: int) -> None:
        moment = datetime.combine(day, time(hour), HONG_KONG)
        self.time.reach(moment + timedelta(seconds=self.dice.randrange(1200)))

    def _publish(self) -> None:
        """Let the facility publish what is made by now."""
        self.counts["reports published"] += self.control.publish(scale=SCALE, due=True)["published"]
        self.shown.look()

    def _rewrite(self) -> None:
        """Let it publish another content of some of today's reports."""
        today = [path for path in self.shown.present if f"{self.time.now:%Y%m%d}" in path and "KEY_" not in path]
        for path in self.dice.sample(today, 3):
            folder, _slash, name = path.rpartition("/")
            self.control.publish(name=name, folder=folder, size=self.dice.randrange(300, 9000))
            self.counts["reports published anew"] += 1
        self.shown.look()

    # The end

    def end(self, day: date) -> None:
        """Let quiet days pass; then look at all."""
        self.fate.rest()
        for number in range(min(QUIET_DAYS, (day - BEGAN).days)):
            self.live(day + timedelta(days=number))
        assert not self.fate.compromised, f"withdrawals that came to no end: {self.fate.compromised}"
        self.watch.look_at_the_end()

    def last_events(self) -> str:
        """What came last, for those who look into a failure."""
        events = [event for event in self.control.events() if event["event"] not in UNTOLD][-SHOWN:]
        log = [f"{event['time'][:19]} {event['account']} {event['event']} {event['detail']}" for event in events]
        return "\n".join([*self.story[-SHOWN:], "The facility's log:", *log])

    def summary(self) -> str:
        home = sum(len(reports) for reports in self.watch.home.values())
        return (
            f"{_told(self.counts)}; {home} contents of reports seen at home\n"
            f"faults armed: {_told(self.fate.armed)}\nruns that failed: {_told(self.watch.codes)}"
        )


def _told(counts: Counter[str]) -> str:
    return "; ".join(f"{number} {what}" for what, number in sorted(counts.items()))
