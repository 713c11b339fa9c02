# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Syncs that SIGKILL ends at random moments: what is recorded is whole and never read again, and the end is complete.

Before each run the facility gets new reports, and some that were there change. ``DCASS_KILLS`` says how many kills
there are, ``DCASS_SEED`` brings the draws of an earlier run again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._flow import recording
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.modules import report_sync
from tests.modules.support import run_module, succeed

KILLS = int(os.environ.get("DCASS_KILLS", 40))
SEED = int(os.environ.get("DCASS_SEED", random.randrange(1 << 32)))
BEGINNING = datetime(2026, 11, 20, 9, 0, tzinfo=HONG_KONG)
DAY = 86400  # seconds
APART = timedelta(minutes=6)  # from run to run, so that each has a login (§4.3)
NEW, CHANGED = 8, 3  # reports before each run
TOGETHER = (3, 192)  # reports that are recorded in one go: several batches a run, or one
LOGIN, FETCH, RECORD, END = "before the first byte", "before the first name", "before the last row", "at the end"
PATIENCE = 60  # seconds

# Each run begins as a copy of a process that has imported everything.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["__main__", "paramiko", __name__])


def work(options, moment, together):
    """Do a run at that moment, in a process of its own."""
    report_sync.hong_kong_now = lambda: moment
    report_sync.uptime = lambda: Uptime("boot", moment.timestamp())
    recording._TOGETHER = together
    result = run_module("report_sync", **options)
    assert not result.get("failed"), result


@dataclass(frozen=True)
class Version:
    """One content of a report: its size, its time in Unix seconds, its hash."""

    size: int
    made: int
    sha256: str


@dataclass
class Shown:
    """What the facility shows the account: the versions of each report by its path in the archive, the present last."""

    folders: pathlib.Path
    account: str
    dice: random.Random
    versions: dict[str, list[Version]] = field(default_factory=dict)
    made: int = int(BEGINNING.timestamp()) - DAY

    def bring(self):
        """Show some new reports, and a new content of some others, of the same size as often as not."""
        for path in self.dice.sample(sorted(self.versions), min(CHANGED, len(self.versions))):
            self._put(path, self.dice.choice((self.versions[path][-1].size, self._size())))
        for _report in range(NEW):
            folder = self.dice.choice(("COMMON", self.account[:4], f"KEY_MANAGEMENT/{self.account}"))
            self._put(f"{folder}/RX{len(self.versions):04}_20261119.csv", self._size())

    def _size(self):
        return min(int(self.dice.lognormvariate(10, 2)), 1_000_000)

    def _put(self, path, size):
        content, file = self.dice.randbytes(size), self.folders / path
        self.made += 1
        self.versions.setdefault(path, []).append(Version(size, self.made, hashlib.sha256(content).hexdigest()))
        file.write_bytes(content)
        os.utime(file, (self.made, self.made))


class Run:
    """A run of report_sync in a process of its own, and how far it has come, as its folders tell."""

    def __init__(self, workstation, moment, together):
        dest = pathlib.Path(workstation.dest)
        self._incoming = dest / f".incoming-{workstation.account}"
        mine = ("COMMON", workstation.code, f"KEY_MANAGEMENT/{workstation.account}")
        self._folders = [dest / folder for folder in mine]
        self._before = self._names()
        options = {**workstation.options, "dest": workstation.dest, "list_downloaded": True}
        self._process = PROCESSES.Process(target=work, args=(options, moment, together))
        self._process.start()
        self._began = time.monotonic()

    def reach(self, phase):
        """Wait until a phase begins, or the run ends before, and return when that was."""
        while not self._is_in(phase) and not self._is_over():
            time.sleep(0.0005)
        return time.monotonic()

    def kill(self, phase, seconds):
        """Kill it so many seconds into a phase, and say whether it was alive."""
        moment = self.reach(phase) + seconds
        while time.monotonic() < moment and not self._is_over():
            time.sleep(0.0005)
        self._process.kill()
        return not self.succeeds()

    def succeeds(self):
        """Wait for the end, and say whether it was the run's own."""
        self._process.join(PATIENCE)
        assert self._process.exitcode in (0, -signal.SIGKILL), "the run failed by itself"
        return self._process.exitcode == 0

    def _is_over(self):
        assert time.monotonic() < self._began + PATIENCE, "the run hangs"
        return not self._process.is_alive()

    def _is_in(self, phase):
        if phase is FETCH:
            return self._names() > self._before or (self._incoming.exists() and bool(os.listdir(self._incoming)))
        return phase is LOGIN or (phase is RECORD and self._names() > self._before)

    def _names(self):
        """How many there are: one more for a new report, and for the earlier version of a changed one."""
        return sum(len(os.listdir(folder)) for folder in self._folders if folder.exists())


