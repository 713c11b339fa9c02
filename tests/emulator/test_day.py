# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A business day of fifty participants, hour by hour on the steered clock: no error, and no event lost."""

import asyncio
from collections import Counter
from itertools import accumulate
from pathlib import Path

import asyncssh
import pytest

from emulator.client import Control, Emulator, running
from emulator.testing import WORKSTATIONS, KeyPair, package_members, write_package

PARTICIPANTS = tuple(f"C{number:03}" for number in range(50))
ACCOUNTS = tuple(code + number for code in PARTICIPANTS for number in ("001", "002"))
AT_ONCE = 20
EARLY, REPORTS_OUT, EVERYBODY = 8, 11, 12  # hours after 07:00
EACH = 8  # reports that an account fetches


@pytest.fixture
def keys(tmp_path: Path) -> tuple[KeyPair, KeyPair]:
    return KeyPair.make(tmp_path / "first"), KeyPair.make(tmp_path / "second")


@pytest.fixture
def facility(tmp_path: Path, keys):
    """All fifty registered, at 07:00 of a Thursday that stands still until it is moved."""
    with running(tmp_path / "facility", now="2026-11-19T07:00", options=["--hold"]) as started:
        for code in PARTICIPANTS:
            started.control.register(write_package(tmp_path / f"{code}.zip", package_members(code, *keys)))
        yield started


class Operators:
    """People with a client each: they log in, look, fetch what is of today, and log out."""

    def __init__(self, facility: Emulator, keys: tuple[KeyPair, KeyPair]) -> None:
        self._address, self._keys = facility.addresses[0], [asyncssh.read_private_key(pair.path) for pair in keys]
        self._known_hosts = asyncssh.import_known_hosts(facility.known_hosts)
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def visit(self, account: str, most: int) -> int:
        """Fetch at most so many reports; return how many."""
        async with self._gate, self._connect(account) as connection, connection.start_sftp_client() as client:
            paths = [f"/{folder}/{name}" for folder in ("COMMON", account[:4]) for name in await client.listdir(folder)]
            chosen = [path for path in paths if "20261119" in path][:most]
            for path in chosen:
                async with client.open(path, "rb") as report:
                    await report.read()
            return len(chosen)

    def _connect(self, account: str):
        return asyncssh.connect(
            *self._address,
            username=account,
            client_keys=[self._keys[int(account[-1]) - 1]],
            local_addr=(WORKSTATIONS[0], 0),
            known_hosts=self._known_hosts,
            server_host_key_algs=["ssh-rsa"],
            agent_path=None,
            config=[],
        )


async def a_day(operators: Operators, control: Control) -> int:
    """Let twenty-four hours pass: some look in early in vain, then all hundred come for their reports."""
    fetched = 0
    for hour in range(24):
        if hour < EARLY:
            assert not any(await asyncio.gather(*(operators.visit(code + "001", EACH) for code in PARTICIPANTS[:5])))
        if hour == REPORTS_OUT:
            await asyncio.to_thread(control.publish, scale=0.002)
        if hour == EVERYBODY:
            fetched = sum(await asyncio.gather(*(operators.visit(account, EACH) for account in ACCOUNTS)))
        await asyncio.to_thread(control.clock_advance, "1h")
    return fetched


def most_at_once(events: list[dict]) -> int:
    """How many connections were open at the busiest moment."""
    steps = {"connect": 1, "disconnect": -1}
    return max(accumulate(steps.get(event["event"], 0) for event in events))


def test_a_day_of_fifty_participants(facility: Emulator, keys) -> None:
    fetched = asyncio.run(a_day(Operators(facility, keys), facility.control))
    assert fetched == EACH * len(ACCOUNTS)
    events = facility.control.events()
    assert [event["n"] for event in events] == list(range(1, len(events) + 1)), "an event is lost"
    counted = Counter(event["event"] for event in events)
    assert counted["login"] == counted["connect"] == 5 * EARLY + len(ACCOUNTS)
    assert counted["download"] == fetched
    assert {event["account"] for event in events if event["event"] == "download"} == set(ACCOUNTS)
    assert most_at_once(events) >= AT_ONCE
    assert facility.control.violations() == []
