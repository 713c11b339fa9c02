# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold whatever happens, looked at after each step, by the facility's own log and by the disks."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import errors
from emulator.fault_effects import HOSTILE_NAMES, is_one_of_many
from tests.modules.support import run_module
from tests.soak.shown import Shown, sha256_of
from tests.soak.world import RUN_TIMEOUT, Run, Station

CODES = {kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.DcassError)}
LOGINS, LOGIN_SPAN = 4, timedelta(minutes=5)
UPLOADS, UPLOAD_SPAN = 4, timedelta(hours=1)
UPLOADS_A_RENEWAL = 2  # one, and one more where nobody could know whether the first had arrived
UNREGISTERED = ("this is not a registered key", "this is the key of ")
READ_ON = "read on after the facility has closed"
ONCE_A_DAY = "§4.1: a report is downloaded once a day"
TO_END = 30  # seconds that a run has after its run_timeout to write down what it has, also on a busy machine
REWRITTEN = ("file_changes", "file_grows")

Version = tuple[str, int, int]  # path at the facility, size, time in Unix seconds


class Watch:
    """Looks, and fails where something does not hold; counts what it has seen."""

    def __init__(self, control: Any, shown: Shown, pairs: Iterable[tuple[Station, Station]]) -> None:
        self._control, self.shown, self.pairs = control, shown, list(pairs)
        self._heard = control.status()["last_event"]
        self.counts: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self._logins: dict[str, deque[datetime]] = defaultdict(deque)
        self._uploads: dict[str, deque[datetime]] = defaultdict(deque)
        self._unheard: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._of_renewal: Counter[tuple[str, int, int]] = Counter()
        self._lives: Counter[str] = Counter()  # of a state: each loss begins another one
        self._recorded: dict[str, set[Version]] = defaultdict(set)
        self._unsure: dict[str, set[Version]] = defaultdict(set)
        self._seen: dict[str, tuple[int, int, str]] = {}
        self.home: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.withdrawn: set[str] = set()
        self._rewritten: set[str] = set()  # by a fault in this step, while somebody may have been reading
        self._ever_rewritten: set[str] = set()  # of which others may have read what was there for an instant only
        self._in_force: dict[str, str] = {}
        self._cut_off: set[str] = set()  # accounts of which a run has been killed

    @property
    def stations(self) -> list[Station]:
        return [station for pair in self.pairs for station in pair]

    def lost(self, station: Station) -> None:
        """Expect what can be expected of a workstation that has lost its record."""
        self._lives[station.account] += 1
        self._unsure[station.account] |= self._recorded.pop(station.account, set())

    # After each step

    def look(self, runs: list[Run]) -> None:
        """Look at what a step has done: its runs, the facility's log, the archives and the keys."""
        events = self._control.events(since=self._heard)
        self._heard += len(events)
        self.counts["faults"] += sum(event["event"] == "fault" for event in events)
        self._rewritten = {
            event["detail"]["path"]
            for event in events
            if event["event"] == "fault" and event["detail"]["fault"] in REWRITTEN
        }
        if self._rewritten:
            self.shown.look()
            self._ever_rewritten |= self._rewritten
        for event in events:  # of a run that was killed the facility may hear later
            self._unheard[event["account"]].append(event)
        for run in runs:
            mine = self._unheard.pop(run.station.account, [])
            self._judge_end(run)
            self._judge_downloads(run, mine)
            self._judge_uploads(run, mine)
            self._judge_archive(run)
        self._judge_logins(events)
        self._judge_violations(events)
        if any(run.module in ("key_renewal", "account_key") for run in runs):
            self.look_at_keys()

    def _judge_end(self, run: Run) -> None:
        self.counts["runs"] += 1
        self.counts["kills"] += run.killed
        if run.killed:
            self._cut_off.add(run.station.account)
            return
        told = run.told
        assert "exception" not in told, f"{run}: {told}"
        assert run.seconds < RUN_TIMEOUT + TO_END, f"{run} took longer than its run_timeout"
        if told.get("failed"):
            code = told.get("error_code")
            assert code in CODES - {"internal_error"} and told["msg"] and told["hint"], f"{run}: {told}"
            self.codes[code] += 1
        if run.module == "report_sync":
            hidden = [path.name for path in pathlib.Path(run.station.dest).glob(".*/*")]
            assert not hidden or told.get("error_code") == "busy" or not told.get("connection"), f"{run}: {hidden}"

    def _judge_downloads(self, run: Run, events: list[dict[str, Any]]) -> None:
        """No report that is on record is read again, nor one that the partner has told to hold."""
        if run.module != "report_sync":
            return  # a renewal reads the results that it looks for
        account, recorded = run.station.account, self._recorded[run.station.account]
        read = [
            ((told["path"], told["size"], told["made"]), told)
            for told in (event["detail"] for event in events if event["event"] == "download")
        ]
        whole = [version for version, told in read if told["sent"] >= told["size"] and not told["cut_off"]]
        again = [version for version, told in read if version in recorded and told["sent"]]
        assert not again, f"{run} read again what is on record: {again[:3]}"
        if run.options.get("partner_index"):
            partner = self._recorded[self._partner(run.station).account]
            doubled = [version for version in whole if version in partner and not _is_own(version)]
            told = {(copy["path"], copy["size"], copy["mtime"]) for copy in run.options["partner_index"]}
            doubled = [version for version in doubled if (version[0].lstrip("/"), *version[1:]) in told]
            assert not doubled, f"{run} fetched what its partner had told to hold: {doubled[:3]}"
        named = {f"/{os.path.relpath(entry['path'], run.station.dest)}" for entry in run.told.get("downloaded", [])}
        named = {path.replace(f"/KEY_MANAGEMENT/{account}/", "/KEY_MANAGEMENT/") for path in named}
        self.counts["reports fetched"] += len(named)
        for version, _told in read:
            (recorded if version[0] in named else self._unsure[account]).add(version)

    def _judge_uploads(self, run: Run, events: list[dict[str, Any]]) -> None:
        account, sent = run.station.account, sum(event["event"] == "upload" for event in events)
        if not sent:
            return
        self.counts["uploads"] += sent
        renewal = None
        with (
            contextlib.suppress(errors.DcassError),
            contextlib.closing(StateDb(str(run.station.state), read_only=True)) as state,
        ):
            renewal = Journal(state, account).latest()
        group = (account, self._lives[account], renewal.id if renewal else 0)
        self._of_renewal[group] += sent
        assert self._of_renewal[group] <= UPLOADS_A_RENEWAL, f"{run}: {self._of_renewal[group]} uploads of one renewal"

    def _judge_archive(self, run: Run) -> None:
        """After a good sync of all, whatever is shown and not refused is in the pair's archives, byte for byte."""
        if run.module != "report_sync" or not run.is_good or run.options.get("standby") or run.told.get("skipped"):
            return
        if run.options.get("scope", "all") != "all" or run.told.get("opens_at"):
            return
        refused = {f"{entry['folder']}/{entry['name']}" for entry in run.told["refused"]}
        for path, sha256 in self.shown.reports_of(run.station.code).items():
            if path in refused or f"/{path}" in self._rewritten:
                continue
            pair = (run.station, self._partner(run.station))
            held = [self._hash_of(os.path.join(station.dest, path)) for station in pair]
            assert sha256 in held, f"{run}: {path} is not at home as it is shown: {held}"
            self.home[run.station.code].add((path, sha256))

    def _hash_of(self, path: str) -> str | None:
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return None
        known = self._seen.get(path)
        if known is None or known[:2] != (status.st_size, status.st_mtime_ns):
            known = self._seen[path] = (status.st_size, status.st_mtime_ns, sha256_of(pathlib.Path(path)))
        return known[2]

    def _judge_logins(self, events: list[dict[str, Any]]) -> None:
        """By the facility's clock, no account makes a fifth login in five minutes, nor a fifth upload in an hour."""
        for event in events:
            kind, account, moment = event["event"], event["account"], datetime.fromisoformat(event["time"])
            if kind == "login":
                self.counts["logins"] += 1
                _count(self._logins[account], moment, LOGINS, LOGIN_SPAN, f"logins of {account}")
            elif kind == "upload":
                _count(self._uploads[account], moment, UPLOADS, UPLOAD_SPAN, f"uploads of {account}")

    def _judge_violations(self, events: list[dict[str, Any]]) -> None:
        for event in [event for event in events if "violation" in event]:
            detail, account = event["detail"], event["account"]
            if event["violation"] == ONCE_A_DAY:
                version = (detail["path"], detail["size"], detail["made"])
                excused = version in self._unsure[account] or version[0] in self._rewritten
                assert excused, f"downloaded twice: {event}"
                self.counts["reports read again, since nobody could know"] += 1
            elif detail.get("operation") == READ_ON and account in self._cut_off:  # asked for before the kill
                self.counts["reads of a killed run that were answered after hours"] += 1
            elif detail.get("reason", "").startswith(UNREGISTERED):
                self.counts["logins to find out that a key is not registered"] += 1
            else:
                raise AssertionError(f"the guide forbids it: {event}")

    def look_at_keys(self) -> None:
        """Each key that the facility lets in is on the disk of its workstation, and what is in force logs in."""
        registered = {
            entry["account"]: {key["fingerprint"] for key in entry["keys"]} for entry in self._control.accounts()
        }
        for station in self.stations:
            taken, held, force = registered[station.account], station.fingerprints(), station.in_force()
            assert taken, f"{station}: the facility takes no key any more"
            assert taken <= held, f"{station}: a key is lost that the facility takes"
            if station.account not in self.withdrawn:
                assert force in taken, f"{station}: the facility does not take the current key"
            if force and self._in_force.setdefault(station.account, force) != force:
                self._in_force[station.account] = force
                self.counts["keys that took over"] += 1

    def _partner(self, station: Station) -> Station:
        return next(other for pair in self.pairs if station in pair for other in pair if other is not station)

    # At the end

    def look_at_the_end(self) -> None:
        """All keys and reports are there, each report once, byte for byte, beside nothing else."""
        self.look_at_keys()
        self.shown.look()
        for station in self.stations:
            held = Counter(self._held(station))
            assert max(held.values(), default=1) == 1, f"{station}: kept twice: {held.most_common(1)}"
            strange = [path for path, sha256 in held if not self._is_known(path, sha256)]
            assert not strange, f"{station}: never shown: {strange[:3]}"
            hidden = [*pathlib.Path(station.dest).glob(".*/*"), *station.keys.glob(".*")]
            assert not hidden, f"{station}: {hidden}"
            found = run_module("archive_check", **station.options, dest=station.dest, deep=True)
            damaged = [report for report in found["damaged"] if not self._is_newer_than_its_record(station, report)]
            assert not damaged and not found["absent"], f"{station}: {damaged}, {found['absent']}"
            faults = found["evidence"].get(station.account, {}).get("faults")
            assert not faults or self._lives[station.account], f"{station}: {faults}"
        for first, second in self.pairs:
            held = {*self._held(first), *self._held(second)}
            assert self.home[first.code] <= held, f"lost again: {[*(self.home[first.code] - held)][:3]}"

    def newer_than_their_record(self, station: Station) -> set[str]:
        """The paths of a station's reports that an older state, which came back, knows in an earlier version."""
        damaged = run_module("archive_check", **station.options, dest=station.dest, deep=True)["damaged"]
        return {report["path"] for report in damaged if self._is_newer_than_its_record(station, report)}

    def _is_newer_than_its_record(self, station: Station, damaged: dict[str, str]) -> bool:
        """Whether an older state came back, which knows what lies beside now, as the content of this name."""
        if not self._lives[station.account]:
            return False
        path = pathlib.Path(station.dest, damaged["path"])
        beside = {str(earlier.stat().st_size) for earlier in path.parent.glob(f"{path.name}.~*~")}
        recorded = re.search(r"(\d+) were recorded", damaged["reason"])
        return recorded is not None and recorded[1] in beside

    def _held(self, station: Station) -> Iterable[tuple[str, str]]:
        for folder in ("COMMON", station.code):
            for file in (pathlib.Path(station.dest) / folder).rglob("*"):
                if file.is_file():
                    yield str(file.relative_to(station.dest)).partition(".~")[0], sha256_of(file)

    def _is_known(self, path: str, sha256: str) -> bool:
        name = os.path.basename(path)
        if f"/{path}" in self._ever_rewritten:
            return True
        return sha256 in self.shown.contents[path] or is_one_of_many(name) or os.fsencode(name) in HOSTILE_NAMES


def _count(made: deque[datetime], moment: datetime, most: int, within: timedelta, what: str) -> None:
    made.append(moment)
    while moment - made[0] >= within:
        made.popleft()
    assert len(made) <= most, f"{len(made)} {what} within {within}: {[f'{one:%H:%M:%S}' for one in made]}"


def _is_own(version: Version) -> bool:
    return version[0].startswith("/KEY_MANAGEMENT/")
