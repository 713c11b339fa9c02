# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long and how much is measured, where it happens, and what becomes of it.

BENCH=PART,PART measures these parts alone; what others have found before stays on the page, with its date.
BENCH_WRITE=1 writes docs/bench.md and its plot. BENCH_QUICK=1 measures little, keeps it apart, and takes no more than
the usual share of the processors; BENCH_ROUNDS and BENCH_PATIENCE (seconds) change how often and how long a client may
try. BENCH_BEFORE, a commit or a folder, is the build to compare with.
"""

from __future__ import annotations

import os
import pathlib
import platform
import shutil
import signal
import subprocess
from dataclasses import dataclass
from importlib.metadata import version

import pytest

from tests.bench import before, cgroup, page, parts, plot, server
from tests.modules.support import Workstation
from tests.servers.openssh import OpenSshServer
from tools import debian

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
QUICK = os.environ.get("BENCH_QUICK") == "1"
CHOSEN = [name for name in os.environ.get("BENCH", "").split(",") if name] or list(page.PARTS)
TRIPS = (0, 20) if QUICK else (0, 5, 20)  # ms
NO_OP_TRIPS = (0, 20)
GROWTH = (100, 1_000, 10_000) if QUICK else (100, 1_000, 10_000, 100_000)  # reports in a folder
FLEETS = ((4, 1),) if QUICK else ((10, 3), (40, 2))  # workstations, rounds
SSH_FLEETS = ((4, 1),) if QUICK else ((10, 2), (40, 2))
FORKS = (5,) if QUICK else (5, 20)
MEMBERS = 12 if QUICK else 80  # workstations of a fleet, which take turns, so that none logs in too often
SHARE = 0.2 if QUICK else 1  # of each data set's files
ROUNDS = {"noop": 7, "day": 5, "profile": 5}  # where it is not three
PATIENCE = float(os.environ.get("BENCH_PATIENCE", 6))
KEPT = parts.KEPT / "quick" if QUICK else parts.KEPT
MORE = 1 if QUICK else 256  # times the usual share of the processors


@dataclass
class Bench:
    """A folder in memory and one on the disk, a workstation with its key, and the build before."""

    root: pathlib.Path
    disk: pathlib.Path
    workstation: Workstation
    key: dict
    public: str
    build_before: pathlib.Path | None
    conditions: dict

    @property
    def place(self):
        """Where copies go that are not meant for the disk."""
        return self.root / "copies"

    def reach(self, serving, source):
        """Let the workstation trust and use a server, from this address of its own."""
        (self.workstation.root / "known_hosts").write_text(serving.known_hosts)
        self.workstation.options.update(addresses=[serving.address], source_address=source)

    def part(self, name):
        """The part of that name, which is kept when it ends."""
        return parts.part(name, {**self.conditions, "load": f"{os.getloadavg()[0]:.1f}"}, KEPT)


def rounds_of(name):
    """How often each has its turn in a part."""
    return int(os.environ.get("BENCH_ROUNDS", 1 if QUICK else ROUNDS.get(name, 3)))


@pytest.fixture(scope="session")
def bench():
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that nothing is left behind
    debian.install_missing(debian.PACKAGES | debian.BENCH)
    with cgroup.own(MORE) as share, server.workplace() as (disk, ram):
        yield prepare(disk, ram, share)
    tell()


def prepare(disk, ram, share):
    """A workstation, and what the figures depend on."""
    workstation = Workstation(ram / "workstation", server.ACCOUNT, "127.0.10.31")
    for folder in (workstation.root, ram / "copies", disk / "copies"):
        folder.mkdir()
    KEPT.mkdir(parents=True, exist_ok=True)
    key = workstation.make_key()
    command = ["ssh-keygen", "-i", "-m", "RFC4716", "-f", key["public_key_path"]]
    public = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    name, checkout = before.build()
    parts.say(f"the build before: {name}")
    conditions = {"build": before.described(), "before": name, "machine": [*machine(), f"{share}", where(disk, ram)]}
    return Bench(ram, disk, workstation, key, public, checkout, conditions)


def machine():
    """What the figures depend on."""
    kind = f"{os.cpu_count()} processors, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    libraries = ", ".join(f"{name} {version(name)}" for name in ("ansible-core", "paramiko", "asyncssh"))
    peers = [["ssh", "-V"], ["lftp", "--version"], ["rclone", "version"]]
    told = [first_line(command) for command in peers if shutil.which(command[0])]
    lacks = OpenSshServer.why_not()
    return [
        f"{kind}, {libraries}",
        "; ".join(told),
        *([f"against asyncssh at 0 ms alone, for {lacks}"] if lacks else []),
    ]


def first_line(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().splitlines()[0].split(" | Copyright")[0].replace(" | ", " ")


def where(disk, ram):
    """In what the reports and their copies lie."""
    return "all files lay in memory, unless it says disk" if ram != disk else "all files lay on the disk"


def tell():
    """Print the page of all that is kept, and write it where asked."""
    kept = parts.load(page.PARTS, KEPT)
    text = page.text(kept)
    print(f"\n{text}")
    if os.environ.get("BENCH_WRITE") == "1":
        (DOCS / "bench.md").write_text(page.TITLE + text)
        (DOCS / "bench.svg").write_text(plot.svg(kept))
