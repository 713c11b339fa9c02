# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One clock for both sides, the facility's and the one that modules read, so that no test lives by today.

It is noon of one Friday when the tests begin, and the clock runs on; a `SteeredClock` stands where a test sets it.
"""

from __future__ import annotations

import pathlib
import time
from datetime import datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._io import clock
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.modules import (
    account_info,
    account_key,
    facility_info,
    key_renewal,
    report_sync,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)  # of a Friday between business days
AHEAD = NOON - datetime.now(HONG_KONG)  # of the machine's clock
LONG = 60  # seconds
IN_A_CHILD = pathlib.Path(__file__).parents[2] / "demo" / "clock"  # moves the clock of Pythons that find it


def present():
    """The moment at which a test is, and all that it runs, unless it steers the clock."""
    return datetime.now(HONG_KONG) + AHEAD


class _Present(datetime):
    @classmethod
    def now(cls, tz=None):
        return present().astimezone(tz)


def _short_sleep(seconds):
    assert seconds < LONG, f"a module sleeps for {seconds:.0f} seconds: this test needs a clock that it steers"
    time.sleep(seconds)


def steer_modules(monkeypatch):
    """Let modules read the tests' clock, in this process and in Pythons that it starts."""
    monkeypatch.setattr(clock, "datetime", _Present)
    for module in (facility_info, key_renewal, report_sync):
        monkeypatch.setattr(module, "sleep", _short_sleep)
    monkeypatch.setenv("PYTHONPATH", str(IN_A_CHILD))
    monkeypatch.setenv("REHEARSAL_SHIFT", str(AHEAD.total_seconds()))


def steer_facility(control):
    """Let the facility have the tests' clock, again where a test has set it."""
    control.clock_set(present().isoformat())


class SteeredClock:
    """Moves only when told to, or when a module sleeps; and with it the clock that counts since the boot."""

    def __init__(self, control, monkeypatch):
        self._control = control
        self.now, self.boot, self.up, self.slept = None, "first", 1e6, []
        for module in (account_info, account_key, facility_info, key_renewal, report_sync):
            monkeypatch.setattr(module, "hong_kong_now", lambda: self.now)
        for module in (account_info, facility_info, key_renewal, report_sync):
            monkeypatch.setattr(module, "uptime", lambda: Uptime(self.boot, self.up))
        for module in (facility_info, key_renewal, report_sync):
            monkeypatch.setattr(module, "sleep", self._sleep)

    def set(self, moment, facility=True):
        """Let time pass until a moment; set both clocks, or the workstation's alone."""
        if self.now is not None:
            self.up += max(0.0, (moment - self.now).total_seconds())
        self.now = moment
        if facility:
            self._control.clock_set(moment.isoformat(), hold=True)

    def advance(self, **span):
        self.set(self.now + timedelta(**span))

    def step(self, **span):
        """Set the workstation's clock wrong, or right: no time passes."""
        self.now += timedelta(**span)

    def reboot(self, takes=30):
        """Let the workstation start anew, in so many seconds."""
        self.advance(seconds=takes)
        self.boot, self.up = self.boot + "+", float(takes) / 2

    def release(self):
        """Let the facility go with the other tests again."""
        steer_facility(self._control)

    def _sleep(self, seconds):
        self.slept.append(seconds)
        self.advance(seconds=seconds)
