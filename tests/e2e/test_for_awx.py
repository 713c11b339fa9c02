# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs whose folder goes with them: a package that stays, escalation that nobody can do, output that is cut off."""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from demo.rehearsal import Outcome
from emulator.client import Emulator, running
from tests.e2e.steered import ONE, TWO, Steered, last_lines

FRIDAY, MONDAY, TUESDAY = "2020-02-28", "2020-03-02", "2020-03-03"
JOB = ("-e", "awx_job_id=7")
ACCOUNTS = {ONE: "CXYZ001", TWO: "CXYZ002"}


class Job(Steered):
    """A participant whose runs leave artifacts, and find no sudo on the control node."""

    def environment(self) -> dict[str, str]:
        tools = self.root / "tools"  # all but sudo
        tools.mkdir(exist_ok=True)
        for name in (
            "sh",
            "env",
            "rm",
            "mkdir",
            "cat",
            "echo",
            "sleep",
            "chmod",
            "umask",
            "head",
            "find",
            "sed",
            "test",
        ):
            found = shutil.which(name)
            if found and not (tools / name).exists():
                (tools / name).symlink_to(found)
        ours = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", "PATH": str(tools), "ANSIBLE_BECOME_ALLOW_SAME_USER": "1"}
        return {**super().environment(), **ours}

    def at_work(self, host: str) -> Any:
        """Another run that works with the host's account."""
        lock = (self.folder(host) / "state" / f"{ACCOUNTS[host]}.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return lock


def artifacts(outcome: Outcome) -> dict[str, Any]:
    """What a run has left with set_stats, as Ansible shows it."""
    said = outcome.output.partition("CUSTOM STATS: ")[2].partition("RUN: ")[2]
    found: dict[str, Any] = json.JSONDecoder().raw_decode(said)[0] if said else {}
    return found


def events(outcome: Outcome, task: str) -> list[str]:
    """What a task has shown, an event each."""
    shown = outcome.output.partition(f"TASK [{task}]")[2].partition("\nTASK [")[0]
    return re.findall(r"^(?:ok|fatal): \[.*?(?=^(?:ok|fatal|skipping): |\Z)", shown, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator) -> Job:
    root = tmp_path_factory.mktemp("awx")
    stage = Job(root, exchange)
    inventory = json.loads(stage.inventory.read_text())
    participant = inventory["cp_cxyz"]
    for host, account in ACCOUNTS.items():
        participant["hosts"][host]["dcass_account"] = account
    del participant["vars"]["dcass_package_dir"]
    stage.inventory.write_text(json.dumps(inventory))
    stage.at("2018-05-01T09:00")
    return stage


@pytest.fixture(scope="module")
def registered(stage: Job, exchange: Emulator) -> Outcome:
    outcome = stage.play("dcass.sftp.register", log="register")
    assert outcome.code == 0, outcome.output
    exchange.control.register(stage.folder(ONE) / "etc" / "registration" / "CXYZ.zip")
    assert stage.play("dcass.sftp.register", "-e", "dcass_registered_on=2018-05-01", log="registered").code == 0
    return outcome


def test_the_package_stays_on_the_first_workstation_and_whoever_started_the_run_has_it_too(
    stage: Job, registered: Outcome
) -> None:
    kept = stage.folder(ONE) / "etc" / "registration" / "CXYZ.zip"
    (left,) = artifacts(registered)["dcass_package"].values()
    assert base64.b64decode(left["base64"]) == kept.read_bytes()
    assert left["sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    assert left["file"] == "CXYZ.zip"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o644, 0o755)
    assert f"ansible -i INVENTORY {ONE} -m ansible.builtin.fetch" in registered.output
    assert not (stage.root / "registration").exists()


def test_the_second_run_changes_nothing_and_leaves_the_package_all_the_same(stage: Job, registered: Outcome) -> None:
    again = stage.play("dcass.sftp.register", log="again")
    assert (again.code, again.changed) == (0, 0), again.output
    assert artifacts(again)["dcass_package"] == artifacts(registered)["dcass_package"]


def test_on_a_control_node_of_one_s_own_it_may_stay_there(stage: Job, registered: Outcome) -> None:
    outcome = stage.play("dcass.sftp.register", "-e", "dcass_package_host=localhost", log="here")
    assert outcome.code == 0, outcome.output
    assert (stage.root / "registration" / "CXYZ.zip").is_file()
    shutil.rmtree(stage.root / "registration")


def test_what_was_there_is_kept_and_where_the_folder_goes_afterwards_the_artifacts_have_the_package(
    stage: Job, registered: Outcome
) -> None:
    folder = stage.root / "gone"
    folder.mkdir()
    (folder / "CXYZ.zip").write_bytes(b"submitted")
    outcome = stage.play("dcass.sftp.register", "-e", f"dcass_package_dir={folder}", log="gone")
    assert "was there with other content, and may have been submitted. It is kept as" in outcome.output
    assert b"submitted" in [path.read_bytes() for path in folder.iterdir()]
    data = (folder / "CXYZ.zip").read_bytes()
    shutil.rmtree(folder)
    assert base64.b64decode(artifacts(outcome)["dcass_package"]["CXYZ"]["base64"]) == data


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        pytest.param(
            (*JOB, "-e", "dcass_package_host=localhost"),
            "localhost is the execution environment of this job, and what is written there goes with it.",
            id="the execution environment",
        ),
        pytest.param(
            ("-e", "tower_job_id=7"),
            f"{ONE} is the execution environment of this job, and what is written there goes with it.",
            id="a workstation that is the execution environment",
        ),
        pytest.param(
            ("-e", "tower_job_id=7 ansible_connection=ansible.builtin.local"),
            f"{ONE} is the execution environment of this job, and what is written there goes with it.",
            id="the same by its full name",
        ),
        pytest.param(
            ("-e", "dcass_package_host=cxyz-ws9"),
            "dcass_package_host is cxyz-ws9, and the inventory has no such host.",
            id="a host that is none",
        ),
    ],
)
def test_a_place_that_does_not_stay_is_refused_before_a_key_is_put_out_of_use(
    stage: Job, registered: Outcome, arguments: tuple[str, ...], why: str
) -> None:
    key = ("-e", f"dcass_compromised={registered.of('account_key')[ONE]['fingerprint']}")
    outcome = stage.play("dcass.sftp.compromised_key", *arguments, *key, log="misplaced")
    assert (outcome.code, outcome.changed) == (2, 0), outcome.output
    assert all(f"no_package: CXYZ.zip was not built: {why}" in line for line in last_lines(outcome))
    assert outcome.of("key_renewal") == {}


