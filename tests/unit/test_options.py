# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules take."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules import options
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput


def test_an_absolute_path_passes():
    assert options.absolute_path("key_dir", "/etc/dcass-sftp/keys") == "/etc/dcass-sftp/keys"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="empty"),
        pytest.param("keys", id="relative"),
        pytest.param("./keys", id="relative to where the module runs"),
        pytest.param("/etc/\0keys", id="with a NUL"),
        pytest.param("/etc/\ud800keys", id="with half a character"),
    ],
)
def test_a_path_that_depends_on_where_the_module_runs_is_refused(path):
    with pytest.raises(BadInput, match="key_dir"):
        options.absolute_path("key_dir", path)


@pytest.mark.parametrize("text", [pytest.param(None, id="none"), pytest.param("", id="empty")])
def test_no_passphrase_is_none(text):
    assert options.passphrase(text) is None


@pytest.mark.parametrize("text", ["x", "x" * 1000, "é" * 500, " x"])
def test_a_passphrase_has_at_most_1000_bytes(text):
    assert options.passphrase(text) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x" * 1001, id="a byte too many"),
        pytest.param("  ", id="blank"),
        pytest.param("a\0b", id="with a NUL"),
        pytest.param("é" * 501, id="more bytes than OpenSSH takes"),
        pytest.param("half \ud800 a character", id="with half a character"),
        pytest.param("a byte \udcff", id="with a byte that is no UTF-8"),
    ],
)
def test_a_passphrase_that_can_not_work_is_refused_and_not_shown(text):
    with pytest.raises(BadInput) as refused:
        options.passphrase(text)
    assert text not in str(refused.value)


def test_a_day_is_read():
    assert options.day("open_days", "2026-12-31") == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["20261231", "2026-W47-1", "2026-02-30", "31.12.2026", "", "２０２６-12-31"])
def test_what_only_some_pythons_take_for_a_day_is_refused_by_all(text):
    with pytest.raises(BadInput, match="open_days"):
        options.day("open_days", text)
