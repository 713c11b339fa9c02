# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process: what it prints, how it stops, what survives it, and its two sites."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncssh
import pytest

from emulator import cli, ctl
from emulator.client import DidNotStart, Emulator, Refused

HERE = Path(__file__).resolve().parents[2]
ONE_ADDRESS = ["127.151.14.121:0"]
CHILD = """
import sys, time
from emulator import cli
from emulator.client import Emulator
emulator = Emulator(sys.argv[1], listen=["127.151.14.121:0"]).start()
print(emulator._process.pid, flush=True)
time.sleep(60)
"""


def test_prints_what_clients_need_then_ready_and_stops_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "emulator", "--root", tmp_path, "--control", "127.0.0.1:0", "--stop-after", "0.2"]
    command += ["--listen", "127.151.14.121:0", "127.152.14.121:0"]
    answer = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=True)
    lines = answer.stdout.splitlines()
    words = [line.split(" ")[0] for line in lines]
    assert words == ["listening", "standby", "control", "host-key", "host-key", "host-ca", "ready"]
    port = lines[0].rpartition(":")[2]
    assert int(port) > 0
    assert lines[3].startswith(f"host-key [127.151.14.121]:{port} ssh-rsa AAAA")
    assert answer.stderr == ""


def test_stops_when_its_parent_dies(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILD, tmp_path], env=environment, stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(200):
        if not _is_running(child):
            return
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    pytest.fail("the emulator outlived its parent")


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--listen", "127.0.0.1"], "not HOST:PORT"),
        (["--listen", "tertiary=127.0.0.1:1"], "not HOST:PORT"),
        (["--listen", "192.168.14.121:10022"], "neither a loopback nor a documentation address"),
        (["--listen", "0.0.0.0:10022"], "neither a loopback nor a documentation address"),
        (["--listen", "localhost:10022"], "neither a loopback nor a documentation address"),
        (["--listen", "198.51.100.7:10022"], "cannot listen on 198.51.100.7:10022"),
        (["--control", "0.0.0.0:0"], "not HOST:PORT on loopback"),
        (["--now", "noon"], "not an ISO 8601 time"),
    ],
    ids=str,
)
def test_refuses_to_start_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    settings = {"--root": [str(tmp_path)], "--listen": ONE_ADDRESS, "--control": ["127.0.0.1:0"]}
    settings[arguments[0]] = arguments[1:]
    assert cli.main([part for name, values in settings.items() for part in (name, *values)]) == 1
    said, complained = capsys.readouterr()
    assert (said, complained.count("\n")) == ("", 1)
    assert reason in complained


def test_a_root_has_one_emulator(facility: Emulator) -> None:
    with pytest.raises(DidNotStart, match="another emulator is running"), Emulator(facility.root, listen=ONE_ADDRESS):
        pass


def test_state_survives_a_restart(tmp_path: Path, enrol) -> None:
    with Emulator(tmp_path, now="2026-11-20T12:45", options=["--hold"]) as emulator:
        participant = enrol(emulator)
        second = f"{participant.code}002"
        emulator.control.publish(name="KEPT.csv", folder=participant.code, size=999)
        assert [participant.try_login() for _ in range(6)] == [True] * 5 + [False]
        participant.sftp(_fetch_and_upload, account=second)
        emulator.control.site("secondary")
        emulator.control.hours(open_days=["2026-11-21"])
        before = {question: getattr(emulator.control, question)() for question in ("status", "accounts", "events")}
        listen = ["{}:{}".format(*address) for address in emulator.addresses]
    with (tmp_path / "events.jsonl").open("a") as log:
        log.write('{"n": 99, "time')  # the machine failed in the middle of a line
    with Emulator(tmp_path, listen=listen) as emulator:
        assert emulator.control.status() == {**before["status"], "last_event": len(before["events"]) + 2}
        assert emulator.control.accounts() == before["accounts"]
        events = emulator.control.events()
        assert events[: len(before["events"])] == before["events"]
        assert [event["n"] for event in events] == list(range(1, len(events) + 1))
        first_locked, second_blocked = emulator.control.accounts()
        assert first_locked["locked_until"] == "2026-11-20T12:50:00+08:00"
        assert second_blocked["uploads_blocked_until"] == "2026-11-20T13:45:00+08:00"
        emulator.control.site("primary")
        participant.facility = emulator
        assert not participant.try_login()
        with pytest.raises(asyncssh.SFTPPermissionDenied):
            participant.sftp(_fetch_and_upload, account=second)
        [again] = [event for event in participant.events("download", second) if "violation" in event]
        assert again["violation"].startswith("§4.1")