def test_nor_is_a_key_made_for_a_package_without_a_place(stage: Job, registered: Outcome) -> None:
    outcome = stage.play("dcass.sftp.register", *JOB, log="misplaced_register")
    assert (outcome.code, outcome.of("account_key")) == (2, {}), outcome.output
    assert [line.split()[2] for line in last_lines(outcome)] == ["no_package:"] * 2
    assert artifacts(outcome)["dcass_next_actions"] == {
        "total": 2,
        "accounts": {line.split()[1].rstrip(":"): [line] for line in last_lines(outcome)},
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="the sudo that stands in here makes nobody root")
def test_with_escalation_for_all_and_no_sudo_the_package_is_built(stage: Job, registered: Outcome) -> None:
    text = stage.inventory.read_text()
    shell = shutil.which("sh")
    sudo = stage.root / "sudo_of_workstations"  # theirs is there; the control node's is not
    sudo.write_text(f'#!{shell}\nwhile [ "$1" != {shell} ] && [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n')
    sudo.chmod(0o755)
    inventory = json.loads(text)
    inventory["cp_cxyz"]["vars"]["ansible_become_exe"] = str(sudo)
    stage.inventory.write_text(json.dumps(inventory))
    try:
        outcome = stage.play("dcass.sftp.register", "--become", "-e", "dcass_package_host=localhost", log="become")
    finally:
        stage.inventory.write_text(text)
        shutil.rmtree(stage.root / "registration", ignore_errors=True)
    assert outcome.code == 0, outcome.output
    assert artifacts(outcome)["dcass_package"]["CXYZ"]["sha256"]


