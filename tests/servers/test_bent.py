# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync makes of a server's odd answers: each report is right or the run is red, and is read once."""

from __future__ import annotations

import pathlib

import pytest

from tests.modules.steering import steer_modules
from tests.modules.support import succeed
from tests.servers.bendings import BENDINGS
from tests.servers.bent import ACCOUNT, BentServer
from tests.servers.contract import Desk, sync
from tests.unit.sftp_server import OPEN, Folder, Remote


@pytest.fixture(scope="module", autouse=True)
def _clock():
    """It is the day after that of the reports: what a run makes of one depends on how old it is."""
    with pytest.MonkeyPatch.context() as patch:
        steer_modules(patch)
        yield


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


def served(entries, prefix=""):
    """The content of every report that can be had, by its path below the folder."""
    content = {}
    for raw, entry in entries:
        name = prefix + raw.decode("utf-8", "surrogateescape")
        if isinstance(entry, Folder):
            content |= served(entry.entries, f"{name}/")
        elif isinstance(entry.stat, Remote):
            content[name] = entry.stat.content
        else:
            content[name] = entry.content if entry.ends_at is None else entry.content[: entry.ends_at]
    return content


def held(workstation):
    root = pathlib.Path(workstation.dest, workstation.code)
    files = [file for file in root.rglob("*") if file.is_file()] if root.exists() else []
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def bent_by(desk, bending):
    folder = Folder(bending.entries(), **bending.folder)
    shape = {"bend": bending.bend, "order": bending.order, "piece": bending.piece}
    return folder, BentServer(ACCOUNT, desk.public_key, {ACCOUNT[:4]: folder}, **shape)


@pytest.mark.parametrize("bending", BENDINGS, ids=lambda bending: bending.what)
def test_each_report_is_right_or_the_run_is_red(desk, bending):
    folder, server = bent_by(desk, bending)
    with server:
        workstation = desk.workstation(server)
        first = sync(workstation, **bending.options)
        content = served(folder.entries)
        assert all(content.get(name) == its for name, its in held(workstation).items())
        assert (len(held(workstation)), first.get("error_code")) == (bending.held, bending.code), first.get("msg")
        assert {entry["error_code"] for entry in first["refused"]} == set(bending.refused)
        known = succeed("account_info", **workstation.options)["reports"]
        short = {"size_differs"} if bending.code == "size_differs" else set()
        assert {debt["error_code"] for debt in known["outstanding"]} == {*bending.refused, *short}
        assert all(debt["reason"] for debt in known["outstanding"])
        opened = sum(one.asked.count(OPEN) for one in server.asked)
        again = sync(workstation, **bending.options)
        if bending.again == "size_differs":  # what came short is read once more by another run, and then settled
            assert (again["error_code"], len(again["downloaded"]), server.logins()) == (bending.again, bending.held, 2)
            again, opened = sync(workstation, **bending.options), None
        code = bending.again if opened is not None else None
        assert (again["changed"], again["bytes"], again.get("error_code")) == (False, 0, code), again.get("msg")
        assert {entry["error_code"] for entry in again["refused"]} == set(bending.refused)
        assert len(held(workstation)) == bending.held
        assert server.logins() == (2 if opened is not None else 3)
        if not bending.refused and opened is not None:
            assert sum(one.asked.count(OPEN) for one in server.asked) == opened
        checked = succeed("archive_check", **workstation.options, dest=workstation.dest, deep=True)
        assert (checked["checked"], checked["unknown"]) == (bending.held, [])


def test_no_more_is_in_flight_than_the_window_allows(desk):
    for window in (1, 2, 5):
        _folder, server = bent_by(desk, next(one for one in BENDINGS if one.what == "answers in any order"))
        with server:
            assert sync(desk.workstation(server), window=window).get("error_code") is None
            assert max(one.most_in_flight for one in server.asked) <= window
