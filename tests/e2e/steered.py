# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Participants whose years pass in a test: playbooks and the rehearsal facility on one clock, which the test sets."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncssh

from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code
from demo.rehearsal import Outcome, Rehearsal
from emulator.client import Emulator

HERE = Path(__file__).resolve().parent
CODE = HERE.parents[1] / ".build" / "code"
ONE, TWO = "cxyz-ws1", "cxyz-ws2"
REGISTERED = "2018-05-01"  # a key registered on this day is good until 30 April 2020: its renewal opens on 1 March 2020


def laid_code() -> Path:
    """The code of this checkout as a rollout lays it, once for all tests."""
    folder, name = CODE, installed_code.name()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "code.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / name / "complete").exists():
            (folder / f"{name}.b64").write_text(installed_code.archive())
            subprocess.run([sys.executable, "-c", installed_code.INSTALLER, str(folder), name], check=True)
    return folder


class Steered(Rehearsal):
    """Participants with two workstations each, ready and registered, and the facility that they meet."""

    def __init__(self, root: Path, facility: Emulator, codes: Sequence[str] = ("CXYZ",), **variables: Any) -> None:
        self.facility, self.codes = facility, codes
        addresses = facility.by_site["primary"]
        super().__init__(
            root, addresses, facility.known_hosts, dcass_package_dir=str(root / "registration"), **variables
        )
        self._write_fleet()

    def _write_fleet(self) -> None:
        python = self._python()
        inventory = {}
        for number, code in enumerate(self.codes):
            names = [f"{code.lower()}-ws{place}" for place in (1, 2)]
            hosts = {name: {**self._host(name), "dcass_venv": str(python)} for name in names}
            for place, name in enumerate(names):
                hosts[name]["dcass_workstation_address"] = f"127.0.{10 + number}.{31 + place}"
                (self.folder(name) / "etc").mkdir(parents=True)
                (self.folder(name) / "etc" / "known_hosts").write_text(self.facility.known_hosts)
            inventory[f"cp_{code.lower()}"] = {
                "vars": {**self._variables, "dcass_customer_code": code},
                "hosts": hosts,
            }
        self.inventory.write_text(json.dumps(inventory, indent=2))

    def _python(self) -> Path:
        """What looks like a workstation's private environment and is the one of the tests."""
        folder = self.root / "venv"
        (folder / "bin").mkdir(parents=True)
        (folder / "requirements.txt").touch()
        (folder / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (folder / "bin" / "python").chmod(0o755)
        (folder / "dcass").symlink_to(laid_code())
        return folder

    def register(self, day: str = REGISTERED) -> None:
        """Make all keys and have the exchange register them on that day."""
        self.at(f"{day}T09:00")
        outcome = self.play("dcass.sftp.register")
        assert outcome.code == 0, outcome.output
        for code in self.codes:
            self.facility.control.register(self.root / "registration" / f"{code}.zip")
        # what else the playbook does it has just done; test_for_awx.py runs the whole of it with this variable
        outcome = self.play(str(HERE / "registered.yml"), "-e", f"dcass_registered_on={day}", log="registered")
        assert outcome.code == 0, outcome.output

    def tell(self, **variables: Any) -> None:
        """Set variables of all participants in the inventory."""
        inventory = json.loads(self.inventory.read_text())
        for participant in inventory.values():
            participant["vars"].update(variables)
        self.inventory.write_text(json.dumps(inventory, indent=2))

    def power(self, host: str, on: bool) -> None:
        """Switch a workstation on, or off: then ssh ends as it does where nobody answers, only sooner."""
        inventory = json.loads(self.inventory.read_text())
        off = {"ansible_connection": "ssh", "ansible_ssh_executable": str(self.root / "nobody_answers")}
        variables = next(its["hosts"][host] for its in inventory.values() if host in its["hosts"])
        for name, value in off.items():
            variables.pop(name, None) if on else variables.update({name: value})
        self.inventory.write_text(json.dumps(inventory))
        (self.root / "nobody_answers").write_text("#!/bin/sh\necho 'No route to host' >&2\nexit 255\n")
        (self.root / "nobody_answers").chmod(0o755)

    def at(self, moment: str) -> None:
        """Set all clocks, in Hong Kong time."""
        self.set_clock(self.facility, f"{moment}:00+08:00")

    def renew(self, *arguments: str, log: str | None = None, brief: bool = False) -> Outcome:
        """Run the playbook of every morning."""
        return self.play("dcass.sftp.renew_keys", *arguments, log=log, brief=brief)

    def versions(self, host: str) -> set[str]:
        """The versions of its key that a workstation holds."""
        return {path.parent.name for path in (self.folder(host) / "etc" / "keys").glob("*/*/id_rsa*")} - {"current"}

    def key(self, host: str, version: str = "current") -> Path:
        """A private key of a workstation, the one in use if no version is told."""
        (path,) = (self.folder(host) / "etc" / "keys").glob(f"*/{version}/id_rsa*")
        return path.resolve()

    def logs_in(self, account: str, key: asyncssh.SSHKey, source: str = "127.0.10.31") -> bool:
        """Whether the facility lets a key in, tried with a client that is not ours."""

        async def attempt() -> bool:
            host, port = self.facility.addresses[0]
            try:
                async with asyncssh.connect(
                    host,
                    port,
                    username=account,
                    client_keys=[key],
                    local_addr=(source, 0),
                    known_hosts=asyncssh.import_known_hosts(self.facility.known_hosts),
                    server_host_key_algs=["ssh-rsa"],
                    agent_path=None,
                    config=[],
                ):
                    return True
            except asyncssh.PermissionDenied:
                return False

        return asyncio.run(attempt())

    def spent(self, account: str) -> tuple[int, int]:
        """Logins and uploads that the facility has counted for an account in all its life."""
        events = self.facility.control.events(account=account)
        return tuple(sum(event["event"] == kind for event in events) for kind in ("login", "upload"))  # type: ignore[return-value]


def last_lines(outcome: Outcome) -> list[str]:
    """What is on the screen last, before the recap: of each workstation that has failed one line, and nothing else."""
    tasks = outcome.output.partition("\nPLAY RECAP")[0].split("\nTASK [")[1:]
    telling = re.compile(r"[^]]*(?:Tell what has failed|Bring back whom Ansible has lost on the way)\]")
    end = "".join(reversed(list(itertools.takewhile(telling.match, reversed(tasks)))))  # who was lost tells it last
    twice = re.compile(r"^\[ERROR\]: .*\n(?:.*\n)*? *\^ column \d+$", re.MULTILINE)  # as Ansible 2.19 tells it, before
    lines = [line for line in twice.sub("", end).splitlines() if line and not telling.match(line)]
    assert lines, outcome.output
    shown = [re.fullmatch(r"skipping: .*|fatal: \[(\S+)\]: FAILED! => (.*)", line) for line in lines]
    assert all(shown), end
    failed = {found[1]: json.loads(found[2]) for found in shown if found and found[1]}
    assert {host for host, counts in outcome.recap.items() if counts["failures"]} == set(failed)
    for host, result in failed.items():
        assert set(result) == {"changed", "msg"} and result["msg"].startswith(f"{host} "), result
    for mark in ("downloaded", '"index"', "held_by_partner", 'connection"'):
        assert mark not in outcome.output
    return sorted(result["msg"] for result in failed.values())


def brief_failures(outcome: Outcome) -> list[str]:
    """What the callback dcass.sftp.brief says last, after a playbook's seconds and counts; nowhere before it."""
    shown, _mark, rest = outcome.output.rpartition(", failed=")
    lines = [line for line in rest.splitlines()[1:] if not line.startswith("[WARNING]")]
    assert lines and not [line for line in lines if line in shown], outcome.output
    return lines


def brief_lines(outcome: Outcome) -> list[str]:
    """The lines of a run with the callback dcass.sftp.brief, without what changes from one to the next."""
    text = re.sub(r"(?m)^  \d+ s, ", "  # s, ", re.sub(r" in [\d.]+ ms", " in # ms", outcome.output))
    return [
        line
        for line in re.sub(r"([0-9a-f]{2}:){15}[0-9a-f]{2}|SHA256:\S+|127\.151\.\S+", "#", text).splitlines()
        if line
    ]


def told(outcome: Outcome) -> dict[str, tuple[str, str]]:
    """State and reason of each host's renewal."""
    results = outcome.of("key_renewal")
    return {host: (result.get("state", ""), result.get("reason", "")) for host, result in results.items()}
