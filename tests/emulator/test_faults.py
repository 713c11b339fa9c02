# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: each does what it says, as often as it was told to, and nothing is left of it once it is cleared."""

import asyncio
import socket
from datetime import datetime
from pathlib import Path

import asyncssh
import pytest

from emulator.client import Emulator, Refused
from emulator.faults import KINDS

SIZE = 300_000


@pytest.fixture
def stocked(held: Emulator, enrol):
    """A participant with a report to read, at an emulator whose faults are cleared afterwards."""
    participant = enrol(held)
    held.control.publish(name="TP001.csv", folder=participant.code, size=SIZE)
    yield participant
    held.control.fault_clear()
    assert participant.try_login(), "a cleared facility works"


def fetch(participant, **how) -> bytes:
    async def work(client: asyncssh.SFTPClient) -> bytes:
        async with client.open(f"/{participant.code}/TP001.csv", "rb") as file:
            return await file.read()

    return participant.sftp(work, **how)


def _hear(address: tuple[str, int], first: float = 20, then: float = 0.5, enough: int = 1_000_000) -> bytes:
    """What the facility says to somebody who says who he is and then nothing, in so many seconds each time."""
    heard = b""
    with socket.create_connection(address, 20) as connection:
        connection.settimeout(first)
        connection.sendall(b"SSH-2.0-probe\r\n")
        try:
            while len(heard) < enough and (data := connection.recv(4096)):
                heard += data
                connection.settimeout(then)
        except TimeoutError:
            pass
    return heard


def test_refuse_tcp_by_address(tmp_path: Path) -> None:
    with Emulator(tmp_path, listen=["127.151.14.121:0", "127.151.14.122:0"]) as emulator:
        emulator.control.fault_arm("refuse_tcp", address="*.121")
        with pytest.raises(ConnectionRefusedError):
            _hear(emulator.addresses[0])
        assert _hear(emulator.addresses[1], enough=8).startswith(b"SSH-2.0-")
        emulator.control.fault_clear()
        assert _hear(emulator.addresses[0], enough=8).startswith(b"SSH-2.0-")


def test_hangs(stocked) -> None:
    control, address = stocked.facility.control, stocked.facility.addresses[0]
    control.fault_arm("hang_before_banner", times=1)
    assert _hear(address, 0.5) == b""
    assert control.events(event="fault")[-1]["detail"]["fault"] == "hang_before_banner"
    control.fault_arm("hang_in_key_exchange", times=1)
    heard = _hear(address)
    assert heard.startswith(b"SSH-2.0-")
    assert heard.endswith(b"\r\n")
    more = len(heard) + 1
    assert len(_hear(address, then=20, enough=more)) >= more, "the next connection gets its key exchange"
    control.fault_arm("hang_in_authentication", times=1)
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(_log_in(stocked), 5))
    assert control.events(event="fault")[-1]["detail"]["fault"] == "hang_in_authentication"
    assert stocked.events("login") == []
    assert stocked.try_login()


async def _log_in(participant, **how) -> None:
    async with participant.connect(**how):
        pass


def test_drop_connection(stocked) -> None:
    stocked.facility.control.fault_arm("drop_connection", times=1, after=100_000)
    with pytest.raises((asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost)):
        fetch(stocked)
    assert len(fetch(stocked)) == SIZE


def test_changed_host_key_is_another_key(stocked) -> None:
    stocked.facility.control.fault_arm("host_key_changed")
    with pytest.raises(asyncssh.HostKeyNotVerifiable):
        stocked.try_login()


def test_weak_algorithms_only(stocked) -> None:
    stocked.facility.control.fault_arm("weak_algorithms")
    with pytest.raises((asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost)):
        stocked.try_login(kex_algs=["curve25519-sha256@libssh.org"])
    assert not any("violation" in event for event in stocked.facility.control.events(event="disconnect")[-1:])


def test_no_extension_info(stocked) -> None:
    async def announced() -> bool:
        async with stocked.connect() as connection:
            return b"ssh-rsa" in connection._server_sig_algs

    assert asyncio.run(announced()) is True
    stocked.facility.control.fault_arm("no_extension_info", times=1)
    assert asyncio.run(announced()) is False


def test_one_channel(stocked) -> None:
    async def second_channel() -> None:
        async with stocked.connect() as connection, connection.start_sftp_client():
            with pytest.raises(asyncssh.ChannelOpenError):
                await connection.start_sftp_client()

    stocked.facility.control.fault_arm("one_channel")
    asyncio.run(second_channel())


def test_drop_in_file(stocked) -> None:
    stocked.facility.control.fault_arm("drop_in_file", times=1, after=50_000)
    with pytest.raises((asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost)):
        fetch(stocked)
    assert len(fetch(stocked)) == SIZE


