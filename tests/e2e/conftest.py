# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One rehearsal for all end-to-end tests: an emulator, two workstations, and the milestones of their story.

Each milestone is a fixture that builds on the one before, so that every playbook is run no more often than needed.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.rehearsal import CHECKOUT, Outcome, Rehearsal
from emulator.client import Emulator, running

BEFORE_SYNC = ("dcass.sftp.rollout", "dcass.sftp.register")
DAY = "2026-11-20"  # a Friday between business days


@pytest.fixture(scope="session")
def facility(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """A rehearsal facility on free ports."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def stage(facility: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """Two workstations, bare; for them and the facility it is the evening of a business day."""
    today = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}  # or no certificate is valid
    subprocess.run([sys.executable, "tools/wheels.py"], cwd=CHECKOUT, env=today, check=True)
    root = tmp_path_factory.mktemp("the stage")  # a path with a space is a path, too
    addresses = facility.by_site["primary"]
    ours = {"dcass_package_dir": str(root / "registration"), "dcass_connect_timeout": 9.5}  # OpenSSH has whole seconds
    stage = Rehearsal(root, addresses, facility.known_hosts, **ours)
    stage.set_clock(facility, f"{DAY}T18:00:00+08:00")
    return stage


@pytest.fixture(scope="session")
def predicted(stage: Rehearsal) -> Outcome:
    """What check mode says of bare workstations."""
    return stage.play(*BEFORE_SYNC, "--check", "--diff", log="predicted", brief=True)


@pytest.fixture(scope="session")
def rolled_out(stage: Rehearsal, predicted: Outcome) -> Outcome:
    """The first real run: libraries, folders, keys, package; as talkative as Ansible gets."""
    outcome = stage.play(*BEFORE_SYNC, "--diff", "-vvvvv", log="rolled_out")
    assert outcome.code == 0, outcome.output[-3000:]
    return outcome


@pytest.fixture(scope="session")
def again(stage: Rehearsal, rolled_out: Outcome) -> Outcome:
    """All that comes before the first sync, once more."""
    return stage.play("dcass.sftp.preflight", *BEFORE_SYNC, log="again", brief=True)


@pytest.fixture(scope="session")
def registered(stage: Rehearsal, rolled_out: Outcome, facility: Emulator) -> Path:
    """The exchange has taken the package and published a day's reports."""
    package = stage.root / "registration" / "CXYZ.zip"
    facility.control.register(package)
    facility.control.publish(date=DAY)
    return package


@pytest.fixture(scope="session")
def synced(stage: Rehearsal, registered: Path) -> tuple[Outcome, Outcome, Outcome]:
    """Check mode on the first workstation, then a real run on both, then the same again."""
    wanted = stage.play("dcass.sftp.sync_reports", "--check", "--limit=cxyz-ws1", log="sync_predicted")
    first = stage.play("dcass.sftp.sync_reports", "-vvvvv", "--diff", log="sync_first")
    again = stage.play("dcass.sftp.sync_reports", log="sync_again", brief=True)
    for outcome in (wanted, first, again):
        assert outcome.code == 0, outcome.output[-3000:]
    return wanted, first, again
