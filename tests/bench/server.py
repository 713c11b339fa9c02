# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's servers: an sshd at one end of a line, or what goes without root."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile

import asyncssh

from tests.bench import line
from tests.bench.served import Served
from tests.servers.asyncssh_server import Servers, known_hosts
from tests.servers.base import free_port
from tests.servers.openssh import ONLY_SFTP, OpenSshServer

ACCOUNT = "CXYZ001"
# on a disk, for copies to be synced to; and sshd wants every folder above a chroot to be root's alone
WORKPLACE = pathlib.Path("/var/cache/dcass-bench")


@contextlib.contextmanager
def workplace():
    """The folder in which a bench works, and one in memory below it where that can be had, else the same.

    It is alone there, and whatever a killed bench left is gone.
    """
    if os.geteuid() != 0:
        with tempfile.TemporaryDirectory(prefix="dcass-bench-") as place:
            yield pathlib.Path(place), pathlib.Path(place)
        return
    with open("/run/dcass-bench.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        _clear()
        (WORKPLACE / "ram").mkdir(mode=0o755, parents=True)
        mount = ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", WORKPLACE / "ram"]
        mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
        try:
            yield WORKPLACE, WORKPLACE / "ram" if mounted else WORKPLACE
        finally:
            _clear()


def _clear():
    line.clear()
    if os.path.ismount(WORKPLACE / "ram"):
        subprocess.run(["umount", "--lazy", WORKPLACE / "ram"], check=True)
    shutil.rmtree(WORKPLACE, ignore_errors=True)


class BenchServer(Served, OpenSshServer):
    """sshd on ``host``, limited to §2.1; ``tar_port`` answers a login with a tar stream of both folders, not SFTP."""

    def __init__(self, place, public_key, host=None):
        super().__init__(ACCOUNT, public_key)
        shutil.rmtree(self.home)
        self.home = place / "sshd"
        self.home.mkdir()
        self.root, self.log = self.home / "root", self.home / "log"
        self.host = host or self.host
        self.port, self.tar_port = free_port(self.host), free_port(self.host)
        # rclone signs with rsa-sha2 alone where sshd announces it, which sshd does whatever it accepts; and sshd's
        # MaxStartups would refuse some of sixteen connections at once by lot
        self._more = "PubkeyAcceptedAlgorithms ssh-rsa,rsa-sha2-512,rsa-sha2-256\nMaxStartups 100"
        self._more += f"\nListenAddress {self.host}:{self.tar_port}"
        stream = f"tar -C {self.root} -cf - COMMON {self.account[:4]}"
        self._sftp = f"{ONLY_SFTP}\nMatch LocalPort {self.tar_port}\nChrootDirectory none\nForceCommand {stream}"


class PlainServer(Served):
    """asyncssh in a thread of this process, for a bench without root: slower than sshd, and it streams no tar."""

    tar_port = None

    def __init__(self, place, public_key):
        self.account, self.root = ACCOUNT, place / "served"
        self._servers, self._key = Servers(self.root, public_key), asyncssh.generate_private_key("ssh-rsa")

    def __enter__(self):
        self.empty()
        self._servers.__enter__()
        self.address = self._servers.start(self._key)
        self.host, self.port = self.address.split(":")
        return self

    def __exit__(self, *error):
        self._servers.__exit__(*error)

    @property
    def known_hosts(self):
        return known_hosts(self.address, self._key)

    def logins(self):
        return self._servers.logins
