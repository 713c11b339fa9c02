# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle alone makes a control node and two workstations of machines that have nothing but Debian, and no index.

    PYTHONPATH=tools:. DCASS_LAB_DEBIAN=trixie python tools/lab.py run python -m tests.supply.fresh ARCHIVE

runs within a lab (tools/lab.py). The first workstation is the control node as well: what is asked of Ansible is asked
there, by its login `ansible` who may use sudo, with what install.sh has made. Prints what each stage took, as JSON.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import lab
import machines

from emulator.client import Control
from tests.supply.trial import COMPLAINT, Failed, Stages, tell

CONTROL, OTHER = machines.HOSTS
# fips=yes where the libraries find no module that it would allow
FIPS = """\
openssl_conf = init
[init]
providers = providers
alg_section = algorithms
[providers]
base = base
[base]
activate = 1
[algorithms]
default_properties = fips=yes
"""
PLAYBOOK = "/opt/dcass-control/bin/ansible-playbook -i inventory.json"
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=0 +failed=0 ", re.MULTILINE)


def on(host: str, command: str, given: bytes = b"") -> str:
    """What a command says that people would type on a machine; and nothing is typed into it."""
    way = ["ssh", "-i", machines.LAB / "login", "-o", f"UserKnownHostsFile={machines.LAB / 'known_hosts'}"]
    words = [str(word) for word in (*way, f"ansible@{machines.HOSTS[host]}", command)]
    done = subprocess.run(words, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode()
    if done.returncode:
        raise Failed(f"{command} ended with {done.returncode}:\n{said}")
    return said


def put(host: str, path: Path, name: str) -> None:
    """Bring a file into the login's home, for nobody else to read."""
    on(host, f"umask 077 && cat > {name}", path.read_bytes())


def inventory() -> str:
    """What an operator would write, and no more."""
    way = "-o UserKnownHostsFile=known_hosts -o StrictHostKeyChecking=yes"
    hosts = {
        name: {"ansible_host": address, "dcass_workstation_address": address}
        for name, address in machines.HOSTS.items()
    }
    shared = {
        "ansible_user": "ansible",
        "ansible_ssh_private_key_file": "login",
        "ansible_ssh_common_args": way,
        "dcass_customer_code": "CXYZ",
        "dcass_addresses": {site: [f"{host}:10022" for host in hosts] for site, hosts in lab.FACILITY.items()},
        "dcass_known_hosts": (machines.LAB / "facility_keys").read_text().splitlines(),
        "dcass_outside_hours": "ignore",  # a rehearsal is open at all hours
        "dcass_wheel_dir": "/opt/dcass-control/wheels",
    }
    return json.dumps({"cp_cxyz": {"vars": shared, "hosts": hosts}}, indent=2)


def play(*words: str, changes: bool | None = None) -> float:
    """Seconds that playbooks took, which must succeed, complain of nothing, and change something or nothing."""
    began = time.monotonic()
    said = on(CONTROL, f"{PLAYBOOK} {' '.join(words)}")
    counts = {host: int(changed) for host, changed in RECAP.findall(said)}
    if set(counts) - {"localhost"} != set(machines.HOSTS) or COMPLAINT.search(said):
        raise Failed(f"{words}:\n{said}")
    if changes is not None and any(counts.values()) != changes:
        raise Failed(f"{words}: {counts}\n{said}")
    return time.monotonic() - began


def try_out(archive: Path) -> Stages:
    """Seconds of each stage."""
    machines.end("index")
    lab.fresh()
    began = time.monotonic()
    put(CONTROL, archive, "bundle.tar.gz")
    on(CONTROL, "tar -xzf bundle.tar.gz && sudo ./*-bundle/install.sh")
    seconds = {"install": time.monotonic() - began}
    for name in ("login", "known_hosts"):
        put(CONTROL, machines.LAB / name, name)
    on(CONTROL, "cat > inventory.json", inventory().encode())
    seconds |= tell(play, submit)
    held = on(CONTROL, "sudo find /var/lib/dcass-sftp/reports -type f").splitlines()
    forbid()
    if len(held) < 60 or Control().violations():
        raise Failed(f"{len(held)} reports; {Control().violations()}")
    return seconds


def forbid() -> None:
    """Let what sudo starts on the second one obey the settings of a FIPS host: preflight tells it; no login."""
    on(OTHER, "cat > fips.cnf", FIPS.encode())
    on(OTHER, "echo OPENSSL_CONF=$PWD/fips.cnf > environment && chmod 755 .")
    on(OTHER, "echo Defaults env_file=$PWD/environment | sudo tee /etc/sudoers.d/policy")
    try:
        play("dcass.sftp.preflight")
    except Failed as reason:
        if f"{OTHER} CXYZ002: crypto_forbidden: " in str(reason):
            return
        raise
    raise Failed("A policy against all was obeyed by none.")


def submit() -> None:
    """What people do with the package, and what the exchange then does."""
    package = machines.LAB / "CXYZ.zip"
    package.write_bytes(bytes.fromhex(on(CONTROL, "sudo od -An -v -tx1 /etc/dcass-sftp/registration/CXYZ.zip")))
    Control().register(package)
    Control().publish()


if __name__ == "__main__":
    try:
        print(json.dumps({name: round(took, 1) for name, took in try_out(Path(sys.argv[1])).items()}))
    except Failed as reason:
        sys.exit(str(reason))
