# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that lies on the host and one that is sent there say the same, to the last key; and which it was is told."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import installed_code
from demo.rehearsal import Outcome
from emulator.client import Emulator, running
from tests.e2e.steered import ONE, Steered, laid_code

SENT = {"dcass_installed_code": False}
ON_THE_HOST = "is run by the code that lies on the host"
SECRET = "s3cret ' \" {{ 7 * 7 }} words"
FACILITY = {  # options of a module that logs in
    "addresses": "{{ dcass_addresses }}",
    "known_hosts": "{{ dcass_config_dir }}/known_hosts",
    "source_address": "{{ dcass_workstation_address }}",
    "outside_hours": "ignore",
}
# what two runs of one module can't have in common: moments, durations, and what is free on the disk
MOVING = re.compile(
    r"(_at|_timestamp|_ms|_free_bytes|seconds|began|ended|runs|run_days|logins|logins_left|used|left|_sync)$"
)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator) -> Steered:
    """A registered pair that has everything the facility shows."""
    stage = Steered(tmp_path_factory.mktemp("code"), exchange)
    stage.register()
    exchange.control.publish(scale=0.01)
    outcome = stage.play("dcass.sftp.sync_reports")
    assert outcome.code == 0, outcome.output
    return stage


def run(stage: Steered, *tasks: dict[str, Any], **variables: Any) -> Outcome:
    """Run tasks on the first workstation as a playbook of somebody's own would."""
    sudo = stage.root / "sudo"  # this machine may have none; what it stands before is Ansible's own
    sudo.write_text('#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n')
    sudo.chmod(0o755)
    python = {"ansible_python_interpreter": "{{ dcass_venv }}/bin/python", "ansible_become_exe": str(sudo)}
    play = {"hosts": ONE, "gather_facts": False, "vars": {**python, **variables}, "tasks": tasks}
    path = stage.root / "play.json"
    path.write_text(json.dumps([play]))
    return stage.play(str(path), "-vvv", log="one")


def task(stage: Steered, module: str, options: dict[str, Any] | None = None, **keywords: Any) -> dict[str, Any]:
    account = {"account": "CXYZ001", **{name: str(path) for name, path in folders(stage).items()}}
    return {f"dcass.sftp.{module}": {**account, **(options or {})}, **keywords}


def folders(stage: Steered) -> dict[str, Path]:
    return {"state_dir": stage.folder(ONE) / "state", "key_dir": stage.folder(ONE) / "etc" / "keys"}


def told(said: str) -> tuple[str, dict[str, Any]]:
    """How it ended and the result, as -vvv shows it, with what the module was asked, and without what moves."""
    shown = re.findall(rf"(?ms)^(\w+): \[{ONE}\](?:: FAILED!)? => (\{{.*?^\}})", said)
    assert len(shown) == 1, said
    return shown[0][0], dict(still(json.loads(shown[0][1])))


def still(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: still(part) for name, part in value.items() if not MOVING.search(name)}
    return [still(part) for part in value] if isinstance(value, list) else value


SYNC = {**FACILITY, "dest": "{{ dcass_report_dir }}"}
CASES: dict[str, tuple[Any, ...]] = {  # module, options, keywords of the task
    "no option but the account's": ("account_info",),
    "in check mode with differences": ("account_info", {}, {"check_mode": True, "diff": True}),
    "a secret, and text for a number": ("account_info", {"passphrase": SECRET, "renew_before": "90"}),
    "an option that Ansible refuses": ("account_info", {"login_budget": "many"}),
    "an option that there is not": ("account_info", {"no_such": 1}),
    "an option that we refuse": ("account_info", {"account": "CXYZ"}),
    "a path of the one who runs it": ("account_info", {"dest": "~/none"}),
    "another environment": ("account_info", {}, {"environment": {"TZ": "Asia/Tokyo", "LC_ALL": "C"}}),
    "without a log": ("account_info", {}, {"no_log": True}),
    "a check of the archive": ("archive_check", {"dest": "{{ dcass_report_dir }}", "deep": True}),
    "a login": ("facility_info", {**FACILITY, "login": True}),
    "nobody who answers": ("facility_info", {**FACILITY, "addresses": ["127.0.0.1:9"]}),
    "a sync in check mode": ("report_sync", SYNC, {"check_mode": True}),
    "a sync that has nothing to fetch": ("report_sync", SYNC),
    "by sudo": ("report_sync", SYNC, {"become": True}),
    "a renewal that is not due": ("key_renewal", FACILITY, {"diff": True}),
}


