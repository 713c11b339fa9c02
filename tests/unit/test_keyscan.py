# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a host is looked at without libraries: where no rollout has brought them, and for nothing else."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.keyscan import is_bare
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import CryptoForbidden

NO_MODULE = ImportError("No module named 'paramiko'")


@pytest.mark.parametrize(
    ("missing", "is_rolled_out", "bare"),
    [
        pytest.param(NO_MODULE, False, True, id="nobody has brought them"),
        pytest.param(NO_MODULE, True, False, id="a rollout has, and they are broken"),
        pytest.param(CryptoForbidden("No."), False, False, id="a policy forbids them"),
        pytest.param(None, False, False, id="they are there"),
    ],
)
def test_who_is_bare(missing, is_rolled_out, bare, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    if is_rolled_out:
        (tmp_path / "requirements.txt").touch()
    assert is_bare(missing) is bare
