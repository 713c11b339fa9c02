# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's workstations: systemd-nspawn machines with a root file system, network and cgroup of their own.

A workstation's disk is an overlay: `upper` holds what it has written, `below` names what that lies on. A pulled plug
ends all its processes at once; what they had written by then stays written, as on a disk with its own power.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

HOSTS = {"cxyz-ws1": "198.51.100.31", "cxyz-ws2": "198.51.100.32"}
LAB = pathlib.Path("/run/dcass-lab")  # a file system that the lab alone sees
BOOT = 180  # seconds until what was started must answer, on the slowest machine
CGROUPS = [pathlib.Path("/sys/fs/cgroup", tree) for tree in ("", "systemd", "unified")]
QUIET = ["--quiet", "--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off", "--link-journal=no"]


def place(name: str, layers: Iterable[object]) -> None:
    """An empty disk for a workstation, upon layers, the topmost first."""
    shutil.rmtree(LAB / "hosts" / name, ignore_errors=True)
    for folder in ("upper", "work", "root"):
        (LAB / "hosts" / name / folder).mkdir(parents=True)
    (LAB / "hosts" / name / "below").write_text(":".join(map(str, layers)))


def start(name: str) -> None:
    """Switch a workstation on; `wait_for` tells when it answers."""
    host = LAB / "hosts" / name
    layers = f"lowerdir={(host / 'below').read_text()},upperdir={host / 'upper'},workdir={host / 'work'}"
    run("mount", "-t", "overlay", "overlay", "-o", layers, host / "root")
    _prepare(name, host / "root")
    _connect(name)
    where = [f"--directory={host / 'root'}", f"--hostname={name}", f"--network-namespace-path=/run/netns/{name}"]
    begin(name, ["systemd-nspawn", *QUIET, *where, f"--machine={name}", "--console=pipe", "--boot"], cgroup=name)


def stop(name: str) -> None:
    """Pull a workstation's plug."""
    end(name)
    if os.path.ismount(LAB / "hosts" / name / "root"):
        run("umount", "--lazy", LAB / "hosts" / name / "root")
    if os.path.exists(f"/run/netns/{name}"):
        run("ip", "link", "delete", f"to-{name}")
        run("ip", "netns", "delete", name)


def wait_for(name: str) -> None:
    """Until its sshd speaks."""
    until = time.monotonic() + BOOT
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((HOSTS[name], 22), 1) as line:
            if line.recv(4) == b"SSH-":
                return
        time.sleep(0.1)
    sys.exit(f"{name} did not start: {(LAB / f'{name}.log').read_text()}")


def _prepare(name: str, root: pathlib.Path) -> None:
    """Its own host key, and the login's public key; both are known before the first connection."""
    shutil.copy(LAB / name, root / "etc/ssh/ssh_host_ed25519_key")
    folder = root / "home/ansible/.ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(LAB / "login.pub", folder / "authorized_keys")
    for path in (folder, folder / "authorized_keys"):
        os.chown(path, 1000, 1000)
    (root / "etc/hostname").write_text(f"{name}\n")
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost {name}\n")


def _connect(name: str) -> None:
    """A network of its own, with one line: to the lab's."""
    port, card = f"to-{name}", f"02:00:00:00:00:{HOSTS[name].rpartition('.')[2]}"  # the same after a power cut
    run("ip", "netns", "add", name)
    run("ip", "link", "add", port, "type", "veth", "peer", "name", "host0", "address", card, "netns", name)
    run("ip", "link", "set", port, "master", "lab", "up")
    run("ip", "-n", name, "address", "add", f"{HOSTS[name]}/24", "dev", "host0")
    for device in ("lo", "host0"):
        run("ip", "-n", name, "link", "set", device, "up")


def begin(name: str, command: Sequence[str], cgroup: str = "", **more: Any) -> None:
    """Begin a program of the lab that goes on when we end; a workstation in a cgroup of its own, as systemd wants."""

    def enter() -> None:
        for tree in CGROUPS if cgroup else ():
            if (tree / "cgroup.procs").exists():
                own = tree / os.environ["DCASS_LAB_CGROUP"] / cgroup
                own.mkdir(parents=True, exist_ok=True)
                (own / "cgroup.procs").write_text("0")

    with open(LAB / f"{name}.log", "w") as log:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        process = subprocess.Popen(command, start_new_session=True, preexec_fn=enter, **streams, **more)
    (LAB / f"{name}.pid").write_text(str(process.pid))


def end(name: str) -> None:
    """End a program of the lab at once; its process numbers are the lab's own."""
    path = LAB / f"{name}.pid"
    if path.exists():
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            pid = int(path.read_text())
            machine = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for each in (*map(int, machine), pid):  # with the machine's init all its processes end
                os.kill(each, signal.SIGKILL)
            for _ in range(200):
                os.kill(pid, 0)
                time.sleep(0.02)
        path.unlink()


def clear_cgroups() -> None:
    """Remove what this or a killed run has left; one that is in use stays."""
    for tree in CGROUPS:
        for folder in sorted(tree.glob("dcass-lab-*/**/"), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()


def run(*words: object) -> None:
    """Run a command that must succeed."""
    subprocess.run([str(word) for word in words], check=True, stdin=subprocess.DEVNULL)
