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

# Run by itself, so that the peak is its own: a module's imports, then a run. The listing, the reports and the disk are
# made up; all else is the real thing.
ALONE = """
import contextlib, json, sys, time, types
from datetime import datetime
from ansible_collections.dcass.sftp.plugins.modules import report_sync
from ansible_collections.dcass.sftp.plugins.module_utils._flow.report_sync import sync, sync_request
from ansible_collections.dcass.sftp.plugins.module_utils._flow.sync_ports import SyncPorts
from ansible_collections.dcass.sftp.plugins.module_utils._io.downloaded_list import DownloadedList
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched, Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Copy, HeldReport, Listed

asked, what, reports, root = json.loads(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
now = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
manifest = Manifest(StateDb(root), Account("CXYZ001"))
lacks = what in ("all gone, and listed", "all gone")

def report(n):
    return f"TP{n:06}_20261120.csv", 300 + n, int(now.timestamp()) - n % 9999

def held(n):
    name, size, mtime = report(n)
    return HeldReport("CXYZ/" + name, "CXYZ", name, size, mtime, "ab" * 32, now.date())

for n in range(0, reports if what == "all held" or lacks else 0, 1000):
    manifest.record([held(n + m) for m in range(1000)], now)
if what == "all held by the partner":
    manifest.remember_partner(Copy("CXYZ/" + name, size, mtime) for name, size, mtime in map(report, range(reports)))

class Part:
    size, sha256, named = 0, "ab" * 32, False
    def abort(self):
        pass

class Session:
    connection = {}
    def list(self, _folders):
        return Listing([Listed("CXYZ", *report(n)) for n in range(0 if what == "all gone" else reports)])
    def fetch(self, items, begin):
        for item in items:
            yield Fetched(item, begin(item), item.report.size)

def name(parts):
    for part in parts:
        part.named = True

def none_of(paths):
    return set().difference(paths)

disk = types.SimpleNamespace(
    absent=lambda recorded: {one.path for one in recorded if lacks},
    obstacles=lambda paths: {path: "it is barred" for path in paths if what == "none can be written"},
    spelling=types.SimpleNamespace(found_in_other_capitals=none_of), not_taken=none_of, missing_folders=none_of,
    begin=lambda *_place, keep_earlier: Part(), name=name,
    start_securing=lambda _parts: types.SimpleNamespace(result=lambda: None),
    require_usable=lambda: None, room=lambda: 1 << 40, room_for_files=lambda: None, sweep=lambda: None, locate=str)
tools = SyncPorts(disk, manifest, lambda: contextlib.nullcontext(Session()), lambda: now)
if asked["list_downloaded"]:
    tools = SyncPorts(disk, manifest, tools.log_in, tools.clock, downloaded_list=DownloadedList(root, "CXYZ001"))
began = time.process_time()
try:
    done = sync(sync_request(asked, now), tools, what == "all new, in check mode")
except Exception as error:
    done = error.facts
print(json.dumps({
    **{key: value for key, value in done.items() if key.endswith("_count") or key in ("unchanged", "held_by_partner")},
    "named": max(len(value) for value in done.values() if isinstance(value, list)),
    "seconds": time.process_time() - began,
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
MOST_A_REPORT = 370  # bytes: what is listed has 250, and each copy of a path, a size or a hash is 80 to 200 more
COUNTED = {  # what is so with all that there is: where it is counted, and the most bytes of memory that each takes
    "all new": ("downloaded_count", MOST_A_REPORT),
    "all new, in check mode": ("downloaded_count", MOST_A_REPORT),
    "all held": ("unchanged", MOST_A_REPORT),
    "all held by the partner": ("held_by_partner", 650),
    "all gone, and listed": ("downloaded_count", 450),
    "all gone": ("absent_count", MOST_A_REPORT),
    "none can be written": ("refused_count", 1250),  # each is outstanding, with the reason
}
FEW, MANY = 1_000, 30_000


def run_alone(root, what: str, reports: int, **more) -> dict:
    """What a run tells of so many reports of which all are so."""
    asked = json.dumps(options(**{**MORE, **more}))
    command = [sys.executable, "-c", ALONE, asked, what, str(reports), str(root / f"{what} {reports}")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told[COUNTED[what][0]] == reports and told["named"] <= 1000, told
    return told


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    root = tmp_path_factory.mktemp("growth")
    return {reports: run_alone(root, "all held", reports) for reports in (10_000, 100_000)}


def test_peak_memory_stays_below_80_megabytes(runs):
    assert runs[100_000]["megabytes"] < 80


def test_time_grows_as_the_listing_does(runs):
    """Ten times as many take ten times as long; a hundred times would be the mark of a loop in a loop."""
    assert runs[100_000]["seconds"] < 30 * runs[10_000]["seconds"]


@pytest.mark.parametrize("what", COUNTED)
def test_memory_grows_by_what_is_listed_and_by_nothing_that_is_recorded(tmp_path, what):
    few, many = (run_alone(tmp_path, what, reports) for reports in (FEW, MANY))
    grown = (many["megabytes"] - few["megabytes"]) * 2**20
    assert grown < COUNTED[what][1] * (MANY - FEW)


def test_a_list_of_all_that_was_fetched_costs_no_memory(tmp_path):
    few, many = (run_alone(tmp_path, "all new", reports, list_downloaded=True) for reports in (FEW, MANY))
    assert (many["megabytes"] - few["megabytes"]) * 2**20 < MOST_A_REPORT * (MANY - FEW)
    with open(tmp_path / f"all new {MANY}" / "CXYZ001.downloaded.jsonl") as file:
        assert sum(1 for _line in file) == MANY
