# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Self-service renewal: results, validity of old and new keys day by day, expiry warnings (§6)."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from emulator.client import Emulator
from emulator.clock import HONG_KONG
from emulator.registration import check_package
from emulator.registry import Participant as Registered
from emulator.registry import RegisteredKey
from emulator.renewal import import_key, needs_warning
from emulator.testing import KeyPair, package_members, write_package

MARCH = datetime(2020, 3, 1, 10, 30, tzinfo=HONG_KONG)


@pytest.fixture
def renewer(held: Emulator, enrol):
    """Registered on 3 June 2019; it is 1 March 2020, a Sunday, and the facility is open all the time."""
    held.control.hours(enforce="never")
    held.control.clock_set("2019-06-03T10:00", hold=True)
    participant = enrol(held)
    held.control.clock_set("2020-03-01T10:30", hold=True)
    return participant


def upload(data: str | bytes, name: str):
    """Uploads a file and lists the folder in the same session."""

    async def work(client: asyncssh.SFTPClient) -> dict[str, str]:
        async with client.open(f"/KEY_MANAGEMENT/{name}", "wb") as file:
            await file.write(data if isinstance(data, bytes) else data.encode())
        return await read_all(client)

    return work


async def read_all(client: asyncssh.SFTPClient) -> dict[str, str]:
    """Every file in KEY_MANAGEMENT with its text."""
    names = [str(name) for name in await client.listdir("/KEY_MANAGEMENT")]
    texts = {}
    for name in sorted(set(names) - {".", ".."}):
        async with client.open(f"/KEY_MANAGEMENT/{name}") as file:
            texts[name] = await file.read()
    return texts


def test_a_good_key_brings_a_result_at_once(renewer, key_pairs: list[KeyPair]) -> None:
    name, text = f"{renewer.account}.pub", key_pairs[2].ssh2
    files = renewer.sftp(upload(text, name))
    assert list(files) == ["Result.20200301.103000.success.txt"]
    [result] = files.values()
    for part in (name, "2020-03-01 10:30:00", f"{len(text)} bytes", "SUCCESS"):
        assert part in result
    other = renewer.sftp(read_all, account=f"{renewer.code}002")
    assert other == {}


def test_guide_timeline_of_two_keys(renewer, held: Emulator, key_pairs: list[KeyPair]) -> None:
    a, b = key_pairs[0], key_pairs[2]
    renewer.sftp(upload(b.ssh2, f"{renewer.account}.pub"), key=a)
    rows = [
        ("2020-03-01T10:31", True, True),
        ("2020-03-14T23:59:59", True, True),
        ("2020-03-15T00:00:00", False, True),
        ("2022-03-01T23:59:59", False, True),
        ("2022-03-02T00:00:00", False, False),
    ]
    for moment, first, second in rows:
        held.control.clock_set(moment, hold=True)
        assert (renewer.try_login(key=a), renewer.try_login(key=b)) == (first, second), moment
    [account] = [entry for entry in held.control.accounts() if entry["account"] == renewer.account]
    assert account["keys"] == []


@pytest.mark.parametrize(
    ("name", "make", "reason"),
    [
        pytest.param("{account}.pub", lambda keys: "not a key", "does not begin", id="not SSH2"),
        pytest.param("{account}.pub", lambda keys: "", "does not begin", id="empty"),
        pytest.param("{account}.pub", lambda keys: keys[0].ssh2, "in use already", id="the present key"),
        pytest.param("{account}.pub", lambda keys: keys[1].ssh2, "the key of {code}002", id="the other account's key"),
        pytest.param("{code}002.pub", lambda keys: keys[2].ssh2, "must be {account}.pub", id="the other's name"),
        pytest.param("{account}.pub.filepart", lambda keys: keys[2].ssh2, "must be {account}.pub", id="WinSCP's name"),
        pytest.param("{account}.PUB", lambda keys: keys[2].ssh2, "must be {account}.pub", id="capitals"),
        pytest.param("{account}.pub", lambda keys: keys[2].path.read_text(), "private key", id="a private key"),
    ],
)  # fmt: skip
def test_a_bad_key_brings_the_reason(renewer, key_pairs, name: str, make, reason: str) -> None:
    spelt = {"account": renewer.account, "code": renewer.code}
    files = renewer.sftp(upload(make(key_pairs), name.format(**spelt)))
    [(result_name, text)] = files.items()
    assert result_name == "Result.20200301.103000.failed.txt"
    assert reason.format(**spelt) in text
    assert "FAILED" in text
    assert renewer.try_login()
    assert not renewer.try_login(key=key_pairs[2])


