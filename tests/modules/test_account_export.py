# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_export after registration, syncs and a renewal: all of it is in it, nothing secret is, and it verifies."""

from __future__ import annotations

import csv
import json
import pathlib
import subprocess
import sys
import zipfile

import pytest

from tests.modules.steering import present
from tests.modules.support import Workstation, fail, succeed

PASSPHRASE = "s3cret words of nobody"
SWITCH = 'secondary 2026-11-19T10:00:00+08:00 {"who": "Chan Tai Man", "why": "circular 123/26"}\n'


@pytest.fixture
def lived(facility, participant):
    """A workstation whose key is protected, registered and renewed, and that has fetched reports."""
    workstation = participant.workstations[0]
    package = succeed(
        "registration_package",
        customer_code=workstation.code,
        workstation_addresses=["192.0.2.31", "192.0.2.32"],
        public_keys={one.account: one.make_key()["public_key"] for one in participant.workstations},
        dest=str(workstation.root / f"{workstation.code}.zip"),
    )
    workstation.options["passphrase"] = PASSPHRASE
    key = workstation.make_key(registered_on=present().date().isoformat(), run_by="ops")
    succeed(
        "registration_evidence",
        **{name: workstation.options[name] for name in ("account", "state_dir", "key_dir")},
        public_key=key["public_key"],
        package_sha256=package["sha256"],
        run_by="ops",
    )
    facility.publish(scale=0.01)
    workstation.sync(run_by="cron")
    succeed("key_renewal", **workstation.options, force=True)
    (workstation.root / "site").write_text(SWITCH)
    (workstation.root / "out").mkdir()
    workstation.package = package["sha256"]
    return workstation


def asked(workstation, **more):
    where = {name: workstation.options[name] for name in ("account", "state_dir")}
    return {
        **where,
        "site_record": str(workstation.root / "site"),
        "dest": str(workstation.root / "out"),
        "run_by": "audit",
        **more,
    }


def unpacked(workstation, result):
    folder = workstation.root / "unpacked"
    with zipfile.ZipFile(result["path"]) as archive:
        archive.extractall(folder)
    return folder


def rows(folder, name):
    with open(folder / f"{name}.csv", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_all_that_happened_is_in_it_and_verifies_without_us(lived):
    result = succeed("account_export", **asked(lived))
    folder = unpacked(lived, result)
    verify = [sys.executable, "-I", "-S", "verify.py", "--reports", lived.dest]
    ended = subprocess.run(verify, cwd=folder, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    assert result["counts"] == {path.stem: len(rows(folder, path.stem)) for path in folder.glob("*.csv")}
    files = [path for path in pathlib.Path(lived.dest).rglob("*") if path.is_file()]
    assert len(rows(folder, "reports")) == len(files) > 20
    assert [row["what"] for row in rows(folder, "attempts")].count("upload") == 1
    assert [row["state"] for row in rows(folder, "renewals")] == ["done"]
    assert [(row["what"], row["run_by"]) for row in rows(folder, "runs")] == [("sync", "cron"), ("renewal", "")]
    assert len(rows(folder, "keys")) == 2 and len(rows(folder, "syncs")) == 1
    assert [row["who"] for row in rows(folder, "switches")] == ["Chan Tai Man"]


def test_the_first_registration_is_in_it_with_its_package_and_by_whom(lived):
    folder = unpacked(lived, succeed("account_export", **asked(lived)))
    confirmed, built = rows(folder, "registrations")
    assert (confirmed["outcome"], confirmed["registered_on"]) == ("registered", present().date().isoformat())
    assert (built["outcome"], built["package_sha256"]) == ("package built", lived.package)
    assert confirmed["fingerprint"] == built["fingerprint"] and confirmed["run_by"] == built["run_by"] == "ops"
    entry = json.loads((folder / "evidence" / "0001.json").read_text())
    assert list(entry["files"]) == [f"{lived.account}.pub"]


def test_nothing_secret_is_in_it(lived):
    result = succeed("account_export", **asked(lived))
    folder = unpacked(lived, result)
    private = [path.read_text() for path in pathlib.Path(lived.options["key_dir"]).rglob("id_rsa*")]
    secrets = [line for text in private for line in text.splitlines()[8:] if len(line) > 30]  # before: the public half
    assert len(private) >= 2 and len(secrets) > 20
    for path in [*folder.rglob("*"), pathlib.Path(result["path"])]:
        if path.is_file():
            content = path.read_bytes().decode("latin-1")
            found = [secret for secret in [PASSPHRASE, *secrets] if secret in content]
            assert found == [] and (path.name == "verify.py" or "PRIVATE KEY" not in content), path


def test_check_mode_says_what_would_be_in_it_and_writes_nothing(lived):
    planned = succeed("account_export", **asked(lived), check=True, diff=True)
    assert planned["changed"] and list((lived.root / "out").iterdir()) == []
    made, again = (succeed("account_export", **asked(lived), check=check) for check in (False, True))
    assert (made["counts"], made["sha256"]) == (planned["counts"], planned["sha256"])
    assert (made["changed"], again["changed"]) == (True, False)


def test_a_package_is_kept_once_and_check_mode_keeps_nothing(lived):
    options = {name: lived.options[name] for name in ("account", "state_dir", "key_dir")}
    key = {"public_key": lived.make_key()["public_key"], "package_sha256": "0" * 64}
    kept = [succeed("registration_evidence", **options, **key, check=check) for check in (True, False, False)]
    assert [one["changed"] for one in kept] == [True, True, False]
    found = succeed("archive_check", state_dir=options["state_dir"], dest=lived.dest, key_dir=options["key_dir"])
    assert found["evidence"][lived.account] == {"entries": 4, "faults": []}


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"package_sha256": "none"}, "bad_option", id="no hash"),
        pytest.param({"public_key": "none"}, "bad_public_key", id="no key"),
        pytest.param({"account": "cxyz001"}, "bad_account", id="an account in small letters"),
        pytest.param({"key_dir": "keys"}, "bad_option", id="a folder that lies nowhere"),
    ],
)
def test_evidence_of_nothing_is_refused(tmp_path, option, code):
    workstation = Workstation(tmp_path / "ws", "CXYZ001", "127.0.10.31")
    options = {name: workstation.options[name] for name in ("account", "state_dir", "key_dir")}
    key = workstation.make_key()["public_key"]
    fail("registration_evidence", code, **{**options, "public_key": key, "package_sha256": "0" * 64, **option})


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"account": "cxyz001"}, "bad_account", id="an account in small letters"),
        pytest.param({"since": "2026-02-30"}, "bad_option", id="a day that is none"),
        pytest.param({"dest": "/nowhere"}, "bad_option", id="a folder that is not there"),
    ],
)
def test_bad_input_is_refused(tmp_path, option, code):
    fail("account_export", code, **asked(Workstation(tmp_path, "CXYZ001", "127.0.10.31"), **option))
