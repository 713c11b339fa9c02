# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Opening hours and business days, and how long reports stay (§4.1)."""

import asyncio
from collections.abc import Awaitable
from datetime import date, datetime

import asyncssh
import pytest

from emulator.client import Emulator, Refused
from emulator.clock import HONG_KONG
from emulator.hours import Hours
from emulator.housekeeping import is_kept


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T06:59:59", False),  # Friday
        ("2026-11-20T07:00:00", True),
        ("2026-11-20T23:59:59", True),
        ("2026-11-21T00:00:00", True),  # Saturday, still Friday's
        ("2026-11-21T03:29:59", True),
        ("2026-11-21T03:30:00", False),
        ("2026-11-21T12:00:00", False),
        ("2026-11-22T02:00:00", False),  # Sunday
        ("2026-11-23T02:00:00", False),  # Monday before dawn: nobody traded on Sunday
        ("2026-11-23T07:00:00", True),
    ],
)
def test_hours_of_a_week(moment: str, is_open: bool) -> None:
    assert Hours().is_open(datetime.fromisoformat(moment).replace(tzinfo=HONG_KONG)) is is_open


def test_declared_days() -> None:
    hours = Hours()
    hours.change(closed_days=["2026-11-20"], open_days=["2026-11-22"])
    opened = [
        moment
        for moment in ("2026-11-20T12:00", "2026-11-21T01:00", "2026-11-22T12:00", "2026-11-23T01:00")
        if hours.is_open(datetime.fromisoformat(moment).replace(tzinfo=HONG_KONG))
    ]
    assert opened == ["2026-11-22T12:00", "2026-11-23T01:00"]


@pytest.mark.parametrize(
    ("day", "first"),
    [
        ("2026-12-01", True),
        ("2026-12-02", False),
        ("2026-11-02", True),  # a Monday
        ("2026-11-01", False),  # a Sunday
        ("2026-11-30", False),
        ("2027-01-01", False),  # declared closed
        ("2027-01-04", True),
        ("2027-07-01", False),  # a holiday on which derivatives trade, declared open
        ("2027-07-02", True),
        ("2026-08-01", False),  # a Saturday, declared open for a drill
        ("2026-08-03", True),
    ],
)
def test_a_month_has_one_first_business_day(day: str, first: bool) -> None:
    hours = Hours()
    hours.change(closed_days=["2027-01-01"], open_days=["2027-07-01", "2026-08-01"])
    assert hours.is_first_of_month(date.fromisoformat(day)) is first


@pytest.mark.parametrize(
    ("enforce", "steered", "is_closed"),
    [("always", False, True), ("never", True, False), ("steered", True, True), ("steered", False, False)],
)
def test_when_hours_are_enforced(enforce: str, steered: bool, is_closed: bool) -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=HONG_KONG)
    assert Hours(enforce).is_closed(sunday, steered=steered) is is_closed


