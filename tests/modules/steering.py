# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One clock for both sides: the facility's, held still, and the one that modules in this process read."""

from __future__ import annotations

from datetime import timedelta

from ansible_collections.dcass.sftp.plugins.modules import (
    account_info,
    account_key,
    facility_info,
    key_renewal,
    report_sync,
)


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

    def _sleep(self, seconds):
        self.advance(seconds=seconds)
