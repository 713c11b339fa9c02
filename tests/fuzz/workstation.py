# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workstation whose state, evidence, marker and keys are as the product writes them, to be damaged and read again."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta

from ansible_collections.dcass.sftp.plugins.module_utils._flow import archive_check
from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_info import (
    AccountRecords,
    account_info,
    account_info_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive_audit import ArchiveAudit
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence, accounts_on_record
from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers
from ansible_collections.dcass.sftp.plugins.module_utils._io.health import Health
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_maintenance import KeyMaintenance
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker
from ansible_collections.dcass.sftp.plugins.module_utils._io.recovery_info import RecoveryInfo
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadInput,
    DcassError,
    LocalError,
    RetryLater,
    StateDamaged,
    StateNewer,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Event, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Copy, HeldReport
from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import wait_for
from tests.fuzz.target import ACCOUNT, NOW
from tests.unit.support import options

MEMORY = "/dev/shm"  # where there is one: all this is written many thousand times
_ASKED = {"renew_before": 60, "control_time": None, "expected": ["*RX*"], "expected_on_holidays": []}
_THEN, _LATER = 5000.0, 5540.0  # seconds of uptime: when all was written, and when it is read
RESULT = "Result.20261120.180002.failed.txt"


class Workstation:
    """What lies below one folder; ``files`` are its files as they are when nothing is damaged."""

    def __init__(self, root: pathlib.Path) -> None:
        self._up = _THEN
        self.root, self.state_dir, self.dest = root, root / "state", root / "reports"
        self.keys = KeyMaintenance(str(root / "keys"), ACCOUNT)
        self._make()
        self.files = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
        self.state_file, self.marker_file = self.state_dir / FILE_NAME, self.state_dir / "CXYZ001.ledger.json"

    def _make(self) -> None:
        key, state = generate(), StateDb(str(self.state_dir))
        self.keys.switch(self.keys.make(key, "x", None, NOW.date()))
        record, manifest = KeyRecord(state, ACCOUNT.name), Manifest(state, ACCOUNT)
        record.made(key.public.fingerprint, NOW.date())
        record.registered(key.public.fingerprint, NOW.date())
        record.proven(key.public.fingerprint, NOW)
        record.waits(key.public.fingerprint, wait_for(NOW.date(), NOW, self.uptime()))
        for limit in (LOGINS, UPLOADS):
            ledger = self._ledger(state)
            ledger.settle(ledger.spend(limit, 4, "x", NOW), "accepted", NOW)
        held = HeldReport("COMMON/A.csv", "COMMON", "A.csv", 4, 1_760_000_000, "ab" * 32, NOW.date(), 5)
        manifest.record([held], NOW)
        manifest.announce([held])
        manifest.remember_partner([Copy("COMMON/B.csv", 5, None)])
        outstanding = [Outstanding("report", "COMMON/C.csv", NOW.date(), NOW.date(), 5, 6, "not_readable", "why")]
        manifest.finish("all", NOW, NOW, 1, 10, outstanding)
        self._renew(state, key.public.fingerprint)
        state.close()
        for place, text in ((f"COMMON/{held.name}", b"text"), (f"KEY_MANAGEMENT/CXYZ001/{RESULT}", b"Reason: no")):
            (self.dest / place).parent.mkdir(parents=True, exist_ok=True)
            (self.dest / place).write_bytes(text)

    def _renew(self, state: StateDb, fingerprint: str) -> None:
        journal, evidence = Journal(state, ACCOUNT.name), Evidence(state, str(self.state_dir), ACCOUNT.name)
        renewal = journal.begin(State.PLANNED, fingerprint, "new", "20261120-new", NOW)
        for event in (Event.KEY_MADE, Event.UPLOAD_STARTED):
            renewal = journal.record(renewal, event, NOW)
        renewal = journal.record(renewal, Event.UPLOAD_DONE, NOW, uploads=1, uploaded_at=NOW, seen_before=("a",))
        journal.record(renewal, Event.RESULT_GOOD, NOW, result_name=RESULT, result=b"CXYZ001.pub")
        facts = {"outcome": "renewed", "new_fingerprint": "new", "last_day": "2028-11-19", "names": ["a"]}
        evidence.add("renewal 1 done", NOW, facts, {"CXYZ001.pub": b"public"}, {RESULT: b"CXYZ001.pub"})
        evidence.add("renewal 2 done", NOW, facts, {})

    def _ledger(self, state: StateDb) -> Ledger:
        marker = Marker(str(self.state_dir), ACCOUNT.name, "this machine")
        return Ledger(state, ACCOUNT.name, self.uptime, marker, self._sleep)

    def uptime(self) -> Uptime:
        return Uptime("a boot", self._up)

    @property
    def now(self) -> datetime:
        """Nine minutes after all that was written, and later when somebody has waited."""
        return NOW + timedelta(seconds=self._up - _THEN)

    def _sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self._up += seconds

    @contextlib.contextmanager
    def damaged(self, path: pathlib.Path, data: bytes) -> Iterator[None]:
        """Let a file hold something else meanwhile; after it all is as it was."""
        self._up = _LATER
        path.write_bytes(data)
        try:
            yield
        finally:
            for beside in self.state_dir.glob(FILE_NAME + "-*"):
                beside.unlink()
            for there in {path, self.state_file, self.marker_file}:
                there.write_bytes(self.files[there])

    def read(self) -> None:
        """Read all that modules read: each works, or tells what is damaged, of which the first is raised at last."""
        told: list[DcassError] = []
        for part in (self.tell, self.count, self.audit, self.go_on, self.log_in):
            try:
                part()
            except (StateDamaged, StateNewer, RetryLater, BadInput) as error:
                told.append(error)
            except LocalError as trouble:
                raise AssertionError(f"{part.__name__} tells trouble where the state is damaged") from trouble
        if told:
            raise told[0]

    def tell(self) -> None:
        """What account_info does."""
        request = account_info_request(options(**_ASKED, dest=str(self.dest), state_dir=str(self.state_dir)))
        with contextlib.ExitStack() as opened:

            def known() -> AccountRecords:
                state = opened.enter_context(contextlib.closing(StateDb(str(self.state_dir), read_only=True)))
                record, manifest = KeyRecord(state, ACCOUNT.name), Manifest(state, ACCOUNT)
                journal, runs = Journal(state, ACCOUNT.name), Runs(state, ACCOUNT.name)
                evidence = Evidence(state, str(self.state_dir), ACCOUNT.name)
                return AccountRecords(
                    record, self._ledger(state), manifest, journal, runs, evidence, Handovers(state, ACCOUNT.name)
                )

            recovery_info = RecoveryInfo(self.keys, str(self.state_dir), str(self.dest), ACCOUNT)
            health = Health(self.keys, None, ACCOUNT, str(self.state_dir), str(self.dest))
            account_info(request, self.keys, known, recovery_info, health, self.now)

    def count(self) -> None:
        """What report_sync reads before it connects."""
        with contextlib.closing(StateDb(str(self.state_dir), read_only=True)) as state:
            manifest = Manifest(state, ACCOUNT)
            list(manifest.paths())
            list(manifest.brought(("COMMON", "CXYZ"), NOW.date()))
            list(manifest.recent(("COMMON", "CXYZ"), NOW - timedelta(days=14)))
            manifest.held(["COMMON/A.csv"])
            manifest.partner_index()
            manifest.warning_days()
            manifest.last_full_sync()
            self._ledger(state).check(LOGINS, 4, self.now)

    def audit(self) -> None:
        """What archive_check does: what it finds is ArchiveDamaged."""
        request = archive_check.AuditRequest(
            None, str(self.state_dir), str(self.dest), deep=True, since=None, record=False, run_by=""
        )
        with contextlib.closing(StateDb(str(self.state_dir), read_only=True)) as state:
            accounts = accounts_on_record(state, str(self.state_dir))
            chains = {name: Evidence(state, str(self.state_dir), name) for name in accounts}
            try:
                archive_check.check_archive(request, ArchiveAudit(state, str(self.dest)), chains)
            except DcassError as found:
                if found.code != "archive_damaged":
                    raise

    def go_on(self) -> None:
        """What key_renewal reads and writes of a renewal that was cut off."""
        with contextlib.closing(StateDb(str(self.state_dir))) as state:
            journal, evidence = Journal(state, ACCOUNT.name), Evidence(state, str(self.state_dir), ACCOUNT.name)
            record = KeyRecord(state, ACCOUNT.name)
            record.known()
            record.owner("5c:11")
            record.superseded("new", NOW.date())
            renewal = journal.latest()
            if renewal is not None:
                journal.story(renewal)
                if renewal.state is State.ACCEPTED:
                    journal.record(renewal, Event.NEW_KEY_LOGGED_IN, self.now)
            evidence.entries()

    def log_in(self) -> None:
        """What each login writes, and a run at its end."""
        with contextlib.closing(StateDb(str(self.state_dir))) as state:
            ledger, manifest = self._ledger(state), Manifest(state, ACCOUNT)
            ledger.require(LOGINS, 4, self.now)
            ledger.settle(ledger.spend(LOGINS, 4, "x", self.now), "accepted", self.now)
            manifest.finish("all", NOW, self.now, 1, 10, manifest.outstanding())


@functools.cache
def workstation() -> Workstation:
    """Return this process's own, which is gone when the process ends."""
    root = tempfile.mkdtemp(prefix="dcass-fuzz-", dir=MEMORY if os.path.isdir(MEMORY) else None)
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    return Workstation(pathlib.Path(root))