@pytest.mark.parametrize("bits", [1024, 4096])
def test_other_sizes_are_refused(tmp_path: Path, registered: Registered, bits: int) -> None:
    key = KeyPair.make(tmp_path / "key", bits)
    outcome = import_key(registered, "CXYZ001", "CXYZ001.pub", key.ssh2.encode(), MARCH)
    assert outcome.reason == f"the file has {bits} bits, not 2048"
    assert len(registered.accounts["CXYZ001"]) == 1


@pytest.fixture
def registered(tmp_path: Path, key_pairs: list[KeyPair]) -> Registered:
    """CXYZ, registered on 1 January 2020."""
    package = write_package(tmp_path / "p", package_members("CXYZ", key_pairs[0], key_pairs[1]))
    application = check_package("CXYZ.zip", package.read_bytes())
    january = datetime(2020, 1, 1, 9, 0, tzinfo=HONG_KONG)
    keys = {name: [RegisteredKey.from_today(key, january.date())] for name, key in application.keys.items()}
    return Registered("CXYZ", application.addresses, january, keys)


def test_a_second_renewal_does_not_prolong_the_first_key(registered: Registered, key_pairs: list[KeyPair]) -> None:
    for day, pair in ((0, key_pairs[2]), (5, key_pairs[3])):
        moment = MARCH + timedelta(days=day)
        assert import_key(registered, "CXYZ001", "CXYZ001.pub", pair.ssh2.encode(), moment).reason is None
    assert [key.last_day.isoformat() for key in registered.accounts["CXYZ001"]] == [
        "2020-03-14",
        "2020-03-19",
        "2022-03-06",
    ]


def test_two_results_in_one_second_have_two_names(renewer) -> None:
    renewer.sftp(upload("x", "a"))
    assert list(renewer.sftp(upload("x", "b"))) == [
        "Result.20200301.103000.failed.txt",
        "Result.20200301.103001.failed.txt",
    ]


def test_a_private_key_uploaded_is_a_violation(renewer, key_pairs: list[KeyPair]) -> None:
    renewer.sftp(upload(key_pairs[2].path.read_bytes(), f"{renewer.account}.pub"))
    [event] = renewer.events("upload")
    assert event["violation"].startswith("§3.2")


def test_another_account_s_key_uploaded_is_a_violation(renewer, key_pairs: list[KeyPair]) -> None:
    other = renewer.account[:-1] + "2"
    renewer.sftp(upload(key_pairs[2].ssh2, f"{other}.pub"))
    [event] = renewer.events("upload")
    assert event["violation"].startswith("§6:")


def test_endurance_upload_is_refused_at_the_rename(renewer, key_pairs: list[KeyPair]) -> None:
    async def winscp(client: asyncssh.SFTPClient) -> None:
        part = f"/KEY_MANAGEMENT/{renewer.account}.pub.filepart"
        async with client.open(part, "wb") as file:
            await file.write(key_pairs[2].ssh2.encode())
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.rename(part, part.removesuffix(".filepart"))

    renewer.sftp(winscp)
    assert renewer.events("denied")[0]["violation"] == "§2.1: rename"
    assert not renewer.try_login(key=key_pairs[2])


