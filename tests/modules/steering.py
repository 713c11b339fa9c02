# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One clock for both sides, the facility's and the one that modules read, so that no test lives by today.

It is noon of one Friday when the tests begin, and the clock runs on; a `SteeredClock` stands where a test sets it.
"""

from __future__ import annotations

import pathlib
from datetime import datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._io import clock
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.modules import (
    account_info,
    account_key,
    facility_info,
    key_renewal,
    report_sync,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)  # of a Friday between business days
AHEAD = NOON - datetime.now(HONG_KONG)  # of the machine's clock
IN_A_CHILD = pathlib.Path(__file__).parents[2] / "demo" / "clock"  # moves the clock of Pythons that find it


def present():
    """The moment at which a test is, and all that it runs, unless it steers the clock."""
    return datetime.now(HONG_KONG) + AHEAD


class _Present(datetime):
    @classmethod
    def now(cls, tz=None):
        return present().astimezone(tz)


def steer_modules(monkeypatch):
    """Let modules read the tests' clock, in this process and in Pythons that it starts."""
    monkeypatch.setattr(clock, "datetime", _Present)
    monkeypatch.setenv("PYTHONPATH", str(IN_A_CHILD))
    monkeypatch.setenv("REHEARSAL_SHIFT", str(AHEAD.total_seconds()))


def steer_facility(control):
    """Let the facility have the tests' clock, again where a test has set it."""
    control.clock_set(present().isoformat())


class SteeredClock:
    """Moves only when told to, or when a module sleeps."""

    def __init__(self, control, monkeypatch):
        self._control = control
        self.now = None
        for module in (account_info, account_key, facility_info, key_renewal, report_sync):
            monkeypatch.setattr(module, "hong_kong_now", lambda: self.now)
        monkeypatch.setattr(key_renewal, "sleep", self._sleep)

    def set(self, moment, facility=True):
        """Set both clocks, or the workstation's alone."""
        self.now = moment
        if facility:
            self._control.clock_set(moment.isoformat(), hold=True)

    def advance(self, **span):
        self.set(self.now + timedelta(**span))

    def release(self):
        """Let the facility go with the other tests again."""
        steer_facility(self._control)

    def _sleep(self, seconds):
        self.advance(seconds=seconds)