def _forbidden(participant) -> list[bool]:
    """Of each download, whether it was a violation."""
    return ["violation" in event for event in participant.events("download")]


def test_what_the_facility_cut_off_may_be_fetched_again(stocked) -> None:
    stocked.facility.control.fault_arm("drop_in_file", times=1, after=SIZE)
    with pytest.raises((asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost)):
        fetch(stocked)
    assert [event["detail"]["sent"] for event in stocked.events("download")] == [SIZE], "the last of it never arrived"
    fetch(stocked)
    fetch(stocked)
    assert _forbidden(stocked) == [False, False, True]


def test_what_changed_while_it_was_read_may_be_fetched_again(stocked) -> None:
    stocked.facility.control.clock_advance("60s")
    stocked.facility.control.fault_arm("file_changes", times=1)
    for _time in range(3):
        fetch(stocked)
    assert _forbidden(stocked) == [False, False, True]


def test_stall(stocked, eventually) -> None:
    stocked.facility.control.fault_arm("stall", times=1, seconds="30", path=f"/{stocked.code}/*")

    async def session() -> None:
        async with stocked.connect() as connection:
            client = await connection.start_sftp_client()
            file = await client.open(f"/{stocked.code}/TP001.csv", "rb")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(file.read(10, 0), 0.5)
            connection.abort()

    asyncio.run(session())
    assert stocked.facility.control.events(event="fault")[-1]["detail"]["path"] == f"/{stocked.code}/TP001.csv"
    assert eventually(lambda: stocked.events("download")), "what a client had open is closed when it goes, not later"
    assert len(fetch(stocked)) == SIZE


def test_short_reads_bring_everything_in_the_end(stocked) -> None:
    whole = fetch(stocked)
    stocked.facility.control.fault_arm("short_reads", bytes=5000)

    async def by_hand(client: asyncssh.SFTPClient) -> bytes:
        data = b""
        async with client.open(f"/{stocked.code}/TP001.csv", "rb", block_size=None) as file:
            while piece := await file.read(60_000, len(data)):
                assert len(piece) <= 5000
                data += piece
        return data

    assert stocked.sftp(by_hand) == whole


@pytest.mark.parametrize(
    ("fault", "tail"), [("file_grows", b"+" * 1000), ("file_changes", b"#" * 1000)], ids=["grows", "changes"]
)
def test_files_that_move_while_they_are_read(stocked, fault: str, tail: bytes) -> None:
    stocked.facility.control.fault_arm(fault, times=1)

    async def work(client: asyncssh.SFTPClient) -> tuple[int, int, bytes]:
        async with client.open(f"/{stocked.code}/TP001.csv", "rb", block_size=None) as file:
            before = (await file.stat()).size
            assert len(set(await file.read(10, 0))) > 1, "what it was before"
            after = (await file.stat()).size
            return before, after, await file.read(10_000, after - 1000)

    made = stocked.sftp(lambda client: client.stat(f"/{stocked.code}/TP001.csv")).mtime
    before, after, end = stocked.sftp(work)
    assert (before, after) == (SIZE, SIZE + (1000 if fault == "file_grows" else 0))
    assert end == tail
    now = datetime.fromisoformat(stocked.facility.control.status()["clock"]["now"]).timestamp()
    assert made <= stocked.sftp(lambda client: client.stat(f"/{stocked.code}/TP001.csv")).mtime <= now + 1


async def _upload(client: asyncssh.SFTPClient, name: str, text: str) -> list[str]:
    async with client.open(f"/KEY_MANAGEMENT/{name}", "wb") as file:
        await file.write(text.encode())
    return await _results(client)


async def _results(client: asyncssh.SFTPClient) -> list[str]:
    return sorted(str(name) for name in await client.listdir("/KEY_MANAGEMENT") if str(name)[0] == "R")


@pytest.mark.parametrize(
    ("fault", "results"),
    [
        ("no_result", []),
        ("result_late", []),
        ("result_older", ["Result.20261119.120000.success.txt"]),
        ("result_misnamed", ["Result_20261120_120000_success.txt"]),
    ],
)
def test_results_that_go_wrong(stocked, key_pairs, fault: str, results: list[str]) -> None:
    control = stocked.facility.control
    control.fault_arm(fault, times=1)
    name = f"{stocked.account}.pub"
    assert stocked.sftp(lambda client: _upload(client, name, key_pairs[2].ssh2)) == results
    assert stocked.try_login(key=key_pairs[2]), "the key was imported all the same"
    control.clock_advance("60s")
    late = ["Result.20261120.120100.success.txt"] if fault == "result_late" else results
    assert stocked.sftp(_results) == late


