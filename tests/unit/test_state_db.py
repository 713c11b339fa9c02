# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that a workstation must not forget."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, VERSION, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    Busy,
    DcassError,
    HostTrouble,
    StateDamaged,
    StateNewer,
)
from tests.unit.crashing import cut_at, steps

FORK = multiprocessing.get_context("fork")
INSERT = "INSERT INTO syncs (account, scope, began, ended, downloaded, bytes) VALUES ('CXYZ001', 'all', '', '', 1, 1)"


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


@pytest.mark.parametrize("read_only", [False, True], ids=["to write", "to read"])
def test_a_newer_state_is_left_alone(tmp_path, read_only):
    StateDb(str(tmp_path)).close()
    db = sqlite3.connect(tmp_path / FILE_NAME)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(StateNewer, match=str(VERSION + 1)):
        StateDb(str(tmp_path), read_only=read_only)
    assert (tmp_path / FILE_NAME).read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True], ids=["to write", "to read"])
def test_a_damaged_state_is_told_and_left_alone(tmp_path, read_only):
    (tmp_path / FILE_NAME).write_bytes(b"this is no database, and never was one" * 50)
    with pytest.raises(StateDamaged, match=FILE_NAME):
        StateDb(str(tmp_path), read_only=read_only)
    assert (tmp_path / FILE_NAME).read_bytes().startswith(b"this is no database")


def test_a_folder_in_the_way_is_told(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(HostTrouble):
        StateDb(str(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(HostTrouble):
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
