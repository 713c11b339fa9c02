# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server whose every answer can be bent: asyncssh's SSH, and our own SFTP behind it, which lies as a test wants."""

from __future__ import annotations

import socket

import asyncssh

from tests.servers.asyncssh_server import AsyncsshServer
from tests.unit.sftp_server import Folder, Server

ACCOUNT = "CSRV001"


class Session(asyncssh.SSHServerSession):
    """One session: what it is asked goes to an SFTP server in memory, and its answers come back."""

    def __init__(self, answering: Server) -> None:
        self._answering = answering

    def connection_made(self, chan) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem) -> bool:
        return subsystem == "sftp"

    def data_received(self, data, datatype) -> None:
        self._answering.sendall(data)
        try:
            while answer := self._answering.recv(1 << 16):
                self._write(answer)
        except socket.timeout:  # all is answered
            return
        self._channel.close()

    def _write(self, answer) -> None:
        self._channel.write(answer)


class BentServer(AsyncsshServer):
    """Shows ``tree``, by the names of the three folders, as ``bend`` makes its SFTP server do."""

    name = "bent"
    kind, answering = Session, Server
    host = "127.151.14.149"

    def __init__(self, account, public_key, tree, bend=lambda server: None, order="first", piece=100):
        super().__init__(account, public_key)
        self.tree = {"COMMON": Folder(), account[:4]: Folder(), "KEY_MANAGEMENT": Folder(), **tree}
        self.asked: list[Server] = []  # the SFTP servers, one a login
        self._bend, self._traits = bend, {"order": order, "piece": piece}

    def session(self):
        server = self.answering(self.tree, burst=1, **self._traits)
        self._bend(server)
        self.asked.append(server)
        return self.kind(server)