@pytest.fixture(scope="module")
def synced(stage: Job, registered: Outcome, exchange: Emulator) -> dict[str, Outcome]:
    stage.at(f"{MONDAY}T07:00")
    exchange.control.publish(date=FRIDAY, scale=0.01)
    stage.at(f"{MONDAY}T07:10")
    expects = ("-e", json.dumps({"dcass_report_expected": ["*NEVER*"]}))
    runs = {"first": stage.play("dcass.sftp.sync_reports", *JOB, *expects, log="first")}
    with stage.at_work(ONE):
        runs["busy"] = stage.play("dcass.sftp.sync_reports", *JOB, log="busy")
        runs["once more"] = stage.play("dcass.sftp.sync_reports", *JOB, log="once_more")
        runs["renewal"] = stage.play("dcass.sftp.renew_keys", *JOB, log="renewal_busy")
        runs["renewal once more"] = stage.play("dcass.sftp.renew_keys", *JOB, log="renewal_once_more")
    stage.at(f"{MONDAY}T07:30")
    runs["after"] = stage.play("dcass.sftp.sync_reports", *JOB, log="after")
    runs["status"] = stage.play("dcass.sftp.status", *JOB, log="status")
    runs["terminal"] = stage.play("dcass.sftp.status", log="terminal")
    return runs


def test_a_sync_leaves_what_is_missing_for_each_account_and_in_all(synced: dict[str, Outcome]) -> None:
    assert synced["first"].code == 0, synced["first"].output
    left = artifacts(synced["first"])
    assert set(left) == {"dcass_next_actions", "dcass_missing", "dcass_expiring", "dcass_lost"}
    assert left["dcass_next_actions"] == {"total": 0, "accounts": {}}
    asked = {entry["expected"] for its in left["dcass_missing"]["accounts"].values() for entry in its}
    assert asked == {"*NEVER*"} and set(left["dcass_missing"]["accounts"]) == set(ACCOUNTS.values())
    assert left["dcass_missing"]["total"] == len(left["dcass_missing"]["accounts"]["CXYZ001"])


def test_one_busy_run_is_green_and_told_two_are_red(synced: dict[str, Outcome]) -> None:
    busy, more = synced["busy"], synced["once more"]
    assert busy.code == 0, busy.output
    said = "CXYZ001: busy: Another run works with CXYZ001 on this workstation. This run leaves the work to it; "
    assert said in events(busy, "dcass.sftp.report_sync : Tell what came of it")[0]
    assert artifacts(busy)["dcass_next_actions"]["total"] == 1
    assert more.code == 2
    (line,) = last_lines(more)
    assert line.startswith(f"{ONE} CXYZ001: busy: Another run works with CXYZ001 on this workstation. It did so when ")
    assert synced["after"].code == 0, synced["after"].output


def test_so_it_is_with_renewals_which_count_for_themselves(synced: dict[str, Outcome]) -> None:
    assert synced["renewal"].code == 0, synced["renewal"].output
    (entry,) = artifacts(synced["renewal"])["dcass_renewals"]["accounts"]["CXYZ001"]
    assert (entry["state"], entry["outcome"]) == ("unknown", "busy")
    assert synced["renewal once more"].code == 2
    assert [line.split()[2] for line in last_lines(synced["renewal once more"])] == ["busy:"]


@pytest.mark.parametrize("run", ["first", "busy", "once more", "after"])
def test_in_a_job_each_workstation_has_an_event_of_its_own(synced: dict[str, Outcome], run: str) -> None:
    shown = events(synced[run], "dcass.sftp.report_sync : Tell what came of it")
    assert [re.findall(r"\(item=(\S+?)\)", event)[0] for event in shown] == [ONE, TWO]
    assert max(map(len, shown)) < 1000


