# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the other workstation of a pair tells is judged like a listing: it comes from another machine."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import copies_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Copy


def told(path="COMMON/A.csv", size=5, mtime=1_760_000_000):
    return copies_from([{"path": path, "size": size, "mtime": mtime}], Account("CXYZ001"))


def test_what_it_holds_is_taken():
    assert told() == [Copy("COMMON/A.csv", 5, 1_760_000_000)]
    assert told("CXYZ/20261120/報告.csv", mtime=None) == [Copy("CXYZ/20261120/報告.csv", 5, None)]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"path": "KEY_MANAGEMENT/A.csv"}, id="of a folder that is not shared"),
        pytest.param({"path": "COMMON"}, id="a folder itself"),
        pytest.param({"path": "COMMON/../A.csv"}, id="a path upwards"),
        pytest.param({"path": "COMMON/\udcff.csv"}, id="a byte that is no UTF-8"),
        pytest.param({"path": "COMMON/\ud800.csv"}, id="half a character"),
        pytest.param({"size": -1}, id="less than nothing"),
        pytest.param({"size": 2**63}, id="more than a file can have"),
        pytest.param({"mtime": 2**32}, id="a time that no facility tells"),
    ],
)
def test_what_no_archive_can_hold_is_refused(wrong):
    with pytest.raises(BadInput, match="partner_index"):
        told(**wrong)
