# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault that the rehearsal facility knows strikes a sync; the next one, without it, brings the rest home.

The faults are the emulator's own list, so that a new one is tried by itself: once and until cleared, armed as it comes.
"""

from __future__ import annotations

import hashlib
import os
import pathlib
import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.modules import account_key
from emulator.faults import KINDS
from tests.modules.steering import present
from tests.modules.support import run_module, succeed

# Faults that no sync meets, with the reason: armed all the same, they must pass by.
NEVER_MET = {
    "one_channel": "a sync opens one channel",
    "drop_after_upload": "a sync uploads nothing",
    "no_result": "a sync uploads nothing",
    "result_late": "a sync uploads nothing",
    "result_older": "a sync uploads nothing",
    "result_misnamed": "a sync uploads nothing",
    "result_odd": "a sync uploads nothing",
}
# What would take long as it comes, or pass by the reports here.
SETTINGS = {"stall": {"seconds": 0.03}, "many_files": {"count": 200}, "stat_refused": {"path": "/C*/*"}}
BESIDE = {"stat_refused": "listing_bare"}  # a sync asks for what a listing lacks
OPTIONS = {
    "hang_before_banner": {"connect_timeout": 0.5},
    "hang_in_key_exchange": {"connect_timeout": 0.5},
    "hang_in_authentication": {"operation_timeout": 2},
}
MADE_UP = {"many_files"}  # shows reports that are gone with the fault

SIZES = (3000, 0, 1, 300, 32767, 32768, 32769, 65536, 90_000, 262_145)  # bytes; what strikes once meets the first
DAY = 86400  # seconds


@dataclass(frozen=True)
class Case:
    """A fault, how often it strikes (None: until cleared), how it is armed, and the run's own options."""

    fault: str
    times: int | None
    settings: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self):
        told = [f"{name} {value}" for name, value in {**self.settings, **self.options}.items()]
        return ", ".join([self.fault, f"{self.times} times" if self.times else "until cleared", *told])


def as_they_come():
    for fault in KINDS.keys() - NEVER_MET.keys():
        for times in (None,) if KINDS[fault].lasting else (1, None):
            yield Case(fault, times, SETTINGS.get(fault, {}), OPTIONS.get(fault, {}))


CASES = [
    *sorted(as_they_come(), key=str),
    Case("stall", 1, {"seconds": 300}, {"operation_timeout": 5}),
    # in the banner, the key exchange, the login, the listing, and late in the fetch
    *(Case("drop_connection", None, {"after": after}) for after in (1, 1000, 2500, 6000, 1_500_000)),
    Case("drop_in_file", 1, {"after": 262_145, "path": "/*/RX09_*"}),
    Case("drop_in_file", 1, {"path": "/KEY_MANAGEMENT/*"}),
    Case("listing_in_pieces", None, {"names": 3}),
    Case("short_reads", None, {"bytes": 32767}),
]


BREAKS = {"drop_connection", "drop_in_file"}  # no sync that meets one ends well
# how a sync that meets one may end, where it does not end well
ENDS = {"connection_lost", "unreachable", "nothing_readable", "host_key_mismatch", "algorithm_mismatch"}


class Reports:
    """Reports by their path: what the facility shows, what the archive holds, what the manifest records of it.

    Each is told as its size, its time in Unix seconds, and its hash.
    """

    def __init__(self, emulator, workstation):
        self._account, self._state_dir = Account(workstation.account), workstation.options["state_dir"]
        self._mine = ("COMMON", workstation.code, f"KEY_MANAGEMENT/{workstation.account}")
        self._facility, self._archive = pathlib.Path(emulator.root) / "folders", pathlib.Path(workstation.dest)

    def lay_out(self):
        """Reports of all sizes in all folders, as of yesterday."""
        dice = random.Random(5)
        for folder in (*self._mine, "COMMON/20261120"):
            for number, size in enumerate(SIZES):
                report = self._facility / folder / f"RX{number:02}_20261120.csv"
                report.parent.mkdir(exist_ok=True)
                report.write_bytes(dice.randbytes(size))
                os.utime(report, (int(present().timestamp()) - DAY - number,) * 2)

    def shown(self):
        return self._told(self._facility, self._mine)

    def held(self):
        return self._told(self._archive, [""])

    def recorded(self):
        rows = Manifest(StateDb(self._state_dir, read_only=True), self._account).held()
        return {path: (row.size, row.mtime, row.sha256) for path, row in rows.items()}

    def but_for(self, refused):
        """What the facility shows without what a run refused to fetch, and what lies below it."""
        named = [f"{entry['folder']}/{entry['name']}" for entry in refused]
        left = [path.replace("KEY_MANAGEMENT/", f"KEY_MANAGEMENT/{self._account}/") for path in named]
        below = tuple(f"{path}/" for path in left)
        return {path: told for path, told in self.shown().items() if not f"{path}/".startswith(below)}

    def _told(self, root, folders):
        files = [file for folder in folders for file in (root / folder).rglob("*") if file.is_file()]
        return {str(file.relative_to(root)): self._tell(file) for file in files}

    def _tell(self, file):
        content = file.read_bytes()
        return len(content), int(file.stat().st_mtime), hashlib.sha256(content).hexdigest()


