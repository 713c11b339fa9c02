# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One contract for report_sync against three servers that share no code: the rehearsal facility, OpenSSH, ProFTPD."""

from __future__ import annotations

import pathlib
import random
import subprocess

import pytest

from tests import openssh, proftpd
from tests.modules.support import Workstation

ACCOUNT = "CSRV001"
AROUND_A_READ = (0, 1, 32767, 32768, 32769, 65536, 262143, 262144, 262145)  # bytes


class Place:
    """A workstation, and the folder whose content some server shows it."""

    def __init__(self, workstation, folders, logins):
        self.workstation, self.folders, self.logins = workstation, pathlib.Path(folders), logins
        self.code = workstation.code

    def put(self, path, content):
        """Lay a report into the served folder."""
        file = self.folders / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def served(self):
        return self._content(self.folders)

    def held(self):
        return self._content(pathlib.Path(self.workstation.dest))

    def _content(self, root):
        files = [file for folder in ("COMMON", self.code) for file in (root / folder).rglob("*") if file.is_file()]
        return {str(file.relative_to(root)): file.read_bytes() for file in files}


@pytest.fixture(params=["rehearsal facility", "OpenSSH", "ProFTPD"])
def place(request, tmp_path):
    if request.param == "rehearsal facility":
        yield rehearsal(request)
        return
    maker, why_not = {
        "OpenSSH": (openssh.OpenSshServer, openssh.why_not),
        "ProFTPD": (proftpd.ProFtpdServer, proftpd.why_not),
    }[request.param]
    if why_not():
        pytest.skip(why_not())
    workstation = Workstation(tmp_path / "ws", ACCOUNT, "127.0.10.31")
    workstation.root.mkdir()
    key = workstation.make_key()
    with maker(ACCOUNT, key["public_key"] if request.param == "ProFTPD" else one_line(key)) as server:
        (workstation.root / "known_hosts").write_text(server.known_hosts)
        workstation.options["addresses"] = [server.address]
        yield Place(workstation, server.root, server.logins)


def rehearsal(request):
    workstation = request.getfixturevalue("workstation")
    facility, emulator = request.getfixturevalue("facility"), request.getfixturevalue("emulator")
    folders = pathlib.Path(emulator.root) / "folders"
    return Place(workstation, folders, lambda: len(facility.events("login")))


def one_line(key):
    """The public key in the form in which sshd wants it."""
    command = ["ssh-keygen", "-i", "-m", "RFC4716", "-f", key["public_key_path"]]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def test_a_first_mirror_is_whole_and_the_second_run_fetches_nothing(place):
    dice = random.Random(1)
    for number, size in enumerate(AROUND_A_READ):
        place.put(f"COMMON/RX{number:02}_20261120.csv", dice.randbytes(size))
        place.put(f"{place.code}/TP{number:02}_20261120.csv", dice.randbytes(size))
    first = place.workstation.sync()
    assert place.held() == place.served()
    assert (len(first["downloaded"]), first["refused"], place.logins()) == (2 * len(AROUND_A_READ), [], 1)
    second = place.workstation.sync()
    assert (second["changed"], second["bytes"], second["downloaded"]) == (False, 0, [])
    assert second["unchanged"] == len(first["downloaded"])
    assert place.logins() == 2


def test_of_a_changed_report_both_versions_are_kept(place):
    path = f"{place.code}/TP001_20261120.csv"
    place.put(path, b"first;" * 1000)
    place.workstation.sync()
    place.put(path, b"second;" * 2000)
    place.workstation.sync()
    assert place.held() == {path: b"second;" * 2000, f"{path}.~1~": b"first;" * 1000}


def test_reports_in_subfolders_come_with_their_folders(place):
    for path in ("COMMON/20261119/A.csv", "COMMON/20261120/A.csv", f"{place.code}/a/b/c/D.csv"):
        place.put(path, path.encode() * 5000)
    place.workstation.sync()
    assert place.held() == place.served()
    assert len(place.held()) == 3


def test_a_report_of_many_megabytes_comes_whole(place):
    place.put("COMMON/BIG_20261120.csv", random.Random(2).randbytes(24_000_001))
    place.workstation.sync()
    assert place.held() == place.served()
    assert place.logins() == 1


@pytest.mark.parametrize("window", [1, 7, 128])
def test_many_small_reports_come_whole_whatever_the_window(place, window):
    dice = random.Random(window)
    for number in range(150):
        place.put(f"COMMON/S{number:03}_20261120.csv", dice.randbytes(int(dice.lognormvariate(8, 2))))
    result = place.workstation.sync(window=window)
    assert place.held() == place.served()
    assert (len(result["downloaded"]), place.logins()) == (150, 1)
