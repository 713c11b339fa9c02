# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report files on disk: whole, hashed and synced before they have their name (§4.1)."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import stat
import subprocess

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ArchiveDamaged, DiskFull, LocalError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Copy
from tests.unit.crashing import cut_at, steps
from tests.unit.support import refusal

ME, OTHER = Account("CXYZ001"), Account("CXYZ002")
REPORT = "COMMON/RX.csv"


@pytest.fixture
def dest(tmp_path):
    return tmp_path / "reports"


def put(archive: Archive, content: bytes, path: str = REPORT, mtime: int | None = 1000, seed: int | None = None):
    part = archive.begin(path, mtime)
    pieces = [(at, content[at : at + 7]) for at in range(0, len(content), 7)]
    if seed is not None:
        random.Random(seed).shuffle(pieces)
    for at, piece in pieces:
        part.write(at, memoryview(piece))
    archive.secure([part])
    archive.name([part])
    return part


def names(dest) -> list[str]:
    return sorted(str(path.relative_to(dest)) for path in dest.rglob("*") if not path.is_dir())


@pytest.mark.parametrize("seed", [None, *range(12)])
def test_the_hash_is_right_in_whatever_order_the_pieces_come(dest, seed):
    content = bytes(range(256)) * 3
    part = put(Archive(str(dest), ME), content, seed=seed)
    assert (part.sha256, part.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (dest / REPORT).read_bytes() == content
    assert int((dest / REPORT).stat().st_mtime) == 1000


def test_an_empty_report_is_a_file(dest):
    part = put(Archive(str(dest), ME), b"", mtime=None)
    assert part.sha256 == hashlib.sha256(b"").hexdigest()
    assert (dest / REPORT).read_bytes() == b""


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=["umask 000", "umask 077"])
def test_modes_do_not_hang_on_the_umask(dest, umask):
    before = os.umask(umask)
    try:
        put(Archive(str(dest), ME), b"x", "CXYZ/2026/11/RX.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE((dest / "CXYZ/2026/11/RX.csv").stat().st_mode) == 0o640
    for folder in ("", "CXYZ", "CXYZ/2026", "CXYZ/2026/11"):
        assert stat.S_IMODE((dest / folder).stat().st_mode) == 0o750


def test_a_changed_report_keeps_its_earlier_versions_beside(dest):
    archive = Archive(str(dest), ME)
    for content in (b"one", b"two", b"three"):
        put(archive, content)
    assert names(dest) == [REPORT, REPORT + ".~1~", REPORT + ".~2~"]
    assert [(dest / name).read_bytes() for name in names(dest)] == [b"three", b"one", b"two"]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
def test_what_is_no_report_beside_one_is_passed_over(dest, make):
    archive = Archive(str(dest), ME)
    put(archive, b"one")
    make(dest / (REPORT + ".~1~"))
    put(archive, b"two")
    assert (dest / (REPORT + ".~2~")).read_bytes() == b"one"


def test_the_same_report_again_leaves_no_earlier_version(dest):
    archive = Archive(str(dest), ME)
    for _time in range(3):
        put(archive, b"same")
    assert names(dest) == [REPORT]


def test_a_report_under_way_is_hidden_and_one_given_up_is_gone(dest):
    archive = Archive(str(dest), ME)
    part = archive.begin(REPORT)
    part.write(0, memoryview(b"half"))
    [name] = names(dest)
    assert any(step.startswith(".") for step in name.split("/"))
    part.abort()
    part.abort()
    assert names(dest) == []


def test_sweeping_removes_one_s_own_leftovers_alone(dest):
    mine, other = Archive(str(dest), ME), Archive(str(dest), OTHER)
    put(mine, b"whole")
    other.begin("CXYZ/b.csv").write(0, memoryview(b"x"))
    (dest / "COMMON" / ".note").write_text("the operator's")
    before = names(dest)
    mine.begin("CXYZ/a.csv").write(0, memoryview(b"x"))
    assert len(names(dest)) == len(before) + 1
    Archive(str(dest), ME).sweep()
    assert names(dest) == before
    Archive(str(dest / "nowhere"), ME).sweep()


def test_a_leftover_is_written_over(dest):
    archive = Archive(str(dest), ME)
    archive.begin(REPORT).write(0, memoryview(b"a long leftover"))
    assert put(archive, b"short").size == 5
    assert (dest / REPORT).read_bytes() == b"short"


OBSTACLES = {
    "a folder in the report's place": lambda dest: (dest / REPORT).mkdir(parents=True),
    "a link in its place": lambda dest: link(dest / REPORT, "/etc/passwd"),
    "a dangling link in its place": lambda dest: link(dest / REPORT, "nowhere"),
    "a file in the folder's place": lambda dest: (dest.mkdir(), (dest / "COMMON").write_text("x")),
    "a file in the archive's place": lambda dest: dest.write_text("x"),
}


def link(path, target: str) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(target)


def visible(folder) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*") if "/." not in str(path))


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stands_in_the_way_is_told_and_left_alone(dest, obstacle):
    OBSTACLES[obstacle](dest)
    before = visible(dest.parent)
    with pytest.raises(ArchiveDamaged):
        Archive(str(dest), ME).begin(REPORT)
    assert visible(dest.parent) == before


@pytest.mark.parametrize("place", [os.symlink, os.link], ids=["a symbolic link", "a hard link"])
def test_nothing_is_written_through_a_link_under_a_hidden_name(dest, place):
    victim = dest.parent / "victim"
    victim.write_text("untouched")
    archive = Archive(str(dest), ME)
    hidden = archive.begin(REPORT).hidden
    os.unlink(hidden)
    place(victim, hidden)
    refusal(Archive(str(dest), ME).begin, REPORT)
    assert victim.read_text() == "untouched"


def test_what_the_disk_lacks_is_noticed(dest):
    archive = Archive(str(dest), ME)
    put(archive, b"12345")
    put(archive, b"12345", "COMMON/B.csv")
    (dest / "COMMON/B.csv").write_bytes(b"123")
    recorded = [Copy(path, 5, None) for path in (REPORT, "COMMON/B.csv", "COMMON/C.csv")]
    assert archive.absent(recorded) == {"COMMON/B.csv", "COMMON/C.csv"}


def test_a_power_cut_at_any_step_loses_neither_version(tmp_path):
    for step in steps():
        dest = tmp_path / f"at{step}"
        put(Archive(str(dest), ME), b"old" * 10)
        died = cut_at(step, lambda dest=dest: put(Archive(str(dest), ME), b"new" * 10, seed=1))
        assert (dest / REPORT).read_bytes() in (b"old" * 10, b"new" * 10)
        again = Archive(str(dest), ME)
        again.sweep()
        put(again, b"new" * 10)
        assert names(dest) == [REPORT, REPORT + ".~1~"]
        assert [(dest / name).read_bytes() for name in names(dest)] == [b"new" * 10, b"old" * 10]
        if not died:
            break
    assert step > 8


def test_a_full_disk_is_told_while_writing(dest, monkeypatch):
    part = Archive(str(dest), ME).begin(REPORT)

    def full(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(DiskFull, match="RX"):
        part.write(0, memoryview(b"x"))
    part.abort()
    assert names(dest) == []


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 256 KiB; needs root and a kernel that lets it be mounted."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "dcass-test", str(folder)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no file system can be mounted here (not root, or not allowed)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_fills_up_says_so_and_keeps_what_was_there(tiny_disk):
    archive = Archive(str(tiny_disk), ME)
    put(archive, b"old")
    part = archive.begin(REPORT)
    with pytest.raises(DiskFull):
        part.write(0, memoryview(bytes(1 << 20)))
    part.abort()
    assert names(tiny_disk) == [REPORT] and (tiny_disk / REPORT).read_bytes() == b"old"


def test_room_is_that_of_the_file_system_less_some_that_is_left_to_others(tiny_disk):
    assert Archive(str(tiny_disk / "not" / "yet"), ME).room() == 0
    assert names(tiny_disk) == []


def test_room_is_asked_of_the_nearest_folder_that_is_there(tmp_path):
    room, free = Archive(str(tmp_path / "a" / "b"), ME).room(), shutil.disk_usage(tmp_path).free
    assert 0 < room < free


@pytest.mark.parametrize(
    ("path", "barred"),
    [
        pytest.param("COMMON/a.csv", False, id="nothing there yet"),
        pytest.param("CXYZ/held.csv", False, id="a report that is held"),
        pytest.param("CXYZ/pipe", True, id="a pipe"),
        pytest.param("CXYZ/folder", True, id="a folder"),
        pytest.param("CXYZ/link", True, id="a link"),
        pytest.param("CXYZ/held.csv/deep.csv", True, id="below a file"),
        pytest.param("CXYZ/away/a.csv", True, id="behind a link to a folder"),
        pytest.param("CXYZ/nowhere/a.csv", True, id="behind a link to nothing"),
        pytest.param("CXYZ/folder/a.csv", False, id="in a folder"),
    ],
)
def test_what_is_in_the_way_of_a_report(tmp_path, path, barred):
    place = tmp_path / "CXYZ"
    (place / "folder").mkdir(parents=True)
    (place / "held.csv").write_bytes(b"x")
    os.mkfifo(place / "pipe")
    (place / "link").symlink_to("held.csv")
    (place / "away").symlink_to(tmp_path)
    (place / "nowhere").symlink_to(tmp_path / "not there")
    assert set(Archive(str(tmp_path), ME).obstacles([path, "CXYZ/fine.csv"])) == ({path} if barred else set())


def test_what_the_disk_or_its_rights_forbid_is_in_the_way(tmp_path, monkeypatch):
    archive = Archive(str(tmp_path), ME)
    deep = "/".join(["x" * 250] * 17)
    assert set(archive.obstacles([deep, "COMMON/fine.csv"])) == {deep}
    (tmp_path / "CXYZ").mkdir()
    monkeypatch.setattr(os, "access", lambda place, how: place != str(tmp_path / "CXYZ"))  # root may write anywhere
    assert set(archive.obstacles(["CXYZ/a.csv", "CXYZ/new/a.csv", "COMMON/a.csv"])) == {"CXYZ/a.csv", "CXYZ/new/a.csv"}


@pytest.mark.parametrize(
    ("path", "why"),
    [
        pytest.param("COMMON/" + "x" * 252, "takes names of 249 bytes", id="no room for a suffix"),
        pytest.param("x" * 256 + "/a.csv", "takes names of 255 bytes", id="a folder's name"),
        pytest.param("/".join(["x" * 250] * 17), "no path may have more than 4095", id="a long path"),
        pytest.param("CXYZ/folder", "a folder has its name", id="a folder"),
        pytest.param("CXYZ/pipe", "something else than a report has its name", id="a pipe"),
        pytest.param("CXYZ/pipe/a", "is a file or a link", id="below a pipe"),
    ],
)
def test_each_obstacle_is_told_for_what_it_is(tmp_path, path, why):
    (tmp_path / "CXYZ/folder").mkdir(parents=True)
    os.mkfifo(tmp_path / "CXYZ/pipe")
    assert why in Archive(str(tmp_path), ME).obstacles([path])[path]


@pytest.mark.parametrize(
    "dest",
    [
        pytest.param("/etc/passwd", id="a file"),
        pytest.param("/dev/null/reports", id="below what is no folder"),
        pytest.param("/tmp/" + "x" * 256, id="a name that no file system takes"),
    ],
)
def test_a_dest_that_can_not_be_is_refused_before_anything(dest):
    with pytest.raises(LocalError, match="dest"):
        Archive(dest, Account("CXYZ001")).require_usable()
