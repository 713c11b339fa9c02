# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dice lets happen to runs, workstations, participants and the facility."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from emulator.faults import KINDS
from tests.soak.watch import REWRITTEN
from tests.soak.world import LOSSES, Run, Station

if TYPE_CHECKING:
    from random import Random

    from tests.soak.year import Pair, Year

KILLED, MET = 0.08, 0.2  # of the runs: killed; met by a fault, if they connect
IN_RENEWAL = 0.35  # the same of runs in which a renewal goes on
RIGHTED = 0.4  # of the clocks that are wrong, each morning
SWITCHED = 0.7  # of the workstations that have the wrong site, each morning
LATER = 1.2  # a kill comes within so many times of what a run takes, and in a renewal
MUCH_LATER = 4.0  # within so many, since most runs of its module have nothing to do
SLOW = 0.03  # of the faults: they take their timeouts
EACH_DAY = {
    "jump": 0.04, "reboot": 0.03, "copy": 0.3, "loss": 0.02, "compromise": 0.004, "bad key": 0.15,
    "outage": 0.02, "site": 0.012, "burst": 0.1,
}  # fmt: skip
JUMPS = [timedelta(**span) for span in (
    {"minutes": 4}, {"minutes": 20}, {"hours": 1}, {"hours": 9}, {"days": 1}, {"days": 3}, {"days": 8}, {"days": 25},
)]  # fmt: skip

IN_UPLOADS = ("drop_after_upload", "no_result", "result_late", "result_older", "result_misnamed", "result_odd")
HANGS = ("hang_before_banner", "hang_in_key_exchange", "hang_in_authentication")
ANYWHERE = tuple(name for name in KINDS if name not in (*IN_UPLOADS, *HANGS, "one_channel"))
ODD_RESULTS = (
    {"called": "Result.20200101.000000.{word}.txt"},
    {"called": "Result.20990101.000000.{word}.txt"},
    {"more": "Note: never upload your PRIVATE KEY."},
    {"encoding": "utf-16"},
    {"file": "CANY001.pub"},
)
SETTINGS: dict[str, Callable[[Random], dict[str, Any]]] = {
    "stall": lambda dice: {"seconds": dice.choice((0.05, 0.3))},
    "many_files": lambda dice: {"count": 60},
    "read_refused": lambda dice: {"path": dice.choice(("/C*/*", "/KEY_MANAGEMENT/*"))},
    "stat_refused": lambda dice: {"path": dice.choice(("/C*/*", "/KEY_MANAGEMENT/*.pub"))},
    "drop_connection": lambda dice: {"after": dice.choice((1, 1000, 2500, 6000, 40_000, 90_000))},
    "drop_in_file": lambda dice: {"after": dice.choice((1, 500, 3000))},
    "short_reads": lambda dice: {"bytes": dice.choice((100, 999))},
    "listing_in_pieces": lambda dice: {"names": dice.choice((1, 3, 20))},
    "result_odd": lambda dice: dict(dice.choice(ODD_RESULTS)),
    "result_late": lambda dice: {"seconds": dice.choice((3, 30, 4000, 90_000))},
}


