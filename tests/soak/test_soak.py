# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated year of two participants against the rehearsal facility: kills, faults, wrong clocks, lost states.

``SOAK_SEED`` draws again what the run drew that named it, up to where SIGKILL strikes, which nobody can repeat;
``SOAK_DAYS`` is how many calendar days are lived, before the quiet ones at the end.
"""

from __future__ import annotations

import os
import pathlib
import random
import tempfile
import time
from datetime import timedelta

import pytest

from emulator.client import running
from tests.soak.handover import hand_over
from tests.soak.year import BEGAN, Year

FEW_DAYS = 5
SEED = int(os.environ.get("SOAK_SEED", random.randrange(1 << 32)))
DAYS = int(os.environ.get("SOAK_DAYS", 365))


@pytest.fixture
def year():
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder, running(pathlib.Path(folder) / "facility") as emulator:
        yield Year(pathlib.Path(folder), emulator, SEED)


def live(year, days, capsys, record_property):
    """Live so many days and a quiet end; where something does not hold, say what led to it."""
    began, day = time.monotonic(), BEGAN
    with capsys.disabled():
        print(f"\nSOAK_SEED={SEED} SOAK_DAYS={days}", flush=True)
    try:
        for number in range(days):
            day = BEGAN + timedelta(days=number)
            year.live(day)
        year.end(BEGAN + timedelta(days=days))
        year.counts.update(
            hand_over(year.stations, year.time.now.date(), year.dice, year.watch.newer_than_their_record)
        )
    except BaseException:
        with capsys.disabled():
            print(f"\nSOAK_SEED={SEED}, on {day} (SOAK_DAYS={(day - BEGAN).days + 1}):\n{year.last_events()}")
        raise
    summary = f"{days} days lived in {time.monotonic() - began:.0f} s: {year.summary()}"
    record_property("soak", summary)
    with capsys.disabled():
        print(summary)


def test_a_few_days_lose_no_key_and_no_report_and_lock_no_account(year, capsys, record_property):
    live(year, FEW_DAYS, capsys, record_property)


@pytest.mark.long("a few days of it")
def test_a_simulated_year_loses_no_key_and_no_report_and_locks_no_account(year, capsys, record_property):
    live(year, DAYS, capsys, record_property)
