# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play tells an account of its participant's other one."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.other_account import other_account

ACCOUNT = "CXYZ002"
DAY, EARLIER = "2026-11-23", "2024-11-20"


def asked(state="none", uploaded_on=EARLIER):
    """What a workstation said before any renewal of this run."""
    return {"key_renewal_known": {"key": {"renewal": {"state": state, "uploaded_on": uploaded_on}}}}


@pytest.mark.parametrize(
    ("its", "told"),
    [
        pytest.param({}, {}, id="it did not take part"),
        pytest.param({"key_renewal_known": {"failed": True, "msg": "x"}}, {}, id="it could not be asked"),
        pytest.param(asked(), {"state": "none", "uploaded_on": EARLIER}, id="it was only asked"),
        pytest.param(asked("done", None), {"state": "done"}, id="its upload is not on record"),
        pytest.param(asked("rejected"), {"state": "rejected"}, id="what was rejected has no day"),
        pytest.param(
            {**asked(), "key_renewal_result": {"state": "current"}},
            {"state": "none", "uploaded_on": EARLIER},
            id="nothing was due",
        ),
        pytest.param(
            {**asked(), "key_renewal_result": {"state": "renewed", "uploaded_on": DAY, "plan": None}},
            {"state": "done", "uploaded_on": DAY},
            id="renewed in this run",
        ),
        pytest.param(
            {**asked(), "key_renewal_result": {"state": "renewed", "uploaded_on": None, "plan": {"uploaded_on": DAY}}},
            {"state": "done", "uploaded_on": DAY},
            id="would be renewed",
        ),
        pytest.param(
            {**asked(), "key_renewal_result": {"state": "pending", "error_code": "result_not_seen"}},
            {"state": "pending", "uploaded_on": EARLIER},
            id="under way, and failed",
        ),
        pytest.param(
            {**asked(), "key_renewal_result": {"state": "rejected", "error_code": "renewal_rejected"}},
            {"state": "rejected"},
            id="rejected in this run",
        ),
        pytest.param(
            {**asked(), "key_renewal_result": {"state": "current", "error_code": "host_key_unknown"}},
            {"uploaded_on": EARLIER},
            id="failed before it began",
        ),
        pytest.param(
            {**asked(), "key_renewal_result": {"unreachable": True}}, {"uploaded_on": EARLIER}, id="gone meanwhile"
        ),
        pytest.param(
            {**asked("made"), "key_renewal_result": None}, {"state": "made", "uploaded_on": EARLIER}, id="none"
        ),
    ],
)
def test_how_the_other_account_stands(its, told):
    assert other_account(its, ACCOUNT) == {"account": ACCOUNT, **told}
