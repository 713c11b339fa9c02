# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal facility of the test's own, and a participant that is registered with it."""

from __future__ import annotations

import pytest

from emulator.client import Emulator
from tests.modules.support import Participant


@pytest.fixture
def facility(tmp_path):
    with Emulator(tmp_path / "facility") as running:
        running.forgiven = ()  # a test that provokes violations names them by a part of their text
        yield running
        told = [event for event in running.control.violations() if not any(f in str(event) for f in running.forgiven)]
        assert told == [], "a client did what the guide forbids"


@pytest.fixture
def participant(tmp_path, facility):
    return Participant(tmp_path, facility).register()


@pytest.fixture
def workstation(participant):
    return participant.workstations[0]
