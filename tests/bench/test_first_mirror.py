# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make bench`: the first mirror of two data sets, every client in turn, on one OpenSSH server limited to §2.1.

Times of one machine mean little, so the table gives medians of interleaved rounds and their ratio to ours.
Ours hashes every report and syncs it to disk; the others do neither.
"""

from __future__ import annotations

import random
import shutil
import statistics
import subprocess
import time

import pytest

from tests.bench.peers import OURS, Peers
from tests.modules.support import Workstation
from tests.openssh import OpenSshServer, why_not

ACCOUNT = "CXYZ001"
ROUNDS = 3
DATA = {  # files, median bytes, spread of the logarithm: ten days of reports, and many small ones
    "big": (650, 200_000, 1.5),
    "small": (1300, 20_000, 1.0),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    reason = why_not()
    if reason:
        pytest.skip(reason)
    root = tmp_path_factory.mktemp("bench")
    workstation = Workstation(root / "ws", ACCOUNT, "127.0.10.31")
    workstation.root.mkdir()
    key = workstation.make_key()
    public = subprocess.run(
        ["ssh-keygen", "-i", "-m", "RFC4716", "-f", key["public_key_path"]], check=True, capture_output=True, text=True
    ).stdout.strip()
    with OpenSshServer(ACCOUNT, public) as server:
        (workstation.root / "known_hosts").write_text(server.known_hosts)
        workstation.options["addresses"] = [server.address]
        yield root, server, Peers(server, workstation, key["private_key_path"])


@pytest.mark.parametrize("name", list(DATA))
def test_first_mirror(place, name):
    root, server, peers = place
    size = fill(server, *DATA[name])
    commands = peers.commands()
    times = {client: [] for client in commands}
    logins = {}
    for number in range(ROUNDS):
        for client, command in commands.items():
            dest = root / f"{name}-{number}"
            before, began = server.logins(), time.monotonic()
            command(dest)
            times[client].append(time.monotonic() - began)
            logins[client] = server.logins() - before
            compare(server.root, dest)
            for leftover in root.glob(f"{name}-*"):
                shutil.rmtree(leftover)
    show(name, DATA[name][0], size, times, logins)
    assert logins[OURS] == 1


def fill(server, files, median, spread):
    """Replace the served reports by a data set that is the same each time; return its size in bytes."""
    dice = random.Random(files)
    total = 0
    for folder in ("COMMON", ACCOUNT[:4]):
        shutil.rmtree(server.root / folder)
    for number in range(files):
        content = dice.randbytes(int(median * dice.lognormvariate(0, spread)))
        server.put(f"{('COMMON', ACCOUNT[:4])[number % 2]}/REPORT{number:04}_20261120.csv", content, 1_795_359_765)
        total += len(content)
    return total


def compare(served, dest):
    """Every copy is checked, byte for byte: a fast client that is wrong has no time."""
    for file in served.rglob("*.csv"):
        assert (dest / file.relative_to(served)).read_bytes() == file.read_bytes(), file


def show(name, files, size, times, logins):
    ours = statistics.median(times[OURS])
    print(f"\nfirst mirror, {name}: {files} reports, {size / 1e6:.0f} MB, round trip 0 ms, medians of {ROUNDS} rounds")
    print(f"  {'client':24}{'logins':>7}{'seconds':>9}{'ours is … times as fast':>25}")
    for client, taken in sorted(times.items(), key=lambda item: statistics.median(item[1])):
        median = statistics.median(taken)
        print(f"  {client:24}{logins[client]:>7}{median:>9.2f}{median / ours:>25.2f}")
