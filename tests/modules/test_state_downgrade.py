# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""state_downgrade: the state of a version before; test_older_states.py and test_version_kills.py have what it does."""

from __future__ import annotations

import pathlib

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import VERSION
from tests.modules.support import Workstation, fail, succeed

OLDER = 10


@pytest.fixture
def ours(tmp_path):
    return Workstation(tmp_path, "CXYZ001", "127.0.10.31")


def options(workstation, **more):
    shared = {name: workstation.options[name] for name in ("account", "state_dir", "key_dir")}
    return {**shared, "version": OLDER, **more}


def names(workstation):
    return sorted(path.name for path in pathlib.Path(workstation.options["state_dir"]).glob("*sqlite3*"))


@pytest.mark.parametrize(
    ("more", "code"),
    [
        pytest.param({"version": 0}, "bad_option", id="a version that never was"),
        pytest.param({"version": VERSION + 1}, "bad_option", id="a version to come"),
        pytest.param({"account": "cxyz001"}, "bad_account", id="an account in small letters"),
        pytest.param({"state_dir": "state"}, "bad_option", id="a state that is not named in full"),
    ],
)
def test_what_can_t_be_right_is_refused(ours, more, code):
    ours.make_key()
    fail("state_downgrade", code, **options(ours, **more))
    assert names(ours) == ["state.sqlite3"]


def test_where_there_is_no_state_none_is_made(ours):
    result = succeed("state_downgrade", **options(ours))
    assert (result["changed"], result["version_before"], result["msg"]) == (False, 0, "There is no state.")
    assert not pathlib.Path(ours.options["state_dir"]).exists()


def test_it_tells_what_it_would_do_then_does_it_once(ours):
    ours.make_key()
    planned = succeed("state_downgrade", check=True, **options(ours))
    assert (planned["changed"], planned["left_out"], planned["copy_path"]) == (True, ["handovers"], None)
    assert names(ours) == ["state.sqlite3"]
    done = succeed("state_downgrade", **options(ours))
    copy = f"{ours.options['state_dir']}/state.sqlite3.version-{VERSION}"
    assert (done["changed"], done["left_out"], done["copy_path"]) == (True, ["handovers"], copy)
    assert done["msg"].endswith(f"{copy} is what it was, with handovers, which that version does not have.")
    again = succeed("state_downgrade", **options(ours))
    assert (again["changed"], again["version_before"], again["copy_path"]) == (False, OLDER, None)
    assert names(ours) == ["state.sqlite3", f"state.sqlite3.version-{VERSION}"]


def test_a_state_that_another_run_works_with_is_left(ours):
    ours.make_key()
    with StateDb(ours.options["state_dir"]).hold(ours.account):
        fail("state_downgrade", "busy", **options(ours))
    assert names(ours) == ["state.sqlite3"]
