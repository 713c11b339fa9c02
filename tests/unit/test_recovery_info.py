# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left to know of an account when its state can't be read."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.recovery_info import RecoveryInfo
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import Entry
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

ACCOUNT = Account("CXYZ001")


@pytest.fixture
def files(tmp_path):
    return KeyFiles(str(tmp_path / "keys"), ACCOUNT)


@pytest.fixture
def recovery(tmp_path, files):
    return RecoveryInfo(files, str(tmp_path / "state"), str(tmp_path / "reports"), ACCOUNT)


def write(path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_where_nothing_is_there_is_nothing_to_tell(tmp_path, files, recovery):
    assert (recovery.versions(), recovery.evidence(), recovery.results()) == ([], [], [])
    assert RecoveryInfo(files, str(tmp_path / "state"), None, ACCOUNT).results() == []
    assert recovery.state_path == str(tmp_path / "state" / "state.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_the_versions_of_the_key(files, recovery):
    old, new = generate(), generate()
    first = files.make(old, "x", None, date(2024, 11, 22))
    second = files.make(new, "x", None, date(2026, 11, 20))
    files.switch(first)
    assert recovery.versions() == [
        {
            "version": first,
            "fingerprint": old.public.fingerprint,
            "made_on": "2024-11-22",
            "current": True,
            "private_key": True,
        },
        {
            "version": second,
            "fingerprint": new.public.fingerprint,
            "made_on": "2026-11-20",
            "current": False,
            "private_key": True,
        },
    ]
    os.unlink(os.path.join(files.folder, first, "id_rsa"))
    os.unlink(os.path.join(files.folder, first, "CXYZ001.pub"))
    broken = recovery.versions()[0]
    assert (broken["version"], broken["fingerprint"], broken["private_key"]) == (first, None, False)
    assert "PRIVATE" not in str(recovery.versions())
    shutil.rmtree(os.path.join(files.folder, first))
    assert [key["version"] for key in recovery.versions()] == [second]


def test_the_evidence_that_can_be_read(tmp_path, recovery):
    folder = tmp_path / "state" / "evidence" / "CXYZ001"
    for number, outcome in ((2, "renewed"), (1, "rejected")):
        entry = Entry(number, "CXYZ001", f"renewal {number}", "2026-11-20", {"outcome": outcome}, {}, "0" * 64)
        write(folder / f"000{number}.json", entry.data())
    write(folder / "0001" / "Result.20261120.180000.failed.txt", b"a file, no entry")
    write(folder / "0003.json", b"torn")
    write(folder / "0004.json", json.dumps({"facts": 1}).encode())
    write(folder / "notes.json", b"{}")
    assert [(entry["number"], entry["facts"]["outcome"]) for entry in recovery.evidence()] == [
        (1, "rejected"),
        (2, "renewed"),
    ]


def test_the_results_that_the_archive_holds(tmp_path, recovery):
    ours = tmp_path / "reports" / "KEY_MANAGEMENT" / "CXYZ001"
    write(ours / "Result.20261120.180001.success.txt", b"File: CXYZ001.pub\nResult: Success")
    write(ours / "deep" / "Result.20241120.180001.failed.txt", b"File: OTHER.pub\nError Reason: not RSA")
    write(ours / "Result.20261120.180001.success.txt.~1~", b"an earlier version")
    write(ours / "SSHKeyExpireWarning_20261120.txt", b"soon")
    write(tmp_path / "reports" / "KEY_MANAGEMENT" / "CXYZ002" / "Result.20261121.180001.success.txt", b"the other's")
    assert recovery.results() == [
        {
            "name": "Result.20241120.180001.failed.txt",
            "at": "2024-11-20T18:00:01+08:00",
            "good": False,
            "names_our_key": False,
            "reason": "not RSA",
        },
        {
            "name": "Result.20261120.180001.success.txt",
            "at": "2026-11-20T18:00:01+08:00",
            "good": True,
            "names_our_key": True,
            "reason": None,
        },
    ]
