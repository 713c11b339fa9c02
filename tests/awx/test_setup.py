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
        return [name for name, said in zip(tasks[1::2], tasks[2::2]) for _one in re.findall("^changed: ", said, re.M)]


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
def story(operator: Operator) -> dict[str, Any]:
    told: dict[str, Any] = {"before": operator.sees()}
    told["setup"] = operator.plays("setup")
    told["made"] = operator.sees()
    told["setup again"] = operator.plays("setup")
    told["rotated"] = operator.plays("setup", dcass_awx_rotate="passphrase", dcass_awx_launch=False)
    told["credentials"] = operator.awx.ask("GET", "credentials/?page_size=200").json()["results"]
    told["teardown"] = operator.plays("teardown")
    told["left"] = operator.sees()
    told["teardown again"] = operator.plays("teardown")
    return told


def test_a_second_setup_changes_nothing(story: dict[str, Any]) -> None:
    assert story["setup"].code == 0, story["setup"].output
    assert len(story["setup"].changed) > 20
    assert (story["setup again"].code, story["setup again"].changed) == (0, []), story["setup again"].output


def test_it_ends_by_saying_whether_the_preflight_is_green(story: dict[str, Any]) -> None:
    assert "dcass preflight is green" in story["setup"].output
    assert "dcass preflight is green" in story["setup again"].output


def test_a_secret_that_is_rotated_is_the_one_change(story: dict[str, Any]) -> None:
    assert (story["rotated"].code, len(story["rotated"].changed)) == (0, 1), story["rotated"].output


def test_no_secret_is_shown(story: dict[str, Any]) -> None:
    said = [outcome.output for outcome in story.values() if isinstance(outcome, Outcome)]
    assert not [secret for secret in SECRETS.values() for one in said if secret in one]
    shown = {name: value for row in story["credentials"] for name, value in row["inputs"].items()}
    assert {shown[name] for name in ("ssh_key_data", "passphrase", "password")} == {HIDDEN}


def test_what_it_makes_is_on_the_page(story: dict[str, Any]) -> None:
    made = {kind: names - story["before"][kind] for kind, names in story["made"].items()}
    assert {kind for kind, names in made.items() if names} == set(LOOKED_AT), "each kind of AWX's objects is used"


def test_a_teardown_leaves_nothing_and_a_second_one_changes_nothing(story: dict[str, Any]) -> None:
    assert story["teardown"].code == 0, story["teardown"].output
    assert story["left"] == story["before"]
    assert (story["teardown again"].code, story["teardown again"].changed) == (0, []), story["teardown again"].output
