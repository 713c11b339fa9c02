# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal on this machine: two workstations as local hosts with folders of their own, and playbooks on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.client import Emulator

HOME = Path(__file__).resolve().parent
CHECKOUT = HOME.parent
WHEELS = CHECKOUT / ".build" / "wheels"
WORKSTATIONS = {"cxyz-ws1": "127.0.10.31", "cxyz-ws2": "127.0.10.32"}
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What a run came to: exit code, seconds, the results of its tasks, the counts of each host."""

    code: int
    seconds: float
    output: str
    results: list[dict[str, Any]]
    recap: dict[str, dict[str, int]]

    @property
    def changed(self) -> int:
        """Changes on all hosts."""
        return sum(counts["changed"] for counts in self.recap.values())

    def of(self, action: str) -> dict[str, Any]:
        """The last result of a module, by host; a task whose condition was not met has none."""
        ran = [entry for entry in self.results if "skip_reason" not in entry["result"]]
        found = {entry["host"]: entry["result"] for entry in ran if entry["action"].endswith(action)}
        return {host: found[host] for host in sorted(found)}

    @property
    def asked(self) -> set[str]:
        """The hosts to which a first question was put; one whose participant the inventory has wrong answers none."""
        told = self.of("workstation_info")
        found = {host for host in told if {"rc", "unreachable", "presumed"} & set(told[host])}
        return found | set(self.of("raw"))

    def lines(self, task: str) -> list[str]:
        """What a task has shown, in all its events."""
        results = [entry["result"] for entry in self.results if entry["task"] == task]
        return [line for result in results for event in result.get("results", ()) for line in event["msg"]]

    @property
    def complaints(self) -> list[str]:
        """What failed tasks said."""
        return [str(entry["result"].get("msg", "")) for entry in self.results if entry["how"] == "failed"]


class Rehearsal:
    """Folder, inventory and log of one rehearsal; the facility itself is started elsewhere."""

    def __init__(self, root: Path, addresses: Sequence[str], known_hosts: str, **variables: Any) -> None:
        self.root = root
        self.inventory = root / "inventory.yml"
        self.ansible = Path(sys.executable).parent / "ansible-playbook"  # of the control node
        self.shift = 0.0  # seconds by which the workstations' clocks are ahead
        self._variables = self._common(addresses, known_hosts) | variables
        self.write_inventory()

    def folder(self, host: str) -> Path:
        """Where all of a workstation lies."""
        return self.root / "hosts" / host

    def write_inventory(self, group: Options | None = None, **hosts: Options) -> None:
        """Write the inventory: one participant, two hosts; what is given goes before what it would say."""
        names = hosts or {name: {} for name in WORKSTATIONS}
        entries = {name: {**self._host(name), **extra} for name, extra in names.items()}
        participant = {"vars": {**self._variables, **(group or {})}, "hosts": entries}
        self.root.mkdir(parents=True, exist_ok=True)
        self.inventory.write_text(json.dumps({"cp_cxyz": participant}, indent=2) + "\n")  # which is YAML, too

    def set_clock(self, facility: Emulator, moment: str) -> None:
        """Move everybody's clock to an ISO 8601 moment with its zone; from there it runs on."""
        facility.control.clock_set(moment)
        self.shift = datetime.fromisoformat(moment).timestamp() - time.time()

    def play(
        self, playbook: str, *arguments: str, log: str | None = None, show: bool = False, brief: bool = False
    ) -> Outcome:
        """Run a playbook (more may follow among the arguments); its output goes into a log below the folder.

        With ``show`` it goes to the terminal instead, and Ansible writes the log.
        """
        began = time.monotonic()
        name = log or playbook.rpartition("/")[2].removesuffix(".yml").removeprefix("dcass.sftp.")
        results = self.root / f"{name}.jsonl"
        results.unlink(missing_ok=True)
        command = [str(self.ansible), "-i", str(self.inventory), playbook, *arguments]
        place = {**self.environment(), "REHEARSAL_RESULTS": str(results)}
        place |= {"ANSIBLE_STDOUT_CALLBACK": "dcass.sftp.brief"} if brief else {}
        place |= {"ANSIBLE_LOG_PATH": str(self.root / f"{name}.log")} if show else {}
        done = subprocess.run(command, env=place, capture_output=not show, text=True, check=False)
        output = (done.stdout or "") + (done.stderr or "")
        if not show:
            (self.root / f"{name}.log").write_text(output)
        entries = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
        recaps = [
            entry["recap"] for entry in entries if "recap" in entry
        ]  # one a playbook, each sums up the run so far
        seconds, told = time.monotonic() - began, [entry for entry in entries if "recap" not in entry]
        return Outcome(done.returncode, seconds, output, told, recaps[-1] if recaps else {})

    def environment(self) -> dict[str, str]:
        """What Ansible is to find in its environment, and nothing that would lead it elsewhere."""
        foreign = ("ANSIBLE_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        own = {"ANSIBLE_HOME": str(self.root / "ansible"), "PWD": str(self.root)}
        clock = {"PYTHONPATH": str(HOME / "clock"), "REHEARSAL_SHIFT": str(self.shift)} if self.shift else {}
        return {**kept, **own, **clock, "ANSIBLE_CONFIG": str(HOME / "ansible.cfg")}

    @staticmethod
    def _common(addresses: Sequence[str], known_hosts: str) -> dict[str, Any]:
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "dcass_customer_code": "CXYZ",
            "dcass_addresses": list(addresses),
            "dcass_known_hosts": known_hosts.splitlines(),
            "dcass_outside_hours": "ignore",
            "dcass_manage_system": False,
            "dcass_pip_arguments": ["--no-index", f"--find-links={WHEELS}"],
            "dcass_base_python": "{{ ansible_playbook_python }}",
            # Debian's Python may lack ensurepip: the pip of the checkout installs into the environment.
            "dcass_pip": ["{{ ansible_playbook_python }}", "-m", "pip", "--python", "{{ dcass_venv }}/bin/python"],
        }

    def _host(self, name: str) -> dict[str, Any]:
        folder = self.folder(name)
        return {
            "dcass_workstation_address": WORKSTATIONS.get(name, "127.0.10.33"),
            "dcass_config_dir": str(folder / "etc"),
            "dcass_state_dir": str(folder / "state"),
            "dcass_report_dir": str(folder / "reports"),
            "dcass_venv": str(folder / "venv"),
        }
