# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two workstations that tell each other what they hold: the pair fetches each shared report once (§4.1, §4.2)."""

from __future__ import annotations

import fcntl
import json
import pathlib
import shutil
from collections import Counter

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from tests.modules.steering import present
from tests.modules.support import fail, succeed


def tell(workstation, **more):
    """Ask a workstation what it holds; no key and no facility is needed for that."""
    options = {**workstation.options, "key_dir": "/none", "addresses": ["127.0.0.1:1"]}
    told = succeed("report_sync", **{**options, "dest": workstation.dest, "standby": True, **more})
    assert (told["changed"], told["connection"]) == (False, None)
    return told["index"]


def names(result):
    return [entry["name"] for entry in result["downloaded"]]


def read(facility):
    """How often each report has been read, by whomever."""
    return Counter(event["detail"]["path"] for event in facility.events("download"))


@pytest.fixture
def pair(participant):
    return participant.workstations


@pytest.fixture
def published(facility, participant):
    """Two shared reports."""
    facility.publish(name="TP001_20261120.csv", folder=participant.customer_code, size=1000)
    facility.publish(name="PRICES_20261120.csv", folder="COMMON", size=2000)
    return ["TP001_20261120.csv", "PRICES_20261120.csv"]  # as results name them: by path


def test_what_one_has_fetched_the_other_leaves_alone(facility, pair, published):
    first, second = pair
    assert tell(second) == []
    one = first.sync(partner_index=[], return_index=True)
    assert names(one) == published
    assert [(entry["path"], entry["size"]) for entry in one["index"]] == [
        (f"{first.code}/TP001_20261120.csv", 1000),
        ("COMMON/PRICES_20261120.csv", 2000),
    ]
    two = second.sync(partner_index=one["index"], expected=["TP001*"])
    assert (two["changed"], two["held_by_partner"], two["unchanged"]) == (False, 2, 0)
    assert two["missing"] == two["expiring"] == []
    assert "index" not in two
    assert set(read(facility).values()) == {1}


def test_of_a_very_long_index_all_counts_and_the_result_repeats_the_first(pair):
    index = [{"path": f"COMMON/R{number:04}.csv", "size": number, "mtime": None} for number in range(1200)]
    stands_by = pair[1].sync(partner_index=index, standby=True)
    assert stands_by["invocation"]["module_args"]["partner_index"] == index[:1000]
    state = StateDb(pair[1].options["state_dir"], read_only=True)
    assert state.rows("SELECT count(*) AS held FROM partner_reports")[0]["held"] == 1200
    state.close()


def test_what_was_told_is_remembered_until_the_next_telling(facility, pair, published):
    first, second = pair
    one = first.sync(return_index=True)
    tell(second, partner_index=one["index"])
    assert second.sync()["held_by_partner"] == 2
    assert second.sync(check=True, partner_index=[])["changed"]
    assert second.sync()["held_by_partner"] == 2, "check mode has changed what is remembered"
    assert names(second.sync(partner_index=[])) == published


def test_a_report_that_changed_since_the_partner_fetched_it_is_fetched(facility, pair, published):
    first, second = pair
    told = first.sync(return_index=True)["index"]
    facility.publish(name="TP001_20261120.csv", folder=first.code, size=1500)
    two = second.sync(partner_index=told)
    assert [(entry["name"], entry["reason"]) for entry in two["downloaded"]] == [
        ("TP001_20261120.csv", "changed at the facility")
    ]
    back = first.sync(partner_index=tell(second))
    assert (back["changed"], back["held_by_partner"], back["unchanged"]) == (False, 1, 1)


def test_key_management_belongs_to_each_account_alone(facility, emulator, pair):
    first, second = pair
    for workstation in pair:
        folder = pathlib.Path(emulator.root) / "folders" / "KEY_MANAGEMENT" / workstation.account
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "SSHKeyExpireWarning_20261120.txt").write_text("soon")
    one = first.sync(return_index=True)
    assert one["index"] == []
    two = second.sync(partner_index=one["index"])
    assert names(one) == names(two) == ["SSHKeyExpireWarning_20261120.txt"]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        pytest.param({"addresses": ["127.0.0.1:1"]}, "unreachable", id="no facility"),
        pytest.param({"known_hosts": "/none"}, "host_key_unknown", id="no trust"),
        pytest.param({"key_dir": "/none"}, "no_key", id="no key"),
    ],
)
def test_a_run_that_fails_tells_what_is_held_all_the_same(facility, pair, published, trouble, code):
    first, second = pair
    first.sync()
    options = {**first.options, "dest": first.dest, "return_index": True, **trouble}
    failed = fail("report_sync", code, **options)
    assert len(failed["index"]) == 2
    assert second.sync(partner_index=failed["index"])["held_by_partner"] == 2