@pytest.mark.parametrize("ending", ["terminate", "kill"])
def test_a_late_result_and_the_clock_survive_a_restart(tmp_path: Path, enrol, key_pairs, ending: str) -> None:
    with Emulator(tmp_path, listen=ONE_ADDRESS, now="2026-11-19T12:00", options=["--hold"]) as emulator:
        participant = enrol(emulator)
        emulator.control.fault_arm("result_late", seconds=24 * 3600)
        participant.sftp(_upload(f"{participant.account}.pub", key_pairs[2].ssh2))
        getattr(emulator._process, ending)()
    with Emulator(tmp_path, listen=ONE_ADDRESS) as emulator:
        participant.facility = emulator
        assert emulator.control.status()["clock"] == {"now": "2026-11-19T12:00:00+08:00", "mode": "fixed"}
        emulator.control.clock_advance("23h59m59s")
        assert participant.sftp(_results) == []
        emulator.control.clock_advance("3h")
        assert participant.sftp(_results) == ["Result.20261120.120000.success.txt"]
    with Emulator(tmp_path, listen=ONE_ADDRESS) as emulator:
        participant.facility = emulator
        assert participant.sftp(_results) == ["Result.20261120.120000.success.txt"], "it comes once"


def _upload(name: str, text: str):
    async def work(client: asyncssh.SFTPClient) -> None:
        async with client.open(f"/KEY_MANAGEMENT/{name}", "wb") as file:
            await file.write(text.encode())

    return work


async def _results(client: asyncssh.SFTPClient) -> list[str]:
    return sorted(str(name) for name in await client.listdir("/KEY_MANAGEMENT") if str(name).startswith("Result"))


async def _fetch_and_upload(client: asyncssh.SFTPClient) -> None:
    code = next(str(name) for name in await client.listdir("/") if str(name).startswith("C") and name != "COMMON")
    async with client.open(f"/{code}/KEPT.csv", "rb") as file:
        assert len(await file.read()) == 999
    for _ in range(5):
        async with client.open("/KEY_MANAGEMENT/any.pub", "wb") as file:
            await file.write(b"whatever it is, it counts")


def _answers(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, 20) as connection:
            return connection.recv(4) == b"SSH-"
    except ConnectionRefusedError:
        return False


def test_only_the_active_site_answers(tmp_path: Path, enrol) -> None:
    with Emulator(tmp_path) as emulator:
        participant = enrol(emulator)
        assert [_answers(address) for address in emulator.addresses] == [True, True, False, False]
        open_connection = socket.create_connection(emulator.addresses[0], 20)
        assert emulator.control.site("secondary") == {"site": "secondary"}
        assert [_answers(address) for address in emulator.addresses] == [False, False, True, True]
        while open_connection.recv(1024):
            pass  # the primary site's connections end with it
        open_connection.close()
        emulator.addresses.reverse()
        assert participant.try_login()
        emulator.control.site("primary")
        emulator.control.site("primary")
        assert [event["detail"]["active"] for event in emulator.control.events(event="site")] == [
            "secondary",
            "primary",
        ]