@pytest.fixture(scope="module")
def keys():
    return [generate(), generate()]


@pytest.fixture(autouse=True)
def _one_pair_of_keys_for_all(monkeypatch, keys):
    """Each participant's two accounts have these keys: making others for each would take longer than the tests."""
    ready = iter(keys)
    monkeypatch.setattr(account_key, "generate", lambda: next(ready))


def arm(control, case):
    control.fault_arm(case.fault, case.times, **case.settings)
    if case.fault in BESIDE:
        control.fault_arm(BESIDE[case.fault])


def is_met(case, facility):
    """Say whether the fault has struck: the log tells it, and of the listeners' own, that nobody got in."""
    if KINDS[case.fault].lasting:
        return facility.events("login") == []
    return any(event["detail"]["fault"] == case.fault for event in facility.events("fault"))


def paths(result, workstation):
    return {os.path.relpath(entry["path"], workstation.dest) for entry in result.get("downloaded", [])}


def test_the_tables_name_faults_that_there_are():
    named = {*NEVER_MET, *SETTINGS, *BESIDE, *BESIDE.values(), *OPTIONS, *MADE_UP, *BREAKS}
    assert named <= set(KINDS)


def test_what_no_sync_meets_passes_it_by(emulator, facility, workstation):
    reports = Reports(emulator, workstation)
    reports.lay_out()
    for fault in NEVER_MET:
        facility.control.fault_arm(fault)
    try:
        workstation.sync()
    finally:
        facility.control.fault_clear()
    assert facility.events("fault") == []
    assert reports.held() == reports.shown()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whatever_fails_the_next_run_brings_the_rest(emulator, facility, workstation, case):
    reports, asked = Reports(emulator, workstation), {**workstation.options, "dest": workstation.dest}
    reports.lay_out()
    before = reports.shown()

    arm(facility.control, case)
    try:
        first = run_module("report_sync", **{**asked, **case.options})
    finally:
        facility.control.fault_clear()
    assert is_met(case, facility), "it did not strike"
    assert "exception" not in first
    assert case.fault not in BREAKS or first.get("failed")
    assert len(facility.events("login")) <= 1
    shown = reports.shown()
    recorded = {path: told for path, told in reports.recorded().items() if path in shown}
    if first.get("failed"):
        assert first["error_code"] in ENDS and first["msg"] and first["hint"], first
        assert recorded.items() <= before.items() | shown.items()
    else:
        assert recorded == reports.but_for(first["refused"])

    clean = workstation.sync()
    assert (clean["refused"], clean["lost"], clean["expiring"]) == ([], [], [])
    assert len(facility.events("login")) <= 2
    assert facility.events("locked") == []
    if first.get("error_code") == "connection_lost":  # what had arrived, and could not be seen to be whole any more
        facility.forgiven = ("once a day",)
    changed = {path for path in shown if shown[path] != before[path]}
    assert paths(first, workstation) & paths(clean, workstation) <= changed

    held = reports.held()
    earlier = {path: held.pop(path) for path in list(held) if path.endswith("~")}
    assert earlier.items() <= {(f"{path}.~1~", before[path]) for path in changed}
    made_up = held.keys() - shown.keys()
    assert bool(made_up) is (case.fault in MADE_UP) and made_up <= paths(first, workstation)
    assert {path: held[path] for path in held.keys() - made_up} == reports.shown() == shown
    assert held == reports.recorded()
    found = succeed("archive_check", **asked, deep=True)
    assert (found["checked"], found["unknown"]) == (len(held), [])
