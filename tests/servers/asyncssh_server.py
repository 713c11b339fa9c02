# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""asyncssh: as one of the contract's servers, and limited to what a test names."""

from __future__ import annotations

import asyncio
import contextlib
import pathlib
import socket
import threading

import asyncssh

from tests.servers.base import Server, with_us

HOST = "127.151.14.121"


class Carried(asyncssh.SSHServerSession):
    """A session that hands SFTP to a program, by its standard input and output."""

    def __init__(self, program) -> None:
        self._program = [str(word) for word in program]
        self._asked: asyncio.Queue = asyncio.Queue()

    def connection_made(self, chan) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem) -> bool:
        return subsystem == "sftp"

    def session_started(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    def data_received(self, data, datatype) -> None:
        self._asked.put_nowait(data)

    def eof_received(self) -> bool:
        self._asked.put_nowait(b"")
        return True

    def connection_lost(self, exc) -> None:
        self._asked.put_nowait(b"")

    async def _run(self) -> None:
        streams = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
        child = await asyncio.create_subprocess_exec(*with_us(), *self._program, **streams)
        try:
            await asyncio.gather(self._feed(child), self._drain(child))
            self._channel.exit(await child.wait())
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()

    async def _feed(self, child) -> None:
        with contextlib.suppress(ConnectionError):  # the program ended first
            while data := await self._asked.get():
                child.stdin.write(data)
                await child.stdin.drain()
            child.stdin.close()

    async def _drain(self, child) -> None:
        while data := await child.stdout.read(1 << 16):
            self._channel.write(data)
        self._asked.put_nowait(b"")


class Servers:
    """Servers on free ports of one address, in a thread of their own until the context is left."""

    def __init__(self, root, authorized: str = "", session=None, host=HOST) -> None:
        self.root, self._authorized, self.session, self._host = root, authorized, session, host
        self.logins = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: list = []

    def __enter__(self) -> Servers:
        self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        for server in self._open:
            server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _answer(self, channel):
        return asyncssh.SFTPServer(channel, chroot=str(self.root))

    def start(self, host_key, certificate=None, **limits) -> str:
        """Start a server with these algorithms and return its address as HOST:PORT."""
        servers = self

        class Visitor(asyncssh.SSHServer):
            def auth_completed(self) -> None:
                servers.logins += 1

            def session_requested(self):
                return servers.session()

        async def listen():
            keys = asyncssh.import_authorized_keys(self._authorized) if self._authorized else None
            return await asyncssh.listen(
                self._host,
                0,
                server_factory=Visitor,
                server_host_keys=[(host_key, certificate) if certificate else host_key],
                authorized_client_keys=keys,
                signature_algs=["ssh-rsa"],
                **({"encoding": None} if self.session else {"sftp_factory": self._answer}),
                **limits,
            )

        server = asyncio.run_coroutine_threadsafe(listen(), self._loop).result(20)
        self._open.append(server)
        return f"{self._host}:{server.sockets[0].getsockname()[1]}"


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
    host = "127.151.14.148"
    remark = "its default algorithms and ssh-rsa signatures of clients"
    accepted = "counted by the server itself"
    _servers = None

    def version(self):
        return asyncssh.__version__

    session = None  # makes what answers a login; without it asyncssh does

    def _start(self):
        authorized = pathlib.Path(self.home / "authorized_keys").read_text()
        self._servers = Servers(self.root, authorized, self.session, self.host).__enter__()
        self.port = int(self._servers.start(str(self.home / "host_key")).rsplit(":", 1)[1])

    def __exit__(self, *error):
        if self._servers:
            self._servers.__exit__(*error)
        super().__exit__(*error)

    def _logged(self):
        return self._servers.logins