ORDERS_THAT_CROSS = {
    "switches": [("site", "secondary"), ("site", "primary")] * 2,
    "a switch and a fault cleared": [("fault_clear",), ("site", "secondary")],
    "a switch and a fault armed": [("fault_arm", "host_key_changed"), ("site", "secondary")],
}


@pytest.fixture(scope="module")
def two_sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(tmp_path_factory.mktemp("sites")) as emulator:
        yield emulator


@pytest.mark.parametrize("orders", ORDERS_THAT_CROSS.values(), ids=ORDERS_THAT_CROSS)
def test_orders_that_cross_leave_one_whole_site(two_sites: Emulator, orders: list[tuple[str, ...]]) -> None:
    control = two_sites.control
    with ThreadPoolExecutor(len(orders)) as people:
        for _ in range(8):
            control.site("primary")
            control.fault_arm("refuse_tcp")
            if orders[0][0] != "fault_clear":
                control.fault_clear()
            list(people.map(lambda order: getattr(control, order[0])(*order[1:]), orders))
            active = control.status()["site"]
            sites = ("primary", "primary", "secondary", "secondary")
            assert [_answers(address) for address in two_sites.addresses] == [site == active for site in sites]
            control.fault_clear()


def test_ctl_is_a_command(facility: Emulator) -> None:
    command = [sys.executable, "-m", "emulator", "ctl", "--control", facility.control.url, "status"]
    answer = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(answer.stdout)["known_hosts"] == facility.known_hosts.splitlines()


@pytest.mark.parametrize(
    "verb",
    [
        "publish --date 2026-11-19 --name A --folder COMMON --size 5",
        "publish --date 2026-11-19 --adhoc 13:20 --holiday --scale 0.001",
        "accounts",
        "events --since 1 --account CNIL001 --event login",
        "violations --since 1 --account CNIL001",
        "fault clear --account CNIL001",
        "hours --enforce steered --closed-days",
    ],
)
def test_ctl_prints_json(facility: Emulator, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert ctl.main(["--control", facility.control.url, *verb.split()]) == 0
    said, complained = capsys.readouterr()
    json.loads(said)
    assert complained == ""


@pytest.mark.parametrize(
    ("verb", "reason"),
    [
        ("register CBAD.zip", "not a readable zip"),
        ("register CNIL.zip", "No such file"),
        ("forget CNIL", "no participant CNIL is registered"),
        ("clock set noon", "not an ISO 8601 time"),
        ("clock advance -5", "not a duration"),
        ("clock advance -1d", "'-1d' is not a duration"),
        ("site tertiary", "invalid choice: 'tertiary'"),
        ("events --since x", "argument --since: invalid int value: 'x'"),
        ("events --since -1", "since: Input should be greater than or equal to 0"),
        ("fault arm stall times=-1", "times must be 1 or more"),
        ("fault arm stall times=often", "times: Input should be a valid integer"),
        ("frobnicate", "invalid choice: 'frobnicate'"),
        ("publish --date 2099-01-01", "has not come yet"),
        ("publish --adhoc soon", "'soon' is not a time of day such as 13:20"),
        ("--control http://127.0.0.1:1 status", "no emulator answers at http://127.0.0.1:1"),
        ("--control http://127.0.0.1:1x status", "is no address of a control interface"),
        ("--control nonsense status", "is no address of a control interface"),
    ],
)
def test_ctl_exits_1_with_the_reason(
    facility: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    reason: str,
) -> None:
    (tmp_path / "CBAD.zip").write_bytes(b"nothing")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EMULATOR_CONTROL", facility.control.url)
    assert ctl.main(verb.split()) == 1
    said, complained = capsys.readouterr()
    assert said == ""
    assert reason in complained


def test_control_describes_itself(facility: Emulator) -> None:
    with urllib.request.urlopen(facility.control.url + "/openapi.json", timeout=5) as answer:
        described = json.load(answer)
    assert {"/registrations", "/reports", "/clock", "/site", "/accounts", "/events", "/violations"} <= set(
        described["paths"]
    )
    assert {"date", "due", "holiday", "adhoc"} <= set(
        described["components"]["schemas"]["PublishRequest"]["properties"]
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("PUT", "/site", {"active": "tertiary"}, "active: Input should be 'primary' or 'secondary'"),
        ("PUT", "/site", b"a zip file", "the order must be a JSON object"),
        ("PUT", "/site", None, "the order must be a JSON object"),
        ("PUT", "/hours", {"enforced": "always"}, "enforced: Extra inputs are not permitted"),
        ("POST", "/reports", {"size": True}, "size: Input should be a valid integer"),
        ("POST", "/registrations", b"x", "name: Field required"),
        ("DELETE", "/registrations/CNIL", None, "no participant CNIL is registered"),
        ("GET", "/events?since=x", None, "since: Input should be a valid integer"),
        ("GET", "/events?acount=CNIL001", None, "acount: Extra inputs are not permitted"),
        ("GET", "/nowhere", None, "there is no /nowhere; /openapi.json tells"),
        ("DELETE", "/clock", None, "/clock is not there to DELETE; /openapi.json tells"),
    ],
)
def test_bad_control_input_gets_a_sentence(
    facility: Emulator, method: str, path: str, body: bytes | dict | None, reason: str
) -> None:
    with pytest.raises(Refused) as refusal:
        facility.control._call(method, path, body)
    assert str(refusal.value).startswith(reason)
    assert refusal.value.reasons


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "the order is not JSON: Expecting value at character 0"),
        (b'{"active": "secondary"', "the order is not JSON: Expecting ',' delimiter at character "),
        (b"[]", "the order must be a JSON object"),
        (b'{"active": "\xff"}', "There was an error parsing the body; /openapi.json tells"),
    ],
    ids=repr,
)
def test_a_body_that_is_no_order_gets_a_sentence(facility: Emulator, body: bytes, reason: str) -> None:
    place = urllib.request.Request(facility.control.url + "/site", body, {"Content-Type": "application/json"})
    place.method = "PUT"
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(place, timeout=5)
    said = json.load(refusal.value)
    assert said["reason"].startswith(reason)
    assert said["reasons"] == [said["reason"]]
    assert facility.control.status()["site"] == "primary"


