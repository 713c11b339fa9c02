# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told after the archives were read: what failed first, each finding named, and not too many."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.verify_lines import verify_lines
from ansible_collections.dcass.sftp.plugins.plugin_utils._job_stats import job_stats
from tests.unit.probes import probed

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
SOUND = {
    "checked": 312,
    "damaged": [],
    "absent": [],
    "unknown": [],
    "counts": {"damaged": 0, "absent": 0, "unknown": 0},
    "evidence": {"CXYZ001": {"entries": 2, "faults": []}},
}
REASON = "Its content is not what was recorded (SHA-256)."
SAID = "312 reports read, all of them as they were fetched; 2 entries of evidence, all sound."


def row(account, failure="", **found):
    return {**probed(account), "proof_row": {"account": account, "found": found, "failure": failure}}


def lines(*, apart=False, **hostvars):
    names = {"one": ONE, "two": TWO}
    rows = {names[name]: its for name, its in hostvars.items()}
    return [event["lines"] for event in verify_lines(list(rows), rows, apart, ONE)]


def test_what_is_sound_is_one_line_a_workstation():
    shown = lines(one=row("CXYZ001", **SOUND), two=row("CXYZ002", **{**SOUND, "evidence": {}}))
    assert shown == [
        [f"{ONE} CXYZ001: {SAID}", f"{TWO} CXYZ002: {SAID.replace('2 entries', '0 entries')}"],
    ]


def test_what_failed_comes_first_and_names_each_finding():
    damaged = {**SOUND, "damaged": [{"path": "COMMON/X", "reason": REASON}], "counts": {"damaged": 1}}
    damaged["evidence"] = {"CXYZ002": {"entries": 3, "faults": ["Entry 2 is gone."]}}
    (shown,) = lines(one=row("CXYZ001", **SOUND), two=row("CXYZ002", "archive_damaged: Damaged.", **damaged))
    assert shown == [
        f"{TWO} CXYZ002: archive_damaged: Damaged.",
        f"    Damaged: COMMON/X: {REASON}",
        "    Evidence of CXYZ002: Entry 2 is gone.",
        f"{ONE} CXYZ001: {SAID}",
    ]


def test_of_many_findings_ten_are_named_and_all_counted():
    found = {**SOUND, "absent": [{"path": str(number), "reason": "It is gone."} for number in range(1000)]}
    (shown,) = lines(one=row("CXYZ001", "archive_damaged: Gone.", **{**found, "counts": {"absent": 5000}}))
    assert len(shown) == 12 and shown[-1] == "    Gone: 4990 more."


def test_awx_gets_an_event_for_each():
    assert lines(apart=True, one=row("CXYZ001", **SOUND), two=row("CXYZ002", **SOUND)) == [
        [f"{ONE} CXYZ001: {SAID}"],
        [f"{TWO} CXYZ002: {SAID}"],
    ]


@pytest.mark.parametrize(
    ("its", "said"),
    [
        pytest.param(row("CXYZ001", "busy: It is."), f"{ONE} CXYZ001: busy: It is.", id="a failure"),
        pytest.param(probed("CXYZ001"), f"{ONE} CXYZ001: host_unreachable: It stopped", id="lost"),
    ],
)
def test_what_failed_is_in_the_lines_and_in_the_artifacts(its, said):
    (shown,) = lines(one=its)
    left = job_stats([ONE], {ONE: its}, "verify")
    assert shown[0].startswith(said)
    assert left["dcass_next_actions"]["accounts"]["CXYZ001"][0].startswith(said)


def test_what_is_sound_leaves_nothing_in_the_artifacts():
    assert job_stats([ONE], {ONE: row("CXYZ001", **SOUND)}, "verify") == {
        "dcass_next_actions": {"total": 0, "accounts": {}}
    }
