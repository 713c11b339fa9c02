# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real OpenSSH server for tests and benchmarks: one user, SFTP alone, and the algorithms of §2.1 that it knows."""

from __future__ import annotations

import fcntl
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
LISTENS_ON = "127.151.14.131"
KEX = "curve25519-sha256@libssh.org,ecdh-sha2-nistp521,ecdh-sha2-nistp384,ecdh-sha2-nistp256"
KEX += ",diffie-hellman-group-exchange-sha256"
CONFIG = """
Port {port}
ListenAddress {host}
PidFile none
HostKey {home}/host_key
{more}
HostKeyAlgorithms {host_key_algorithms}
PubkeyAcceptedAlgorithms ssh-rsa
KexAlgorithms {kex}
MACs hmac-sha2-256
Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
AuthenticationMethods publickey
AuthorizedKeysFile {home}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin no
LogLevel VERBOSE
ChrootDirectory {root}
{sftp}
Match User *
    X11Forwarding no
"""
ONLY_SFTP = "Subsystem sftp internal-sftp\nForceCommand internal-sftp"


def why_not():
    """The reason why this machine can't run the server; None where it can."""
    if SSHD is None:
        return "there is no sshd on this machine (Debian package openssh-server)"
    if os.geteuid() != 0:
        return "an sshd that serves an account of its own needs root"
    return None


class OpenSshServer:
    """A running sshd with the folder ``root`` for its user ``account``; both are gone when the context is left."""

    def __init__(self, account, public_key, host_key_algorithms="ssh-rsa", more="", sftp=ONLY_SFTP):
        self.account, self.host, self.port = account, LISTENS_ON, free_port(LISTENS_ON)
        self._public_key, self._algorithms, self._more, self._sftp = public_key, host_key_algorithms, more, sftp
        # sshd wants every folder above a chroot to be root's alone, which /tmp is not
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dcass-sshd-", dir="/run"))
        self.root = self.home / "root"
        self.log = self.home / "log"
        self._process = None

    def __enter__(self):
        # One server an account at a time, whoever else runs tests; so a user that is there was left by a killed run.
        self._turn = open(f"/run/dcass-sshd-{self.account}.lock", "w")
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        self._remove_user()
        os.chmod(self.home, 0o755)
        for folder in ("COMMON", self.account[:4], "KEY_MANAGEMENT"):
            (self.root / folder).mkdir(parents=True)
        run("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", str(self.home / "host_key"))
        (self.home / "authorized_keys").write_text(self._public_key + "\n")
        (self.home / "config").write_text(self._config())
        pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        run("useradd", "--badname", "--no-create-home", "--no-user-group", "--password", "*", self.account)
        dies_with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        server = [SSHD, "-D", "-f", str(self.home / "config"), "-E", str(self.log)]
        self._process = subprocess.Popen([*dies_with_us, *server])
        self._wait()
        return self

    def __exit__(self, *_error):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self._remove_user()
        shutil.rmtree(self.home)
        self._turn.close()

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def known_hosts(self):
        return f"[{self.host}]:{self.port} {(self.home / 'host_key.pub').read_text()}"

    def put(self, path, content, mtime=None):
        """Place a report below the served folder."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if mtime is not None:
            os.utime(file, (mtime, mtime))

    def logins(self):
        """How many logins its log shows as accepted."""
        return self.log.read_text().count("Accepted publickey for " + self.account)

    def _remove_user(self):
        if any(user.pw_name == self.account for user in pwd.getpwall()):
            subprocess.run(["userdel", "--force", self.account], check=False, capture_output=True)

    def _config(self):
        return CONFIG.format(
            port=self.port,
            host=self.host,
            home=self.home,
            root=self.root,
            kex=KEX,
            host_key_algorithms=self._algorithms,
            more=self._more,
            sftp=self._sftp,
        )

    def _wait(self):
        for _try in range(100):
            with socket.socket() as sock:
                if sock.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"sshd did not start: {self.log.read_text() if self.log.exists() else 'no log'}")


def free_port(host):
    with socket.socket() as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


def run(*command):
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
