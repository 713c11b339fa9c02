# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""awx/setup.yml and awx/teardown.yml, each run twice; `DCASS_AWX=http://…` runs them against an AWX that is there.

Something must run the updates and jobs of that AWX; what is named dcass there is made and taken away.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.awx.conftest import ROOT, Client
from tests.awx.standin import HIDDEN, KINDS

SECRETS = {"passphrase": "a{{ 7*7 }}b'\"\\ü", "registry": "Rosebud-1", "project": "Rosebud-2", "mail": "Rosebud-3"}
READ = [  # what is read from files that people may have written anywhere
    f"dcass_awx_{what}"
    for what in ("passphrase", "passphrases", "project_password", "registry_password", "notification_secret")
]
LOOKED_AT = [kind for kind in KINDS if kind not in ("jobs", "project_updates", "labels", "instances")]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run of a playbook has come to."""

    code: int
    output: str

    @property
    def changed(self) -> list[str]:
        """The tasks that have changed something, each as often as it did so."""
        tasks = re.split(r"^(?:TASK|RUNNING HANDLER) \[(.*?)\] \*+$", self.output, flags=re.MULTILINE)
        return [
            name
            for name, said in zip(tasks[1::2], tasks[2::2], strict=True)
            for _one in re.findall("^changed: ", said, re.M)
        ]


class Operator:
    """Somebody who has filled in vars.yml, and runs the playbooks against an AWX."""

    def __init__(self, root: pathlib.Path, awx: Client) -> None:
        self.root, self.awx = root, awx
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", root / "login"], check=True)
        for name, secret in SECRETS.items():
            (root / name).write_text(secret + "\n")
        self.has: dict[str, Any] = {
            "dcass_awx_login_key_file": str(root / "login"),
            "dcass_awx_passphrase_file": str(root / "passphrase"),
            "dcass_awx_project_user": "reader",
            "dcass_awx_project_password_file": str(root / "project"),
            "dcass_awx_registry": "registry.example.org",
            "dcass_awx_registry_user": "reader",
            "dcass_awx_registry_password_file": str(root / "registry"),
            "dcass_awx_notification_type": "email",
            "dcass_awx_notification_secret_file": str(root / "mail"),
            "dcass_awx_one_at_a_time": True,
            "dcass_awx_wait": 60,
        }

    def plays(self, playbook: str, **more: Any) -> Outcome:
        """Run a playbook with what vars.yml would say."""
        program = pathlib.Path(sys.executable).parent / "ansible-playbook"
        command = [program, ROOT / "awx" / f"{playbook}.yml", "-e", json.dumps({**self.has, **more})]
        place = {
            **os.environ,
            "CONTROLLER_HOST": self.awx.address,
            "CONTROLLER_OAUTH_TOKEN": self.awx.token,
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_LOCAL_TEMP": str(self.root / "tmp"),
        }
        ended = subprocess.run(
            [str(word) for word in command], env=place, capture_output=True, text=True, timeout=900, cwd=self.root
        )
        (self.root / f"{playbook}{time.monotonic_ns()}.log").write_text(ended.stdout + ended.stderr)
        return Outcome(ended.returncode, ended.stdout + ended.stderr)

    def sees(self) -> dict[str, set[str]]:
        """All that is in AWX, by kind and name, but for what it is about to take away."""
        rows = {kind: self.awx.ask("GET", f"{kind}/?page_size=200").json()["results"] for kind in LOOKED_AT}
        return {
            kind: {row.get("name") or row["identifier"] for row in its if not row.get("pending_deletion")}
            for kind, its in rows.items()
        }


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory, awx: Client) -> Operator:
    return Operator(tmp_path_factory.mktemp("operator"), awx)


@pytest.fixture(scope="module")
def before(operator: Operator) -> dict[str, set[str]]:
    return operator.sees()


@pytest.fixture(scope="module")
def setup(operator: Operator, before: dict[str, set[str]]) -> Outcome:
    outcome = operator.plays("setup")
    assert outcome.code == 0, outcome.output
    return outcome


@pytest.fixture(scope="module")
def rotated(operator: Operator, setup: Outcome) -> Outcome:
    (operator.root / "passphrase").write_text(SECRETS["passphrase"] + "2\n")
    return operator.plays("setup", dcass_awx_rotate="passphrase")


@pytest.fixture(scope="module")
def teardown(operator: Operator, setup: Outcome) -> Outcome:
    return operator.plays("teardown")


def test_it_uses_each_kind_of_object_that_awx_has_for_it(
    operator: Operator, before: dict[str, set[str]], setup: Outcome
) -> None:
    assert len(setup.changed) > 20
    assert {kind for kind, names in operator.sees().items() if names - before[kind]} == set(LOOKED_AT)


def test_it_ends_by_saying_that_the_preflight_is_green(setup: Outcome) -> None:
    assert "preflight is green" in setup.output


@pytest.mark.parametrize(
    ("more", "said"),
    [
        pytest.param(
            {"dcass_awx_login_key_file": "/srv/nowhere/login", "dcass_awx_passphrase_file": "nothing"},
            "dcass_awx_login_key_file is /srv/nowhere/login, which is empty or can't be read. "
            "dcass_awx_passphrase_file is nothing, which is empty or can't be read.",
            id="files that are not there",
        ),
        pytest.param(
            {"dcass_awx_registry_password_file": "/dev/null"},
            "dcass_awx_registry_password_file is /dev/null, which is empty or can't be read.",
            id="an empty one",
        ),
        pytest.param({"dcass_awx_rotate": "login,logn"}, "There is no logn to rotate", id="a secret that is none"),
        pytest.param(
            {"dcass_awx_passphrase_by": "extra_vars"}, "say dcass_awx_passphrase_by: file.", id="braces without a file"
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_asked_of_awx(
    operator: Operator, before: dict[str, set[str]], more: dict[str, str], said: str
) -> None:
    outcome = operator.plays("setup", **more)
    assert (outcome.code, outcome.changed) == (2, [])
    assert said in outcome.output
    assert not [secret for secret in SECRETS.values() if secret in outcome.output]


def test_what_windows_puts_around_a_secret_belongs_to_none(tmp_path: pathlib.Path) -> None:
    secret = SECRETS["passphrase"]
    (tmp_path / "secret").write_bytes(f"\ufeff{secret}\r\n".encode())
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars_files": [str(ROOT / "awx" / name) for name in ("vars.yml", "objects.yml")],
        "tasks": [{"ansible.builtin.debug": {"var": name}} for name in READ],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    given = json.dumps({f"{name}_file": str(tmp_path / "secret") for name in READ})
    command = [pathlib.Path(sys.executable).parent / "ansible-playbook", tmp_path / "play.yml", "-e", given]
    place = {**os.environ, "ANSIBLE_NOCOLOR": "true", "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp")}
    said = subprocess.run([str(word) for word in command], env=place, capture_output=True, text=True, check=True).stdout
    assert {name: json.loads(value) for name, value in re.findall(r'"(dcass_awx_\w+)": (".*")', said)} == dict.fromkeys(
        READ, secret
    )


@pytest.mark.long("a rotation, after which all but one object are as they were")
def test_a_second_setup_changes_nothing(operator: Operator, setup: Outcome) -> None:
    again = operator.plays("setup")
    assert (again.code, again.changed) == (0, []), again.output


def test_a_secret_that_is_rotated_is_the_one_change_that_a_setup_makes(rotated: Outcome) -> None:
    assert (rotated.code, rotated.changed) == (0, ["Have the credentials"]), rotated.output


def test_no_secret_is_shown(operator: Operator, setup: Outcome, rotated: Outcome) -> None:
    assert not [secret for secret in SECRETS.values() if secret in setup.output + rotated.output]
    rows = operator.awx.ask("GET", "credentials/?page_size=200").json()["results"]
    shown = {name: value for row in rows for name, value in row["inputs"].items()}
    assert {shown[name] for name in ("ssh_key_data", "passphrase", "password")} == {HIDDEN}


def test_a_teardown_leaves_nothing(operator: Operator, before: dict[str, set[str]], teardown: Outcome) -> None:
    assert teardown.code == 0, teardown.output
    assert operator.sees() == before


def test_a_second_teardown_changes_nothing(operator: Operator, teardown: Outcome) -> None:
    again = operator.plays("teardown")
    assert (again.code, again.changed) == (0, []), again.output
