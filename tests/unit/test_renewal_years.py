# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten years of both accounts of a participant, over and over, each time with other accidents (§4.1, §4.3, §6).

The real flow on real records, against a facility in memory. Days on which neither account has anything to do are
passed over. Every other day is one morning of the program that Hypothesis draws; when that is used up, all goes well.
"""

from __future__ import annotations

import collections
import itertools
import os
import pathlib
import sys
import typing
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, operating_day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import VALID_DAYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal_due import LAST_CHANCE_DAYS, last_business_day
from tests.unit.renewal_support import DAY, HOUR, REJECTED, SWALLOWED, UNTOLD, Answer, Mood, Participant, Workstation

DAYS = 3650
# each run of the tests lives the same first part of them (the other environments less); a thousand take a minute
LIVES = int(os.environ.get("DCASS_LIVES", 60 if pathlib.Path(sys.prefix).name == ".venv" else 30))
CHANCES = 3  # this many good mornings before its end, and a key is renewed

ANSWERS = (
    REJECTED,
    SWALLOWED,
    UNTOLD,
    Answer(told=3 * HOUR),
    Answer(imported=3 * HOUR, told=3 * HOUR),
    Answer(imported=50 * HOUR, told=50 * HOUR),
    Answer(imported=20 * HOUR),  # told at once, imported late
    Answer(imported=30 * HOUR, told=None),
    Answer(imported=None),  # told to be imported, and never is
    replace(REJECTED, told=3 * HOUR),
    replace(REJECTED, told=50 * HOUR),
    Answer(dated=-DAY),
    Answer(dated=3 * HOUR),
    Answer(name="Result_{at:%Y%m%d_%H%M%S}_{word}.txt"),
    Answer(about="somebody else's key"),
)
SOUND = Mood()
TROUBLES = (
    *(Mood(answer=answer) for answer in ANSWERS),
    Mood(reachable=False),
    Mood(lets_in=False),
    Mood(takes_uploads=False),
    *(Mood(drops_at=step, drops_late=late) for step in range(1, 8) for late in (False, True)),
)
LASTING = (Mood(answer=REJECTED), Mood(reachable=False), Mood(lets_in=False), Mood(takes_uploads=False))


@dataclass(frozen=True)
class Mishap:
    """What befalls one account's run: the facility's trouble, or the power goes at the so-many-th call."""

    mood: Mood = SOUND
    power_cut: int | None = None


@dataclass(frozen=True)
class Morning:
    """One day on which there is something to do."""

    at: time = time(8)
    mishaps: tuple[Mishap | None, Mishap | None] = (None, None)
    swapped: bool = False  # the second account goes first
    known: bool = True  # the other workstation could be asked
    forced: int | None = None  # which account is renewed by force
    again: int | None = None  # seconds until both run once more
    away: int = 0  # days without any run from then on


@dataclass(frozen=True)
class Siege:
    """Weeks in which nothing works for one of the accounts; ``begins`` and ``days`` are days of the ten years."""

    number: int
    mishap: Mishap
    begins: int
    days: int


mishaps = st.none() | st.builds(Mishap, st.sampled_from(TROUBLES)) | st.builds(Mishap, power_cut=st.integers(1, 75))
mornings = st.builds(
    Morning,
    at=st.sampled_from([time(8), time(8), time(2), time(5), time(23, 59, 30)]),
    mishaps=st.tuples(mishaps, mishaps),
    swapped=st.booleans(),
    known=st.sampled_from([True, True, True, False]),
    forced=st.sampled_from([None] * 12 + [0, 1]),
    again=st.sampled_from([None, None, 1, 90, 4000]),
    away=st.sampled_from([0] * 14 + [1, 5, 12, 40, 75]),
)
# the second account opens with the first, and must not wait for it to its own end
UNTIL_THE_END = [Siege(0, Mishap(mood), begins=650, days=150) for mood in LASTING]
sieges = st.builds(
    Siege,
    number=st.integers(0, 1),
    mishap=st.sampled_from([Mishap(SOUND, 1), *(Mishap(mood) for mood in LASTING)]),
    begins=st.integers(630, 690) | st.integers(600, 3500),
    days=st.integers(40, 150),
)


class Validity:
    """One participant's ten years, and what must hold on each day of them."""

    counts: typing.ClassVar[collections.Counter[str]] = collections.Counter()

    def __init__(self, began: date, apart: int, siege: Siege | None = None) -> None:
        self.play = Participant(began, began + timedelta(days=apart))
        self.clock, self.facility = self.play.clock, self.play.facility
        self.stations = (self.play.first, self.play.second)
        self.clock.now += timedelta(days=apart)
        self.began, self.end = self.clock.now, self.clock.now + timedelta(days=DAYS)
        self.siege = siege
        self.chances: dict[str, set[date]] = {station.account: set() for station in self.stations}
        self.must_force: set[str] = set()

    def live(self, program: list[Morning]) -> None:
        for morning in itertools.chain(program, itertools.repeat(Morning())):
            tomorrow = self.clock().date() + DAY
            day = min(self._next_day(station, tomorrow) for station in self.stations)
            self.clock.now = datetime.combine(day, morning.at, HONG_KONG)
            if self.clock.now >= self.end:
                break
            self._live_through(morning)
            if morning.away:
                self.clock.now += timedelta(days=morning.away)
        for station in self.stations:
            self._has_a_key(station)

    def _next_day(self, station: Workstation, soonest: date) -> date:
        """The next day with anything to do for the account: a renewal begins, goes on, or leaves a key to destroy."""
        renewal, known = station.renewal, station.record.known()
        if renewal and renewal.in_flight:
            return soonest
        opens = known[station.current].registered_on + timedelta(days=VALID_DAYS - 60)
        retires = (known[key].last_day + DAY for key in station.files.fingerprints().values() if known[key].last_day)
        return max(soonest, min([opens, *retires]))

    def _live_through(self, morning: Morning) -> None:
        today = self.clock().date()
        busy = [self._next_day(station, today) <= today for station in self.stations]
        order = [number for number in (0, 1) if busy[number] or morning.forced == number]
        order = order[::-1] if morning.swapped else order
        for number in order:
            self._one_run(number, morning, morning.mishaps[number])
        if morning.again is not None:
            self.clock.now += timedelta(seconds=morning.again)
            for number in order:
                self._one_run(number, replace(morning, forced=None), None, again=True)

    def _one_run(self, number: int, morning: Morning, mishap: Mishap | None, again: bool = False) -> None:
        station, other = self.stations[number], self.stations[1 - number]
        self._has_a_key(station)
        mishap = self._besieged(number) or mishap
        self.facility.be(mishap.mood if mishap else SOUND)
        station.fuse.left = mishap.power_cut if mishap else None
        force = self._is_forced(station, morning.forced == number)
        before, today, is_open = station.renewal, self.clock().date(), self.facility.calendar.at(self.clock()).is_open
        others_before = other.told()
        told = station.run(other=other, known=morning.known, force=force)
        self.counts["runs"] += 1
        self.counts[told.code or (told["state"] if told.result else "power cut")] += 1
        self.facility.be(SOUND)
        self._keeps_the_rules(station)
        begun = station.renewal and (before is None or station.renewal.id != before.id)
        if begun and not force:
            self._waited_for_the_other(station, others_before, morning.known, today)
        if told.code in ("new_key_refused", "ambiguous_key"):
            self.must_force.add(station.account)  # as the hint says
        else:
            self.must_force.discard(station.account)
        if mishap is None and is_open and not again:
            self.chances[station.account].add(operating_day(self.clock()))
            assert self._works(station, {station.current}) or not self._works(station), "the wrong key is current"
        if told.result and told["changed"] and not told.code:
            twice = station.run(other=other, known=morning.known)
            assert not twice["changed"] and not twice.logins, "the second run on one day had something to do"

    def _besieged(self, number: int) -> Mishap | None:
        siege, day = self.siege, (self.clock.now - self.began).days
        within = siege and siege.number == number and 0 <= day - siege.begins < siege.days
        return siege.mishap if siege and within else None

    def _is_forced(self, station: Workstation, wanted: bool) -> bool:
        """People force what they want renewed, or as a hint says; having asked whether the exchange is still at it."""
        return (wanted or station.account in self.must_force) and not station.books.waiting

    def _works(self, station: Workstation, keys: set[str] | None = None) -> bool:
        return bool(self.facility.valid(station.account) & (keys or station.files.held()))

    def _has_a_key(self, station: Workstation) -> None:
        """An account can log in on every day; if not, its chances had been refused to it. Then people re-register it.

        A chance is an operating day with an undisturbed run of this account: the facility open and sound, the power on.
        Three of them within the last fifteen days of the key are enough, whatever had gone wrong before, and whatever
        the other account does: one may bring the bad news of an earlier upload, on one it may wait for the other.
        """
        self.facility.settle(station.account)
        if self._works(station):
            return
        last_day = max(station.books.keys.values())
        begins = last_day - timedelta(days=LAST_CHANCE_DAYS)
        had = sum(begins <= day <= last_day for day in self.chances[station.account])
        assert had < CHANCES, f"{station.account} has no key since {last_day}, in spite of {had} chances"
        self.counts["re-registered"] += 1
        station.register(self.clock().date())

    def _keeps_the_rules(self, station: Workstation) -> None:
        assert self.facility.violations == []
        assert station.current in station.books.accepted, "a key is current that has never logged in"
        needed = self.facility.valid(station.account) | {key for _at, _uploaded, key in station.books.waiting}
        assert needed <= station.files.held(), "a key was destroyed that the facility lets in"

    def _waited_for_the_other(self, station: Workstation, other: dict, known: bool, today: date) -> None:
        """Never both under way, never both on one day: one account always works. But no key dies of it."""
        last_day = station.record.known()[station.renewal.old_fingerprint].registered_on + timedelta(days=VALID_DAYS)
        if not known or other["state"] not in ("none", "done", "abandoned"):
            assert (last_day - today).days <= LAST_CHANCE_DAYS, f"began beside the other account, {other['state']}"
        if known and other["state"] != "rejected" and other["uploaded_on"] == today.isoformat():
            assert today >= last_business_day(self.facility.calendar, last_day, today), "both renewed on one day"


@settings(
    max_examples=LIVES,
    derandomize=True,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(
    began=st.dates(date(2018, 1, 1), date(2019, 3, 1)),
    apart=st.sampled_from([0, 0, 1, 7, 20, 300]),
    siege=st.none() | sieges,
    program=st.lists(mornings, min_size=10, max_size=30),
)
@example(began=date(2019, 3, 1), apart=0, siege=UNTIL_THE_END[0], program=[])
@example(began=date(2019, 3, 1), apart=0, siege=UNTIL_THE_END[1], program=[])
def live_ten_years(began, apart, siege, program):
    Validity(began, apart, siege).live(program)


def test_ten_years_again_and_again():
    Validity.counts.clear()
    live_ten_years()
    print(f"\n{LIVES} lives of ten years: {dict(Validity.counts.most_common())}")
    for outcome in ("renewed", "pending", "power cut", "connection_lost", "result_not_seen", "renewal_rejected"):
        assert Validity.counts[outcome], f"no life has seen: {outcome}"
