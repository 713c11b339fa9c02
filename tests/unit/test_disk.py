# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many files brought to disk with one call, where its success can be believed, and one by one elsewhere."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from types import SimpleNamespace

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import disk


@pytest.fixture(autouse=True)
def asked_anew():
    disk._syncfs.cache_clear()
    yield
    disk._syncfs.cache_clear()


@pytest.fixture
def synced(monkeypatch):
    """The files that were synced by themselves."""
    found = []
    monkeypatch.setattr(os, "fsync", found.append)
    return found


def kernel(monkeypatch, release: str) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=release))


def library(monkeypatch, answer: int | None) -> list[int]:
    """A C library whose syncfs gives that answer, or that has none."""
    called: list[int] = []

    def syncfs(folder: int) -> int:
        called.append(folder)
        return answer

    monkeypatch.setattr(
        ctypes, "CDLL", lambda *_a, **_m: SimpleNamespace(**({} if answer is None else {"syncfs": syncfs}))
    )
    monkeypatch.setattr(ctypes, "get_errno", lambda: errno.EIO)
    return called


@pytest.mark.parametrize("release", ["5.8.0-1", "5.14.0-503.el9.x86_64", "6.18.44-fc", "10.0"])
def test_many_files_are_synced_by_one_call(tmp_path, monkeypatch, synced, release):
    kernel(monkeypatch, release)
    called = library(monkeypatch, 0)
    disk.Disk(str(tmp_path)).sync(range(100, 110))
    assert len(called) == 1 and synced == []


@pytest.mark.parametrize(
    ("release", "answer", "platform", "files"),
    [
        pytest.param("5.7.19", 0, "linux", 10, id="a kernel that does not tell of failed writes"),
        pytest.param("4.18.0-553.el8", 0, "linux", 10, id="an old one"),
        pytest.param("strange", 0, "linux", 10, id="one that can't be judged"),
        pytest.param("6.1.0", None, "linux", 10, id="a library without it"),
        pytest.param("23.1.0", 0, "darwin", 10, id="another system"),
        pytest.param("6.1.0", 0, "linux", 2, id="few files, not worth it"),
    ],
)
def test_elsewhere_each_is_synced(tmp_path, monkeypatch, synced, release, answer, platform, files):
    kernel(monkeypatch, release)
    called = library(monkeypatch, answer)
    monkeypatch.setattr(sys, "platform", platform)
    disk.Disk(str(tmp_path)).sync(range(100, 100 + files))
    assert called == [] and synced == list(range(100, 100 + files))


def test_a_failed_write_is_an_error(tmp_path, monkeypatch, synced):
    kernel(monkeypatch, "6.1.0")
    library(monkeypatch, -1)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        disk.Disk(str(tmp_path)).sync(range(100, 110))


def test_the_call_is_there_on_this_machine(tmp_path):
    if not sys.platform.startswith("linux") or disk._kernel() < (5, 8):
        pytest.skip("this system has no syncfs that tells of failed writes")
    assert disk._syncfs() is not None
    disk.Disk(str(tmp_path)).sync(range(100, 110))
