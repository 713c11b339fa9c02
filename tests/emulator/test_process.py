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
import urllib.request
from pathlib import Path

import pytest

from emulator import cli
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


def _emulator(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "emulator", *map(str, arguments)]
    return subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _ctl(emulator: Emulator, *verb: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "emulator", "ctl", "--control", emulator.control.url, *map(str, verb)]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=60, check=False)


def test_prints_what_clients_need_then_ready(tmp_path: Path) -> None:
    listen = ["--listen", "127.151.14.121:0", "127.152.14.121:0"]
    process = _emulator("--root", tmp_path, *listen, "--control", "127.0.0.1:0", "--stop-after", 20)
    lines = [process.stdout.readline().rstrip("\n") for _ in range(7)]
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=20)
    words = [line.split(" ")[0] for line in lines]
    assert words == ["listening", "standby", "control", "host-key", "host-key", "host-ca", "ready"]
    port = lines[0].rpartition(":")[2]
    assert int(port) > 0
    assert lines[3].startswith(f"host-key [127.151.14.121]:{port} ssh-rsa AAAA")
    assert (said, complained, process.returncode) == ("", "", 0)


def test_stops_by_itself(tmp_path: Path) -> None:
    process = _emulator("--root", tmp_path, "--listen", *ONE_ADDRESS, "--control", "127.0.0.1:0", "--stop-after", 0.2)
    assert process.wait(timeout=20) == 0
    process.communicate()


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
        (["--listen", "10.151.14.121:10022"], "not a loopback address"),
        (["--listen", "0.0.0.0:10022"], "not a loopback address"),
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


def test_a_root_has_one_emulator(tmp_path: Path) -> None:
    with (
        Emulator(tmp_path, listen=ONE_ADDRESS),
        pytest.raises(DidNotStart, match="another emulator is running"),
        Emulator(tmp_path, listen=ONE_ADDRESS),
    ):
        pass


def test_state_survives_a_restart(tmp_path: Path, enrol) -> None:
    with Emulator(tmp_path, listen=ONE_ADDRESS) as emulator:
        participant = enrol(emulator)
        emulator.control.publish(name="KEPT.csv", folder=participant.code, size=999)
        assert participant.try_login()
        accounts, events, known = emulator.control.accounts(), emulator.control.events(), emulator.known_hosts
        listen = ["{}:{}".format(*emulator.addresses[0])]
    with (tmp_path / "events.jsonl").open("a") as log:
        log.write('{"n": 99, "time')  # the machine failed in the middle of a line
    with Emulator(tmp_path, listen=listen) as emulator:
        participant.facility = emulator
        assert emulator.control.accounts() == accounts
        assert emulator.known_hosts == known
        assert [event["n"] for event in emulator.control.events()] == list(range(1, len(emulator.control.events()) + 1))
        assert emulator.control.events()[: len(events)] == events
        assert "KEPT.csv" in participant.sftp(lambda client: client.listdir(f"/{participant.code}"))


def _answers(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, 2) as connection:
            return connection.recv(4) == b"SSH-"
    except ConnectionRefusedError:
        return False


def test_only_the_active_site_answers(tmp_path: Path, enrol) -> None:
    with Emulator(tmp_path) as emulator:
        participant = enrol(emulator)
        assert [_answers(address) for address in emulator.addresses] == [True, True, False, False]
        open_connection = socket.create_connection(emulator.addresses[0], 2)
        assert emulator.control.site("secondary") == {"site": "secondary"}
        assert [_answers(address) for address in emulator.addresses] == [False, False, True, True]
        while open_connection.recv(1024):
            pass  # the primary site's connections end with it
        open_connection.close()
        emulator.addresses.reverse()
        assert participant.try_login()
    with Emulator(tmp_path) as emulator:
        assert emulator.control.status()["site"] == "secondary"
        emulator.control.site("primary")
        emulator.control.site("primary")
        assert [event["detail"]["active"] for event in emulator.control.events(event="site")] == [
            "secondary",
            "primary",
        ]


def test_ctl_prints_json_and_exits_1_where_refused(facility: Emulator, participant, tmp_path: Path) -> None:
    published = _ctl(facility, "publish", "--date", "2026-11-19", "--name", "A", "--folder", "COMMON", "--size", "5")
    assert json.loads(published.stdout)["bytes"] == 5
    for verb in (["accounts"], ["events", "--account", participant.account], ["violations"], ["status"]):
        answer = _ctl(facility, *verb)
        assert (answer.returncode, answer.stderr) == (0, "")
        json.loads(answer.stdout)
    (tmp_path / "CBAD.zip").write_bytes(b"nothing")
    for verb, reason in (
        (["register", tmp_path / "CBAD.zip"], "not a readable zip"),
        (["register", tmp_path / "CNIL.zip"], "No such file"),
        (["clock", "set", "noon"], "not an ISO 8601 time"),
        (["publish", "--date", "2099-01-01"], "has not come yet"),
    ):
        refused = _ctl(facility, *verb)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert reason in refused.stderr
    facility_gone = Emulator(tmp_path)
    facility_gone.control = type(facility.control)("http://127.0.0.1:1")
    assert "no emulator answers" in _ctl(facility_gone, "status").stderr


def test_control_describes_itself(facility: Emulator) -> None:
    with urllib.request.urlopen(facility.control.url + "/openapi.json", timeout=5) as answer:
        described = json.load(answer)
    assert {"/registrations", "/reports", "/clock", "/site", "/accounts", "/events", "/violations"} <= set(
        described["paths"]
    )


def test_bad_control_input_gets_a_sentence(facility: Emulator) -> None:
    for method, path, body in (
        ("PUT", "/site", {"active": "tertiary"}),
        ("PUT", "/site", b"not json"),
        ("POST", "/registrations", b"x"),
        ("GET", "/events?since=x", None),
        ("GET", "/nowhere", None),
    ):
        with pytest.raises(Refused) as refusal:
            facility.control._call(method, path, body)
        assert str(refusal.value)
