# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of AWX, over ssh: on another node, with escalation and as talkative as it gets; then here, again.

DCASS_CORES names folders of more ansible-playbooks, as PATH does, for the whole story with each of them.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import VERSION
from demo.rehearsal import CHECKOUT
from emulator.client import Emulator, running
from tests.e2e.runner import ACCOUNTS, ADDRESSES, AS_TALKATIVE_AS_IT_GETS, DEV, STUBS, Controller, Job
from tests.e2e.sshd import serving, sshd
from tests.e2e.steered import ONE, REGISTERED, TWO
from tests.e2e.test_renewal_secrets import PASSPHRASE, secrets_of

pytestmark = pytest.mark.skipif(not sshd(), reason="no sshd: Debian's openssh-server has it")

FRIDAY, MONDAY = "2020-02-28", "2020-03-02"
IN_TIME, NEXT = "2018-11-20", "2018-11-21"  # nothing is due
ENV = re.compile(r"(?:jobs/[\w-]+|sent/\d+)/env/(?:ssh_key|extravars)")
QUICK, WHOLE = "quick", "whole"
PIPELINED = {"ansible_pipelining": True}  # sooner done; AWX does without, as the first jobs of the whole story


@dataclass(frozen=True)
class Step:
    """A job: when it runs, what of, and whether it changes anything; it is run again where it is repeated."""

    name: str
    stub: str
    moment: str
    changes: bool = True
    variables: dict[str, Any] = field(default_factory=dict)
    is_quick: bool = False  # in `make test`
    is_repeated: bool = True


NAMED = {"dcass_switch_who": "Chan Tai Man", "dcass_switch_why": "circular 123/26", "dcass_switch_confirmed": True}
CLOSED = {
    "dcass_acknowledge": "*NONE*",
    "dcass_acknowledge_day": IN_TIME,
    "dcass_acknowledge_why": "had by mail",
    "dcass_acknowledge_who": "Chan Tai Man",
}
STORY = (
    Step("check", "check_inventory", f"{REGISTERED}T09:00", changes=False),
    Step("preflight", "preflight", f"{REGISTERED}T09:00", changes=False),
    Step("rollout", "rollout", f"{REGISTERED}T09:10", is_quick=True),
    Step("register", "register", f"{REGISTERED}T09:20", is_quick=True),
    Step("registered", "register", f"{REGISTERED}T10:00", variables={"dcass_registered_on": REGISTERED}),
    Step("sync", "sync_reports", f"{IN_TIME}T18:00", is_quick=True),
    Step("adopt", "adopt", f"{IN_TIME}T18:10", changes=False, variables={"dcass_adopt_from": "/nowhere"}),
    Step("not-due", "renew_keys", f"{IN_TIME}T18:20", changes=False),
    Step("renewal", "renew_keys", f"{IN_TIME}T18:30", variables={"dcass_renewal_force": True}, is_repeated=False),
    Step("status", "status", f"{IN_TIME}T18:40", changes=False, is_quick=True),
    Step(
        "morning", "sync_reports", f"{NEXT}T07:05", variables={"dcass_report_expected": ["*NONE*"]}, is_repeated=False
    ),
    Step("acknowledge", "acknowledge", f"{NEXT}T07:10", variables=CLOSED),
    Step("verify", "verify", f"{NEXT}T07:20", changes=False),
    Step("export", "export", f"{NEXT}T07:30", variables={"dcass_export_since": REGISTERED}),
    Step("back", "downgrade", f"{NEXT}T07:35", changes=False, variables={"dcass_state_version": VERSION}),
    Step("switch", "switch_site", f"{NEXT}T07:40", variables={"dcass_switch_to": "secondary", **NAMED}),
    Step("withdraw", "compromised_key", f"{NEXT}T08:00", is_repeated=False),
    Step("remove", "remove", f"{NEXT}T08:10"),
)


@dataclass
class Told:
    """The jobs of a story by their names, what must be in none of them, and what the facility objects to."""

    jobs: dict[str, Job] = field(default_factory=dict)
    secrets: list[bytes] = field(default_factory=list, repr=False)
    package: bytes = b""
    violations: list[Any] = field(default_factory=list)


def play(stage: Controller, exchange: Emulator, quick: bool) -> Told:
    """Run each job on another node, then again here."""
    story = Told(secrets=[line for line in stage.way.login.read_bytes().splitlines() if b"---" not in line])
    for step in (step for step in STORY if step.is_quick or not quick):
        stage.at(step.moment)
        if step.name == "sync":
            exchange.control.publish(date=IN_TIME, scale=0.01)
        if step.name == "switch":
            exchange.control.site("secondary")
        more = dict(step.variables)
        if step.stub == "compromised_key":
            more["dcass_compromised"] = story.jobs["renewal"].of("key_renewal")[ONE]["new_fingerprint"]
        job = stage.job(step.stub, *AS_TALKATIVE_AS_IT_GETS, "--become", name=step.name, mesh=True, **more)
        story.jobs[step.name] = job
        if step.is_repeated and not quick:
            again = {**more, **PIPELINED}
            story.jobs[f"{step.name}-again"] = stage.job(step.stub, name=f"{step.name}-again", **again)
        if step.name == "register":
            story.package = (stage.folder(ONE) / "etc" / "registration" / "CXYZ.zip").read_bytes()
            (package := stage.root / "CXYZ.zip").write_bytes(packed(job))
            exchange.control.register(package)
        if step.stub != "remove":
            story.secrets += secrets_in(stage)
    if quick:
        stage.at(f"{IN_TIME}T18:30")
        story.jobs["sync-again"] = stage.job("sync_reports", name="sync-again")
        force = {"dcass_renewal_force": True}
        story.jobs["renewal"] = stage.job("renew_keys", *AS_TALKATIVE_AS_IT_GETS, name="renewal", **force)
        story.secrets += secrets_in(stage)
    story.violations = exchange.control.violations()
    return story


