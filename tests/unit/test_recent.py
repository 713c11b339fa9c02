# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an archive has anything new, which spares a standby its question."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import recent
from ansible_collections.dcass.sftp.plugins.module_utils._io.recent import has_recent

DAY = 86_400


@pytest.mark.parametrize(("days", "is_recent"), [(0, True), (29, True), (31, False)])
def test_a_month_counts(tmp_path, monkeypatch, days, is_recent):
    (tmp_path / "x.csv").touch()
    now = (tmp_path / "x.csv").stat().st_ctime + days * DAY
    monkeypatch.setattr(recent.time, "time", lambda: now)
    assert has_recent([str(tmp_path)]) is is_recent


def test_folders_alone_are_nothing_and_what_lies_deeper_counts(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path)
    assert not has_recent([str(tmp_path / "a"), str(tmp_path / "none")])
    (tmp_path / "a" / "b" / "x.csv").touch()
    assert has_recent([str(tmp_path / "none"), str(tmp_path)])


def test_what_is_no_folder_or_can_not_be_read_may_have_one(tmp_path):
    (tmp_path / "file").touch()
    assert has_recent([str(tmp_path / "file")])
