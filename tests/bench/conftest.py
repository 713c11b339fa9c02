# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long and how much is measured, where it happens, and what becomes of the tables.

BENCH_QUICK=1 takes two minutes instead of fifteen, BENCH_WRITE=1 writes docs/bench.md and its plot,
BENCH_ROUNDS and BENCH_PATIENCE (seconds) change how often and how long a client may try. With BENCH_BEFORE=FOLDER, of
another checkout, its report_sync runs in the same race, and a table tells ours with it.
"""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version

import pytest

from tests.bench import payload, plot, race, server
from tests.bench.tables import Results
from tests.modules.support import Workstation
from tests.servers.openssh import OpenSshServer
from tools import debian

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
QUICK = os.environ.get("BENCH_QUICK") == "1"
TRIPS = (0, 20) if QUICK else (0, 5, 20)  # ms
GROWTH = (100, 1_000, 10_000) if QUICK else (100, 1_000, 10_000, 100_000)  # reports in a folder
FLEETS = (4, 10) if QUICK else (10, 40, 100, 200)  # workstations
BEFORE = pathlib.Path(os.environ["BENCH_BEFORE"]).resolve() if "BENCH_BEFORE" in os.environ else None
SHARE = 0.2 if QUICK else 1  # of each data set's files
TITLE = """<!--
Copyright: (c) 2026, the dcass.sftp contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->
# How fast report_sync is

`BENCH_WRITE=1 make bench` wrote this page and its plot. Times of one machine mean little: look at the ratios.

![Seconds of a first mirror, by client](bench.svg)

"""


@dataclass
class Bench:
    """Where a bench works, a workstation with its key, a folder for copies, and what is found."""

    root: pathlib.Path
    place: pathlib.Path
    workstation: Workstation
    key: dict
    public: str
    results: Results

    def reach(self, serving, source):
        """Let the workstation trust and use a server, from this address of its own."""
        (self.workstation.root / "known_hosts").write_text(serving.known_hosts)
        self.workstation.options.update(addresses=[serving.address], source_address=source)


@pytest.fixture(scope="session")
def bench():
    debian.install_missing(debian.PACKAGES | debian.BENCH)
    with server.workplace() as root:
        prepared = prepare(root)
        yield prepared
    tell(prepared.results)


def prepare(root):
    """A workstation below that folder, and results that know what they depend on."""
    workstation, place = Workstation(root / "workstation", server.ACCOUNT, "127.0.10.31"), root / "copies"
    for folder in (workstation.root, place):
        folder.mkdir()
    key = workstation.make_key()
    command = ["ssh-keygen", "-i", "-m", "RFC4716", "-f", key["public_key_path"]]
    public = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    results = Results(
        rounds=int(os.environ.get("BENCH_ROUNDS", 1 if QUICK else 3)),
        patience=float(os.environ.get("BENCH_PATIENCE", 10 if QUICK else 20)),
        machine=machine(),
        importing=importing(place),
        ping=race.median_of_five([sys.executable, ping(root)], place),
    )
    if reason := OpenSshServer.why_not():
        results.notes.append(f"against asyncssh at 0 ms alone, for {reason}: nothing to compare other tables with")
    return Bench(root, place, workstation, key, public, results)


def machine():
    """What the figures depend on."""
    kind = f"{os.cpu_count()} processors, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "paramiko", "asyncssh"))
    peers = [["ssh", "-V"], ["lftp", "--version"], ["rclone", "version"]]
    told = [first_line(command) for command in peers if shutil.which(command[0])]
    return [f"{kind}, {libraries}", "; ".join(told), f"load when the bench began: {os.getloadavg()[0]:.1f}"]


def first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0].split(" | Copyright")[0].replace(" | ", " ")


def importing(place):
    """Seconds that Python takes to import paramiko, beyond its own start: the median of five."""
    bare, loaded = (race.median_of_five([sys.executable, "-c", run], place) for run in ("pass", "import paramiko"))
    return loaded - bare


def ping(root):
    """A task of Ansible's that does nothing, as a file."""
    file = root / "ping.py"
    file.write_bytes(payload.build("ping"))
    return str(file)


def tell(results):
    """Print the tables of a bench that raced, and write them where asked."""
    if not results.races:
        return
    text = results.text()
    print(f"\n{text}")
    if os.environ.get("BENCH_WRITE") == "1":
        (DOCS / "bench.md").write_text(TITLE + text)
        (DOCS / "bench.svg").write_text(plot.svg(results))
