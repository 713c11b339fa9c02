# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at the facility or at the archive found, in words that results carry and that never change."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.findings import (
    Finding,
    Recorded,
    compare_one,
    report_of,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing, Part, Refusal, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed
from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row

REPORT = Recorded("COMMON/x", 10, "5c11")


@pytest.mark.parametrize(
    ("size", "sha256", "found"),
    [
        pytest.param(10, "5c11", Finding("sound", "COMMON/x", ""), id="as it was recorded"),
        pytest.param(10, None, Finding("sound", "COMMON/x", ""), id="its content was not looked at"),
        pytest.param(
            9, "5c11", Finding("damaged", "COMMON/x", "It has 9 bytes; 10 were recorded."), id="of another size"
        ),
        pytest.param(
            10,
            "ffff",
            Finding("damaged", "COMMON/x", "Its content is not what was recorded (SHA-256)."),
            id="of other content",
        ),
    ],
)
def test_a_file_is_judged_by_its_record(size, sha256, found):
    assert compare_one(REPORT, size, sha256) == found


@pytest.mark.parametrize(
    ("path", "report"),
    [
        pytest.param("C/x.csv.~1~", "C/x.csv", id="the first earlier version"),
        pytest.param("C/x.csv.~20~", "C/x.csv", id="the twentieth"),
        pytest.param("C/x.csv.~1~.~2~", "C/x.csv.~1~", id="of a report that is called like one"),
        pytest.param("C/x.csv.~0~", "C/x.csv.~0~", id="there is no version 0"),
        pytest.param("C/x.~1~/y.csv", "C/x.~1~/y.csv", id="a folder that is called like one"),
    ],
)
def test_an_earlier_version_belongs_to_its_report(path, report):
    assert report_of(path) == report


def test_a_folder_that_was_not_listed_to_its_end_is_trouble_and_a_report_is_none():
    report = Refusal("COMMON", "x", "not_readable", "no")
    assert report == Refusal("COMMON", "x", "not_readable", "no", None, None, "")
    assert Listing([], [report]).trouble is None
    folders = [Refusal("COMMON", "", "folder_refused", f"{count} names") for count in (1, 2)]
    assert str(Listing([], [report, *folders]).trouble) == "1 names"


class Unwritten(Part):
    def write(self, offset, data):
        pass

    def abort(self):
        pass


def test_a_part_begins_with_nothing_and_without_a_name():
    part = Unwritten()
    assert (part.size, part.sha256, part.named) == (0, "", False)


def test_what_could_not_be_read_has_the_general_code_where_it_has_no_other():
    item = Fetch(Listed("COMMON", "x", 1, None), "COMMON/x", "new")
    assert Unreadable(item, "no").error_code == "not_readable"


def test_a_workstation_of_which_nothing_is_known_has_not_answered_and_is_where_the_inventory_has_it():
    row = Row("ws1", "cp_cxyz")
    assert (row.account, row.site_now, row.failure) == ("", "primary", "")
    assert not row.has_answered and not row.is_switched