def test_a_participant_is_forgotten_with_its_counts_and_files(tmp_path: Path, enrol, key_pairs) -> None:
    with Emulator(tmp_path, listen=ONE_ADDRESS, now="2026-11-20T12:00", options=["--hold"]) as emulator:
        participant, neighbour = enrol(emulator), enrol(emulator)
        emulator.control.publish(name="KEPT.csv", folder=participant.code, size=999)
        emulator.control.fault_arm("result_late", times=1, seconds=60)
        participant.sftp(_upload(f"{participant.account}.pub", key_pairs[2].ssh2))
        participant.sftp(_upload(f"{participant.account}.pub", "no key"))
        assert [participant.try_login() for _ in range(4)] == [True] * 3 + [False]
        since = emulator.control.status()["last_event"]
        assert emulator.control.forget(participant.code) == {"participants": [neighbour.code]}
        assert [event["event"] for event in emulator.control.events(since=since)] == ["forgotten"]
        assert not participant.try_login()
        enrol(emulator, participant.code)
        emulator.control.clock_advance("60s")
        before = emulator.control.accounts()
    with Emulator(tmp_path, listen=ONE_ADDRESS) as emulator:
        participant.facility = emulator
        assert emulator.control.accounts() == before, "a restart brings nothing back"
        assert not participant.try_login(key=key_pairs[2])
        assert participant.sftp(lambda client: client.listdir(participant.code)) == [".", ".."]
        assert participant.sftp(_results) == []
        again = emulator.control.violations(since=since, account=participant.account)
        assert [event["violation"].partition(":")[0] for event in again] == ["§5", "§3.2"]
