# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that bring a day's reports home, each as a whole process that starts from nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

OURS = "report_sync"
_MODULE = """
import json, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.dcass.sftp.plugins.modules import report_sync
with patch_module_args(json.load(sys.stdin)):
    report_sync.main()
"""
_PARAMIKO = """
import os, socket, stat, sys
import paramiko
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import FacilityTransport, RsaKey
host, port, account, key, dest = sys.argv[1:]
transport = FacilityTransport(socket.create_connection((host, int(port))))
transport.start_client(timeout=10)
transport.auth_publickey(account, RsaKey(filename=key))
sftp = paramiko.SFTPClient.from_transport(transport)
for folder in ("COMMON", account[:4]):
    os.makedirs(os.path.join(dest, folder))
    for entry in sftp.listdir_attr("/" + folder):
        sftp.get("/%s/%s" % (folder, entry.filename), os.path.join(dest, folder, entry.filename))
transport.close()
"""
_ASYNCSSH = """
import asyncio, os, sys
import asyncssh
host, port, account, key, dest = sys.argv[1:]
async def main():
    options = {"known_hosts": None, "server_host_key_algs": ["ssh-rsa"], "signature_algs": ["ssh-rsa"],
               "encryption_algs": ["aes256-gcm@openssh.com"], "config": None}
    async with asyncssh.connect(host, int(port), username=account, client_keys=[key], **options) as connection:
        async with connection.start_sftp_client() as sftp:
            gate = asyncio.Semaphore(32)
            async def get(path, target):
                async with gate:
                    await sftp.get(path, target)
            for folder in ("COMMON", account[:4]):
                os.makedirs(os.path.join(dest, folder))
                names = [name for name in await sftp.listdir("/" + folder) if name not in (".", "..")]
                await asyncio.gather(*(get("/%s/%s" % (folder, n), os.path.join(dest, folder, n)) for n in names))
asyncio.run(main())
"""


class Peers:
    """Commands against one server with one account's key. All copy the same folders into ``dest``."""

    def __init__(self, server, workstation, key):
        self._server, self._workstation, self._key = server, workstation, str(key)

    def commands(self):
        """Return name → function(dest) of every client that this machine has."""
        found = {
            OURS: self._ours,
            "asyncssh, 32 at once": lambda dest: self._python(_ASYNCSSH, dest),
            "paramiko get": lambda dest: self._python(_PARAMIKO, dest),
        }
        if shutil.which("sftp"):
            found["OpenSSH sftp"] = self._sftp
        if shutil.which("lftp"):
            found["lftp, one connection"] = self._lftp
        return found

    def _ours(self, dest):
        state = dest.parent / (dest.name + "-state")
        options = {**self._workstation.options, "dest": str(dest), "state_dir": str(state), "folders": self._folders()}
        done = subprocess.run(
            [sys.executable, "-c", _MODULE], input=json.dumps(options), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def _folders(self):
        return ["COMMON", self._server.account[:4]]

    def _python(self, program, dest):
        place = [self._server.host, str(self._server.port), self._server.account, self._key, str(dest)]
        run([sys.executable, "-c", program, *place])

    def _sftp(self, dest):
        dest.mkdir()
        gets = "".join(f"get -r /{folder} {dest}\n" for folder in self._folders())
        run(["sftp", *self._flags(), "-b", "-", f"{self._server.account}@{self._server.host}"], gets)

    def _lftp(self, dest):
        ssh = " ".join(["ssh", "-a", "-x", *self._flags(port="-p")])
        script = [f'set sftp:connect-program "{ssh}"', "set cmd:fail-exit true", "set net:max-retries 1"]
        script += [f"open -u {self._server.account}, sftp://{self._server.host}:{self._server.port}"]
        script += [f"mirror --parallel=1 /{folder} {dest}/{folder}" for folder in self._folders()]
        run(["lftp", "-f", "/dev/stdin"], "\n".join([*script, "bye\n"]))

    def _flags(self, port="-P"):
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "HostKeyAlgorithms=ssh-rsa")
        options += ("PubkeyAcceptedAlgorithms=ssh-rsa", "Ciphers=aes256-gcm@openssh.com", "IdentitiesOnly=yes")
        flags = [part for option in options for part in ("-o", option)]
        return ["-F", "none", port, str(self._server.port), "-i", self._key, *flags]


def run(command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout[-500:]} {done.stderr[-500:]}")
