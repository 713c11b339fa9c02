# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of 100,000 reports: planned in memory that a small workstation has, and in time that grows with them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import OF_SYNC
from tests.unit.support import defaults, options

# Run by itself, so that the peak is its own: a module's imports, then a second run that finds all held. The listing is
# made up and no disk is looked at; all else is the real thing.
ALONE = """
import contextlib, json, sys, time, types
from datetime import datetime
from ansible_collections.dcass.sftp.plugins.modules import report_sync
from ansible_collections.dcass.sftp.plugins.module_utils._flow.report_sync import sync, sync_request
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport, Listed

asked, reports, root = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
now = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
manifest = Manifest(StateDb(root), Account("CXYZ001"))

def report(n):
    return f"TP{n:06}_20261120.csv", 300 + n, int(now.timestamp()) - n % 9999

def held(n):
    name, size, mtime = report(n)
    return HeldReport("CXYZ/" + name, "CXYZ", name, size, mtime, "ab" * 32, now.date())

for n in range(0, reports, 1000):
    manifest.record([held(n + m) for m in range(1000)], now)

class Session:
    connection = {}
    def list(self, _folders):
        return Listing([Listed("CXYZ", *report(n)) for n in range(reports)])

disk = types.SimpleNamespace(absent=lambda recorded: {None for _one in recorded if not _one},
    require_usable=lambda: None, room=lambda: 1 << 40, sweep=lambda: None, locate=str)
tools = SyncPorts(disk, manifest, lambda: contextlib.nullcontext(Session()), lambda: now)
began = time.process_time()
done = sync(sync_request(asked, now), tools, False)
print(json.dumps({
    "unchanged": done["unchanged"], "changed": done["changed"], "seconds": time.process_time() - began,
    "megabytes": int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024,
}))
"""
MORE = {
    **defaults(OF_SYNC),
    "dest": "/none",
    "folders": None,
    "expected": ["TP*", "RX_*"],
    "window": 8,
    "partner_index": None,
    "adopt_from": None,
    "adopt_by": None,
}


def second_run(root, reports: int) -> dict:
    command = [sys.executable, "-c", ALONE, json.dumps(options(**MORE)), str(reports), str(root / str(reports))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["unchanged"], told["changed"]) == (reports, False)
    return told


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("growth")
    return {reports: second_run(root, reports) for reports in (10_000, 100_000)}


def test_peak_memory_stays_below_80_megabytes(runs):
    assert runs[100_000]["megabytes"] < 80


def test_time_grows_as_the_listing_does(runs):
    """Ten times as many take ten times as long; a hundred times would be the mark of a loop in a loop."""
    assert runs[100_000]["seconds"] < 30 * runs[10_000]["seconds"]
