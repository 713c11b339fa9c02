# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever somebody writes into whatever column: account_info tells its sense or the damage, never a traceback."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_info import (
    AccountRecords,
    account_info,
    account_info_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.handovers import Handovers
from ansible_collections.dcass.sftp.plugins.module_utils._io.health import Health
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_maintenance import KeyMaintenance
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.recovery_info import RecoveryInfo
from ansible_collections.dcass.sftp.plugins.module_utils._io.runs import Runs
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import StateDamaged
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import Event, State
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import HeldReport
from tests.unit.support import options

NOW = datetime(2026, 11, 20, 18, tzinfo=HONG_KONG)
ACCOUNT = Account("CXYZ001")
VALUES = {
    "nothing": "NULL",
    "no text": "''",
    "a word": "'x'",
    "a number": "-1",
    "a huge number": str(2**62),
    "a broken number": "1.5",
    "bytes": "x'00ff'",
    "no UTF-8": "CAST(x'c3' AS TEXT)",
    "another day": "'2019-02-28'",
    "a day long ago": "'0001-01-01'",
    "the last day of all": "'9999-12-31'",
    "another moment": "'2030-01-01T00:00:00+00:00'",
    "a moment of no zone": "'2026-11-20T18:00:00'",
    "a list": "'[1, null]'",
    "an open list": "'['",
    "a deep list": "'" + "[" * 99_999 + "'",
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A workstation with a row in every table that account_info reads, as the product writes it."""
    root = tmp_path_factory.mktemp("workstation")
    files, state = KeyMaintenance(str(root / "keys"), ACCOUNT), StateDb(str(root / "state"))
    key = generate()
    files.switch(files.make(key, "x", None, NOW.date()))
    record, ledger = KeyRecord(state, ACCOUNT.name), Ledger(state, ACCOUNT.name)
    handovers = Handovers(state, ACCOUNT.name, ("list", "command"))
    manifest = Manifest(state, ACCOUNT, handovers=handovers)
    record.made(key.public.fingerprint, NOW.date())
    record.registered(key.public.fingerprint, NOW.date())
    record.proven(key.public.fingerprint, NOW)
    for limit in (LOGINS, UPLOADS):
        ledger.settle(ledger.spend(limit, 4, "x", NOW), "accepted", NOW)
    manifest.record([HeldReport("COMMON/A.csv", "COMMON", "A.csv", 10, 1000, "ab" * 32, NOW.date())], NOW)
    listed, commanded = handovers.waiting()
    handovers.finish([listed], NOW)
    handovers.fail([(commanded, "handover_failed", "It ended with 1.")])
    manifest.finish("all", NOW, NOW, 1, 10, [Outstanding("report", "x", NOW.date(), NOW.date())])
    journal = Journal(state, ACCOUNT.name)
    renewal = journal.begin(State.PLANNED, key.public.fingerprint, "new", "20261120-new", NOW)
    for event in (Event.KEY_MADE, Event.UPLOAD_STARTED):
        renewal = journal.record(renewal, event, NOW)
    renewal = journal.record(renewal, Event.UPLOAD_DONE, NOW, uploads=1, uploaded_at=NOW, seen_before=("a",))
    name = "Result.20261120.180002.success.txt"
    journal.record(renewal, Event.RESULT_GOOD, NOW, result_name=name, result=b"CXYZ001.pub")
    runs = Runs(state, ACCOUNT.name)
    runs.end(runs.begin("sync", "chan", NOW), Run("sync", "chan", NOW, NOW, "failed", 1, "x", "It failed.", "Look."))
    state.close()
    return root


def info(root) -> dict:
    files = KeyMaintenance(str(root / "keys"), ACCOUNT)
    request = account_info_request(
        options(
            renew_before=60,
            dest=None,
            control_time=None,
            expected=["*"],
            expected_on_holidays=[],
            state_dir=str(root / "state"),
        )
    )

    def known() -> AccountRecords:
        state = StateDb(str(root / "state"), read_only=True)
        return AccountRecords(
            KeyRecord(state, ACCOUNT.name),
            Ledger(state, ACCOUNT.name),
            Manifest(state, ACCOUNT),
            Journal(state, ACCOUNT.name),
            Runs(state, ACCOUNT.name),
            Evidence(state, str(root / "state"), ACCOUNT.name),
            Handovers(state, ACCOUNT.name),
        )

    recovery = RecoveryInfo(files, str(root / "state"), None, ACCOUNT)
    health = Health(files, None, ACCOUNT, str(root / "state"), None)
    return account_info(request, files, known, recovery, health, NOW + timedelta(seconds=9))


def test_the_sound_state_is_told(sound):
    told = info(sound)
    assert (told["key"]["state"], told["key"]["renewal"]["state"]) == ("registered", "accepted")
    assert (told["logins"]["used"], told["uploads"]["used"], told["reports"]["held"]) == (1, 1, 1)
    assert told["key"]["last_day"] == date(2026, 12, 3).isoformat()


@pytest.mark.parametrize("table", ["attempts", "keys", "reports", "debts", "syncs", "renewals", "runs", "handovers"])
def test_no_edit_ends_in_a_traceback(sound, table):
    path = sound / "state" / FILE_NAME
    before = path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as db:
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    told = []
    try:
        for column in columns:
            for value in VALUES.values():
                path.write_bytes(before)
                with contextlib.closing(sqlite3.connect(path)) as db, contextlib.suppress(sqlite3.IntegrityError), db:
                    db.execute(f"UPDATE {table} SET {column} = {value}")
                told += damage(sound)
    finally:
        path.write_bytes(before)
    assert len(told) > 5, "edits of this table were not noticed"
    assert all(FILE_NAME in str(error) and error.facts["rebuild"]["versions"] for error in told)


def damage(root) -> list[StateDamaged]:
    """The error, if account_info ends in one; any other exception is the test's failure."""
    try:
        info(root)
    except StateDamaged as error:
        return [error]
    return []
