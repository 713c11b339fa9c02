# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines that tell how far a sync is: where they are asked for, in a terminal and in AWX; elsewhere none."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.action.report_sync import ActionModule
from demo.rehearsal import CHECKOUT, Outcome, Rehearsal
from emulator.client import Emulator, running
from tests.modules.support import Facility, Participant, Workstation

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"ws CX\d\d001: (\d+) of (\d+) reports, (\d+) of (\d+) kB, \d+ \w+/s.*")
STALLED = 10  # seconds that one of the reports takes
REPORTS, KILOBYTES = 6, 120
CODES = (f"CX{number:02}" for number in itertools.count())
CORES = {"2.17": CHECKOUT / ".build" / "envs" / "core-2.17" / "bin", "2.19": Path(sys.executable).parent}


class Desk:
    """One person at one workstation: runs the playbook against a facility that is slow with one report."""

    def __init__(self, root: Path, facility: Emulator, code: str) -> None:
        self.facility = facility
        self.workstation: Workstation = Participant(root, Facility(facility), code).register().workstations[0]
        self.stage = Rehearsal(root / "stage", [], "")
        self.options: dict[str, Any] = {
            "shared": self.workstation.options,
            "dest": self.workstation.dest,
            "ansible_python_interpreter": sys.executable,
        }
        self.stage.write_inventory(self.options, ws={})

    def publish(self, day: str = "20261120") -> None:
        """A day's reports, of which one arrives late."""
        for number in range(REPORTS):
            name = f"TP{number:03}_{day}.csv"
            self.facility.control.publish(name=name, folder=self.workstation.code, size=20_000)
        self.stall()

    def stall(self) -> None:
        """Let the facility be slow with the last report that is read for this account."""
        last = f"*TP{REPORTS - 1:03}*"
        self.facility.control.fault_arm("stall", times=1, seconds=STALLED, account=self.workstation.account, path=last)

    def play(self, *arguments: str, **variables: Any) -> Outcome:
        self.stage.write_inventory({**self.options, **variables}, ws={})
        return self.stage.play(str(HERE / "progress.yml"), *arguments)

    @property
    def left(self) -> list[str]:
        """What a run leaves in the state that is no state."""
        folder = Path(self.workstation.options["state_dir"])
        return [path.name for path in folder.iterdir() if "progress" in path.name]


def lines(output: str) -> list[tuple[int, ...]]:
    """The counts of the lines of progress."""
    return [tuple(map(int, found.groups())) for found in map(LINE.search, output.splitlines()) if found]


def content(outcome: Outcome) -> dict[str, Any]:
    """A result without what belongs to one archive, or to one login."""
    (result,) = (dict(result) for result in outcome.of("report_sync").values())
    result["downloaded"] = sorted(entry["name"] for entry in result["downloaded"])
    return {**result, "connection": sorted(result["connection"])}


