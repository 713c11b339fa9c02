# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that a workstation must not forget."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import signal
import sqlite3
import stat
import time
from datetime import date, datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import (
    FILE_NAME,
    StateDb,
    day,
    maybe,
    moment,
    of_type,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import SCHEMAS, VERSION
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    Busy,
    DcassError,
    LocalError,
    StateDamaged,
    StateNewer,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from tests.unit.crashing import cut_at, steps

FORK = multiprocessing.get_context("fork")
INSERT = "INSERT INTO syncs (account, scope, began, ended, downloaded, bytes) VALUES ('CXYZ001', 'all', '', '', 1, 1)"

V1 = (pathlib.Path(__file__).parent / "state_v1.sql").read_text()
BOTH = pytest.mark.parametrize("read_only", [False, True], ids=["to write", "to read"])


def edit(folder, script: str) -> None:
    """What somebody with the sqlite3 shell does."""
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as db:
        db.executescript(script)


def runs(state: StateDb) -> int:
    return len(state.rows("SELECT * FROM syncs"))


def insert(folder: str, times: int) -> None:
    state = StateDb(folder)
    for _time in range(times):
        with state.transaction() as db:
            db.execute(INSERT)
    os._exit(0)


def test_what_was_committed_is_there_next_time(tmp_path):
    folder = str(tmp_path / "state")
    first = StateDb(folder)
    with first.transaction() as db:
        db.execute(INSERT)
    first.close()
    assert runs(StateDb(folder)) == runs(StateDb(folder, read_only=True)) == 1


def test_nobody_else_reads_it(tmp_path):
    before = os.umask(0)
    try:
        StateDb(str(tmp_path / "state"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "state" / FILE_NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o750


def test_an_error_undoes_the_transaction_whole(tmp_path):
    state = StateDb(str(tmp_path))

    def work() -> None:
        with state.transaction() as db:
            db.execute(INSERT)
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert runs(state) == 0


def test_reading_creates_nothing(tmp_path):
    state = StateDb(str(tmp_path / "state"), read_only=True)
    assert runs(state) == 0
    with state.hold("CXYZ001"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_nothing(tmp_path):
    StateDb(str(tmp_path)).close()
    before = (tmp_path / FILE_NAME).read_bytes()
    state = StateDb(str(tmp_path), read_only=True)
    with pytest.raises(DcassError):
        insert_one(state)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def insert_one(state: StateDb) -> None:
    with state.transaction() as db:
        db.execute(INSERT)


def test_a_file_that_is_only_begun_reads_as_empty(tmp_path):
    (tmp_path / FILE_NAME).touch()
    assert runs(StateDb(str(tmp_path), read_only=True)) == 0
    assert (tmp_path / FILE_NAME).stat().st_size == 0


def test_two_processes_at_once_lose_nothing(tmp_path):
    children = [FORK.Process(target=insert, args=(str(tmp_path / "new"), 15)) for _child in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert runs(StateDb(str(tmp_path / "new"))) == 30


@BOTH
def test_a_newer_state_is_left_alone(tmp_path, read_only):
    StateDb(str(tmp_path)).close()
    edit(tmp_path, f"PRAGMA user_version = {VERSION + 1}")
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StateNewer, match=str(VERSION + 1)):
        StateDb(str(tmp_path), read_only=read_only)
    assert (tmp_path / FILE_NAME).read_bytes() == before


@BOTH
def test_a_damaged_state_is_told_and_left_alone(tmp_path, read_only):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database, and never was one" * 50)
    with pytest.raises(StateDamaged, match=FILE_NAME):
        StateDb(str(tmp_path), read_only=read_only)
    assert (tmp_path / FILE_NAME).read_bytes().startswith(b"this is no database")


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(LocalError):
        StateDb(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(LocalError):
        StateDb(str(tmp_path / "file" / "state"))


def test_an_account_is_held_by_one_run_at_a_time(tmp_path):
    mine, other = StateDb(str(tmp_path)), StateDb(str(tmp_path))
    with mine.hold("CXYZ001"):
        with pytest.raises(Busy, match="CXYZ001"), other.hold("CXYZ001"):
            pass
        with other.hold("CXYZ002"), StateDb(str(tmp_path), read_only=True).hold("CXYZ001"):
            pass
    with other.hold("CXYZ001"):
        pass


def hold_and_die(folder: str) -> None:
    with StateDb(folder).hold("CXYZ001"):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_run_holds_nothing(tmp_path):
    child = FORK.Process(target=hold_and_die, args=(str(tmp_path),))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    with StateDb(str(tmp_path)).hold("CXYZ001"):
        pass


def test_a_power_cut_while_it_is_made_heals(tmp_path):
    for step in steps():
        folder = str(tmp_path / f"at{step}")
        died = cut_at(step, lambda folder=folder: StateDb(folder))
        assert runs(StateDb(folder, read_only=True)) == 0
        assert runs(StateDb(folder)) == 0
        if not died:
            return


@BOTH
def test_the_state_of_an_older_version_is_understood(tmp_path, read_only):
    edit(tmp_path, V1)
    before = (tmp_path / FILE_NAME).read_bytes()
    state, account, now = StateDb(str(tmp_path), read_only), Account("CXYZ001"), datetime(2026, 11, 20, 18, 1)
    manifest = Manifest(state, account)
    assert [(report.path, report.day) for report in manifest.held().values()] == [
        ("COMMON/A.csv", date(2026, 11, 20)),
        ("CXYZ/B.csv", None),
    ]
    assert [(item.what, item.lost_on) for item in manifest.outstanding()] == [
        ("RX_*", None),
        ("COMMON/x", date(2026, 11, 20)),
    ]
    assert Ledger(state, account.name).allowance(LOGINS, 4, now.replace(tzinfo=HONG_KONG)).used == 2
    (facts,) = KeyRecord(state, account.name).known().values()
    assert (facts.made_on, facts.registered_on, facts.proven) == (date(2026, 11, 18), date(2026, 11, 19), True)
    assert state.rows("SELECT * FROM renewals") == state.rows("SELECT * FROM evidence") == []
    assert ((tmp_path / FILE_NAME).read_bytes() == before) is read_only
    copy = [] if read_only else [f"{FILE_NAME}.version-1"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME, *copy]
    with pytest.raises(DcassError) if read_only else contextlib.nullcontext():
        insert_one(state)


def test_an_older_state_becomes_what_a_new_one_is(tmp_path):
    edit(tmp_path, V1)
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
    grown, new = StateDb(str(tmp_path)).rows(schema), StateDb(str(tmp_path / "new")).rows(schema)
    assert [tuple(row) for row in grown] == [tuple(row) for row in new]
    assert len(SCHEMAS) == VERSION


def test_a_power_cut_while_it_grows_leaves_the_old_or_the_new(tmp_path):
    """Each statement of the growth is the last one that the machine does."""
    edit(tmp_path, V1)
    statements = ";".join(SCHEMAS[1:]).split(";")
    for number in range(len(statements) + 1):
        child = FORK.Process(target=grow_and_die, args=(tmp_path, statements[:number]))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
        with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
            assert db.execute("PRAGMA user_version").fetchone()[0] == 1
    assert runs(StateDb(str(tmp_path))) == 1


def grow_and_die(folder, statements) -> None:
    db = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    for statement in statements:
        db.execute(statement)
    os.kill(os.getpid(), signal.SIGKILL)


@BOTH
@pytest.mark.parametrize(
    ("script", "told"),
    [
        pytest.param("DROP TABLE reports", "reports.path", id="a table is gone"),
        pytest.param("ALTER TABLE keys RENAME COLUMN last_day TO end", "keys.last_day", id="a column is gone"),
        pytest.param("PRAGMA user_version = 1", "duplicate column", id="a version that it is not"),
        pytest.param("PRAGMA user_version = -1", "version is -1", id="a version below all"),
        pytest.param(
            "INSERT INTO syncs VALUES (1, 'CXYZ001', 'all', '', '', 1, 1, NULL); PRAGMA writable_schema = 1;"
            "UPDATE sqlite_master SET sql = replace(sql, 'bytes INTEGER', 'bytes INTEGER NOT NULL CHECK (bytes > 5)')",
            "CHECK",
            id="a row against the rules of its table",
        ),
        pytest.param(
            "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = 'nonsense' WHERE name = 'keys'",
            "malformed",
            id="a table made of nonsense",
        ),
    ],
)
def test_a_state_that_somebody_has_edited_is_told_at_once(tmp_path, script, told, read_only):
    StateDb(str(tmp_path)).close()
    edit(tmp_path, script)
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StateDamaged, match=told):
        StateDb(str(tmp_path), read_only)
    assert (tmp_path / FILE_NAME).read_bytes() == before


@BOTH
def test_a_schema_that_is_no_utf_8_is_damage(tmp_path, read_only):
    StateDb(str(tmp_path)).close()
    content = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(content.replace(b"CREATE TABLE keys", b"CREATE TABLE \xff\xc3ys"))
    with pytest.raises(StateDamaged, match=FILE_NAME):
        StateDb(str(tmp_path), read_only)


@BOTH
@pytest.mark.parametrize("at", [19, 47, 59], ids=["who reads it", "its schema", "its texts"])
def test_a_format_that_no_sqlite_knows_is_damage(tmp_path, at, read_only):
    StateDb(str(tmp_path)).close()
    in_another_format(tmp_path, at)
    with pytest.raises(StateDamaged, match=FILE_NAME):
        StateDb(str(tmp_path), read_only).rows("SELECT * FROM keys")


def test_a_format_that_no_sqlite_can_write_is_damage_and_no_lack_of_rights(tmp_path):
    StateDb(str(tmp_path)).close()
    in_another_format(tmp_path, 18)
    with pytest.raises(StateDamaged, match="readonly"), StateDb(str(tmp_path)).transaction() as db:
        db.execute(INSERT)


def in_another_format(tmp_path, at):
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[at] = 99
    (tmp_path / FILE_NAME).write_bytes(content)


def test_a_state_that_cannot_be_brought_up_to_date_is_not_kept_locked(tmp_path):
    StateDb(str(tmp_path)).close()
    edit(tmp_path, "PRAGMA user_version = 1")
    with pytest.raises(StateDamaged, match="duplicate column") as kept:
        StateDb(str(tmp_path))
    edit(tmp_path, f"PRAGMA user_version = {VERSION}")
    assert kept


def test_sums_that_no_number_holds_are_damage(tmp_path):
    state = StateDb(str(tmp_path))
    report = "INSERT INTO reports VALUES (?, 'COMMON', 'A', ?, NULL, 'ab', NULL, '', 'CXYZ001', NULL, 1, NULL, NULL)"
    with state.transaction() as db:
        db.executemany(report, [("COMMON/A", 2**63 - 1), ("COMMON/B", 2**63 - 1)])
    with pytest.raises(StateDamaged, match="overflow"):
        Manifest(state, Account("CXYZ001")).summary()


@BOTH
@pytest.mark.parametrize("version", [VERSION + 1, 99, 2**31 - 1])
def test_a_version_far_ahead_is_a_newer_state(tmp_path, version, read_only):
    StateDb(str(tmp_path)).close()
    edit(tmp_path, f"PRAGMA user_version = {version}")
    with pytest.raises(StateNewer, match=str(version)):
        StateDb(str(tmp_path), read_only)


@BOTH
def test_a_null_where_none_may_be_is_told_at_once(tmp_path, read_only):
    StateDb(str(tmp_path)).close()
    edit(
        tmp_path,
        "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = replace(sql, 'scope TEXT NOT NULL', 'scope TEXT');",
    )
    edit(tmp_path, "INSERT INTO syncs VALUES (1, 'CXYZ001', NULL, '', '', 1, 1, NULL)")
    edit(
        tmp_path,
        "PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = replace(sql, 'scope TEXT', 'scope TEXT NOT NULL');",
    )
    with pytest.raises(StateDamaged, match=r"NULL value in syncs\.scope"):
        StateDb(str(tmp_path), read_only)


@BOTH
def test_rubbish_in_any_page_is_damage(tmp_path, read_only):
    """Half of a page, as a torn write or a bad sector leaves it; no page of this state is empty."""
    state = StateDb(str(tmp_path))
    with state.transaction() as db:
        db.executemany(
            "INSERT INTO reports VALUES (?, 'COMMON', 'A', 1, NULL, 'ab', NULL, '', 'CXYZ001', NULL, 1, NULL, NULL)",
            [(f"COMMON/{number:060}",) for number in range(300)],
        )
        for table in ("attempts (account, what, purpose, began)", "debts (account, kind, what, day)"):
            db.execute(f"INSERT INTO {table} VALUES ('CXYZ001', 'login', 'x', '2026-11-20T18:00:00+08:00')")
        db.execute(INSERT)
    state.close()
    sound = (tmp_path / FILE_NAME).read_bytes()
    pages = range(0, len(sound), 4096)
    assert len(pages) > 20
    for page in pages:
        (tmp_path / FILE_NAME).write_bytes(sound[:page] + b"\xa5" * 2048 + sound[page + 2048 :])
        with pytest.raises(StateDamaged, match=FILE_NAME):
            StateDb(str(tmp_path), read_only)
    for end in (len(sound) - 4096, len(sound) // 2 // 4096 * 4096, 5000, 300, 50):
        (tmp_path / FILE_NAME).write_bytes(sound[:end])
        with pytest.raises(StateDamaged, match=FILE_NAME):
            StateDb(str(tmp_path), read_only)


def dated(row) -> tuple:
    return of_type(int, row["downloaded"]), moment(row["began"]), maybe(day, row["ended"] or None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param("began", "'yesterday'", id="a word for a moment"),
        pytest.param("began", "'2026-11-20T18:00:00'", id="a moment without its zone"),
        pytest.param("began", "'0001-01-01T00:00:00+08:00'", id="a moment long ago"),
        pytest.param("began", "20261120", id="a number for a moment"),
        pytest.param("began", "'2026-11-20 18:00:00+08:00'", id="a moment in other words"),
        pytest.param("ended", "'20261120'", id="a day without hyphens"),
        pytest.param("began", "x'00ff'", id="bytes for a moment"),
        pytest.param("began", "CAST(x'ff' AS TEXT)", id="text that is no UTF-8"),
        pytest.param("ended", "'2026-02-30'", id="a day that no month has"),
        pytest.param("ended", "'9999-12-31'", id="a day far away"),
        pytest.param("downloaded", "'many'", id="a word for a number"),
        pytest.param("downloaded", "1.5", id="a broken number"),
    ],
)
def test_a_row_that_makes_no_sense_is_damage(tmp_path, column, value):
    state = StateDb(str(tmp_path))
    query = "SELECT * FROM syncs WHERE account = ? ORDER BY id"
    with state.transaction() as db:
        db.execute(INSERT.replace("'', ''", "'2026-11-20T18:00:00+08:00', '2026-11-20'"))
    read = state.read(dated, query, "CXYZ001")
    assert read == [(1, datetime(2026, 11, 20, 18, tzinfo=HONG_KONG), date(2026, 11, 20))]
    with state.transaction() as db:
        db.execute(f"UPDATE syncs SET {column} = {value}")
    with pytest.raises(StateDamaged, match=r"state\.sqlite3 is damaged: .*(syncs holds id=1|UTF-8)"):
        state.read(dated, query, "CXYZ001")


def test_a_mistake_of_ours_is_no_damage(tmp_path):
    state = StateDb(str(tmp_path))
    insert_one(state)
    with pytest.raises(AttributeError):
        state.read(lambda row: row.nothing, "SELECT * FROM syncs")


def test_a_large_state_opens_fast(tmp_path):
    """Ten years of reports; the check at the opening must cost no run more than it would notice."""
    state = StateDb(str(tmp_path))
    with state.transaction() as db:
        db.executemany(
            "INSERT INTO reports VALUES (?, 'COMMON', 'A', 1, NULL, ?, NULL, '', 'CXYZ001', NULL, 1, NULL, NULL)",
            [(f"COMMON/RX_AUDIT_{number:08}.csv", "ab" * 32) for number in range(100_000)],
        )
    state.close()
    began = time.process_time()
    StateDb(str(tmp_path)).close()
    assert time.process_time() - began < 0.5


def test_a_folder_that_is_missing_and_can_t_be_made_is_told_as_missing(tmp_path):
    (tmp_path / "a file").touch()
    with pytest.raises(LocalError, match=r"is missing, and can't be made: Not a directory") as raised:
        StateDb(str(tmp_path / "a file" / "state"))
    assert "backup" in raised.value.hint and "rollout" in raised.value.hint
