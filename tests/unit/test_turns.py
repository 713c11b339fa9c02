# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that meet on one account: the second one leaves the work to the first, once, and its successor is red."""

from __future__ import annotations

import contextlib
import os

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.turns import unless_busy
from ansible_collections.dcass.sftp.plugins.module_utils._io.busy_mark import BusyMark
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy


@contextlib.contextmanager
def hold(is_busy):
    """The lock of an account, which another run holds or does not."""
    if is_busy:
        raise Busy("Another run works with CXYZ001 on this workstation.")
    yield


def lived(folder, steps, kind="sync"):
    """What comes of runs, one letter each: free, busy, busy as ``fail`` wants it; in capitals in check mode."""
    told = []
    for step in steps:
        nothing = None if step in "xX" else lambda said: {"outcome": "busy", "msg": said}
        mark = BusyMark(str(folder), "CXYZ001", kind)
        try:
            result = unless_busy(hold(step not in "oO"), mark, dict, nothing, step.isupper())
            told.append("b" if result.get("outcome") == "busy" and result["skipped"] else "w")
        except Busy:
            told.append("f")
    return "".join(told)


@pytest.mark.parametrize(
    ("steps", "came"),
    [
        pytest.param("ooo", "www", id="nobody is in the way"),
        pytest.param("obo", "wbw", id="one that is busy is green"),
        pytest.param("bb", "bf", id="two in a row are red"),
        pytest.param("bbb", "bff", id="and so is each that follows"),
        pytest.param("bob", "bwb", id="with one that worked between they are not in a row"),
        pytest.param("bbob", "bfwb", id="after a red one that worked it begins anew"),
        pytest.param("xx", "ff", id="fail always fails"),
        pytest.param("xb", "fb", id="and is not remembered"),
        pytest.param("bBB", "bff", id="check mode foretells red"),
        pytest.param("BB", "bb", id="and remembers nothing"),
        pytest.param("bOb", "bwf", id="nor forgets"),
    ],
)
def test_what_comes_of_runs_that_meet(tmp_path, steps, came):
    assert lived(tmp_path, steps) == came


def test_a_sync_says_nothing_of_the_renewals_before_it(tmp_path):
    assert lived(tmp_path, "b", "renewal") == "b"
    assert lived(tmp_path, "bo", "sync") == "bw"
    assert lived(tmp_path, "b", "renewal") == "f"


def test_where_nothing_can_be_remembered_a_busy_run_is_red(tmp_path):
    assert lived(tmp_path / "nowhere", "b") == "f"


def test_a_mark_that_leads_elsewhere_is_not_followed(tmp_path):
    os.symlink(tmp_path / "elsewhere", tmp_path / "CXYZ001.sync.busy")
    assert lived(tmp_path, "bo") == "fw"
    assert list(tmp_path.iterdir()) == []


def test_the_second_says_that_it_is_the_second(tmp_path):
    lived(tmp_path, "b")
    with pytest.raises(Busy, match="when the run before this one came, too"):
        unless_busy(hold(True), BusyMark(str(tmp_path), "CXYZ001", "sync"), dict, lambda said: {}, False)
