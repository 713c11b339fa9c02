# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many participants at once: nothing fails, and the event log holds everything in order."""

import asyncio
from collections import Counter

from emulator.client import Emulator

PARTICIPANTS, AT_ONCE = 10, 20


def test_twenty_accounts_at_once(held: Emulator, enrol) -> None:
    participants = [enrol(held) for _ in range(PARTICIPANTS)]
    held.control.publish(name="LOAD.csv", folder="COMMON", size=700_000)
    since = len(held.control.events())

    async def visit(participant, account: str) -> int:
        async with (
            participant.connect(account=account) as connection,
            connection.start_sftp_client() as client,
            client.open("/COMMON/LOAD.csv", "rb") as report,
        ):
            return len(await report.read())

    async def rush() -> list[int]:
        accounts = [
            (participant, f"{participant.code}{number}") for participant in participants for number in ("001", "002")
        ]
        return await asyncio.gather(*(visit(*who) for who in accounts))

    assert asyncio.run(rush()) == [700_000] * AT_ONCE
    events = held.control.events(since=since)
    assert [event["n"] for event in events] == list(range(since + 1, since + 1 + len(events)))
    counted = Counter(event["event"] for event in events)
    assert (counted["connect"], counted["login"], counted["download"]) == (AT_ONCE, AT_ONCE, AT_ONCE)
    assert len({event["account"] for event in events if event["event"] == "download"}) == AT_ONCE
    assert not any("violation" in event for event in events)