@pytest.fixture(scope="module")
def facility(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


@pytest.fixture
def desk(tmp_path: Path, facility: Emulator) -> Desk:
    """A desk of the test's own: an account has few logins."""
    return Desk(tmp_path, facility, next(CODES))


def test_who_asks_is_told_and_gets_the_same_result(desk: Desk) -> None:
    desk.publish()
    asked = desk.play(progress=1)
    assert asked.code == 0, asked.output
    told = lines(asked.output)
    assert {(of, size) for _reports, of, _bytes, size in told} == {(REPORTS, KILOBYTES)}
    middle = [line for line in told if 0 < line[0] < REPORTS and 0 < line[2] < KILOBYTES]
    assert len(middle) >= 2, f"lines tell the middle of the run: {asked.output}"
    second = desk.play(progress=1)
    assert (second.code, second.changed, lines(second.output)) == (0, 0, [])
    desk.publish("20261119")
    silent = desk.play("-vvv")
    assert (silent.code, lines(silent.output)) == (0, [])
    assert "EXEC" in silent.output and ".progress" not in silent.output, "nobody looks on"
    assert f" of {REPORTS} reports" not in silent.output
    assert set(content(asked)) == set(content(silent))
    assert len(content(asked)["downloaded"]) == len(content(silent)["downloaded"]) == REPORTS
    assert desk.left == []


def test_a_run_that_fails_and_one_that_only_looks_are_what_they_are_without_it(desk: Desk) -> None:
    desk.publish()
    desk.facility.control.fault_clear()
    looked = desk.play("--check", progress=1)
    assert (looked.code, len(content(looked)["downloaded"]), lines(looked.output)) == (0, REPORTS, [])
    last = f"*TP{REPORTS - 1:03}*"
    desk.stall()
    desk.facility.control.fault_arm("drop_in_file", times=1, account=desk.workstation.account, path=last)
    failed = desk.play(progress=1)
    (result,) = failed.of("report_sync").values()
    assert (failed.code, result["error_code"]) == (2, "connection_lost")
    assert result["hint"] and "downloaded" in result
    assert lines(failed.output), failed.output
    assert desk.left == []
    rest = desk.play(progress=1, hidden=True)
    assert (rest.code, lines(rest.output)) == (0, [])
    assert len(list(Path(desk.workstation.dest).rglob("TP*"))) == REPORTS


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root needs a password to become root")
@pytest.mark.parametrize("core", CORES)
def test_it_works_with_become_in_the_oldest_core_and_in_ours(desk: Desk, core: str) -> None:
    if not CORES[core].exists():
        pytest.skip(f"the environment core-{core} is not built (python tools/environments.py core-{core})")
    desk.publish()
    collection = desk.stage.root / "ansible_collections" / "dcass" / "sftp"
    collection.parent.mkdir(parents=True)
    collection.symlink_to(CHECKOUT)
    desk.stage.write_inventory({**desk.options, "progress": 1}, ws={})
    command = [str(CORES[core] / "ansible-playbook"), "-i", str(desk.stage.inventory), str(HERE / "progress.yml")]
    command += ["--become", "--become-method=su", "--become-user=root"]
    place = {**desk.stage.environment(), "ANSIBLE_COLLECTIONS_PATH": str(desk.stage.root)}
    del place["ANSIBLE_CONFIG"]  # its callback prints nothing
    done = subprocess.run(command, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines(done.stdout), done.stdout + done.stderr
    assert "changed: [ws]" in done.stdout


def test_awx_finds_the_lines_among_its_events(desk: Desk) -> None:
    desk.publish()
    desk.stage.write_inventory({**desk.options, "progress": 1}, ws={})
    runner = desk.stage.root / "runner"
    command = [str(CORES["2.19"] / "ansible-runner"), "run", str(runner), "--ident", "job", "--playbook"]
    command += [str(HERE / "progress.yml"), "--inventory", str(desk.stage.inventory)]
    place = {**desk.stage.environment(), "PATH": os.pathsep.join([str(CORES["2.19"]), os.environ["PATH"]])}
    del place["ANSIBLE_CONFIG"]
    runner.mkdir()
    done = subprocess.run(command, env=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    files = (runner / "artifacts" / "job" / "job_events").glob("*.json")
    events = sorted((json.loads(file.read_text()) for file in files), key=lambda event: event["counter"])
    told = [number for number, event in enumerate(events) if lines(event["stdout"])]
    ended = [number for number, event in enumerate(events) if event["event"] == "runner_on_ok"]
    assert told and told[-1] < ended[-1], [event["stdout"] for event in events]


@pytest.mark.parametrize(
    ("arguments", "task", "seconds"),
    [
        pytest.param({"progress": 5}, {}, 5, id="asked"),
        pytest.param({"progress": "5"}, {}, 5, id="in a string"),
        pytest.param({}, {}, 0, id="not asked"),
        pytest.param({"progress": None}, {}, 0, id="nothing"),
        pytest.param({"progress": 0}, {}, 0, id="zero"),
        pytest.param({"progress": -1}, {}, 0, id="less than zero"),
        pytest.param({"progress": float("inf")}, {}, 0, id="without end"),
        pytest.param({"progress": 10**20}, {}, 86_400, id="once in an age"),
        pytest.param({"progress": "often"}, {}, 0, id="what the module refuses"),
        pytest.param({"progress": 5}, {"no_log": True}, 0, id="a hidden task"),
        pytest.param({"progress": 5}, {"async_val": 60}, 0, id="nobody waits for it"),
    ],
)
def test_who_looks_on(arguments: dict[str, Any], task: dict[str, Any], seconds: int) -> None:
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(**{"args": arguments, "no_log": False, "async_val": 0, **task})
    assert action._seconds() == seconds
