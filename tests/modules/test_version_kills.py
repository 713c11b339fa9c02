# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A state on its way to another version: killed before each deed, without room, met by others; nothing is lost."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pathlib
import shutil
import sqlite3
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_back import OlderState
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import FILE_NAME, StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import VERSION
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy, DcassError
from tests.modules import killing
from tests.modules.older_states import STATES

OLDER = 10
FORK = multiprocessing.get_context("fork")

needs_deeds = pytest.mark.skipif(killing.LACK is not None, reason=str(killing.LACK))


def open_it(folder: pathlib.Path) -> None:
    """What every module does first."""
    StateDb(str(folder)).close()


def give_back(folder: pathlib.Path) -> None:
    """What state_downgrade does."""
    OlderState(str(folder), str(folder / "keys"), "CXYZ001").go_back(OLDER)


@dataclass(frozen=True)
class Way:
    """A way from one version to another."""

    go: Callable[[pathlib.Path], None]
    start: int
    end: int


UP, DOWN = Way(open_it, OLDER, VERSION), Way(give_back, VERSION, OLDER)
BOTH = pytest.mark.parametrize("way", [UP, DOWN], ids=["up", "down"])


def laid(folder: pathlib.Path, way: Way) -> pathlib.Path:
    """A folder with a state as the way begins, and a copy that an earlier change has left."""
    folder.mkdir()
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as db:
        db.executescript((STATES / f"v{OLDER}" / "state.sql").read_text().replace("{touched}", "0"))
    (folder / f"{FILE_NAME}.version-9").write_bytes(b"of an earlier change")
    if way.start == VERSION:
        open_it(folder)
        (folder / f"{FILE_NAME}.version-{OLDER}").unlink()
    return folder


def is_at(number: int, done: list[str]) -> bool:
    return len(done) == number


def dump(path: pathlib.Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return [str(db.execute("PRAGMA user_version").fetchone()[0]), *db.iterdump()]


def copies(folder: pathlib.Path) -> list[str]:
    return sorted(path.name.removeprefix(f"{FILE_NAME}.version-") for path in folder.glob(f"{FILE_NAME}.version-*"))


@BOTH
def test_what_it_was_is_kept_beside_for_its_owner_alone(tmp_path, way):
    folder = laid(tmp_path / "state", way)
    before = dump(folder / FILE_NAME)
    old = os.umask(0)
    try:
        way.go(folder)
    finally:
        os.umask(old)
    copy = folder / f"{FILE_NAME}.version-{way.start}"
    assert (dump(copy), stat.S_IMODE(copy.stat().st_mode)) == (before, 0o600)
    assert copies(folder) == [str(way.start)]
    assert dump(folder / FILE_NAME)[0] == str(way.end)
    written = copy.stat().st_mtime_ns
    way.go(folder) if way is UP else None
    assert (copies(folder), copy.stat().st_mtime_ns) == ([str(way.start)], written)


@needs_deeds
@pytest.mark.parametrize(
    "way",
    [
        pytest.param(UP, id="up"),
        pytest.param(DOWN, id="down", marks=pytest.mark.long("the way up; both are one transaction after one copy")),
    ],
)
def test_a_kill_after_any_deed_leaves_the_old_or_the_new(tmp_path, way):
    begin = laid(tmp_path / "begin", way)
    before = dump(begin / FILE_NAME)
    whole = shutil.copytree(begin, tmp_path / "whole")
    deeds = killing.watched(lambda: way.go(whole)).deeds
    end = dump(whole / FILE_NAME)
    found = set()
    assert len(deeds) > 20
    for number in range(1, len(deeds) + 1):
        folder = shutil.copytree(begin, tmp_path / f"at{number}")
        assert killing.watched(partial(way.go, folder), partial(is_at, number), after=True).killed
        for copy in folder.glob(f"{FILE_NAME}.version-{way.start}"):
            assert dump(copy) == before, f"the copy at {deeds[number - 1]}"
        left = dump(folder / FILE_NAME)
        assert left in (before, end), f"killed at {deeds[number - 1]}"
        assert left == before or str(way.start) in copies(folder)
        found.add(left[0])
        way.go(folder) if left == before else None
        assert dump(folder / FILE_NAME) == end
        shutil.rmtree(folder)
    assert found == {str(way.start), str(way.end)}


@needs_deeds
@BOTH
def test_the_copy_is_on_the_disk_before_the_state_is_touched(tmp_path, way):
    """So a power cut leaves one of the two as well."""
    folder = laid(tmp_path / "state", way)
    deeds = killing.watched(lambda: way.go(folder)).deeds
    kept = f"{folder}/{FILE_NAME}.version-{way.start}"
    staged = f"{folder}/.{FILE_NAME}.version-{way.start}.new"
    order = [f"fsync {staged}", f"rename {staged} {kept}", f"fsync {folder}"]
    first = next(at for at, deed in enumerate(deeds) if deed.startswith("pwrite64") and deed.endswith(f"/{FILE_NAME}"))
    places = [deeds.index(deed) for deed in order]
    assert [*places, first] == sorted([*places, first])


@BOTH
def test_a_copy_that_can_t_be_made_leaves_all_as_it_was(tmp_path, way):
    folder = laid(tmp_path / "state", way)
    (folder / f"{FILE_NAME}.version-{way.start}" / "in the way").mkdir(parents=True)
    before, names = dump(folder / FILE_NAME), sorted(path.name for path in folder.iterdir())
    with pytest.raises(DcassError, match=f"version-{way.start}"):
        way.go(folder)
    assert dump(folder / FILE_NAME) == before
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") == names
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME, timeout=0)) as db:
        db.execute("BEGIN IMMEDIATE")  # nobody keeps it locked


def test_two_runs_that_meet_grow_it_once(tmp_path):
    folder = laid(tmp_path / "state", UP)
    before = dump(folder / FILE_NAME)
    children = [FORK.Process(target=open_it, args=(folder,)) for _child in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    assert dump(folder / f"{FILE_NAME}.version-{OLDER}") == before
    assert (copies(folder), dump(folder / FILE_NAME)[0]) == ([str(OLDER)], str(VERSION))


def test_nobody_gives_back_what_another_run_works_with(tmp_path):
    folder = laid(tmp_path / "state", DOWN)
    before = dump(folder / FILE_NAME)
    with StateDb(str(folder)).hold("CXYZ001"), pytest.raises(Busy, match="CXYZ001"):
        give_back(folder)
    assert dump(folder / FILE_NAME) == before


def test_to_look_makes_no_copy(tmp_path):
    folder = laid(tmp_path / "state", UP)
    before = (folder / FILE_NAME).read_bytes()
    StateDb(str(folder), read_only=True).close()
    assert ((folder / FILE_NAME).read_bytes(), copies(folder)) == (before, ["9"])
