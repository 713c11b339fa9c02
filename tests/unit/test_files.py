# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole or not there, with exactly the mode that was meant."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.files import (
    create_file,
    disk_errors,
    make_folders,
    read_file,
    read_if_there,
    write_file,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DiskFull, LocalError
from tests.unit.crashing import cut_at, steps


def mode(path) -> int:
    return stat.S_IMODE(os.lstat(path).st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("wanted", [0o600, 0o644, 0o640])
def test_a_file_has_its_mode_whatever_the_umask(tmp_path, wanted):
    create_file(str(tmp_path / "new"), b"x", wanted)
    write_file(str(tmp_path / "other"), b"y", wanted)
    (tmp_path / "old").write_bytes(b"z")
    write_file(str(tmp_path / "old"), b"y", wanted)
    assert [mode(tmp_path / name) for name in ("new", "other", "old")] == [wanted] * 3


@pytest.mark.usefixtures("umask")
def test_folders_have_their_mode_whatever_the_umask(tmp_path):
    make_folders(str(tmp_path / "a" / "b" / "c"), 0o750)
    assert [mode(tmp_path / path) for path in ("a", "a/b", "a/b/c")] == [0o750] * 3


def test_folders_that_are_there_are_left_alone(tmp_path):
    (tmp_path / "a").mkdir(mode=0o711)
    make_folders(str(tmp_path / "a" / "b"), 0o750)
    make_folders(str(tmp_path / "a" / "b"), 0o700)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b")) == (0o711, 0o750)


def test_a_link_is_replaced_not_followed(tmp_path):
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "link").symlink_to("victim")
    write_file(str(tmp_path / "link"), b"new", 0o600)
    assert (tmp_path / "victim").read_bytes() == b"untouched"
    assert not (tmp_path / "link").is_symlink() and (tmp_path / "link").read_bytes() == b"new"


def test_a_new_file_never_takes_another_s_place(tmp_path):
    (tmp_path / "there").write_bytes(b"x")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            create_file(str(tmp_path / name), b"y", 0o600)
    assert not (tmp_path / "nowhere").exists()


def test_a_file_is_replaced_whole_or_not_at_all_by_whatever_power_cut(tmp_path):
    path = tmp_path / "file"
    for step in steps():
        path.write_bytes(b"old")
        died = cut_at(step, lambda: write_file(str(path), b"new" * 100, 0o600))
        assert path.read_bytes() in (b"old", b"new" * 100)
        if not died:
            break
    assert path.read_bytes() == b"new" * 100 and step > 3


def test_what_fails_leaves_nothing_beside(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(DiskFull):
        write_file(str(tmp_path / "file"), b"x", 0o600)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EACCES, LocalError),
        (errno.EIO, LocalError),
        (errno.EROFS, LocalError),
    ],
    ids=errno.errorcode.get,
)
def test_the_system_s_errors_become_sentences(number, error):
    def work() -> None:
        with disk_errors("/some/where"):
            raise OSError(number, os.strerror(number))

    with pytest.raises(error, match="/some/where") as told:
        work()
    assert told.value.code == error.code


def test_reading(tmp_path):
    path = tmp_path / "file"
    assert read_if_there(str(path)) is None
    with pytest.raises(LocalError, match="file"):
        read_file(str(path))
    path.write_bytes(b"12345")
    assert read_if_there(str(path)) == read_file(str(path), 5) == b"12345"
    with pytest.raises(LocalError, match="larger"):
        read_file(str(path), 4)
    with pytest.raises(LocalError):
        read_file(str(tmp_path))
