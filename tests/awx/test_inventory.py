# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of awx/project as AWX hands it over: each workstation has its account, or the run is refused.

tests/e2e/test_accounts.py plays the same on workstations.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._verdict import verdict
from tests.awx.conftest import PROJECT
from tests.awx.inventory import handed_over

ACCOUNTS = {"cxyz-ws1": "CXYZ001", "cxyz-ws2": "CXYZ002", "cabc-ws1": "CABC001", "cabc-ws2": "CABC002"}
RUN = {"awx_job_id": 7, "awx_job_template_name": "dcass sync_reports"}
SLICE = {"awx_workflow_job_name": "dcass sync_reports"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    program = pathlib.Path(sys.executable).parent / "ansible-inventory"
    command = [program, "-i", PROJECT / "inventory.yml", "--list", "--export"]
    said = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path_factory.mktemp("run")).stdout
    inventory: dict[str, Any] = json.loads(said)
    return inventory


def judged(inventory: dict[str, Any], **run: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """The account of each host, and what the check says of the inventory."""
    groups = {name: its.get("hosts", []) for name, its in inventory.items() if name.startswith("cp_")}
    of_all = inventory["all"].get("vars", {})
    hosts = {
        host: {**of_all, **inventory[group].get("vars", {}), **inventory["_meta"]["hostvars"][host]}
        for group, names in groups.items()
        for host in names
    }
    accounts = {host: its["dcass_account"] for host, its in hosts.items()}
    return accounts, verdict({**hosts, "localhost": {**RUN, **run}}, groups, list(hosts))


def backwards(names: Iterable[str]) -> list[str]:
    return sorted(names, reverse=True)


def emptied(inventory: dict[str, Any], group: str) -> dict[str, Any]:
    return {name: {**its, "hosts": []} if name == group else its for name, its in inventory.items()}


@pytest.mark.parametrize(
    ("how", "notice"),
    [
        pytest.param({}, "", id="sorted by name"),
        pytest.param({"order": backwards}, "", id="in the other order"),
        pytest.param({"off": ["cxyz-ws1"]}, "cxyz-ws2", id="with one switched off"),
        pytest.param({"off": ["cxyz-ws2"], "order": backwards}, "cxyz-ws1", id="with the other one switched off"),
    ],
)
def test_each_keeps_the_account_that_is_written_on_it(exported: dict[str, Any], how: Any, notice: str) -> None:
    accounts, found = judged(handed_over(exported, **how))
    assert accounts == {host: account for host, account in ACCOUNTS.items() if host not in how.get("off", ())}
    assert (found["sentences"], found["wrong"]) == ([], {})
    assert all(notice in said for said in found["notices"]) and bool(found["notices"]) == bool(notice)


def test_a_participant_without_a_workstation_stops_nobody(exported: dict[str, Any]) -> None:
    accounts, found = judged(handed_over(emptied(exported, "cp_cxyz")))
    assert accounts == {"cabc-ws1": "CABC001", "cabc-ws2": "CABC002"}
    assert (found["refused"], found["wrong"]) == ([], {})


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("run", [SLICE, {"awx_job_launch_type": "relaunch"}], ids=["launched", "launched again"])
def test_a_slice_is_refused(exported: dict[str, Any], number: int, run: dict[str, str]) -> None:
    _accounts, found = judged(handed_over(exported, part=(number, 2)), **run)
    assert "splits pairs" in found["refused"][0]