class Watch:
    """Looks at archive, manifest and the facility's log after each run, and keeps in mind what has been recorded."""

    def __init__(self, workstation, facility, shown):
        self._facility, self._shown = facility, shown
        self._account, self._dest = Account(workstation.account), pathlib.Path(workstation.dest)
        self._asked = {**workstation.options, "dest": workstation.dest}
        self._heard = facility.control.status()["last_event"]
        self._unknown = set()
        self.recorded = set()
        self.reads = []

    def look(self):
        """Find nothing damaged, nothing recorded that was not shown, nothing read that was recorded before.

        Return whether there are names now that nobody has recorded.
        """
        found = succeed("archive_check", **self._asked, deep=True)
        rows = Manifest(StateDb(self._asked["state_dir"], read_only=True), self._account).held()
        assert found["checked"] == len(rows)
        now = {(row.path, Version(row.size, row.mtime, row.sha256)) for row in rows.values()}
        assert [path for path, version in now if version not in self._shown.versions[path]] == []
        self.reads = list(self._listen())
        known = {(path, version.size, version.made) for path, version in self.recorded}
        assert [read for read in self.reads if read in known] == []
        self.recorded |= now
        assert self.listed() <= {(path, version.sha256) for path, version in self.recorded}
        unknown = {entry["path"] for entry in found["unknown"]}
        new, self._unknown = unknown - self._unknown, unknown
        return bool(new)

    def listed(self):
        """What the list of the last run that came to its end names: path and hash."""
        file = pathlib.Path(self._asked["state_dir"], f"{self._account}.downloaded.jsonl")
        entries = [json.loads(line) for line in file.read_text().splitlines()]
        return {(os.path.relpath(entry["path"], self._dest), entry["sha256"]) for entry in entries}

    def _listen(self):
        """What was opened since the last look: path, size and time."""
        events = self._facility.control.events(since=self._heard)
        self._heard += len(events)
        for event in events:
            if event["event"] == "download":
                path = event["detail"]["path"][1:]
                path = path.replace("KEY_MANAGEMENT/", f"KEY_MANAGEMENT/{self._account}/")
                yield path, event["detail"]["size"], event["detail"]["made"]

    def look_at_the_end(self):
        """Find every present version under its name, every other that was recorded beside it, and nothing else."""
        assert not self.look() and self._unknown == set()
        files = [file for file in self._dest.rglob("*") if file.is_file()]
        held = {str(file.relative_to(self._dest)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        present = {path: versions[-1].sha256 for path, versions in self._shown.versions.items()}
        assert {path: held[path] for path in present} == present
        contents = Counter((path.partition(".~")[0], sha256) for path, sha256 in held.items())
        assert max(contents.values()) == 1, "a version is kept twice"
        assert contents.keys() <= {(path, v.sha256) for path, all_ in self._shown.versions.items() for v in all_}
        assert {(path, version.sha256) for path, version in self.recorded} <= contents.keys()


def test_a_killed_sync_leaves_nothing_damaged_and_reads_nothing_twice(
    emulator, facility, workstation, capsys, record_property
):
    dice, began = random.Random(SEED), time.monotonic()
    shown = Shown(pathlib.Path(emulator.root) / "folders", workstation.account, dice)
    watch = Watch(workstation, facility, shown)
    moments = (BEGINNING + APART * number for number in itertools.count())
    facility.control.hours(enforce="never")
    facility.forgiven = ("once a day",)  # what had arrived but was not recorded; `watch` is stricter

    def start(together=TOGETHER[-1]):
        moment = next(moments)
        facility.control.clock_set(moment.isoformat(), hold=True)
        shown.bring()
        return Run(workstation, moment, together)

    with capsys.disabled():
        print(f"\nDCASS_SEED={SEED}")
    run, times = start(), [time.monotonic()]
    times += [run.reach(phase) for phase in (FETCH, RECORD, END)]
    lengths = {phase: times[at + 1] - times[at] for at, phase in enumerate((LOGIN, FETCH, RECORD))}
    assert run.succeeds()
    watch.look()

    killed, unrecorded = Counter(), 0
    while killed.total() < KILLS:
        phase = dice.choice((LOGIN, FETCH, RECORD, RECORD))
        if start(dice.choice(TOGETHER)).kill(phase, dice.random() * lengths[phase]):
            killed[phase] += 1
        unrecorded += watch.look()
    of_killed_runs = len(watch.recorded)

    assert start().succeeds()
    watch.look_at_the_end()
    assert len(watch.listed()) >= NEW
    assert Run(workstation, next(moments), 1).succeeds()
    watch.look()
    assert watch.reads == [] and watch.listed() == set()
    summary = (
        f"{killed.total()} kills: {', '.join(f'{number} {phase}' for phase, number in killed.items())}; "
        f"{unrecorded} left names without a row; {of_killed_runs} of {len(watch.recorded)} rows written meanwhile, "
        f"{time.monotonic() - began:.0f} s"
    )
    record_property("kills", summary)
    with capsys.disabled():
        print(summary)
