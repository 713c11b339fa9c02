# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a facility does, a run ends in time, within its memory, with a code, and leaves nothing behind."""

from __future__ import annotations

import os
import pathlib

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import bounds
from tests.servers import attacked
from tests.servers.attacks import ATTACKS, BEFORE_LOGIN, OPERATION, RUN, AttackServer, Raw
from tests.servers.contract import ACCOUNT, Desk

TIMEOUTS = {"operation_timeout": OPERATION, "run_timeout": RUN}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def seen():
    """What is seen of each attack; with DCASS_ATTACKS a table of it is written to that file."""
    rows = []
    yield rows
    if place := os.environ.get("DCASS_ATTACKS"):
        pathlib.Path(place).write_text("".join(rows))


def marked(attack):
    return pytest.param(attack, marks=pytest.mark.long(attack.long) if attack.long else ())


SLOW = 3  # times as long as on a quiet machine: what has no end is still far beyond it


def assert_over(workstation, ran, seconds, megabytes):
    """It ended in time and within its memory, told why, let the account go and left nothing half done."""
    assert ran.seconds <= SLOW * seconds, ran.result
    assert ran.megabytes <= megabytes, ran.result
    assert ran.result["exception"] is None
    assert ran.result["hint"] or not ran.result["failed"]
    with StateDb(workstation.options["state_dir"]).hold(workstation.account):
        pass
    assert [path.name for path in pathlib.Path(workstation.dest).rglob(".*") if path.is_file()] == []


@pytest.mark.parametrize("attack", [marked(attack) for attack in ATTACKS], ids=lambda attack: attack.what)
def test_a_run_ends_whatever_the_facility_does(desk, seen, attack):
    with AttackServer(ACCOUNT, desk.public_key, attack) as server:
        workstation = desk.workstation(server)
        options = {**workstation.options, **TIMEOUTS, **attack.options}
        if attack.module == "report_sync":
            options["dest"] = workstation.dest
        ran = attacked.run(attack.module, **options)
        told = f"`{ran.result['error_code']}`" if ran.result["failed"] else "green"
        seen.append(f"| {attack.what} | {told} | {ran.seconds:.1f} s | {ran.megabytes:.0f} MB |\n")
        assert ran.result["error_code"] in attack.code.split(), ran.result
        assert_over(workstation, ran, attack.seconds, attack.megabytes)
        assert server.logins() <= 1


@pytest.mark.parametrize("what", BEFORE_LOGIN)
def test_a_run_ends_before_it_has_logged_in(desk, seen, what):
    with Raw(BEFORE_LOGIN[what]) as raw:
        workstation = desk.workstation(raw)
        options = {**workstation.options, **TIMEOUTS, "connect_timeout": OPERATION, "dest": workstation.dest}
        ran = attacked.run("report_sync", **options)
        seen.append(f"| {what} | `{ran.result['error_code']}` | {ran.seconds:.1f} s | {ran.megabytes:.0f} MB |\n")
        assert ran.result["error_code"] == "unreachable", ran.result
        assert_over(workstation, ran, OPERATION + 1.5, 200)


def test_the_page_has_a_row_for_every_attack_and_tells_its_code():
    page = attacked.CHECKOUT / "docs" / "reliability.md"
    rows = [line.strip("| ").split(" | ") for line in page.read_text().partition("## Attacks")[2].splitlines()]
    told = {row[0]: row[1] for row in rows if len(row) > 3}
    codes = {attack.what: attack.code for attack in ATTACKS} | dict.fromkeys(BEFORE_LOGIN, "unreachable")
    assert {what: words.replace("`", "").replace(" or ", " ") for what, words in told.items() if what in codes} == codes


def test_the_page_tells_the_limits():
    limits = (attacked.CHECKOUT / "docs" / "reliability.md").read_text().partition("## Limits")[2]
    for most in (bounds.MOST_NAMES, bounds.MOST_ODD, bounds.MOST_FOLDERS):
        assert f" {most:,} " in limits.replace(";", " ")
    for most in (bounds.MOST_NAME_BYTES, bounds.MOST_SMALL_BYTES, bounds.MOST_UNANSWERED):
        assert f"{most >> 20} MiB" in limits
