# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports fetched by hand come into the archive against the facility's listing, killed or not (§4.1)."""

from __future__ import annotations

import itertools
import os
import pathlib
import shutil
import subprocess
from collections import Counter
from datetime import datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from tests.modules import killing
from tests.modules.steering import SteeredClock
from tests.modules.support import fail, succeed

NOON = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
ENDS = 12  # ways for a run to be killed


class Desk:
    """The folder of a person at a workstation, who has fetched what the facility shows, by hand."""

    def __init__(self, emulator, facility, workstation):
        self.place = workstation.root / "by hand"
        self._shown, self._facility, self._workstation = pathlib.Path(emulator.root) / "folders", facility, workstation

    def fetch(self):
        """Copy what is shown, with its times, as ``sftp -p`` does."""
        mine = (("COMMON",) * 2, (self._workstation.code,) * 2)
        for folder, there in (*mine, ("KEY_MANAGEMENT", f"KEY_MANAGEMENT/{self._workstation.account}")):
            shutil.copytree(self._shown / there, self.place / folder, dirs_exist_ok=True)

    def publish(self, *names):
        for name in names:
            self._facility.publish(name=name, folder=self._workstation.code, size=5000)

    def files(self):
        """The content and time of all that lies there."""
        files = [path for path in self.place.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.place)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

    def adopt(self, **more):
        return self._workstation.sync(adopt_from=str(self.place), **more)


@pytest.fixture
def desk(emulator, facility, workstation):
    facility.publish(scale=0.01)
    desk = Desk(emulator, facility, workstation)
    desk.fetch()
    return desk


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    steered.set(NOON)
    yield steered
    steered.release()


def on_disk(deeds):
    """Those deeds that are none on the network, of which each run has another number."""
    return [deed for deed in deeds if not killing.is_on_the_net(deed)]


def test_a_day_fetched_by_hand_is_adopted_with_one_login_and_read_by_nobody(facility, workstation, desk):
    lying = desk.files()
    planned = desk.adopt(check=True)
    done = desk.adopt()
    assert [entry["path"] for entry in planned["adopted"]] == [entry["path"] for entry in done["adopted"]]
    assert (planned["changed"], done["changed"], len(done["adopted"])) == (True, True, len(lying))
    assert (done["left_out"], desk.files()) == ([], lying)
    again = desk.adopt()
    assert (again["changed"], again["outcome"], again["connection"]) == (False, "nothing_to_adopt", None)
    assert workstation.sync(expected=["*TP001*"])["downloaded"] == []
    assert (len(facility.events("login")), facility.events("download")) == (3, [])
    checked = succeed("archive_check", **workstation.options, dest=workstation.dest, deep=True)
    assert (checked["checked"], checked["unknown"]) == (len(lying), [])


@pytest.mark.skipif(shutil.which("sftp") is None, reason="OpenSSH's sftp is not installed")
def test_what_openssh_fetches_as_the_page_says_is_adopted(facility, workstation):
    """The commands of docs/operations.md, with the options that the rolled-out ssh_config has."""
    facility.publish(scale=0.01)
    place = workstation.root / "by-hand"
    place.mkdir()
    options = {
        "UserKnownHostsFile": workstation.options["known_hosts"],
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlgorithms": "ssh-rsa",
        "PubkeyAcceptedAlgorithms": "ssh-rsa",
        "BindAddress": workstation.options["source_address"],
        "IdentitiesOnly": "yes",
        "IdentityFile": pathlib.Path(workstation.options["key_dir"]) / workstation.account / "current" / "id_rsa",
    }
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    host, port = facility.addresses[0]
    code = workstation.code
    said = f"lcd {place}\nlmkdir {code}\nget -p {code}/*_20261120* {code}/\n"
    to = ["-P", str(port), "-b", "-", f"{workstation.account}@{host}"]
    subprocess.run(["sftp", "-F", "none", *flags, *to], input=said, text=True, check=True, capture_output=True)
    lying = len(list((place / code).iterdir()))
    done = workstation.sync(adopt_from=str(place))
    assert len(done["adopted"]) == lying > 30 and done["left_out"] == []
    again = Counter(event["detail"]["path"] for event in facility.events("download"))
    assert set(again.values()) == {1}


def test_the_partner_leaves_alone_what_was_adopted(facility, participant, desk):
    first, second = participant.workstations
    desk.adopt()
    index = succeed("report_sync", **first.options, dest=first.dest, standby=True)["index"]
    assert second.sync(partner_index=index)["downloaded"] == []
    assert facility.events("download") == []


def test_what_is_not_adopted_is_fetched_by_the_next_sync(workstation, desk):
    name = sorted(desk.files())[0]
    with open(desk.place / name, "ab") as file:
        file.write(b"a byte too many")
    assert [entry["why"] for entry in desk.adopt()["left_out"]] == ["other_size"]
    assert [f"{entry['folder']}/{entry['name']}" for entry in workstation.sync()["downloaded"]] == [name]


def test_a_folder_that_nobody_may_read_is_told_before_a_login(facility, workstation, desk):
    (workstation.root / "a file").touch()
    options = {**workstation.options, "dest": workstation.dest, "adopt_from": str(workstation.root / "a file")}
    fail("report_sync", "local_error", **options)
    fail("report_sync", "bad_option", **{**options, "adopt_from": "by-hand"})
    assert facility.events("login") == []


@pytest.mark.skipif(killing.LACK is not None, reason=str(killing.LACK))
def test_a_run_that_is_killed_at_any_deed_loses_nothing_and_takes_nothing_in_twice(facility, workstation, desk, clock):
    """New reports before each run, so that each has some to adopt; what a kill has left is finished by the next one."""
    kills = (f"KILL{number:02}" for number in itertools.count())

    def lay():
        name = next(kills)
        desk.publish(*(f"{name}{part}_20261120.csv" for part in "ABC"))
        desk.fetch()
        clock.advance(minutes=6)

    desk.adopt()
    lay()
    deeds = on_disk(killing.watched(desk.adopt).deeds)
    killed = 0
    for number in range(ENDS):
        lay()
        lying, last = desk.files(), 1 + number * len(deeds) // ENDS
        killed += killing.watched(desk.adopt, lambda deeds, last=last: len(on_disk(deeds)) >= last).killed
        clock.advance(minutes=6)
        desk.adopt()
        assert desk.files() == lying
        checked = succeed("archive_check", **workstation.options, dest=workstation.dest, deep=True)
        assert (checked["checked"], checked["unknown"]) == (len(lying), [])
    assert killed > ENDS // 2, deeds
    assert not list(pathlib.Path(workstation.dest).rglob("*.~*~"))
    assert os.listdir(pathlib.Path(workstation.dest) / f".incoming-{workstation.account}") == []
    assert facility.events("download") == []
