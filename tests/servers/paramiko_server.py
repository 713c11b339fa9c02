# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""paramiko as a server: the class for tests, and, run in the environment `paramiko-4.0`, the program itself.

paramiko 5 is no server for us: it has no ssh-rsa.
"""

from __future__ import annotations

import base64
import os
import socket
import sys
import threading

import paramiko

from tests.servers.base import Server, environment, not_built, told_version

ENVIRONMENT = "paramiko-4.0"


class ParamikoServer(Server):
    """A process that serves each connection in a thread."""

    name = "paramiko"
    host = "127.151.14.140"
    remark = "a small server of ours; paramiko 5 has no ssh-rsa"
    accepted = "accepted"

    @classmethod
    def why_not(cls):
        return not_built(ENVIRONMENT)

    def version(self):
        return told_version("(.+)", environment(ENVIRONMENT), "-c", "import paramiko; print(paramiko.__version__)")

    def command(self):
        return [environment(ENVIRONMENT), "-m", __name__, self.home, self.host, str(self.port)]


class Door(paramiko.ServerInterface):
    """Lets in whoever shows the one key of a file."""

    def __init__(self, authorized):
        with open(authorized) as file:
            self._known = base64.b64decode(file.read().split()[1])

    def get_allowed_auths(self, username):
        return "publickey"

    def check_auth_publickey(self, username, key):
        return paramiko.AUTH_SUCCESSFUL if key.asbytes() == self._known else paramiko.AUTH_FAILED

    def check_channel_request(self, kind, chanid):
        print("accepted", flush=True)
        return paramiko.OPEN_SUCCEEDED


class File(paramiko.SFTPHandle):
    """A report that is open for reading."""

    def __init__(self, path):
        super().__init__()
        self.readfile = os.fdopen(os.open(path, os.O_RDONLY), "rb")

    def stat(self):
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Folders(paramiko.SFTPServerInterface):
    """The folders below a root, to be read."""

    def __init__(self, server, root):
        super().__init__(server)
        self._root = root

    def list_folder(self, path):
        return self._answer(path, lambda real: [attributes(entry) for entry in os.scandir(real)])

    def stat(self, path):
        return self._answer(path, lambda real: paramiko.SFTPAttributes.from_stat(os.stat(real)))

    def lstat(self, path):
        return self._answer(path, lambda real: paramiko.SFTPAttributes.from_stat(os.lstat(real)))

    def open(self, path, flags, attr):
        reads = not flags & (os.O_WRONLY | os.O_RDWR)
        return self._answer(path, File) if reads else paramiko.SFTP_PERMISSION_DENIED

    def _answer(self, path, question):
        try:
            return question(self._root + self.canonicalize(path))
        except OSError as trouble:
            return paramiko.SFTPServer.convert_errno(trouble.errno)


def attributes(entry):
    return paramiko.SFTPAttributes.from_stat(entry.stat(follow_symlinks=False), entry.name)


def serve(home, host, port):
    """Listen for ever, with host_key, authorized_keys and root of that folder."""
    with socket.create_server((host, port)) as listening:
        while True:
            threading.Thread(target=attend, args=(home, listening.accept()[0]), daemon=True).start()


def attend(home, sock):
    """Serve one connection."""
    transport = paramiko.Transport(sock)
    transport.add_server_key(paramiko.RSAKey(filename=f"{home}/host_key"))
    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Folders, f"{home}/root")
    try:
        transport.start_server(server=Door(f"{home}/authorized_keys"))
    except (EOFError, paramiko.SSHException) as trouble:
        print(f"no key exchange: {trouble}", flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
