# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two hundred participants in one job: whatever is the matter with them, each workstation is told, and told whole.

DCASS_MANY takes another number of participants. Most of their workstations do not answer, which is soon done.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from emulator.client import running
from tests.e2e.runner import RUNNER, Job
from tests.e2e.steered import REGISTERED, Steered

pytestmark = pytest.mark.long("tests/unit/test_events.py lays out as many with the filters alone")

MANY = int(os.environ.get("DCASS_MANY", "200"))
CODES = [f"C{number:03}" for number in range(MANY)]
THERE = CODES[:2]  # the others do not answer, or are wrong in the inventory
HOSTS = [f"{code.lower()}-ws{place}" for code in CODES for place in (1, 2)]
SHOWN = 1000  # characters of an event
PLAYBOOKS = {
    "sync_reports": "Tell what came of it",
    "status": "Show what is due next",
    "renew_keys": "Tell what has failed",
}
WRONG = {f"dcass_{name}": "x" * 80 for name in ("port", "login_budget", "connect_timeout", "run_timeout", "site")}


def write(stage: Steered) -> None:
    """Let every tenth participant be wrong, and nobody answer but two, of which one is locked and one at work."""
    inventory = json.loads(stage.inventory.read_text())
    for number, (code, its) in enumerate(zip(CODES, inventory.values(), strict=True)):
        for place, host in enumerate(its["hosts"].values(), 1):
            host["dcass_account"] = f"{code}00{place}"
        if code not in THERE:
            off = {"ansible_connection": "ssh", "ansible_ssh_executable": str(stage.root / "nobody_answers")}
            its["vars"].update(WRONG if number % 10 == 9 else off)
    stage.inventory.write_text(json.dumps(inventory))
    (stage.root / "nobody_answers").write_text("#!/bin/sh\necho 'No route to host' >&2\nexit 255\n")
    (stage.root / "nobody_answers").chmod(0o755)


def job(stage: Steered, playbook: str) -> Job:
    home = stage.root / "runner" / playbook
    (home / "project").mkdir(parents=True)
    command = [str(RUNNER), "run", str(home), "--playbook", f"dcass.sftp.{playbook}", "--ident", "job"]
    command += ["--inventory", str(stage.inventory), "--cmdline=-e awx_job_id=7 --forks 20"]
    place = {**stage.environment(), "PATH": os.pathsep.join([str(RUNNER.parent), os.environ["PATH"]])}
    del place["ANSIBLE_CONFIG"]
    done = subprocess.run(command, env=place, capture_output=True, check=False)
    found = [json.loads(path.read_text()) for path in (home / "artifacts" / "job" / "job_events").glob("*.json")]
    return Job(done.returncode, sorted(found, key=lambda event: int(event["counter"])), {})


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Job]]:
    root = tmp_path_factory.mktemp("many")
    with running(root / "facility") as exchange:
        stage = Steered(root / "stage", exchange, codes=CODES)
        write(stage)
        stage.at(f"{REGISTERED}T09:00")
        only = ("-e", f"dcass_hosts={':'.join(f'cp_{code.lower()}' for code in THERE)}")
        assert stage.play("dcass.sftp.register", *only).code == 0
        for code in THERE:
            exchange.control.register(stage.root / "registration" / f"{code}.zip")
        registered = ("-e", f"dcass_registered_on={REGISTERED}")
        assert stage.play("dcass.sftp.register", *only, *registered, log="registered").code == 0
        stage.at("2020-03-02T08:00")
        lock = stage.folder("c001-ws1") / "state" / "C001001.lock"
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield {playbook: job(stage, playbook) for playbook in PLAYBOOKS}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_workstation_is_told_in_events_that_are_shown_whole(jobs: dict[str, Job], playbook: str) -> None:
    its = jobs[playbook]
    assert its.code == 2, "most do not answer"
    shown = [event for event in its.events if event["event"].startswith(("runner_on", "runner_item"))]
    for event in shown:
        text = event["stdout"]
        if "failed" not in event["event"]:
            assert len(text) <= SHOWN, text
        elif event["event_data"]["res"]["msg"].startswith(f"{event['event_data']['host']} "):
            assert event["event_data"]["res"]["msg"] in text[:SHOWN], text  # ansible-core 2.19 and newer say it twice
    said = "\n".join(event["stdout"][:SHOWN] for event in shown)
    ways = ("{} ", "(item={})", "[{}] => {{")  # in a failure, in an event of its own, by a task of its own
    assert [host for host in HOSTS if not any(way.format(host) in said for way in ways)] == []


def test_the_failures_are_of_each_kind(jobs: dict[str, Job]) -> None:
    for playbook, its in jobs.items():
        failed = [event["event_data"] for event in its.events if event["event"] == "runner_on_failed"]
        last = {one["host"]: one["res"]["msg"] for one in failed if one["task"] == "Tell what has failed"}
        codes = {line.split()[2] for line in last.values()}
        assert {"host_unreachable:", "wrong_inventory:"} <= codes, playbook
        assert len(last) >= len(HOSTS) - 2 * len(THERE), playbook
        print(playbook, len(its.events), "events,", len(last), "failed, the longest event with", longest(its))


def longest(its: Job) -> int:
    return max(len(event["stdout"]) for event in its.events if event["event"].startswith("runner"))
