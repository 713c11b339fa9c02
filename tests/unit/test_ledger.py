# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins written down before they are made (§4.3)."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sqlite3
from datetime import datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LoginBudgetSpent, StateDamaged
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS

NOW = datetime(2026, 11, 20, 12, 45, 0, 250000, tzinfo=HONG_KONG)
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger(StateDb(str(tmp_path)), "CXYZ001")


def log_in(ledger: Ledger, now: datetime = NOW, budget: int = 4) -> None:
    ledger.settle(ledger.spend(LOGINS, budget, "test", now), "accepted", now)


def test_four_logins_fit_and_the_fifth_is_refused_with_the_time_to_come_back(ledger):
    for _login in range(4):
        log_in(ledger)
    with pytest.raises(LoginBudgetSpent, match="CXYZ001") as refused:
        log_in(ledger, NOW + timedelta(minutes=2))
    retry_at = datetime.fromisoformat(refused.value.facts["retry_at"])
    assert retry_at.utcoffset() == timedelta(hours=8)
    assert timedelta(minutes=5) < retry_at - NOW < timedelta(minutes=5, seconds=4)


def test_at_retry_at_the_next_login_does_fit(ledger):
    for _login in range(4):
        log_in(ledger)
    with pytest.raises(LoginBudgetSpent) as refused:
        log_in(ledger)
    log_in(ledger, datetime.fromisoformat(refused.value.facts["retry_at"]))


def test_a_login_is_on_disk_before_it_is_made(ledger, tmp_path):
    ledger.spend(LOGINS, 4, "test", NOW)
    assert Ledger(StateDb(str(tmp_path), read_only=True), "CXYZ001").allowance(LOGINS, 4, NOW).used == 1


def test_a_refused_spending_is_not_counted(ledger):
    for _login in range(4):
        log_in(ledger)
    for _more in range(3):
        with pytest.raises(LoginBudgetSpent):
            log_in(ledger)
    assert ledger.allowance(LOGINS, 4, NOW).used == 4


def test_a_login_that_failed_counts_like_any_other(ledger):
    for outcome in ("refused", "lost", "accepted", "refused"):
        ledger.settle(ledger.spend(LOGINS, 4, "test", NOW), outcome, NOW)
    assert ledger.allowance(LOGINS, 4, NOW).left == 0


def test_accounts_and_kinds_are_counted_apart(ledger, tmp_path):
    for _login in range(4):
        log_in(ledger)
    assert ledger.allowance(UPLOADS, 4, NOW).used == 0
    assert Ledger(StateDb(str(tmp_path)), "CXYZ002").allowance(LOGINS, 4, NOW).used == 0


def test_a_share_is_a_share(ledger):
    log_in(ledger, budget=2)
    log_in(ledger, budget=2)
    with pytest.raises(LoginBudgetSpent, match="2 of 2"):
        log_in(ledger, budget=2)


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param("UPDATE attempts SET id = 9223372036854775807", id="the last number of all is used"),
        pytest.param("INSERT INTO losses VALUES (1, 'CXYZ001', 'x', 'many', NULL, NULL, NULL)", id="a count in words"),
        pytest.param(
            "INSERT INTO losses VALUES (1, 'CXYZ001', 'x', 9e999, NULL, NULL, NULL)", id="a count without end"
        ),
    ],
)
def test_a_ledger_that_cannot_be_counted_on_is_damaged(ledger, tmp_path, edit):
    log_in(ledger)
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as db, db:
        db.execute(edit)
    with pytest.raises(StateDamaged):
        log_in(ledger, NOW + timedelta(hours=1))


def race(folder: str, start, won) -> None:
    ledger = Ledger(StateDb(folder), "CXYZ001")
    start.wait(30)
    try:
        ledger.spend(LOGINS, 4, "race", NOW)
        won.put(True)
    except LoginBudgetSpent:
        won.put(False)
    won.close()
    won.join_thread()
    os._exit(0)


def test_of_eight_processes_at_once_four_may_log_in(tmp_path):
    start, won = FORK.Barrier(8), FORK.Queue()
    children = [FORK.Process(target=race, args=(str(tmp_path), start, won)) for _child in range(8)]
    for child in children:
        child.start()
    answers = [won.get(timeout=60) for _child in children]
    for child in children:
        child.join(60)
    assert sorted(answers) == [False] * 4 + [True] * 4
    assert Ledger(StateDb(str(tmp_path)), "CXYZ001").allowance(LOGINS, 4, NOW).used == 4
