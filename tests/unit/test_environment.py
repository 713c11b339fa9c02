# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A state belongs to one environment: the first login says to which, and from then on no run of another one gets it."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sqlite3
from datetime import datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.environment import require_environment
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, StateDamaged, WrongEnvironment
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS, SITES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from tests.unit.support import options

FORK = multiprocessing.get_context("fork")
NOW = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
PRIMARY, SECONDARY = (list(addresses) for addresses in SITES.values())


@pytest.mark.parametrize(
    ("word", "site", "addresses", "name"),
    [
        pytest.param("", "primary", None, "production", id="no address, so the guide's"),
        pytest.param("", "primary", [], "production", id="an empty list of them"),
        pytest.param("", "secondary", None, "production", id="the other site"),
        pytest.param("", "primary", PRIMARY, "production", id="the guide's, written out"),
        pytest.param("", "primary", [f"{PRIMARY[1]}:10022"], "production", id="one of them, with its port"),
        pytest.param("", "secondary", SECONDARY, "production", id="those of the other site"),
        pytest.param("", "primary", ["127.151.14.121"], "other", id="a rehearsal"),
        pytest.param("", "primary", [PRIMARY[0], "127.151.14.122"], "other", id="one of the guide's and a stranger"),
        pytest.param("", "primary", ["gateway.example.org:10022"], "other", id="a name"),
        pytest.param("production", "primary", ["gateway.example.org"], "production", id="the operator's word"),
        pytest.param("test", "primary", None, "test", id="the operator's word, against the addresses"),
    ],
)
def test_what_a_run_is_for(word, site, addresses, name):
    found = settings_from(options(environment=word, site=site, addresses=addresses))
    assert found.environment == name


@pytest.mark.parametrize("word", ["Production", "two words", "-", "x" * 33, "測試", "a\nb"])
def test_what_is_no_name_of_an_environment(word):
    with pytest.raises(BadInput, match="one word in small letters"):
        settings_from(options(environment=word))


@pytest.mark.parametrize(
    ("recorded", "wanted", "is_refused"),
    [
        (None, "production", False),
        (None, "other", False),
        ("production", "production", False),
        ("other", "other", False),
        ("production", "other", True),
        ("other", "production", True),
        ("production", "test", True),
        ("other", "test", True),
    ],
)
def test_which_run_gets_a_state(recorded, wanted, is_refused):
    with pytest.raises(WrongEnvironment) if is_refused else contextlib.nullcontext() as refused:
        require_environment(recorded, wanted, "/s")
    if is_refused:
        assert str(refused.value) == f"The state /s belongs to the environment {recorded}, and this run to {wanted}."
        assert refused.value.hint == (
            f"Give the inventory of {wanted} a dcass_state_dir and a dcass_config_dir of its own. Where the facility "
            f"of {recorded} has only changed its addresses, write dcass_environment: {recorded}."
        )


def opened(folder, environment=None, read_only=False):
    return StateDb(str(folder), read_only, environment=environment)


def spend(state):
    return Ledger(state, "CXYZ001").spend(LOGINS, 4, "test", NOW)


def test_a_state_is_nobody_s_until_the_first_login(tmp_path):
    with contextlib.closing(opened(tmp_path, "other")) as state:
        Ledger(state, "CXYZ001").require(LOGINS, 4, NOW)
        assert state.environment is None
    with contextlib.closing(opened(tmp_path, "production")) as state:
        spend(state)
        assert state.environment == "production"
    with contextlib.closing(opened(tmp_path, "production")) as state:
        spend(state)


@pytest.mark.parametrize("read_only", [False, True], ids=["to write", "to read"])
def test_a_run_for_another_environment_does_not_get_it(tmp_path, read_only):
    with contextlib.closing(opened(tmp_path, "production")) as state:
        spend(state)
    with pytest.raises(WrongEnvironment):
        opened(tmp_path, "other", read_only)
    with contextlib.closing(opened(tmp_path, read_only=True)) as state:  # who asks for none only wants to look
        assert state.environment == "production"


def test_of_two_first_runs_at_once_one_gets_it_and_the_other_makes_no_login(tmp_path):
    with contextlib.closing(opened(tmp_path, "production")) as one, contextlib.closing(opened(tmp_path, "test")) as two:
        spend(one)
        with pytest.raises(WrongEnvironment):
            spend(two)
        assert Ledger(one, "CXYZ001").allowance(LOGINS, 4, NOW).used == 1


def spend_and_die(folder) -> None:
    spend(opened(folder, "test"))
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_that_is_killed_at_its_login_has_said_whose_the_state_is(tmp_path):
    child = FORK.Process(target=spend_and_die, args=(tmp_path,))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL
    with pytest.raises(WrongEnvironment):
        opened(tmp_path, "production")


def test_an_older_state_takes_the_name_of_its_next_login(tmp_path):
    with contextlib.closing(opened(tmp_path)) as state:
        spend(state)
        assert state.environment is None
    with contextlib.closing(opened(tmp_path, "other")) as state:
        spend(state)
        assert state.environment == "other"


def test_a_name_that_nobody_can_have_written_is_damage(tmp_path):
    opened(tmp_path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as db:
        db.execute("INSERT INTO about VALUES ('environment', 'Two words')")
        db.commit()
    with pytest.raises(StateDamaged, match="about holds"):
        opened(tmp_path, "production")
