# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A state that a newer version has written, simulated: every module refuses it in a sentence that leads on."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import VERSION
from tests.modules.support import fail, run_module

NEWER = f"""
UPDATE about SET value = '1.1.0' WHERE name = 'collection';
CREATE TABLE something_new (account TEXT);
PRAGMA user_version = {VERSION + 1}"""
SHARED = ("account", "state_dir", "key_dir")
MODULES = {
    "account_info": {},
    "account_key": {},
    "account_export": {"dest": "/tmp", "since": "2026-11-01", "until": "2026-11-20"},
    "acknowledge": {"what": ["RX_*"], "first_day": "2026-11-19", "who": "Alice", "why": "had by mail"},
    "archive_check": {},
    "facility_info": {"login": True},
    "key_renewal": {"force": True},
    "registration_evidence": {"package_sha256": "0" * 64},
    "report_sync": {},
    "state_downgrade": {"version": VERSION},
}


@pytest.fixture
def theirs(workstation):
    """A workstation at which a newer version has been."""
    with contextlib.closing(sqlite3.connect(state_of(workstation))) as db:
        db.executescript(NEWER)
    return workstation


def state_of(workstation):
    return pathlib.Path(workstation.options["state_dir"]) / "state.sqlite3"


def asked(name, workstation):
    """What a module is asked with."""
    known = __import__(f"ansible_collections.dcass.sftp.plugins.modules.{name}", fromlist=["OPTIONS"]).OPTIONS
    key = pathlib.Path(workstation.options["key_dir"]) / workstation.account / "current" / f"{workstation.account}.pub"
    every = {**workstation.options, "dest": workstation.dest, "public_key": key.read_text(), **MODULES[name]}
    return {option: value for option, value in every.items() if option in known}


@pytest.mark.parametrize("check", [False, True], ids=["in earnest", "in check mode"])
@pytest.mark.parametrize("name", MODULES)
def test_every_module_refuses_it_before_anything_connects(facility, theirs, name, check):
    before = state_of(theirs).read_bytes()
    began = len(facility.events("connect"))
    refused = fail(name, "state_newer", check=check, **asked(name, theirs))
    assert f"has version {VERSION + 1}, of dcass.sftp 1.1.0; this dcass.sftp 1.0.0 knows" in refused["msg"]
    assert refused["hint"].startswith("Install dcass.sftp 1.1.0 again.")
    assert f"dcass.sftp.downgrade -e dcass_state_version={VERSION}" in refused["hint"]
    assert state_of(theirs).read_bytes() == before
    assert len(facility.events("connect")) == began


def test_the_copy_of_what_it_was_is_named_where_there_is_one(theirs):
    copy = state_of(theirs).with_name(f"state.sqlite3.version-{VERSION}")
    copy.touch()
    assert str(copy) in fail("account_info", "state_newer", **theirs.options)["hint"]


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("DROP TABLE about", id="no table that says so"),
        pytest.param("DELETE FROM about", id="no row that says so"),
        pytest.param("UPDATE about SET value = x'ff00'", id="a row that says nothing"),
        pytest.param("UPDATE about SET value = char(27) || '[2J' || hex(zeroblob(9999))", id="a row that would act"),
    ],
)
def test_it_is_refused_whatever_it_says_of_who_has_written_it(theirs, script):
    with contextlib.closing(sqlite3.connect(state_of(theirs))) as db:
        db.executescript(script)
    refused = fail("account_info", "state_newer", **theirs.options)
    assert "\x1b" not in refused["msg"] + refused["hint"]
    assert len(refused["hint"]) < 400


def test_who_watches_learns_of_it(theirs, tmp_path):
    metrics, events = tmp_path / "dcass.prom", tmp_path / "events.log"
    run_module("account_info", **theirs.options, metrics_file=str(metrics), events_file=str(events))
    assert 'code="state_newer"' in metrics.read_text()
