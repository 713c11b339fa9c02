# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away ProFTPD with mod_sftp for tests: an SSH server of another family, limited to what it knows of §2.1."""

from __future__ import annotations

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

PROFTPD = shutil.which("proftpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
MODULES = ("/usr/lib/proftpd", "/usr/libexec/proftpd", "/usr/lib64/proftpd")
LISTENS_ON = "127.151.14.132"
CONFIG = """
ServerType standalone
ModulePath {modules}
LoadModule mod_sftp.c
UseIPv6 off
DefaultAddress {host}
SocketBindTight on
Port {port}
User nobody
Group nogroup
AuthUserFile {home}/passwd
AuthOrder mod_auth_file.c
RequireValidShell off
DefaultRoot {root}
PidFile {home}/pid
ScoreboardFile none
WtmpLog off
TransferLog none
SFTPEngine on
SFTPHostKey {home}/host_key
SFTPAuthorizedUserKeys file:{home}/authorized_keys
SFTPKeyExchanges ecdh-sha2-nistp521 ecdh-sha2-nistp384 ecdh-sha2-nistp256 diffie-hellman-group-exchange-sha256
SFTPCiphers aes256-ctr aes192-ctr aes128-ctr
SFTPDigests hmac-sha2-256
"""


def why_not():
    """The reason why this machine can't run the server; None where it can."""
    if PROFTPD is None or modules() is None:
        return "there is no ProFTPD with mod_sftp on this machine (Debian package proftpd-mod-crypto)"
    if os.geteuid() != 0:
        return "a ProFTPD that shows an account nothing but its folders needs root"
    return None


def modules():
    """Where ProFTPD's modules lie, if mod_sftp is among them."""
    return next((folder for folder in MODULES if os.path.exists(f"{folder}/mod_sftp.so")), None)


class ProFtpdServer:
    """A running ProFTPD with the folder ``root`` for ``account``, whose key it takes as RFC 4716 text."""

    def __init__(self, account, public_key):
        self.account, self.host = account, LISTENS_ON
        self._public_key = public_key
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="dcass-proftpd-"))
        self.root, self.log = self.home / "root", self.home / "log"
        with socket.socket() as sock:
            sock.bind((self.host, 0))
            self.port = sock.getsockname()[1]

    def __enter__(self):
        os.chmod(self.home, 0o755)
        for folder in ("COMMON", self.account[:4], "KEY_MANAGEMENT"):
            (self.root / folder).mkdir(parents=True)
        keygen = ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", self.home / "host_key"]
        subprocess.run(keygen, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        self._write("authorized_keys", self._public_key)
        self._write("passwd", f"{self.account}:*:65534:65534::/:/bin/sh\n")
        places = {"home": self.home, "root": self.root, "modules": modules()}
        self._write("config", CONFIG.format(host=self.host, port=self.port, **places))
        dies_with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
        command = [*dies_with_us, PROFTPD, "--nodaemon", "-c", self.home / "config"]
        with open(self.log, "w") as log:  # in the foreground it tells its log to whoever started it
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()
        return self

    def __exit__(self, *_error):
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.home)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def known_hosts(self):
        return f"[{self.host}]:{self.port} {(self.home / 'host_key.pub').read_text()}"

    def logins(self):
        """How many logins its log shows as accepted."""
        return self.log.read_text().count(f"USER {self.account}: Login successful.")

    def _write(self, name, text):
        (self.home / name).write_text(text)
        os.chmod(self.home / name, 0o600)

    def _wait(self):
        for _try in range(100):
            with socket.socket() as sock:
                if sock.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"ProFTPD did not start: {self.log.read_text()}")
