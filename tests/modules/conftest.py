# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal facility for each file of tests, and for each test a participant registered with it."""

from __future__ import annotations

import itertools

import pytest

from emulator.client import Emulator
from tests.modules.steering import steer_facility, steer_modules
from tests.modules.support import Facility, Participant

_CODES = (f"C{number:03}" for number in itertools.count(100))


@pytest.fixture(scope="module", autouse=True)
def _one_clock():
    with pytest.MonkeyPatch.context() as patch:
        steer_modules(patch)
        yield


@pytest.fixture(scope="module")
def emulator(tmp_path_factory):
    with Emulator(tmp_path_factory.mktemp("facility")) as running:
        steer_facility(running.control)
        yield running


@pytest.fixture
def facility(emulator):
    """The facility as one test sees it: empty folders, and only the events since the test began."""
    seen = Facility(emulator)
    yield seen
    told = [event for event in seen.violations() if not any(text in str(event) for text in seen.forgiven)]
    seen.clear()
    assert told == [], f"a client did what the guide forbids: {told}"


@pytest.fixture
def participant(tmp_path, facility):
    return Participant(tmp_path, facility, next(_CODES)).register()


@pytest.fixture
def workstation(participant):
    return participant.workstations[0]
