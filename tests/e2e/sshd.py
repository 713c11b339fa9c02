# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into workstations: an OpenSSH server on loopback that lets in whoever runs the tests, with one key."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CONFIG = """\
{listen}
HostKey {home}/host_key
AuthorizedKeysFile {home}/login.pub
PidFile none
StrictModes no
UsePAM no
AuthenticationMethods publickey
AllowUsers {user}
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
"""
WAIT = 60  # seconds, on a busy machine


@dataclass(frozen=True)
class Way:
    """What a control node needs to get in: its key, the port, who it is there, and the host keys."""

    login: Path
    port: int
    user: str
    known_hosts: Path


def sshd() -> str:
    """The server's program, or nothing."""
    return shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or ""


@contextmanager
def serving(home: Path, addresses: Iterable[str]) -> Iterator[Way]:
    """Let this machine's user in on all addresses, at one port, until the end."""
    home.mkdir(parents=True)
    for name in ("host_key", "login"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", home / name], check=True)
    addresses, user = list(addresses), getpass.getuser()
    port = _free_port()
    listen = "\n".join(f"ListenAddress {address}:{port}" for address in addresses)
    (home / "config").write_text(CONFIG.format(listen=listen, home=home, user=user))
    public = (home / "host_key.pub").read_text()
    (home / "known_hosts").write_text("".join(f"[{address}]:{port} {public}" for address in addresses))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with (home / "log").open("w") as log:
        server = subprocess.Popen([sshd(), "-D", "-e", "-f", home / "config"], stderr=log)
    try:
        for address in addresses:
            _wait_for(address, port, server)
        yield Way(home / "login", port, user, home / "known_hosts")
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("0.0.0.0", 0))  # free at every address, and not at 127.0.0.1 alone
        return int(one.getsockname()[1])


def _wait_for(address: str, port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT
    while True:
        try:
            socket.create_connection((address, port), 1).close()
            return
        except OSError:
            if time.monotonic() > until or server.poll() is not None:
                raise
            time.sleep(0.05)