class Fate:
    """Draws what happens, and lets it happen."""

    def __init__(self, year: Year) -> None:
        self._year, self._dice = year, year.dice
        self.armed: Counter[str] = Counter()
        self.compromised: dict[Station, str] = {}  # whose key it is: its fingerprint
        self._takes: dict[str, float] = {}  # seconds of a run, by module
        self._away: dict[str, date] = {}  # participants whose control node is down, through that day
        self._site, self._is_quiet = "primary", False

    def draws(self, what: str) -> bool:
        return not self._is_quiet and self._dice.random() < EACH_DAY[what]

    # To a run

    def threaten(self, run: Run) -> None:
        """Draw whether the run is killed, and which fault it meets."""
        if self._is_quiet:
            return
        if self._dice.random() < (IN_RENEWAL if run.is_due else KILLED):
            within = self._takes.get(run.module, 0.5) * (MUCH_LATER if run.is_due else LATER)
            run.kill_after = self._dice.random() * within
        connects = run.module != "account_info" and not run.options.get("standby")
        if connects and self._dice.random() < (IN_RENEWAL if run.is_due else MET):
            self._arm(run)

    def _arm(self, run: Run) -> None:
        kinds = (*IN_UPLOADS, *ANYWHERE) if run.is_due else ANYWHERE
        run.fault = self._dice.choice(HANGS if self._dice.random() < SLOW else kinds)
        if run.fault in REWRITTEN and run.options.get("scope") == "intraday":
            run.fault = "stall"  # what comes next of the day is published with all before it, as that was
        run.settings = SETTINGS.get(run.fault, lambda dice: {})(self._dice)
        if "account" in KINDS[run.fault].settings:
            run.settings["account"] = run.station.account
        times = None if KINDS[run.fault].lasting else self._dice.choice((1, 1, 2, None))
        self._year.control.fault_arm(run.fault, times, **run.settings)
        self.armed[run.fault] += 1

    def learn(self, run: Run) -> None:
        """Take note of how long such a run takes."""
        if not run.killed and not run.fault:
            self._takes[run.module] = 0.8 * self._takes.get(run.module, run.seconds) + 0.2 * run.seconds

    def bad_key(self, other: Station) -> bytes | None:
        """The key that a renewal makes, if it is to be one that the exchange rejects: that of the other account."""
        return other.newest("id_rsa").read_bytes() if self.draws("bad key") else None

    # In the morning

    def morning(self, day: date) -> list[Pair]:
        """Let happen what befalls facility, participants and workstations; return the pairs that are run this day."""
        self._switch_site()
        for station in self._year.stations:
            if station.ahead and (self._is_quiet or self._dice.random() < RIGHTED):
                self.set_clock(station, timedelta())
            self._befall(station)
        for pair in self._year.pairs:
            if self.draws("outage"):
                self._away[pair[0].code] = day + timedelta(days=self._dice.choice((0, 1, 6)))
                self._year.remember(f"{pair[0].code}: no run through {self._away[pair[0].code]}")
        here = [pair for pair in self._year.pairs if self._away.get(pair[0].code, date.min) < day]
        self._year.counts["participants' days without a run"] += len(self._year.pairs) - len(here)
        return here

    def _switch_site(self) -> None:
        """The facility goes to its other site for a day; people follow, not all of them at once."""
        if self._site == "secondary" or self.draws("site"):
            self._site = "primary" if self._site == "secondary" else "secondary"
            self._year.control.site(self._site)
            self._year.counts["switches of site"] += 1
            self._year.remember(f"the {self._site} site answers")
        for station in self._year.stations:
            if station.site != self._site and (self._is_quiet or self._dice.random() < SWITCHED):
                station.switch(self._site)

    def _befall(self, station: Station) -> None:
        if self.draws("jump"):
            self.jump(station)
        if self.draws("reboot"):
            self.reboot(station)
        if self.draws("copy"):
            station.copy_state()
        if self.draws("loss"):
            self.lose_state(station)
        if self.draws("compromise") and station not in self.compromised:
            self.compromised[station] = str(station.in_force())
            self._year.watch.withdrawn.add(station.account)
            self._year.counts["compromised keys"] += 1
            self._year.remember(f"the key of {station} is compromised")

    def jump(self, station: Station) -> None:
        self.set_clock(station, self._dice.choice(JUMPS) * self._dice.choice((1, -1)))
        self._year.counts["jumps of a clock"] += 1

    def set_clock(self, station: Station, ahead: timedelta) -> None:
        station.ahead = ahead
        self._year.remember(f"the clock of {station} is {ahead} ahead")

    def reboot(self, station: Station) -> None:
        station.reboot()
        self._year.counts["reboots"] += 1
        self._year.remember(f"{station} boots")

    def lose_state(self, station: Station) -> None:
        """Let a state be lost, or an older one come back; not in the middle of a withdrawal, nor from before it."""
        if station in self.compromised or not station.copies:
            return
        how = self._dice.choice(LOSSES)
        station.lose_state(how, self._dice.choice(station.copies))
        self._year.watch.lost(station)
        self._year.counts["losses of a state"] += 1
        self._year.remember(f"the state of {station}: {how}")

    def end_withdrawal(self, station: Station) -> None:
        """A compromised key has been replaced."""
        del self.compromised[station]
        self._year.watch.withdrawn.discard(station.account)
        station.copies.clear()
        self._year.remember(f"{station} has another key")

    def rest(self) -> None:
        """Let nothing happen any more, and all that was wrong be set right."""
        self._is_quiet = True
        self._away.clear()
        if self._site == "secondary":
            self._switch_site()
