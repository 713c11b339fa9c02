# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workstation keeps its account: what lies on it decides, and a key of a former life does not."""

from __future__ import annotations

import os
from datetime import date, datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.account_here import require_account_here
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import OtherAccountHere
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import parse_account

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 10, tzinfo=HONG_KONG)
OURS, OTHER = parse_account("CXYZ002"), parse_account("CXYZ001")


class Workstation:
    """Folders and a state on disk, and what they came to be."""

    def __init__(self, root):
        self.root = root
        self.key_dir = str(root / "keys")
        self.state = StateDb(str(root / "state"))

    def key(self, account, name="id_rsa", current=True):
        folder = os.path.join(self.key_dir, account.name, "20261101-00000000")
        os.makedirs(folder)
        open(os.path.join(folder, name), "w").close()
        if current:
            os.symlink("20261101-00000000", os.path.join(self.key_dir, account.name, "current"))

    def registered(self, account, day=TODAY, compromised=False):
        record = KeyRecord(self.state, account.name)
        record.registered("aa:bb", day)
        if compromised:
            record.compromised("aa:bb", NOW)

    def ask(self, both_accounts=False):
        require_account_here(str(self.root / "state"), self.key_dir, OURS, both_accounts, TODAY)


@pytest.fixture
def workstation(tmp_path):
    return Workstation(tmp_path)


@pytest.mark.parametrize(
    ("history", "why"),
    [
        pytest.param(lambda it: it.key(OTHER), "holds the key of CXYZ001 (", id="a key of the other account"),
        pytest.param(
            lambda it: it.key(OTHER, current=False), "holds the key of CXYZ001 (", id="a key that no link leads to yet"
        ),
        pytest.param(lambda it: it.registered(OTHER), "is that of CXYZ001 by its record.", id="its record alone"),
    ],
)
def test_a_workstation_of_the_other_account_is_refused_with_both_names(workstation, history, why):
    history(workstation)
    with pytest.raises(OtherAccountHere) as refusal:
        workstation.ask()
    assert str(refusal.value).startswith("CXYZ002 has no key on this workstation, which ")
    assert why in str(refusal.value)
    assert "write dcass_account: CXYZ001 on this host" in refusal.value.hint
    assert "other one dcass_account: CXYZ002." in refusal.value.hint
    assert "rollout" not in refusal.value.hint
    workstation.ask(both_accounts=True)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(lambda it: None, id="a bare workstation"),
        pytest.param(lambda it: (it.key(OTHER), it.key(OURS)), id="keys of both accounts"),
        pytest.param(lambda it: (it.key(OTHER), it.registered(OURS)), id="its own key lost, as the record tells"),
        pytest.param(lambda it: (it.key(OTHER), it.key(OURS, "id_rsa.withdrawn")), id="its own key withdrawn"),
        pytest.param(lambda it: it.key(OTHER, "id_rsa.withdrawn"), id="a withdrawn key of the other account"),
        pytest.param(lambda it: it.registered(OTHER, compromised=True), id="the record of a withdrawn key"),
        pytest.param(lambda it: it.registered(OTHER, TODAY - timedelta(days=731)), id="the record of an expired key"),
        pytest.param(lambda it: it.key(parse_account("CABC001")), id="a key of another participant"),
    ],
)
def test_what_is_no_contradiction_is_none(workstation, history):
    history(workstation)
    workstation.ask()
