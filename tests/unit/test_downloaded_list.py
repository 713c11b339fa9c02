# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of what a run has fetched: whole, or that of the run before."""

from __future__ import annotations

import contextlib
import json

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.downloaded_list import DownloadedList
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LocalError

ONE, TWO = {"name": "RX.csv", "size": 1}, {"name": "保證金.csv", "size": 2}


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(folder, *entries):
    with DownloadedList(str(folder), "CXYZ001").writing() as add:
        add(entries)


def test_each_run_replaces_the_list_of_the_one_before(tmp_path):
    path = tmp_path / "CXYZ001.downloaded.jsonl"
    write(tmp_path, ONE, TWO)
    assert lines(path) == [ONE, TWO]
    with DownloadedList(str(tmp_path), "CXYZ001").writing() as add:
        add([TWO])
        assert lines(path) == [ONE, TWO], "until the run ends"
    assert lines(path) == [TWO]
    write(tmp_path)
    assert lines(path) == [] and [file.name for file in tmp_path.iterdir()] == [path.name]


def test_what_came_before_an_error_is_listed(tmp_path):
    with contextlib.suppress(ZeroDivisionError), DownloadedList(str(tmp_path), "CXYZ001").writing() as add:
        add([ONE])
        raise ZeroDivisionError
    assert lines(tmp_path / "CXYZ001.downloaded.jsonl") == [ONE]


def test_what_a_killed_run_has_left_is_no_list_and_in_nobody_s_way(tmp_path):
    staged = tmp_path / ".CXYZ001.downloaded.jsonl.new"
    staged.symlink_to(tmp_path / "elsewhere")
    write(tmp_path, ONE)
    assert lines(tmp_path / "CXYZ001.downloaded.jsonl") == [ONE] and not (tmp_path / "elsewhere").exists()


def test_a_list_that_can_t_be_written_is_told_by_its_path(tmp_path):
    (tmp_path / "CXYZ001.downloaded.jsonl").mkdir()
    with pytest.raises(LocalError, match=r"CXYZ001\.downloaded\.jsonl"):
        write(tmp_path, ONE)