def test_an_odd_result_is_called_and_says_what_was_asked_for(stocked, key_pairs) -> None:
    named = f"Result.20200101.000000.{{word}}.{stocked.account}"
    stocked.facility.control.fault_arm("result_odd", called=named, file="OTHER.pub", more="no more", encoding="utf-16")

    async def answer(client: asyncssh.SFTPClient) -> str:
        [result] = await _upload(client, f"{stocked.account}.pub", key_pairs[2].ssh2)
        assert result == named.replace("{word}", "success")
        async with client.open(f"/KEY_MANAGEMENT/{result}", "rb") as file:
            return (await file.read()).decode("utf-16")

    said = stocked.sftp(answer)
    assert "File Name     : OTHER.pub" in said and said.endswith("no more")


def test_a_file_that_is_refused_is_listed_all_the_same(stocked) -> None:
    stocked.facility.control.fault_arm("read_refused", times=1)

    async def read(client: asyncssh.SFTPClient) -> bytes:
        assert "TP001.csv" in await client.listdir(f"/{stocked.code}")
        async with client.open(f"/{stocked.code}/TP001.csv", "rb") as file:
            return await file.read()

    with pytest.raises(asyncssh.SFTPPermissionDenied):
        stocked.sftp(read)
    assert len(stocked.sftp(read)) == SIZE


def test_drop_after_upload_leaves_the_key_imported(stocked, key_pairs) -> None:
    stocked.facility.control.fault_arm("drop_after_upload", times=1)
    with pytest.raises((asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost)):
        stocked.sftp(lambda client: _upload(client, f"{stocked.account}.pub", key_pairs[2].ssh2))
    assert stocked.sftp(_results, key=key_pairs[2]) == ["Result.20261120.120000.success.txt"]


ON_UPLOAD = ["no_result", "result_late", "result_older", "result_misnamed", "drop_after_upload"]


@pytest.mark.parametrize("fault", ON_UPLOAD)
def test_faults_of_one_account_leave_the_other_alone(stocked, key_pairs, fault: str) -> None:
    control, other = stocked.facility.control, f"{stocked.code}002"
    control.fault_arm(fault, account=other)
    control.fault_arm(fault, times=1, account="CNIL001")
    good = ["Result.20261120.120000.success.txt"]
    assert stocked.sftp(lambda client: _upload(client, f"{stocked.account}.pub", key_pairs[2].ssh2)) == good
    assert control.events(event="fault", account=stocked.account) == []
    try:
        seen = stocked.sftp(lambda client: _upload(client, f"{other}.pub", key_pairs[3].ssh2), account=other)
    except (asyncssh.SFTPConnectionLost, asyncssh.ConnectionLost):
        seen = ["hung up"]
    assert seen != good
    assert [event["detail"]["fault"] for event in control.events(event="fault", account=other)] == [fault]
    assert [armed["account"] for armed in control.fault_clear(account=other)["armed"]] == ["CNIL001"]


def test_hang_in_authentication_of_one_account(stocked) -> None:
    stocked.facility.control.fault_arm("hang_in_authentication", times=1, account=f"{stocked.code}002")
    assert stocked.try_login()
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(_log_in(stocked, account=f"{stocked.code}002"), 2))


def test_faults_on_files_of_one_account(stocked) -> None:
    stocked.facility.control.fault_arm("short_reads", bytes=5000, account=f"{stocked.code}002")

    async def first_read(client: asyncssh.SFTPClient) -> int:
        async with client.open(f"/{stocked.code}/TP001.csv", "rb", block_size=None) as file:
            return len(await file.read(60_000, 0))

    assert stocked.sftp(first_read) == 60_000
    assert stocked.sftp(first_read, account=f"{stocked.code}002") == 5000


def test_stat_refused(stocked) -> None:
    stocked.facility.control.fault_arm("stat_refused")

    async def ask(client: asyncssh.SFTPClient) -> None:
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            await client.stat("/KEY_MANAGEMENT/any.pub")
        assert (await client.stat("/KEY_MANAGEMENT")).permissions

    stocked.sftp(ask)
    assert stocked.events("denied") == []


def test_listing_in_pieces_brings_every_name(stocked) -> None:
    for number in range(7):
        stocked.facility.control.publish(name=f"N{number}.csv", folder=stocked.code, size=1)
    names = stocked.sftp(lambda client: client.listdir(f"/{stocked.code}"))
    stocked.facility.control.fault_arm("listing_in_pieces", names=3)
    assert stocked.sftp(lambda client: client.listdir(f"/{stocked.code}")) == names
    assert len(names) == 10


def test_listing_bare(stocked) -> None:
    stocked.facility.control.fault_arm("listing_bare", times=1)
    entries = stocked.sftp(lambda client: client.readdir(f"/{stocked.code}"))
    assert {entry.attrs.size for entry in entries} == {None}
    assert "TP001.csv" in {entry.filename for entry in entries}


