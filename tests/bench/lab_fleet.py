# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet over real ssh, within a lab: `tools/lab.py run python -m tests.bench.lab_fleet FILE HOSTS SIZES FORKS`.

Two machines of the lab stand for all workstations of the inventory: each of these has an address, folders and a line of
ssh of its own, the first of each pair on one machine, the second on the other. A login as somebody who has no rights,
ControlPersist, sudo to the service user, and the libraries and the code as a rollout lays them: as in earnest.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from types import SimpleNamespace
from typing import ClassVar

from emulator.client import Control
from tests.bench import fleet, line
from tests.modules.support import unmark

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = pathlib.Path("/run/dcass-lab")
HOMES = pathlib.Path("/srv")  # below it the workstations' folders, on the machines and, the same ones, here
MACHINES = {"cxyz-ws1": "198.51.100.31", "cxyz-ws2": "198.51.100.32"}
ADDRESSES = ["198.51.100.121:10022", "198.51.100.122:10022"]
USER = "dcass"
COUNT = 40  # addresses that a machine can be given


class LabFleet(fleet.Fleet):
    """As the one that is this machine, only by ssh."""

    ping: ClassVar = {"become": True, "become_user": USER}

    def folder(self, host):
        return HOMES / machine_of(host) / host

    def _python(self):
        return pathlib.Path("/opt/dcass-sftp")

    def _write_fleet(self):
        super()._write_fleet()
        inventory = json.loads(self.inventory.read_text())
        for number, participant in enumerate(inventory.values()):
            for name, host in participant["hosts"].items():
                address = give_address(machine_of(name), number)
                host.update(ansible_host=address, dcass_workstation_address=address)
        self.inventory.write_text(json.dumps(inventory))

    def _sync(self, first, second):
        with line.inside("cxyz-ws1"):
            super()._sync(first, second)

    def ready(self):
        super().ready()
        for state in HOMES.glob("*/*/state"):
            unmark(state)  # made here and then given away, it would pass for a copy there (§4.3)
        for machine in MACHINES:
            subprocess.run(["chroot", root_of(machine), "chown", "-R", f"{USER}:", f"/srv/{machine}"], check=True)

    def open_lines(self):
        """Let ssh log in everywhere, few at once, as sshd wants (MaxStartups); else only a ping would have to."""
        self.run(str(self.root / "ping.yml"), "--forks", "8")

    def environment(self):
        lasting = "-o ControlMaster=auto -o ControlPersist=20m"
        return {**super().environment(), "ANSIBLE_SSH_ARGS": lasting}


def machine_of(host):
    return f"cxyz-ws{host[-1]}"


def root_of(machine):
    return LAB / "hosts" / machine / "root"


def give_address(machine, number):
    """One more address for a machine, and its host key for whoever asks for it."""
    place, key = MACHINES[machine], (LAB / "known_hosts").read_text()
    address = f"198.51.100.{(40 if machine == 'cxyz-ws1' else 130) + number}"
    assert number < COUNT
    subprocess.run(["ip", "-n", machine, "address", "add", f"{address}/24", "dev", "host0"], check=True)
    line_of_it = next(each for each in key.splitlines() if each.startswith(f"{place} "))
    with (LAB / "known_hosts").open("a") as known:
        known.write(line_of_it.replace(place, address, 1) + "\n")
    return address


def prepare():
    """Two machines after a rollout, with a folder that they share with this side."""
    lab("fresh")
    inventory = ROOT / "extensions" / "molecule" / "inventory.yml"
    ansible = pathlib.Path(sys.executable).with_name("ansible-playbook")
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "demo" / "ansible.cfg")}
    rollout = [ansible, "-i", inventory, "dcass.sftp.rollout"]
    done = subprocess.run(rollout, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", HOMES], check=True)  # the lab's own mounts
    for machine in MACHINES:
        for folder in (root_of(machine) / "srv" / machine, HOMES / machine):
            folder.mkdir()
        subprocess.run(["mount", "--bind", root_of(machine) / "srv" / machine, HOMES / machine], check=True)


def lab(*words):
    subprocess.run([sys.executable, ROOT / "tools" / "lab.py", *words], check=True)


def fleet_of(hosts):
    facility = SimpleNamespace(addresses=[], known_hosts=(LAB / "facility_keys").read_text() + "\n", control=Control())
    variables = {
        "ansible_connection": "ssh",
        "ansible_user": "ansible",
        "ansible_ssh_private_key_file": str(LAB / "login"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={LAB}/known_hosts -o StrictHostKeyChecking=yes",
        "ansible_python_interpreter": "/usr/bin/python3",
        "dcass_addresses": ADDRESSES,
        "dcass_manage_system": True,
    }
    return LabFleet(LAB / "fleet", facility, fleet.codes(hosts), **variables)


def main(file, hosts, sizes, forks):
    """Measure, and keep each row as soon as it is there."""
    sizes, forks, found = json.loads(sizes), json.loads(forks), []
    prepare()
    made = fleet_of(int(hosts))
    made.ready()
    for row in fleet.rows(made, sizes, forks):
        found.append(row)
        pathlib.Path(file).write_text(json.dumps(found))
        print(row, flush=True)
    control = made.facility.control
    assert len(control.events(event="login")) == fleet.logins(int(hosts), sizes, forks)
    assert control.violations() == []


if __name__ == "__main__":
    main(*sys.argv[1:])
