# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fresh machines with nothing but Debian fetch reports with what one bundle brings, and no index is asked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.supply.conftest import ROOT

SKIPPED = 77  # as tools/lab.py ends where this machine can't have a lab
PYTHONS = ("3.11", "3.13")  # Debian 12's and 13's


@pytest.fixture(scope="module")
def both(tools: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle for the Pythons of both."""
    made: Path = tools.make(tmp_path_factory.mktemp("both"), control=PYTHONS, workstations=PYTHONS)
    return made


@pytest.mark.long("molecule rolls out to such machines, and the bundle's installation has its tests")
@pytest.mark.parametrize("suite", [pytest.param("bookworm", id="Debian 12"), pytest.param("trixie", id="Debian 13")])
def test_a_fresh_debian_becomes_control_node_and_workstations(both: Path, suite: str) -> None:
    place = {**os.environ, "DCASS_LAB_DEBIAN": suite, "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "tools", ROOT)))}
    words = [sys.executable, "tools/lab.py", "run", sys.executable, "-m", "tests.supply.fresh", both]
    tried = subprocess.run(words, cwd=ROOT, env=place, capture_output=True, text=True, check=False)
    if tried.returncode == SKIPPED:
        pytest.skip(tried.stdout.strip())
    assert tried.returncode == 0, tried.stdout + tried.stderr
    print(tried.stdout)