def secrets_in(stage: Controller) -> list[bytes]:
    """What tells the private keys that workstations have now."""
    keys = [path for host in (ONE, TWO) for path in (stage.folder(host) / "etc" / "keys").glob("*/current/id_rsa")]
    return [line for key in keys for line in secrets_of(key.read_bytes())]


def packed(job: Job) -> bytes:
    """The registration package as a job's artifacts have it."""
    return base64.b64decode(job.artifacts["dcass_package"]["CXYZ"]["base64"])


def cores() -> Iterator[Any]:
    """What to tell the story with: `make test` spares all but its beginning, with the core of the checkout."""
    spared = "the checkout's ansible-core stands for the others, and a part of the story for all of it"
    yield pytest.param((DEV, QUICK), id="quick")
    yield pytest.param((DEV, WHOLE), id="whole", marks=pytest.mark.long(spared))
    others = [str(CHECKOUT / ".build" / "envs" / "core-2.17" / "bin"), *os.environ.get("DCASS_CORES", "").split(":")]
    for place in map(Path, filter(None, others)):
        for part in (QUICK, WHOLE):
            yield pytest.param((place, part), id=f"{part} {place.parent.name}", marks=pytest.mark.long(spared))


@pytest.fixture(scope="module", params=cores())
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    core, part = request.param
    if not (core / "ansible-playbook").exists():
        pytest.skip(f"the environment {core.parent.name} is not built (python tools/environments.py core-2.17)")
    root = tmp_path_factory.mktemp("runner")
    with running(root / "facility") as exchange, serving(root / "way", ADDRESSES) as way:
        return play(
            Controller(root / "stage", exchange, way, core, dcass_passphrase=PASSPHRASE), exchange, part == QUICK
        )


def test_every_job_is_green(story: Told) -> None:
    for name, job in story.jobs.items():
        assert (job.code, job.counts["failures"], job.counts["dark"]) == (0, {}, {}), f"{name}: {job.output[-3000:]}"
    assert story.violations == []


def test_the_first_job_of_each_kind_changes_what_it_is_for_and_the_second_nothing(story: Told) -> None:
    steps = [step for step in STORY if step.name in story.jobs]
    assert {step.name: story.jobs[step.name].changed > 0 for step in steps} == {s.name: s.changes for s in steps}
    again = {name: job.changed for name, job in story.jobs.items() if name.endswith("-again")}
    assert again == dict.fromkeys(again, 0) != {}


def test_every_playbook_has_its_part_in_the_whole_story() -> None:
    assert {step.stub for step in STORY} == set(STUBS)


def test_a_forced_renewal_renews_both_keys(story: Told) -> None:
    states = {host: result["state"] for host, result in story.jobs["renewal"].of("key_renewal").items()}
    assert states == {ONE: "renewed", TWO: "renewed"}


def test_the_package_is_had_from_the_artifacts_of_a_job_whose_folder_is_gone(story: Told) -> None:
    assert packed(story.jobs["register"]) == story.package != b""


def test_secrets_are_where_awx_puts_them_and_nowhere_else(story: Told) -> None:
    sought = {*story.secrets, PASSPHRASE.encode(), b"PRIVATE KEY-----"}
    assert len(sought) > 300
    found: dict[str, set[str]] = {}
    for name, job in story.jobs.items():
        telling = {place for place, text in job.seen.items() if any(secret in text for secret in sought)}
        assert {place for place in telling if not ENV.fullmatch(place)} == set(), name
        found[name] = {place.rpartition("/")[2] for place in telling}
    assert found == {name: {"ssh_key", "extravars"} for name in story.jobs}, "the search finds what is there"


def test_there_is_much_to_search(story: Told) -> None:
    seen = story.jobs["sync"].seen
    assert sum(name.startswith("back/line") for name in seen) > 50, "its events"
    assert any(name.endswith("project/sync_reports.yml") for name in seen if name.startswith("sent/"))
    assert b"SSH: EXEC ssh " in b"".join(seen.values()) and len(seen) > 50
    assert {"transmit", "worker", "process"} <= set(seen)


def test_no_event_is_cut_off_where_nobody_asks_for_more(story: Told) -> None:
    quiet = {name: job for name, job in story.jobs.items() if name.endswith("-again")}
    for name, job in quiet.items():
        longest = max((event["stdout"] for event in job.events if event["event"].startswith("runner_")), key=len)
        assert len(longest) <= 1000, f"{name}: {longest}"
    for its in (story.jobs["sync"], story.jobs["status"]):
        assert json.dumps(its.artifacts) and set(its.artifacts["dcass_missing"]["accounts"]) <= set(ACCOUNTS.values())