def test_nobody_logs_in_while_shut(held: Emulator, enrol) -> None:
    held.control.clock_set("2026-11-21T03:29", hold=True)
    participant = enrol(held)
    assert participant.try_login()
    held.control.clock_advance("1m")
    assert not participant.try_login()
    [event] = participant.events("login")[1:]
    assert event["violation"].startswith("§4.1: login refused, the facility is closed at Sat 2026-11-21 03:30")
    held.control.clock_set("2026-11-21T12:00", hold=True)
    assert held.control.status()["open"] is False
    assert held.control.hours(open_days=["2026-11-21"])["open_days"] == ["2026-11-21"]
    assert held.control.status()["open"] is True
    assert participant.try_login()
    held.control.hours(enforce="never", open_days=[])
    assert participant.try_login()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"enforce": "never", "closed_days": ["soon"]}, "not an ISO 8601 date"),
        ({"enforce": "sometimes"}, "enforce: "),
        ({"open": True}, "open: "),
    ],
    ids=str,
)
def test_bad_hours_change_nothing(held: Emulator, change: dict, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        held.control.hours(**change)
    assert held.control.status()["hours"] == {"enforce": "steered", "closed_days": [], "open_days": []}


@pytest.mark.parametrize(("age", "kept"), [(0, True), (9, True), (10, False), (400, False)])
def test_files_stay_ten_days(age: int, kept: bool) -> None:
    today = date(2026, 11, 20)
    assert is_kept(date.fromordinal(today.toordinal() - age), today) is kept


def test_reports_leave_after_ten_days(held: Emulator, enrol) -> None:
    held.control.clock_set("2027-11-11T22:00", hold=True)
    participant = enrol(held)
    held.control.publish(name="STAYS.csv", folder=participant.code, size=10)
    for moment, left in (("2027-11-19T22:00", 3), ("2027-11-22T12:00", 2)):
        held.control.clock_set(moment, hold=True)
        assert len(participant.sftp(lambda client: client.listdir(f"/{participant.code}"))) == left
    with pytest.raises(Refused, match="reports of 2027-11-11 are gone"):
        held.control.publish(date="2027-11-11")


def test_a_report_fetched_twice_a_day_is_a_violation(held: Emulator, enrol) -> None:
    participant = enrol(held, "CRPI")  # a customer code that looks like a report's name is none
    names = ("TP001.csv", "RPI03.csv", "rpi______-_____-__-_____-261120-0945.lis")

    async def fetch(client) -> None:
        for name in names:
            async with client.open(f"/{participant.code}/{name}", "rb") as file:
                await file.read()

    def violations() -> list[str]:
        return [event["detail"]["path"] for event in participant.events("download") if "violation" in event]

    for name in names:
        held.control.publish(name=name, folder=participant.code, size=1000)
    participant.sftp(fetch)
    participant.sftp(fetch, account=f"{participant.code}002")
    assert violations() == []
    participant.sftp(fetch)
    assert violations() == [f"/{participant.code}/TP001.csv"]
    held.control.publish(name="TP001.csv", folder=participant.code, size=1001)
    participant.sftp(fetch)
    held.control.clock_set("2026-11-21T01:00", hold=True)
    participant.sftp(fetch)
    assert len(violations()) == 1, "another version, another day"


def test_a_session_that_outlives_the_hours_gets_nothing_more(held: Emulator, enrol) -> None:
    participant = enrol(held)
    held.control.publish(name="LATE.csv", folder="COMMON", size=10)
    held.control.clock_set("2026-11-21T03:29:00", hold=True)

    async def stay(client: asyncssh.SFTPClient) -> None:
        await client.stat("/COMMON/LATE.csv")
        await asyncio.to_thread(held.control.clock_set, "2026-11-21T03:31:00", hold=True)
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.listdir("/COMMON")
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            async with client.open(f"/KEY_MANAGEMENT/{participant.account}.pub", "wb"):
                pass

    participant.sftp(stay)
    assert all("§4.1" in event["violation"] for event in participant.events("denied"))
    assert len(participant.events("denied")) == 2


async def _deny(operation: Awaitable[object]) -> None:
    with pytest.raises(asyncssh.SFTPPermissionDenied):
        await operation


def test_what_was_opened_before_closing_time_brings_nothing_after_it(held: Emulator, enrol, key_pairs) -> None:
    participant = enrol(held)
    held.control.publish(name="LATE.csv", folder="COMMON", size=50_000)
    held.control.clock_set("2026-11-21T03:29:00", hold=True)

    async def stay(client: asyncssh.SFTPClient) -> None:
        report = await client.open("/COMMON/LATE.csv", "rb", block_size=None)
        upload = await client.open(f"/KEY_MANAGEMENT/{participant.account}.pub", "wb")
        torn = await client.open(f"/KEY_MANAGEMENT/{participant.account}.pub", "wb")
        left = await client.open("/COMMON/LATE.csv", "rb", block_size=None)
        for file in (report, left):
            assert len(await file.read(10_000, 0)) == 10_000
        for file in (upload, torn):
            await file.write(key_pairs[2].ssh2.encode())
        await asyncio.to_thread(held.control.clock_advance, "30m")
        for _ in range(3):
            await _deny(report.read(10_000, 10_000))
            await _deny(report.stat())
            await _deny(torn.stat())
            await _deny(upload.write(b"more"))
        await report.close()
        await _deny(upload.close())

    participant.sftp(stay)
    deeds = [event["detail"]["operation"].partition(" after")[0] for event in participant.events("denied")]
    assert sorted(deeds) == ["hand over a key"] * 2 + ["look at a file"] * 2 + ["read on", "write on"]
    assert {event["violation"][:4] for event in participant.events("denied")} == {"§4.1"}
    assert [event["detail"]["sent"] for event in participant.events("download")] == [10_000] * 2
    assert participant.events("upload") == []


def test_a_folder_opened_before_closing_time_is_listed_no_further(held: Emulator, enrol) -> None:
    participant = enrol(held)
    held.control.clock_set("2026-11-21T03:29:00", hold=True)
    held.control.fault_arm("listing_in_pieces", times=1, names=2)

    async def look(client: asyncssh.SFTPClient) -> None:
        folder = await client._handler.opendir(b"/")
        names, _ = await client._handler.readdir(folder)
        assert len(names) == 2
        await asyncio.to_thread(held.control.clock_advance, "1m")
        await _deny(client._handler.readdir(folder))

    participant.sftp(look)
    [denied] = participant.events("denied")
    assert denied["violation"] == "§4.1: work on after the facility has closed"


def test_an_upload_that_a_killed_client_leaves_is_handed_over(held: Emulator, enrol, key_pairs, eventually) -> None:
    participant = enrol(held)

    async def die() -> None:
        async with participant.connect() as connection:
            client = await connection.start_sftp_client()
            upload = await client.open(f"/KEY_MANAGEMENT/{participant.account}.pub", "wb")
            await upload.write(key_pairs[2].ssh2.encode())
            connection.abort()

    asyncio.run(die())
    [upload] = eventually(lambda: participant.events("upload"))
    assert upload["detail"]["result"] == "success"
