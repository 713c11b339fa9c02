# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""asyncssh: as one of the contract's servers, and limited to what a test names."""

from __future__ import annotations

import asyncio
import pathlib
import socket
import threading

import asyncssh

from tests.servers.base import Server

HOST = "127.151.14.121"


class Servers:
    """Servers on free ports of one address, in a thread of their own until the context is left."""

    def __init__(self, root, authorized: str = "") -> None:
        self.root, self._authorized = root, authorized
        self.logins = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: list = []

    def __enter__(self) -> Servers:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        for server in self._open:
            self._loop.call_soon_threadsafe(server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def start(self, host_key, certificate=None, **limits) -> str:
        """Start a server with these algorithms and return its address as HOST:PORT."""
        servers = self

        class Visitor(asyncssh.SSHServer):
            def auth_completed(self) -> None:
                servers.logins += 1

        async def listen():
            keys = asyncssh.import_authorized_keys(self._authorized) if self._authorized else None
            return await asyncssh.listen(
                HOST,
                0,
                server_factory=Visitor,
                server_host_keys=[(host_key, certificate) if certificate else host_key],
                authorized_client_keys=keys,
                signature_algs=["ssh-rsa"],
                sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(self.root)),
                **limits,
            )

        server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result(20)
        self._open.append(server)
        return f"{HOST}:{server.sockets[0].getsockname()[1]}"


def closed_port() -> str:
    """An address where nobody answers."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return f"{HOST}:{sock.getsockname()[1]}"


def known_hosts(address: str, key, marker: str = "") -> str:
    """The known_hosts line that pins a key to an address."""
    host, port = address.rsplit(":", 1)
    return f"{marker} [{host}]:{port} {key.export_public_key().decode().strip()}\n".lstrip()


class AsyncsshServer(Server):
    """asyncssh in a thread of this process, with the algorithms that it has by default and ssh-rsa."""

    name = "asyncssh"
    host = HOST
    remark = "its default algorithms and ssh-rsa signatures of clients"
    accepted = "counted by the server itself"

    def version(self):
        return asyncssh.__version__

    def _start(self):
        self._servers = Servers(self.root, pathlib.Path(self.home / "authorized_keys").read_text()).__enter__()
        self.port = int(self._servers.start(str(self.home / "host_key")).rsplit(":", 1)[1])

    def __exit__(self, *error):
        self._servers.__exit__(*error)
        super().__exit__(*error)

    def _logged(self):
        return self._servers.logins
