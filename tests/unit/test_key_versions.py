# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the folder of a key is called, and what its name tells."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_versions import day_of, version_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey


def test_a_version_is_called_after_its_day_and_how_its_fingerprint_begins():
    key = PrivateKey(public=PublicKey(b"a blob", "ssh-rsa", 2048), encrypted=False, secret=None)
    assert key.public.fingerprint.startswith("1f:36:e1:c9:10:")
    assert version_name(key, date(2026, 1, 23)) == "20260123-1f36e1c9"


@pytest.mark.parametrize(
    ("version", "day"),
    [
        pytest.param("20260123-1f36e1c9", date(2026, 1, 23), id="ours"),
        pytest.param("20260123", date(2026, 1, 23), id="a day alone"),
        pytest.param("20261323-1f36e1c9", None, id="no day of the calendar"),
        pytest.param("current", None, id="another name"),
        pytest.param("", None, id="none"),
    ],
)
def test_a_name_tells_its_day(version, day):
    assert day_of(version) == day
