# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody waits for any more is closed by two people's word, and the page tells it no more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.client import running
from tests.e2e.steered import REGISTERED, Steered, last_lines

FRIDAY, MONDAY = "2020-02-28", "2020-03-02"
CLOSE = (
    "dcass.sftp.acknowledge",
    "-e",
    "dcass_acknowledge='*NONE*' dcass_acknowledge_day=2020-02-28 dcass_acknowledge_why='had by mail'",
    "-e",
    "dcass_acknowledge_who='Chan Tai Man'",
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steered]:
    """A pair to which Friday has not brought a report that it expects."""
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        pair = Steered(
            tmp_path_factory.mktemp("pair"), emulator, dcass_report_expected=["*NONE*"], dcass_four_eyes=True
        )
        pair.register(REGISTERED)
        pair.at(f"{FRIDAY}T18:00")
        emulator.control.publish(scale=0.01)
        assert pair.play("dcass.sftp.sync_reports").code == 0
        pair.at(f"{MONDAY}T07:05")
        assert pair.play("dcass.sftp.sync_reports").code == 0
        yield pair


def test_it_is_closed_by_two_people_and_told_no_more(pair: Steered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USER", "ops")
    before = pair.play("dcass.sftp.status")
    assert "*NONE* of 2020-02-28" in before.output
    alone = pair.play(*CLOSE)
    assert (alone.code, "Nobody has approved this" in alone.output) == (2, True)
    same = pair.play(*CLOSE, "-e", "dcass_approved_by='chan tai man'")
    assert (same.code, "must be another person" in same.output) == (2, True)
    login = pair.play(*CLOSE, "-e", "dcass_approved_by=OPS")
    assert (login.code, "must be another person" in login.output) == (2, True)
    pair.tell(dcass_approved_by="Wong Siu Ming")
    standing = pair.play(*CLOSE)
    assert (standing.code, "take it out of the inventory" in standing.output) == (2, True)
    pair.tell(dcass_approved_by="")
    together = (*CLOSE, "-e", "dcass_approved_by='Wong Siu Ming'")
    planned = pair.play(*together, "--check")
    assert "to be closed: *NONE* of 2020-02-28" in planned.output
    closed = pair.play(*together)
    assert (closed.code, closed.changed) == (0, planned.changed)
    again = pair.play(*together)
    assert (again.code, again.changed) == (0, 0)
    assert "*NONE*" not in pair.play("dcass.sftp.status").output


@pytest.mark.long("tests/modules/test_acknowledge.py refuses it, too")
def test_what_nobody_waits_for_is_red_and_names_it(pair: Steered) -> None:
    other = [word.replace("*NONE*", "*OTHER*") for word in CLOSE]
    outcome = pair.play(*other, "-e", "dcass_approved_by='Wong Siu Ming'")
    assert outcome.code == 2
    assert all("not_outstanding: Nothing of CXYZ00" in line for line in last_lines(outcome))
