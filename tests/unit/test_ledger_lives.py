# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever becomes of clock, machine and state: a server that counts real time never sees a fifth (§4.3, §6.3)."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import shutil
import tempfile
import time
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.marker import Marker
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    LoginBudgetSpent,
    StateDamaged,
    UploadBudgetSpent,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, UPLOADS, Limit
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime

BEGINNING = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
ACCOUNT = "CXYZ001"
MARKER = f"{ACCOUNT}.ledger.json"
TICK = 0.01  # seconds; the kernel's own times of files are no finer than a few milliseconds


class Validity:
    """One workstation, its clocks and its state; and a server that counts by real time, in seconds."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root, self.state, self.backup = root, root / "state", root / "backup"
        (root / "keys" / ACCOUNT / "20261120-abc").mkdir(parents=True)
        self.real, self.wall, self.up, self.boot, self.machine = 0.0, BEGINNING, 5000.0, "boot-1", "machine-1"
        self.shows_boot, self.seen, self.told = True, [], []
        state = StateDb(str(self.state))
        Ledger(
            state, ACCOUNT, self.uptime, Marker(str(self.state), ACCOUNT, self.machine)
        ).begin()  # as account_key does
        state.close()

    def let_pass(self, seconds: float) -> None:
        self.real += seconds
        self.up += seconds
        self.wall += timedelta(seconds=seconds)

    def uptime(self) -> Uptime:
        return Uptime(self.boot if self.shows_boot else None, self.up)

    @contextlib.contextmanager
    def open(self, **more):
        state = StateDb(str(self.state), key_dir=str(self.root / "keys"))
        marker = Marker(str(self.state), ACCOUNT, self.machine)
        sleep = more.get("sleep", self.let_pass)
        try:
            with state.hold(ACCOUNT):
                yield Ledger(state, ACCOUNT, self.uptime, marker, sleep, self.told.append)
        finally:
            state.close()

    def attempt(self, limit: Limit = LOGINS, takes: float = 0.0, crashes: bool = False) -> bool:
        """Make one as modules do: ask, spend, be seen, settle; say whether it was made."""
        try:
            with self.open() as ledger:
                ledger.require(limit, 4, self.wall)
                number = ledger.spend(limit, 4, "test", self.wall)
                self.let_pass(takes)
                self.seen.append((limit.what, self.real))
                if not crashes:
                    ledger.settle(number, "accepted", self.wall)
        except (LoginBudgetSpent, UploadBudgetSpent, StateDamaged):
            return False
        return True

    def attempts(self, times: int, limit: Limit = LOGINS, takes: float = 0.0, crashes: bool = False) -> None:
        for _time in range(times):
            self.attempt(limit, takes, crashes)

    def four(self, limit: Limit = LOGINS) -> None:
        for _time in range(4):
            assert self.attempt(limit)

    def made_in(self, seconds: float, limit: Limit = LOGINS) -> int:
        """The most that the server saw within so many seconds."""
        times = [moment for what, moment in self.seen if what == limit.what]
        return max((sum(first <= one < first + seconds for one in times) for first in times), default=0)

    # What may happen to it

    def step(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def reboot(self, takes: float) -> None:
        self.let_pass(takes)
        self.boot, self.up = f"{self.boot}+", takes / 2

    def hide_boot(self, shown: bool) -> None:
        """A container, or a machine without /proc."""
        self.shows_boot = shown

    def save(self) -> None:
        shutil.rmtree(self.backup, ignore_errors=True)
        if self.state.exists():
            shutil.copytree(self.state, self.backup)

    def restore(self) -> None:
        if self.backup.exists():
            time.sleep(TICK)
            shutil.rmtree(self.state, ignore_errors=True)
            shutil.copytree(self.backup, self.state)

    def restore_in_place(self) -> None:
        if self.backup.exists():
            time.sleep(TICK)
            shutil.copytree(self.backup, self.state, dirs_exist_ok=True)

    def restore_database(self) -> None:
        if (self.backup / FILE_NAME).exists() and self.state.exists():
            shutil.copy2(self.backup / FILE_NAME, self.state / FILE_NAME)

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.state / name)

    def remove_all(self) -> None:
        shutil.rmtree(self.state, ignore_errors=True)

    def cut(self, size: int) -> None:
        if (self.state / FILE_NAME).exists():
            (self.state / FILE_NAME).write_bytes((self.state / FILE_NAME).read_bytes()[:size])

    def move(self) -> None:
        """The disk comes into another machine, which has run for longer."""
        self.machine, self.boot, self.up = self.machine + "+", self.boot + "*", self.up + 1e6


@pytest.fixture
def life(tmp_path) -> Validity:
    return Validity(tmp_path)


def test_a_new_workstation_waits_for_nothing(life):
    life.four()
    assert life.real == 0 and life.told == []


MOVES = [
    pytest.param(lambda life: life.step(86400), id="a day forward"),
    pytest.param(lambda life: life.step(300), id="five minutes forward"),
    pytest.param(lambda life: life.step(-86400), id="a day back"),
    pytest.param(lambda life: (life.step(86400), life.reboot(20)), id="a day forward, and a reboot"),
    pytest.param(lambda life: (life.reboot(20), life.step(86400)), id="a reboot, and a day forward"),
    pytest.param(lambda life: (life.hide_boot(False), life.step(86400)), id="a container, and a day forward"),
    pytest.param(
        lambda life: (life.hide_boot(False), life.reboot(20), life.step(86400)), id="a reboot that can't be told"
    ),
]


@pytest.mark.parametrize("limit", [LOGINS, UPLOADS], ids=["logins", "uploads"])
@pytest.mark.parametrize("move", MOVES)
def test_no_move_of_the_clock_gives_a_fifth(life, move, limit):
    life.four(limit)
    move(life)
    assert not life.attempt(limit)
    assert life.told == []


@pytest.mark.parametrize("move", MOVES)
def test_the_fifth_comes_after_five_minutes_whatever_the_clock_says(life, move):
    life.four()
    move(life)
    life.attempt()
    life.let_pass(303)
    assert life.attempt()


def test_two_right_two_a_day_back_and_right_again_is_no_way_either(life):
    assert life.attempt() and life.attempt()
    life.step(-86400)
    assert life.attempt() and life.attempt()
    assert not life.attempt()
    life.step(86400)
    assert not life.attempt()
    life.let_pass(303)
    assert life.attempt()


def test_a_step_in_the_middle_of_a_login_does_not_matter(life):
    with life.open() as ledger:
        numbers = [ledger.spend(LOGINS, 4, "test", life.wall) for _login in range(4)]
        life.step(3600)
        for number in numbers:
            ledger.settle(number, "accepted", life.wall)
    life.step(86400)
    assert not life.attempt()


def test_old_logins_do_not_stop_a_workstation_that_has_been_up_for_five_minutes(life):
    life.four()
    life.let_pass(9 * 86400)
    life.reboot(303 * 2)
    assert life.attempt()


LOSSES = [
    pytest.param(lambda life: life.remove(FILE_NAME), "there is no state", id="the database vanished"),
    pytest.param(lambda life: life.cut(0), "the state was emptied", id="emptied"),
    pytest.param(lambda life: life.cut(1), "the state is torn: it has 1 bytes", id="torn"),
    pytest.param(lambda life: life.remove_all(), "there is no state, but .*keys", id="all vanished but the keys"),
    pytest.param(
        lambda life: (life.remove(MARKER), life.remove(FILE_NAME)),
        r"there is no state, but .*\.lock",
        id="both vanished",
    ),
    pytest.param(lambda life: life.remove(MARKER), "the marker .* has vanished", id="the marker vanished"),
    pytest.param(lambda life: life.restore(), "a copy", id="all from a backup"),
    pytest.param(lambda life: life.restore_in_place(), "a copy", id="all from a backup, file by file"),
    pytest.param(lambda life: life.restore_database(), "older than the last", id="the database from a backup"),
    pytest.param(lambda life: life.move(), "another machine", id="another machine"),
    pytest.param(
        lambda life: (life.state / MARKER).write_text("["), "ledger.json is damaged", id="the marker is damaged"
    ),
    pytest.param(
        lambda life: (life.state / MARKER).write_text("[" * 99999), "ledger.json is damaged", id="a deep marker"
    ),
]


@pytest.mark.parametrize(("lose", "found"), LOSSES)
def test_a_lost_state_is_told_and_waits_by_itself(life, lose, found):
    assert life.attempt()
    life.save()
    for _login in range(3):
        assert life.attempt()
    lose(life)
    assert life.attempt()
    assert 302 <= life.real < 304
    assert len(life.told) == 1
    assert re.match(f"state_lost: {ACCOUNT}: .*{found}", life.told[0])
    life.told.clear()
    assert life.attempt()
    assert life.told == [] and life.real < 304
    assert life.made_in(300) <= 4


@pytest.mark.parametrize(("lose", "found"), LOSSES)
def test_after_it_no_upload_is_made_for_an_hour(life, lose, found):
    life.save()
    life.four(UPLOADS)
    life.save()
    lose(life)
    if not life.attempt(UPLOADS):
        assert life.real == 0
        life.let_pass(3590)
        assert not life.attempt(UPLOADS)
        life.let_pass(13)
    assert life.attempt(UPLOADS)
    assert life.made_in(3600, UPLOADS) <= 4


def test_without_sleep_a_lost_state_is_refused_with_the_time_to_come_back(life):
    life.four()
    life.remove(FILE_NAME)
    with life.open(sleep=None) as ledger, pytest.raises(LoginBudgetSpent) as refused:
        ledger.require(LOGINS, 4, life.wall)
    assert timedelta(minutes=5) < datetime.fromisoformat(refused.value.facts["retry_at"]) - life.wall
    assert life.told[0].startswith("state_lost")


def test_who_only_asks_is_told_the_same_and_changes_nothing(life):
    life.four()
    life.remove(FILE_NAME)
    before = sorted(path.name for path in life.state.iterdir())
    state = StateDb(str(life.state), read_only=True, key_dir=str(life.root / "keys"))
    ledger = Ledger(state, ACCOUNT, life.uptime, Marker(str(life.state), ACCOUNT, life.machine), warn=life.told.append)
    left = ledger.allowance(LOGINS, 4, life.wall)
    assert (left.left, left.retry_at) == (0, life.wall + timedelta(seconds=302))
    assert len(life.told) == 1
    assert sorted(path.name for path in life.state.iterdir()) == before


def test_a_plan_foretells_the_wait_and_does_not_wait(life):
    life.four()
    life.remove(FILE_NAME)
    with life.open() as ledger:
        ledger.check(LOGINS, 4, life.wall)
        with pytest.raises(UploadBudgetSpent):
            ledger.check(UPLOADS, 4, life.wall)
    assert "would wait until 12:05:02" in life.told[0] and life.real == 0


def test_a_state_of_before_there_were_markers_is_taken_as_it_is(life):
    """Its rows have no second clock; those that still count get it from the wall, and no step frees them."""
    life.four()
    life.remove(MARKER)
    state = StateDb(str(life.state))
    with state.transaction() as db:
        db.execute("DELETE FROM marked")
        db.execute("UPDATE attempts SET boot = NULL, began_up = NULL, settled_up = NULL")
    state.close()
    assert not life.attempt()
    life.step(86400)
    assert not life.attempt()
    assert life.told == []
    life.let_pass(303)
    assert life.attempt()


def test_two_accounts_of_one_state_keep_their_markers_apart(life):
    state = StateDb(str(life.state))
    ledgers = [
        Ledger(state, account, life.uptime, Marker(str(life.state), account, None), warn=life.told.append)
        for account in (ACCOUNT, "CXYZ002")
    ]
    for ledger in (*ledgers, *ledgers):
        ledger.require(LOGINS, 4, life.wall)
        ledger.settle(ledger.spend(LOGINS, 4, "test", life.wall), "accepted", life.wall)
    assert life.told == []
    assert [ledger.allowance(LOGINS, 4, life.wall).used for ledger in ledgers] == [2, 2]


SECONDS = st.sampled_from([0.0, 0.0, 1.5, 60.0, 299.0, 301.0, 303.0, 3500.0])
STEPS = st.sampled_from([-86400, -3600, -300, 300, 3600, 86400])
DISTURBANCES = st.one_of(
    st.tuples(st.just("step"), STEPS),
    st.tuples(st.just("step"), STEPS),
    st.tuples(st.just("reboot"), st.sampled_from([2.0, 30.0, 900.0])),
    st.tuples(st.just("hide_boot"), st.booleans()),
    st.tuples(st.sampled_from(["restore", "restore_in_place", "restore_database", "remove_all", "move"])),
    st.tuples(st.just("remove"), st.sampled_from([FILE_NAME, MARKER])),
    st.tuples(st.just("cut"), st.integers(0, 1)),
)
ROUNDS = st.tuples(
    st.integers(0, 2), st.booleans(), st.integers(2, 4), st.lists(DISTURBANCES, min_size=1, max_size=2), SECONDS
)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([LOGINS, UPLOADS]),
    st.sampled_from([0.0, 0.0, 59.0]),
    st.booleans(),
    st.lists(ROUNDS, min_size=2, max_size=5),
)
@example(  # a copy made after a run was killed in its login, and brought back
    LOGINS,
    0.0,
    True,
    [
        (1, False, 3, [("step", -86400)], 0.0),
        (0, True, 2, [("remove", FILE_NAME)], 0.0),
        (0, False, 2, [("restore",)], 0.0),
    ],
)
def test_whatever_happens_a_server_that_counts_real_time_never_sees_a_fifth(limit, takes, crashes, rounds):
    """Each round makes some, saves the state perhaps, makes more, is disturbed, and tries as often as it may."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")) as root:
        life = Validity(pathlib.Path(root))
        for before, saves, after, disturbances, seconds in rounds:
            life.attempts(before, limit)
            if saves:
                life.save()
            life.attempts(after, limit, takes, crashes)
            for name, *arguments in disturbances:
                getattr(life, name)(*arguments)
            life.let_pass(seconds)
            life.attempts(3, limit)
        assert life.made_in(limit.within.total_seconds(), limit) <= 4