def of_all(stage: Steered, moment: str, **variables: Any) -> dict[str, str]:
    """What a run of all cases has said of each; the account makes four logins in it."""
    stage.at(moment)
    tasks = []
    for name, (module, *more) in CASES.items():
        options, keywords = (*more, {}, {})[:2]
        tasks.append(task(stage, module, options, name=name, ignore_errors=True, **keywords))
    outcome = run(stage, *tasks, **variables)
    said = re.split(r"(?m)^TASK \[(.*)\] \*+$", outcome.output)
    return dict(zip(said[1::2], said[2::2], strict=True))


@pytest.fixture(scope="module")
def there(stage: Steered) -> dict[str, str]:
    return of_all(stage, "2018-05-02T10:00")


@pytest.fixture(scope="module")
def sent(stage: Steered, there: dict[str, str]) -> dict[str, str]:
    return of_all(stage, "2018-05-02T11:00", **SENT)


@pytest.mark.parametrize("case", CASES)
def test_both_ways_say_the_same(there: dict[str, str], sent: dict[str, str], case: str) -> None:
    assert ON_THE_HOST in there[case] and ON_THE_HOST not in sent[case]
    assert "dcass_installed_code is off" in sent[case]
    assert told(there[case]) == told(sent[case])
    assert SECRET not in there[case]


@pytest.mark.parametrize(
    ("variables", "keywords", "why"),
    [
        pytest.param(
            {"ansible_python_interpreter": "python3"},
            {"environment": {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}},
            "no ansible_python_interpreter",
            id="whatever Python there is",
        ),
        pytest.param({}, {"async": 60, "poll": 1}, "it is to run asynchronously", id="a task that nobody waits for"),
        pytest.param(
            {"ansible_become": True, "ansible_become_method": "su", "ansible_become_user": "root"},
            {},
            "could not go by standard input",
            id="su, which wants a terminal",
        ),
    ],
)
def test_where_it_cannot_be_the_module_is_sent(
    stage: Steered, variables: dict[str, Any], keywords: dict[str, Any], why: str
) -> None:
    outcome = run(stage, task(stage, "account_info", **keywords), **variables)
    assert outcome.code == 0, outcome.output
    assert why in outcome.output and ON_THE_HOST not in outcome.output


@pytest.mark.parametrize("how", ["absent", "half of it", "no Python"])
def test_a_host_without_this_code_is_sent_the_module(stage: Steered, how: str) -> None:
    place = stage.root / "elsewhere"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(stage.root / "venv", place, symlinks=True)
    (place / "dcass").unlink()
    if how == "half of it":
        (place / "dcass" / installed_code.name() / "ansible").mkdir(parents=True)
    if how == "no Python":  # once: as where sudo wants a terminal
        python, once = place / "bin" / "python", place / "once"
        lines = python.read_text().splitlines()
        python.write_text("\n".join([lines[0], f"test -e {once} || {{ touch {once}; exit 1; }}", *lines[1:], ""]))
    outcome = run(stage, task(stage, "account_info"), dcass_venv=str(place))
    assert outcome.code == 0, outcome.output
    assert "The module is sent to the host: the " in outcome.output


def test_what_has_begun_is_never_run_twice(stage: Steered) -> None:
    """It dies in its middle: that is a failure, and nothing is done in its place."""
    place = stage.root / "dying"
    home = place / "dcass" / installed_code.name()
    shutil.copytree(stage.root / "venv" / "bin", place / "bin")
    shutil.copytree(laid_code() / installed_code.name(), home)
    module = home / "ansible_collections" / "dcass" / "sftp" / "plugins" / "modules" / "account_info.py"
    module.write_text("import os\nos.abort()\n")
    shutil.rmtree(module.parent / "__pycache__")
    outcome = run(stage, task(stage, "account_info"), dcass_venv=str(place))
    assert outcome.code == 2
    assert "sent to the host" not in outcome.output


def test_what_is_sent_is_small(stage: Steered) -> None:
    script = installed_code.launcher(
        "/opt/dcass-sftp/bin/python", f"{installed_code.COLLECTION}.modules.report_sync", b"x" * 2000
    )
    assert len(script) < 4096