def test_a_session_goes_on_past_its_key_s_last_day(renewer, held: Emulator, key_pairs: list[KeyPair]) -> None:
    """§6.1 speaks of logins: nobody is cut off at midnight, but the next login is refused."""
    renewer.sftp(upload(key_pairs[2].ssh2, f"{renewer.account}.pub"))
    held.control.clock_set("2020-03-14T23:59:59", hold=True)

    async def stay(client: asyncssh.SFTPClient) -> list[str]:
        await asyncio.to_thread(held.control.clock_advance, "1s")
        return await client.listdir("/")

    assert renewer.code in renewer.sftp(stay)
    assert not renewer.try_login()
    assert {event["event"] for event in renewer.facility.control.violations(account=renewer.account)} == {"login"}


def test_warnings_come_daily_in_the_last_fourteen_days(renewer, held: Emulator) -> None:
    # Registered on 3 June 2019: the last day is 2 June 2021.
    seen = {}
    for day in ("2021-05-19", "2021-05-20", "2021-05-21", "2021-06-02", "2021-06-10", "2021-06-13"):
        held.control.clock_set(f"{day}T12:00", hold=True)
        held.control.accounts()
        folder = Path(held.root) / "folders" / "KEY_MANAGEMENT" / renewer.account
        seen[day] = sorted(path.name[20:28] for path in folder.glob("SSHKeyExpireWarning_*.txt"))
    assert seen["2021-05-19"] == []
    assert seen["2021-05-20"] == ["20210520"]
    assert seen["2021-05-21"] == ["20210520", "20210521"]
    assert seen["2021-06-02"] == [f"202105{day}" for day in range(24, 32)] + ["20210601", "20210602"]
    assert seen["2021-06-10"] == ["20210601", "20210602"], "no warning of a key that is gone; ten days each"
    assert seen["2021-06-13"] == []


def test_warnings_follow_a_clock_that_is_set_back(renewer, held: Emulator) -> None:
    seen = []
    folder = Path(held.root) / "folders" / "KEY_MANAGEMENT" / renewer.account
    for moment in ("2021-05-23T12:00", "2021-05-21T05:59", "2021-05-21T06:00", "2021-05-01T12:00", "2021-05-22T12:00"):
        held.control.clock_set(moment, hold=True)
        seen.append([path.name[26:28] for path in sorted(folder.glob("SSHKeyExpireWarning_*.txt"))])
    assert seen == [["20", "21", "22", "23"], ["20"], ["20", "21"], [], ["20", "21", "22"]]


def test_the_old_key_is_warned_of_until_it_is_gone(renewer, held: Emulator, key_pairs: list[KeyPair]) -> None:
    renewer.sftp(upload(key_pairs[2].ssh2, f"{renewer.account}.pub"))
    held.control.clock_set("2020-03-16T12:00", hold=True)
    folder = Path(held.root) / "folders" / "KEY_MANAGEMENT" / renewer.account
    days = sorted(path.name[20:28] for path in folder.glob("SSHKeyExpireWarning_*.txt"))
    assert days == [f"202003{day:02d}" for day in range(7, 15)]


def test_needs_warning_on_exactly_fourteen_days(registered: Registered) -> None:
    [key] = registered.accounts["CXYZ001"]
    days = [key.last_day - timedelta(days=before) for before in range(-2, 20)]
    assert [(key.last_day - day).days for day in days if needs_warning(key, day)] == list(range(14))


def test_expired_participants_register_anew(renewer, held: Emulator, enrol) -> None:
    held.control.clock_set("2023-01-01T12:00", hold=True)
    assert not renewer.try_login()
    [event] = renewer.events("login")
    assert event["violation"].startswith("§6.1: login refused, the key's last day was 2021-06-02")
    assert enrol(held, renewer.code).try_login()


def test_results_leave_after_ten_days(renewer, held: Emulator) -> None:
    renewer.sftp(upload("x", "a"))
    for day, files in (("2020-03-10T23:59:59", 1), ("2020-03-11T00:00:00", 0)):
        held.control.clock_set(day, hold=True)
        assert len(renewer.sftp(read_all)) == files
