# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status playbook writes its page for a browser and the figures beside it, where they stay, or says why not."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.rehearsal import Outcome
from emulator.client import Emulator, running
from tests.e2e.steered import ONE, TWO, Steered, last_lines

LONG = pytest.mark.long("a job of AWX stands for it in `make test`: both are found out by the same variable")
JOB = ("-e", "awx_job_id=7")
WHY = "<script>alert(1)</script> {{ 7 * 7 }} {% raw %} \u202e"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator) -> Steered:
    """Two workstations, one of which people have switched, for a reason that would do harm if it could."""
    stage = Steered(tmp_path_factory.mktemp("page"), exchange)
    stage.at("2018-05-01T09:00")
    stage.tell(dcass_report_expected=["*RX_AUDIT*"])
    words = json.dumps({"who": "Chan", "why": WHY})
    (stage.folder(TWO) / "etc" / "site").write_text(f"secondary 2018-04-30T18:00:00+08:00 {words}\n")
    inventory = json.loads(stage.inventory.read_text())
    variables = inventory["cp_cxyz"]["vars"]
    variables["dcass_addresses"] = dict.fromkeys(("primary", "secondary"), variables["dcass_addresses"])
    for host, account in ((ONE, "CXYZ001"), (TWO, "CXYZ002")):  # as AWX needs it
        inventory["cp_cxyz"]["hosts"][host]["dcass_account"] = account
    stage.inventory.write_text(json.dumps(inventory))
    (stage.root / "web").mkdir()
    return stage


@pytest.fixture(scope="module")
def page(stage: Steered) -> Path:
    return stage.root / "web" / "status.html"


@pytest.fixture(scope="module")
def asked(stage: Steered, page: Path) -> Outcome:
    """A run in check mode."""
    outcome = stage.play("dcass.sftp.status", "-e", f"dcass_status_page={page}", "--check", log="check")
    assert list(page.parent.iterdir()) == []
    return outcome


@pytest.fixture(scope="module")
def written(stage: Steered, page: Path, asked: Outcome) -> Outcome:
    return stage.play("dcass.sftp.status", "-e", f"dcass_status_page={page}", "-v", "--diff", log="written")


def test_check_mode_writes_nothing(asked: Outcome) -> None:
    assert (asked.code, asked.changed) == (0, 0), asked.output


def test_page_and_figures_lie_side_by_side_for_owner_and_group(written: Outcome, page: Path) -> None:
    assert (written.code, written.changed) == (0, 0), written.output
    assert sorted(path.name for path in page.parent.iterdir()) == ["status.html", "status.json"]
    assert {path.stat().st_mode & 0o777 for path in page.parent.iterdir()} == {0o640}
    assert "<!doctype html>" not in written.output


def test_the_figures_are_those_that_the_workstations_gave(written: Outcome, page: Path) -> None:
    figures = json.loads(page.with_suffix(".json").read_text())
    (participant,) = figures["participants"]
    told = written.of("account_info")
    assert {one["host"]: one["key"] for one in participant["accounts"]} == {host: told[host]["key"] for host in told}
    assert {one["sentence"] for one in figures["actions"]} >= {
        due["sentence"] for its in told.values() for due in its["due"]
    }
    assert figures["written"].startswith("2018-05-01T09:0")
    assert figures["written"] in page.read_text()


def test_commands_name_the_inventory(stage: Steered, written: Outcome, page: Path) -> None:
    commands = re.findall(r"<code>(.*?)</code>", page.read_text())
    assert f"ansible-playbook -i {stage.inventory} dcass.sftp.rollout -e dcass_hosts=cp_cxyz" in commands


def test_what_people_wrote_is_text(written: Outcome, page: Path) -> None:
    text = page.read_text()
    assert html.escape("<script>alert(1)</script> { { 7 * 7 }} { % raw %} \\u202e") in text
    assert text.count("<script") == 1 and "49" not in re.findall(r"Chan: (.*?)<", text)[0]
    assert re.search(r"\{[{%#]", text + page.with_suffix(".json").read_text()) is None


def test_another_host_may_keep_it(stage: Steered, page: Path) -> None:
    there = page.with_name("there.html")
    words = ("-e", f"dcass_status_page={there}", "-e", f"dcass_status_host={ONE}")
    outcome = stage.play("dcass.sftp.status", *words, log="there")
    assert outcome.code == 0, outcome.output
    assert there.exists() and there.with_suffix(".json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(
            JOB,
            "no_page: {page} was not written: localhost is the execution environment of this job",
            id="a job of AWX",
        ),
        pytest.param(
            ("-e", "dcass_status_host=web"),
            "dcass_status_host is web, and the inventory",
            id="no such host",
            marks=LONG,
        ),
        pytest.param(
            ("-e", "dcass_status_page=/nowhere/x.html"),
            "Write the page: Destination directory /nowhere does not exist",
            id="a folder that is not there",
        ),
    ],
)
def test_a_page_that_could_not_be_written_is_told_last(
    stage: Steered, page: Path, words: tuple[str, ...], said: str
) -> None:
    elsewhere = page.with_name("never.html")
    outcome = stage.play("dcass.sftp.status", "-e", f"dcass_status_page={elsewhere}", *words, log="not_written")
    (line,) = last_lines(outcome)
    assert outcome.code == 2 and said.format(page=elsewhere) in line, outcome.output
    assert "CXYZ001  absent" in outcome.output and not elsewhere.exists()