def test_hostile_names(stocked) -> None:
    stocked.facility.control.fault_arm("hostile_names", times=1)

    async def look(client: asyncssh.SFTPClient) -> set[bytes]:
        return {entry.filename for entry in await client.readdir(f"/{stocked.code}".encode())}

    names = stocked.sftp(look)
    assert {
        b"../../escaped.csv",
        b"nul\0byte.csv",
        b"-rf",
        b"not-utf8-\xff\xfe.csv",
        b"link.csv",
        b"TP001.csv",
    } <= names
    assert stocked.sftp(look) == {b".", b"..", b"TP001.csv"}


def test_who_believes_a_hostile_name_gets_bytes_and_is_seen(stocked) -> None:
    stocked.facility.control.fault_arm("hostile_names", times=1)

    async def believe(client: asyncssh.SFTPClient) -> bytes:
        await client.readdir(f"/{stocked.code}".encode())
        async with client.open(f"/{stocked.code}/-rf", "rb") as file:
            return await file.read()

    assert len(stocked.sftp(believe)) == 1
    [event] = stocked.events("hostile name read")
    assert "-rf" in event["detail"]["path"]


def test_many_files_are_listed_and_can_be_read(stocked) -> None:
    stocked.facility.control.fault_arm("many_files", count=3000, path=f"/{stocked.code}")

    async def look(client: asyncssh.SFTPClient) -> tuple[int, bytes, set[tuple[int | None, int | None]]]:
        listed = await client.readdir(f"/{stocked.code}")
        [one] = [entry for entry in listed if entry.filename == "MANY_000002999.csv"]
        async with client.open(f"/{stocked.code}/{one.filename}", "rb") as file:
            told = one.attrs, await client.stat(f"/{stocked.code}/{one.filename}"), await file.stat()
            return len(listed), await file.read(), {(attributes.size, attributes.mtime) for attributes in told}

    stocked.facility.control.clock_advance("60s")
    count, content, told = stocked.sftp(look)
    assert (count, content, len(told), next(iter(told))[0]) == (3003, b"\n", 1, 1)


def test_many_files_that_were_listed_once_can_be_read_in_that_session(stocked) -> None:
    stocked.facility.control.fault_arm("many_files", times=1, count=3, path=f"/{stocked.code}")

    async def look(client: asyncssh.SFTPClient) -> tuple[int, bytes]:
        names = await client.listdir(f"/{stocked.code}")
        async with client.open(f"/{stocked.code}/MANY_000000002.csv", "rb") as file:
            return len(names), await file.read()

    assert stocked.sftp(look) == (6, b"\n")


def test_every_fault_is_known_and_told(held: Emulator) -> None:
    known = held.control.fault_list()["known"]
    assert list(known) == list(KINDS)
    for name in known:
        held.control.fault_arm(name)
    assert [armed["name"] for armed in held.control.fault_list()["armed"]] == list(KINDS)
    assert held.control.fault_clear() == {"armed": []}
    assert [event["detail"]["fault"] for event in held.control.events(event="fault armed")][-len(known) :] == list(
        known
    )


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"name": "gremlins"}, "there is no fault 'gremlins'; there are refuse_tcp, "),
        ({"name": "stall", "minutes": 5}, "stall has no setting minutes; it has seconds, path, account"),
        ({"name": "stall", "seconds": "long"}, "seconds must be a number"),
        ({"name": "stall", "seconds": True}, "seconds must be a number, not True"),
        ({"name": "stall", "seconds": [5]}, "seconds must be a number, not "),
        ({"name": "no_result", "account": True}, "account must be a text, not True"),
        ({"name": "stall", "seconds": -1}, "seconds must be between 0"),
        ({"name": "stall", "seconds": "nan"}, "seconds must be between 0"),
        ({"name": "result_odd", "encoding": "utf-61"}, "encoding must be one that Python knows"),
        ({"name": "stall", "account": 5}, "account must be a text, not 5"),
        ({"name": "short_reads", "bytes": 0.5}, "bytes must be a whole number, not 0.5"),
        ({"name": "stall", "times": 0}, "times must be 1 or more"),
        ({"name": "stall", "times": -1}, "times must be 1 or more"),
        ({"name": "stall", "times": 10**23}, "times must be 1 or more, and 1000000 at most"),
        ({"name": "stall", "times": "often"}, "times: "),
        ({"name": "stall", "times": True}, "times: "),
        ({"name": "weak_algorithms", "times": 2}, "lasts until it is cleared"),
    ],
    ids=str,
)
def test_bad_faults_get_a_sentence(held: Emulator, order: dict, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        held.control.fault_arm(**order)
    assert held.control.fault_list()["armed"] == []
