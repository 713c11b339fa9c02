# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States of older versions, the first release's among them: opened, understood, gone on with, and given back."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import VERSION, fresh
from emulator.client import Emulator
from tests.modules.older_states import DUE, FIRST, STATES, lay, live, renew, sync
from tests.modules.steering import SteeredClock
from tests.modules.support import Facility, succeed

KEPT = sorted(int(path.name[1:]) for path in STATES.iterdir())
RELEASED = 11  # by 1.0.0
NEVER_LANDED = {8}  # it came together with 9
EACH = pytest.mark.parametrize("version", KEPT, ids=[f"version {number}" for number in KEPT])
SCHEMA = "SELECT type, name, sql FROM sqlite_master ORDER BY name"


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """One life for all that look at what is left, and do nothing."""
    root = tmp_path_factory.mktemp("life")
    with Emulator(root / "facility") as running, pytest.MonkeyPatch.context() as patch:
        yield live(root, Facility(running), SteeredClock(running.control, patch))


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A life of a test's own, with its facility and its clock."""
    with Emulator(tmp_path / "facility") as running:
        facility, clock = Facility(running), SteeredClock(running.control, monkeypatch)
        yield *live(tmp_path, facility, clock), facility, clock
        assert facility.violations() == []


def middle(number):
    """Neither the oldest nor the first release: the two say most of what there is to say."""
    return [pytest.mark.long("the oldest, and the first release's")] if number not in (KEPT[0], RELEASED) else []


def dump(workstation, at="state.sqlite3"):
    """All that a database holds, but which collection has made it so."""
    with contextlib.closing(sqlite3.connect(workstation.root / "state" / at)) as db:
        number = db.execute("PRAGMA user_version").fetchone()[0]
        return [number, *(line for line in db.iterdump() if "'collection'" not in line)]


@pytest.mark.parametrize("version", sorted({*range(1, VERSION + 1)} - NEVER_LANDED))
def test_the_tables_of_each_version_are_what_it_once_made(version):
    """Who changes a table needs a new number, and what that leaves behind in tests/modules/states."""
    kept = FIRST if version == 1 else STATES / f"v{version}" / "state.sql"
    assert kept.exists(), f"nothing is kept of version {version}: python -m tests.modules.older_states writes it"
    with contextlib.closing(sqlite3.connect(":memory:")) as old, contextlib.closing(fresh(version)) as today:
        old.executescript(kept.read_text().replace("{touched}", "0"))
        assert old.execute("PRAGMA user_version").fetchone()[0] == version
        assert today.execute(SCHEMA).fetchall() == old.execute(SCHEMA).fetchall()


@EACH
def test_an_older_state_tells_what_it_told(lived, version):
    workstation, renewal = lived
    lay(version, workstation, renewal)
    told = succeed("account_info", **workstation.options, dest=workstation.dest)
    key, reports = told["key"], told["reports"]
    assert (key["state"], key["fingerprint"], key["last_day"]) == (
        "registered",
        renewal["old_fingerprint"],
        "2026-03-04",
    )
    assert (key["renewal"]["state"], key["renewal"]["new_fingerprint"], key["renewal"]["uploaded_on"]) == (
        "sending",
        renewal["new_fingerprint"],
        DUE.date().isoformat(),
    )
    assert (told["logins"]["used"], told["uploads"]["used"]) == (0, 1)
    assert (reports["held"], reports["bytes"], reports["last_full_sync"]) == (3, 6100, DUE.isoformat())
    acknowledged = {"RX_AUDIT*"} if version >= 10 else set()
    assert {item["what"] for item in reports["outstanding"]} == {"RX_AUDIT*", "RX_LIMIT*"} - acknowledged


@pytest.mark.parametrize("version", [pytest.param(number, marks=middle(number)) for number in KEPT])
def test_work_goes_on_where_an_older_version_left_it(own, version):
    """Nothing is fetched, uploaded or made a second time, and nobody waits."""
    workstation, renewal, facility, clock = own
    lay(version, workstation, renewal)
    before = dump(workstation)
    fetched = [item["name"][:16] for item in sync(workstation)["downloaded"]]
    assert (fetched, clock.slept) == (["Result.20260123."], [])  # the facility's answer, and no report again
    copies = [path.name for path in (workstation.root / "state").glob("*.version-*")]
    assert [dump(workstation, name) for name in copies] == ([before] if version < VERSION else [])
    renewed = renew(workstation)
    assert (renewed["state"], renewed["resumed"], renewed["new_fingerprint"]) == (
        "renewed",
        True,
        renewal["new_fingerprint"],
    )
    assert len(facility.events("upload")) == 1
    assert len(list((workstation.root / "keys" / workstation.account).glob("2*"))) == 2
    again = renew(workstation)
    assert (again["state"], again["changed"]) == ("current", False)


@pytest.mark.parametrize("version", [number for number in KEPT if number < VERSION])
def test_a_state_that_is_given_back_is_what_it_was(lived, version):
    """To the last byte of each table; so the older version can't tell that a newer one was there."""
    workstation, renewal = lived
    lay(version, workstation, renewal)
    before = dump(workstation)
    StateDb(workstation.options["state_dir"]).close()
    assert dump(workstation)[0] == VERSION
    back = {**options_of(workstation), "version": version}
    told = succeed("state_downgrade", **back)
    assert (told["changed"], told["version_before"], told["version"]) == (True, VERSION, version)
    assert dump(workstation) == before
    assert not succeed("state_downgrade", **back)["changed"]


def options_of(workstation):
    return {name: workstation.options[name] for name in ("account", "state_dir", "key_dir")}
