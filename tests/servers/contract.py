# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync of all kinds of reports comes to at one server: measured for the contract, and for docs/servers.md."""

from __future__ import annotations

import hashlib
import pathlib
import time
from dataclasses import dataclass, field

from tests.modules.support import WORKSTATIONS, Workstation, new_state, run_module
from tests.servers import reports

ACCOUNT = "CSRV001"


class Desk:
    """Where one key's workstations are set up, each with a state of its own: so each has its four logins."""

    def __init__(self, place):
        self.place = pathlib.Path(place)
        self._first = self._new("first")
        self.public_key = self._first.make_key()["public_key"]
        self._made = 0

    def workstation(self, server):
        """A workstation that trusts the server and has nothing yet."""
        self._made += 1
        new = self._new(str(self._made))
        new_state(new.options["state_dir"])
        new.options.update(key_dir=self._first.options["key_dir"], addresses=[server.address])
        (new.root / "known_hosts").write_text(server.known_hosts)
        return new

    def _new(self, name):
        (self.place / name).mkdir(parents=True)
        return Workstation(self.place / name, ACCOUNT, WORKSTATIONS[0])


@dataclass
class Measured:
    """Two runs: what is served, right, wrong, not there, refused, and what the second run did."""

    served: int = 0
    right: int = 0
    wrong: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    surplus: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    logins: int | None = None
    seconds: float = 0.0
    errors: list = field(default_factory=list)
    connection: dict = field(default_factory=dict)
    again: dict = field(default_factory=dict)


def measure(server, workstation):
    """Serve all kinds of reports and sync twice."""
    for path, content in reports.all_kinds(workstation.code).items():
        if not server.chokes_on(path):
            server.put(path, content, mtime=reports.DAY)
    (server.root / "COMMON" / "empty").mkdir()
    began = time.monotonic()
    first = sync(workstation)
    measured = compare(server, workstation)
    measured.seconds, measured.logins = time.monotonic() - began, server.logins()
    measured.refused = sorted(f"{entry['folder']}/{entry['name']}" for entry in first.get("refused", ()))
    measured.connection = first.get("connection") or {}
    measured.again = sync(workstation)
    measured.errors = [run.get("error_code") for run in (first, measured.again) if run.get("failed")]
    return measured


def sync(workstation, **more):
    """One run, failed or not."""
    return run_module("report_sync", **{**workstation.options, "dest": workstation.dest, **more})


def compare(server, workstation):
    """What is held, beside what is served."""
    served, held = hashes(server.root, workstation.code), hashes(workstation.dest, workstation.code)
    both = served.keys() & held.keys()
    wrong = sorted(path for path in both if served[path] != held[path])
    return Measured(
        served=len(served),
        right=len(both) - len(wrong),
        wrong=wrong,
        missing=sorted(served.keys() - both),
        surplus=sorted(held.keys() - both),
    )


def hashes(root, code):
    """The SHA-256 of every file below the account's two folders of reports, by path."""
    root = pathlib.Path(root)
    files = [file for folder in ("COMMON", code) for file in (root / folder).rglob("*") if file.is_file()]
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
