# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two reports for one place: which one stays, whatever the order of the listing and of the capitals."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.clashes import (
    Clash,
    _suspects,
    clashes,
    folders_of,
    rivals,
    spelled,
)


def tells_all(_one: str, _other: str) -> bool:
    return False


def tells_nothing(_one: str, _other: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("paths", "where_told", "where_not"),
    [
        pytest.param(["C/a", "C/b", "C/x/a"], {}, {}, id="nothing alike"),
        pytest.param(["C/A", "C/A/b", "C/A/c"], {"C/A/b": "C/A", "C/A/c": "C/A"}, None, id="a report, then a folder"),
        pytest.param(["C/A-1", "C/A", "C/A/x/b"], {"C/A/x/b": "C/A"}, None, id="a folder in the folder"),
        pytest.param(["C/A/b", "C/A"], {"C/A": "C/A/b"}, None, id="a folder, then a report"),
        pytest.param(["C/R.csv", "C/r.CSV"], {}, {"C/r.CSV": "C/R.csv"}, id="twins in ASCII"),
        pytest.param(["C/Ü.csv", "C/ü.csv"], {}, {"C/ü.csv": "C/Ü.csv"}, id="in other letters"),
        pytest.param(["C/ü.csv", "C/u\u0308.csv"], {}, {"C/u\u0308.csv": "C/ü.csv"}, id="of a letter in two parts"),
        pytest.param(["C/ＲＸ.csv", "C/rx.csv"], {}, {"C/rx.csv": "C/ＲＸ.csv"}, id="of another width"),
        pytest.param(["C/straße", "C/STRASSE"], {}, {"C/STRASSE": "C/straße"}, id="of another length"),
        pytest.param(["C/a", "C/a. "], {}, {"C/a. ": "C/a"}, id="an end that Windows drops"),
        pytest.param(["C/a", "C/A/b"], {}, {"C/A/b": "C/a"}, id="a report and a folder in other capitals"),
        pytest.param(["C/x/1", "C/X/2"], {}, {}, id="two folders that become one hold both"),
        pytest.param(["C/x/1", "C/X/1"], {}, {"C/X/1": "C/x/1"}, id="twins in folders that become one"),
        pytest.param(["C/a", "D/a", "D/A"], {}, {"D/A": "D/a"}, id="another folder's name matters not"),
    ],
)  # fmt: skip
def test_of_two_that_clash_the_first_stays(paths, where_told, where_not):
    assert {clash.path: clash.other for clash in clashes(lambda: paths, tells_all)} == where_told
    expected = where_told if where_not is None else where_not
    assert {clash.path: clash.other for clash in clashes(lambda: paths, tells_nothing)} == expected


def test_nothing_is_asked_of_the_archive_where_nothing_is_alike():
    def asked(one: str, other: str) -> bool:
        raise AssertionError(f"asked of {one} and {other}")

    assert clashes(lambda: [f"COMMON/R{number}.csv" for number in range(1000)], asked) == []


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        pytest.param(["C/a", "C/b", "D/a"], [], id="nothing alike"),
        pytest.param(["C/a", "C/b", "C/A"], ["C/a", "C/A"], id="two reports"),
        pytest.param(["C/a", "C/A/b", "C/c"], ["C/a", "C/A/b"], id="a report and a folder"),
    ],
)
def test_only_what_is_alike_is_kept_in_memory(paths, kept):
    assert _suspects(lambda: paths) == kept


def test_folders_are_told_from_the_top():
    assert list(folders_of("C/2026/11/x.csv")) == ["C", "C/2026", "C/2026/11"]
    assert list(folders_of("x.csv")) == []


@pytest.mark.parametrize(
    ("path", "recorded"),
    [
        pytest.param("C/A", "C/A/b", id="a folder has its name"),
        pytest.param("C/A/b", "C/A", id="a report has its folder's name"),
        pytest.param("C/a/b", "C/A", id="in other capitals"),
        pytest.param("C/r.csv", "C/R.csv", id="a twin"),
    ],
)
def test_what_is_recorded_may_stand_in_the_way(path, recorded):
    assert rivals([path, "C/other"], ["B/x", recorded, "C/z/z"]) == [Clash(path, recorded)]


def test_a_report_is_no_rival_of_itself():
    assert rivals(["C/A"], ["C/A"]) == []


@pytest.mark.parametrize(
    ("path", "other", "words"),
    [
        pytest.param("C/A", "C/A/b", "the name of a report and of a folder", id="a folder is there"),
        pytest.param("C/a", "C/A/b", "the name of a report and of a folder", id="in other capitals"),
        pytest.param("C/A/b", "C/A", "needs a folder where the archive has the report C/A", id="a report is there"),
        pytest.param("C/a", "C/A", "are one name to the archive's file system", id="twins"),
    ],
)
def test_the_sentence_says_what_clashes(path, other, words):
    assert words in Clash(path, other).sentence() and other in Clash(path, other).sentence()


@pytest.mark.parametrize("text", ["É", "İ", "ﬀ", "ẞ", "Å", "Ω", "가", "ſ"])
def test_spelling_twice_is_spelling_once(text):
    assert spelled(spelled(text)) == spelled(text) == spelled(text.lower()) or text == "İ"