def test_a_run_that_is_cut_off_leaves_its_partner_the_rest(facility, pair, published):
    first, second = pair
    facility.publish(name="ZR001_20261120.csv", folder="COMMON", size=20_000_000)
    path = "/COMMON/ZR001_20261120.csv"
    facility.control.fault_arm("drop_in_file", times=1, after=16_000_000, path=path, account=first.account)
    failed = fail("report_sync", "connection_lost", **first.options, dest=first.dest, return_index=True)
    assert len(failed["index"]) == len(failed["downloaded"]) == 2
    two = second.sync(partner_index=failed["index"])
    assert (names(two), two["held_by_partner"]) == (["ZR001_20261120.csv"], 2)


def test_check_mode_tells_what_would_be_held(facility, pair, published):
    first, second = pair
    planned = first.sync(check=True, return_index=True)
    assert second.sync(check=True, partner_index=planned["index"])["held_by_partner"] == 2
    done = first.sync(return_index=True)
    assert done["index"] == planned["index"]


def test_what_the_disk_has_lost_is_not_told(facility, pair, published):
    first, _second = pair
    first.sync()
    (pathlib.Path(first.dest) / "COMMON" / "PRICES_20261120.csv").unlink()
    assert [entry["path"] for entry in tell(first)] == [f"{first.code}/TP001_20261120.csv"]
    shutil.rmtree(first.dest)
    assert tell(first) == []


def test_a_stand_by_tells_while_its_account_is_at_work(facility, pair, published):
    with open(pair[0].root / "state" / f"{pair[0].account}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert tell(pair[0]) == []


def test_a_shut_facility_does_not_keep_a_workstation_from_telling(facility, pair, published):
    first, _second = pair
    first.sync()
    closed = present().date().isoformat()
    shut = first.sync(outside_hours="skip", closed_days=[closed], return_index=True)
    assert shut["skipped"] and len(shut["index"]) == 2


GOOD = {"path": "COMMON/A.csv", "size": 1, "mtime": 1_700_000_000}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param({"path": "COMMON/../../etc/passwd"}, id="a path that leads away"),
        pytest.param({"path": "/COMMON/A.csv"}, id="an absolute path"),
        pytest.param({"path": "COMMON//A.csv"}, id="a folder without a name"),
        pytest.param({"path": "COMMON"}, id="a folder alone"),
        pytest.param({"path": ""}, id="no path"),
        pytest.param({"path": "COMMON/A\n.csv"}, id="a name of two lines"),
        pytest.param({"path": "COMMON/.incoming"}, id="a hidden name"),
        pytest.param({"path": "CABC/A.csv"}, id="another participant's folder"),
        pytest.param({"path": "KEY_MANAGEMENT/CXYZ001/A.txt"}, id="the folder that is not shared"),
        pytest.param({"size": -1}, id="less than no bytes"),
        pytest.param({"size": 2**63}, id="more bytes than there are"),
        pytest.param({"mtime": -1}, id="a time before time"),
        pytest.param({"mtime": 2**40}, id="a time after all times"),
        pytest.param({"path": "COMMON/B.csv"}, id="the same report twice"),
    ],
)
def test_what_can_be_no_report_is_refused_before_anything_changes(facility, workstation, entry):
    told = [{**GOOD, "path": "COMMON/B.csv"}, {**GOOD, **entry}]
    options = {**workstation.options, "state_dir": str(workstation.root / "new"), "dest": workstation.dest}
    refused = fail("report_sync", "bad_option", **options, partner_index=told)
    assert "partner_index" in refused["msg"]
    json.dumps(refused)
    assert facility.events("login") == []
    assert not (workstation.root / "new").exists()