def test_no_event_of_any_task_is_cut_off(registered: Outcome, synced: dict[str, Outcome]) -> None:
    of_jobs = [outcome for name, outcome in synced.items() if name != "terminal"]
    for outcome in (registered, *of_jobs):
        parts = re.split(
            r"^(?=(?:ok|changed|fatal|failed|skipping): \[|TASK \[|PLAY )", outcome.output, flags=re.MULTILINE
        )
        shown = [part for part in parts if re.match("ok|changed|fatal|failed", part)]
        assert len(shown) > 3 and max(map(len, shown)) <= 1000, max(shown, key=len)


def test_the_status_is_a_page_at_a_terminal_and_in_a_job_an_event_a_workstation(synced: dict[str, Outcome]) -> None:
    assert synced["status"].code == synced["terminal"].code == 0, synced["status"].output
    task = "dcass.sftp.status : Show what is due next"
    job, (page,) = events(synced["status"], task), events(synced["terminal"], task)
    who = [re.findall(r"\(item=(.+?)\) =>", event)[0] for event in job]
    assert (who[0], sorted(who[1:-1]), who[-1]) == ("the facility", [ONE, TWO], "the evidence")
    lines = [line for event in job for line in re.findall(r'^ {8}"(.*?)",?$', event, re.MULTILINE)]
    assert lines == re.findall(r'^ {8}"(.*?)",?$', page, re.MULTILINE)
    left = artifacts(synced["status"])
    assert set(left["dcass_renewals"]["accounts"]) <= set(ACCOUNTS.values())
    assert left["dcass_next_actions"]["total"] >= 1


TAKES = 50  # seconds for which the facility keeps the first of two runs at work; the second one is over before


@pytest.mark.long("above another run's lock stands for another run")
@pytest.mark.parametrize(
    ("moment", "first", "fault", "second"),
    [
        pytest.param("08:00", "sync_reports", ("stall", {"path": "*SLOW*"}), "renew_keys", id="renewal during a sync"),
        pytest.param("09:00", "renew_keys", ("result_late", {}), "sync_reports", id="sync during a renewal"),
    ],
)
def test_of_two_that_are_started_on_one_account_one_works_and_the_other_leaves_it_to_it(
    stage: Job, synced: dict[str, Outcome], exchange: Emulator, moment: str, first: str, fault: Any, second: str
) -> None:
    stage.at(f"{TUESDAY}T{moment}")
    stage.play(f"dcass.sftp.{second}", f"--limit={ONE}", *JOB, log="before")  # or the one before was busy as well
    name, settings = fault
    exchange.control.publish(name=f"SLOW_{moment[:2]}_20200302.csv", folder="CXYZ", size=100)
    exchange.control.fault_arm(name, times=1, account="CXYZ001", seconds=TAKES, **settings)
    since = exchange.control.status()["last_event"]
    arguments = {"sync_reports": (), "renew_keys": ("-e", "dcass_renewal_force=true")}
    with ThreadPoolExecutor() as runs:
        working = runs.submit(stage.play, f"dcass.sftp.{first}", f"--limit={ONE}", *JOB, *arguments[first], log="works")
        while not exchange.control.events(since=since, account="CXYZ001", event="login"):
            assert not working.done(), working.result().output
            time.sleep(0.1)
        other = stage.play(f"dcass.sftp.{second}", f"--limit={ONE}", *JOB, log="leaves")
        assert not working.done(), "the two did not meet"
    works = working.result()
    assert (works.code, other.code) == (0, 0), works.output + other.output
    modules = {"sync_reports": "report_sync", "renew_keys": "key_renewal"}
    assert other.of(modules[second])[ONE]["outcome"] == "busy"
    assert works.of(modules[first])[ONE]["outcome"] != "busy" and works.changed > 0
    spent = {"sync_reports": 1, "renew_keys": 2}[first]
    assert len(exchange.control.events(since=since, account="CXYZ001", event="login")) == spent


def test_nothing_was_done_that_the_guide_forbids(synced: dict[str, Outcome], exchange: Emulator) -> None:
    assert exchange.control.violations() == []
