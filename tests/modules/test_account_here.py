# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A workstation that holds the key of one account is asked for the other: every module refuses, and nothing changes."""

from __future__ import annotations

import pytest

from tests.modules.support import Workstation, fail, succeed

MODULES = {
    "account_key": {},
    "account_info": {},
    "report_sync": {"dest": "reports"},
    "key_renewal": {"force": True},
    "facility_info": {"login": True},
}


@pytest.fixture
def swapped(tmp_path, facility):
    """A workstation that holds the key of CXYZ001, as an inventory sees it that means CXYZ002."""
    ours = Workstation(tmp_path, "CXYZ001", "127.0.10.31", facility)
    ours.make_key()
    ours.options["account"] = "CXYZ002"
    return ours


@pytest.mark.parametrize("check", [False, True], ids=["for real", "in check mode"])
@pytest.mark.parametrize("module", MODULES)
def test_a_module_refuses_and_names_both_accounts(swapped, module, check):
    before = sorted(swapped.root.rglob("*"))
    more = {name: str(swapped.root / value) if name == "dest" else value for name, value in MODULES[module].items()}
    refusal = fail(module, "other_account_here", **{**swapped.options, **more}, check=check)
    assert refusal["msg"].startswith("CXYZ002 has no key on this workstation, which holds the key of CXYZ001 (")
    assert "write dcass_account: CXYZ001 on this host" in refusal["hint"]
    assert sorted(swapped.root.rglob("*")) == before
    assert swapped.root.joinpath("keys", "CXYZ002").exists() is False


def test_no_word_but_its_own_makes_the_second_key(swapped):
    for regenerate in ("invalid", "always"):
        fail("account_key", "other_account_here", **swapped.options, regenerate=regenerate)
    made = succeed("account_key", **swapped.options, both_accounts=True)
    assert made["reason"] == "there was no key"
    assert succeed("account_info", **swapped.options)["account"] == "CXYZ002"  # it has its own key now
