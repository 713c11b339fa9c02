# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running emulator, participants registered with it, and SFTP sessions into it."""

import asyncio
import functools
import itertools
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncssh
import pytest

from emulator.client import Emulator, running
from emulator.testing import WORKSTATIONS, KeyPair, package_members, write_package

Result = TypeVar("Result")
FRIDAY_NOON = "2026-11-20T12:00"
_CODES = (f"C{number:03d}" for number in itertools.count(1))


@functools.cache
def load(path: Path) -> asyncssh.SSHKey:
    """A private key; reading one takes ten times as long as a login."""
    return asyncssh.read_private_key(path)


class Insistent(asyncssh.SSHClient):
    """Tries a way in that it was not offered, before its key."""

    def __init__(self, method: bytes) -> None:
        self._method = method

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def begin_auth(self, username: str) -> None:
        self._connection._auth_methods = [self._method]

    def kbdint_auth_requested(self) -> str:
        return ""


@dataclass
class Participant:
    """A registered participant at one emulator: its two keys, and a way in."""

    facility: Emulator
    code: str
    keys: tuple[KeyPair, KeyPair]

    @property
    def account(self) -> str:
        return f"{self.code}001"

    def connect(
        self, account: str | None = None, key: KeyPair | None = None, source: str = WORKSTATIONS[0], **more: Any
    ):
        """An asyncssh connection, to be used with `async with`."""
        host, port = self.facility.addresses[0]
        number = 1 if (account or self.account).endswith("2") else 0
        settings = {
            "username": account or self.account,
            "client_keys": [load((key or self.keys[number]).path)],
            "local_addr": (source, 0),
            "known_hosts": asyncssh.import_known_hosts(self.facility.known_hosts),
            "server_host_key_algs": ["ssh-rsa"],
            "agent_path": None,
            "config": [],
        }
        return asyncssh.connect(host, port, **{**settings, **more})

    def sftp(self, work: Callable[[asyncssh.SFTPClient], Awaitable[Result]], **how: Any) -> Result:
        """Log in, do the work, log out."""

        async def session() -> Result:
            async with self.connect(**how) as connection, connection.start_sftp_client() as client:
                return await work(client)

        return asyncio.run(session())

    def try_login(self, **how: Any) -> bool:
        """Whether a login is accepted."""

        async def attempt() -> bool:
            try:
                async with self.connect(**how):
                    return True
            except asyncssh.PermissionDenied:
                return False

        return asyncio.run(attempt())

    def try_login_insisting_on(self, method: str, **how: Any) -> bool:
        """Whether a login is accepted that begins with another method than keys."""
        return self.try_login(client_factory=lambda: Insistent(method.encode()), password="wrong", **how)

    def events(self, kind: str, account: str | None = None) -> list[dict[str, Any]]:
        """What the facility noted about this account."""
        return self.facility.control.events(event=kind, account=account or self.account)


@pytest.fixture(scope="session")
def key_pairs(tmp_path_factory: pytest.TempPathFactory) -> list[KeyPair]:
    """Six key pairs, made once: generating them is what takes time."""
    folder = tmp_path_factory.mktemp("keys")
    return [KeyPair.make(folder / f"key{number}") for number in range(6)]


@pytest.fixture(scope="session")
def facility(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests that leave its clock and site alone."""
    with running(tmp_path_factory.mktemp("facility"), now=FRIDAY_NOON) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for tests that publish whole days: few are registered here, so that there is little to write."""
    with running(tmp_path_factory.mktemp("publisher"), listen=["127.151.14.121:0"], now=FRIDAY_NOON) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def _steered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(
        tmp_path_factory.mktemp("held"), listen=["127.151.14.121:0"], now=FRIDAY_NOON, options=["--hold"]
    ) as emulator:
        yield emulator


@pytest.fixture
def held(_steered: Emulator) -> Emulator:
    """An emulator whose clock stands still at noon on Friday until the test moves it."""
    _steered.control.hours(enforce="steered", closed_days=[], open_days=[])
    _steered.control.clock_set(FRIDAY_NOON, hold=True)
    return _steered


@pytest.fixture
def enrol(tmp_path: Path, key_pairs: list[KeyPair]) -> Callable[..., Participant]:
    """Registers a participant of a new customer code."""

    def register(emulator: Emulator, code: str | None = None) -> Participant:
        code = code or next(_CODES)
        package = write_package(tmp_path / f"{code}.zip", package_members(code, key_pairs[0], key_pairs[1]))
        emulator.control.register(package)
        return Participant(emulator, code, (key_pairs[0], key_pairs[1]))

    return register


@pytest.fixture
def participant(facility: Emulator, enrol: Callable[..., Participant]) -> Participant:
    """A participant nobody else uses, registered at the shared emulator."""
    return enrol(facility)


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], Result]], Result]:
    """Asks again, for twenty seconds at most, until there is something: the facility may note a moment after we saw."""

    def ask(question: Callable[[], Result]) -> Result:
        for _ in range(1000):
            if answer := question():
                break
            time.sleep(0.02)
        return answer

    return ask


@pytest.fixture(scope="session")
def openssh() -> None:
    """Skips where the machine has no OpenSSH client."""
    missing = [tool for tool in ("ssh", "sftp", "ssh-keygen") if not shutil.which(tool)]
    if missing:
        pytest.skip(f"OpenSSH's {', '.join(missing)} not found on this machine")
