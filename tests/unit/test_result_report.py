# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Result files: the name decides, the text tells, and neither is trusted to be well-formed (§6)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import (
    decode_text,
    fresh,
    is_about,
    near,
    newest_day_shown,
    parse_name,
    reason,
)

NOON = datetime(2020, 3, 1, 12, tzinfo=HONG_KONG)
OURS = Account("CXYZ001")


@pytest.mark.parametrize(
    ("name", "good"),
    [
        pytest.param("Result.20200301.120000.success.txt", True, id="as the guide writes it"),
        pytest.param("Result.20200301.120000.failed.txt", False, id="failed"),
        pytest.param("RESULT.20200301.120000.SUCCESS.TXT", True, id="in capitals"),
        pytest.param("result.20200301.120000.Failed.txt", False, id="in mixed letters"),
    ],
)
def test_a_result_by_its_name(name, good):
    found = parse_name(name)
    assert found is not None and (found.name, found.at, found.good) == (name, NOON, good)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Result.20200230.120000.success.txt", id="a day that does not exist"),
        pytest.param("Result.20200301.240000.success.txt", id="an hour that does not exist"),
        pytest.param("Result.00000000.000000.success.txt", id="the year nought"),
        pytest.param("Result.2020031.120000.success.txt", id="too few digits"),
        pytest.param("Result.20200301.120000.pending.txt", id="neither success nor failed"),
        pytest.param("Result.20200301.120000.success.txt.1", id="something behind"),
        pytest.param(" Result.20200301.120000.success.txt", id="something before"),
        pytest.param("Result.20200301.120000.success.txt\n", id="a line end"),
        pytest.param("Result_20200301_120000_success.txt", id="other marks"),
        pytest.param("SSHKeyExpireWarning_20200301.txt", id="another report"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_is_no_result_by_its_name(name):
    assert parse_name(name) is None


def test_digits_of_other_scripts_never_stop_a_run():
    name = "Result.２０２００３０１.120000.success.txt"
    found = parse_name(name)
    assert found is None or found.at == NOON


@given(st.text(max_size=60) | st.from_regex(r"Result\.\d{8}\.\d{6}\.(success|failed)\.txt", fullmatch=True))
def test_no_name_stops_a_run(name):
    found = parse_name(name)
    assert found is None or found.name == name
    newest_day_shown([name])
    fresh([name], [])


def test_only_what_was_not_there_before_the_upload_can_be_its_result_and_the_oldest_comes_first():
    old, new, newer = (f"Result.2020030{day}.120000.success.txt" for day in (1, 2, 3))
    found = fresh([newer, "CXYZ001.pub", old, new, new], [old])
    assert [result.name for result in found] == [new, newer]
    assert fresh([old], [old]) == []


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        pytest.param(b"File Name     : CXYZ001.pub\r\n", True, id="ours"),
        pytest.param(b"file=CXYZ001.pub", True, id="written otherwise"),
        pytest.param(b"File Name     : CXYZ002.pub\r\n", False, id="the other account's"),
        pytest.param(b"File Name     : cxyz001.PUB\r\n", True, id="in other letters"),
        pytest.param("File Name: CXYZ001.pub".encode("utf-16"), True, id="UTF-16"),
        pytest.param("File Name: CXYZ001.pub".encode("utf-16-be"), True, id="UTF-16 without a mark"),
        pytest.param("檔案 CXYZ001.pub 已匯入".encode("big5"), True, id="Big5"),
        pytest.param("\ufeffCXYZ001.pub".encode(), True, id="UTF-8 with a mark"),
        pytest.param(b"\xff\xfe CXYZ001.pub \x00", True, id="among bytes that are no text"),
        pytest.param(b"", False, id="empty"),
    ],
)
def test_a_result_must_name_our_file(text, ours):
    assert is_about(text, OURS) is ours


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b"Result : FAILED\r\nError Reason  : not SSH2 \r\n", "not SSH2", id="as the rehearsal writes it"),
        pytest.param(b"Reason=key: too short", "key: too short", id="other marks"),
        pytest.param(b"ERROR REASON:bad", "bad", id="in capitals, no blanks"),
        pytest.param(
            b"the import failed\nfor no reason", "the import failed for no reason", id="no such line: all of it"
        ),
        pytest.param(b"Reason:\n  too old", "too old", id="on the line below"),
        pytest.param(b"Reason: Error Reason: too short", "too short", id="behind the last mark"),
        pytest.param(b"Status: bad\nReason: old\nReason: new", "old", id="the first line that has one"),
        pytest.param(b"one\ntwo\nthree\nReason:old", "old", id="on the fourth line"),
        pytest.param(b"Reason:\nReason:", "Reason:", id="nothing behind it but itself"),
        pytest.param(b"File: a; reason = c: d", "c: d", id="other marks before and behind"),
        pytest.param(b"", "", id="empty"),
        pytest.param(b"reason: \xff\xfe", "��", id="bytes that are no text"),
    ],
)
def test_the_reason_of_a_failure(text, why):
    assert reason(text) == why


def test_a_text_is_shown_whole_whatever_it_holds():
    assert decode_text(b"\r\n Import \xff Result \r\n\r\n") == "Import � Result"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Fehler: zu kürz".encode("utf-16"), "Fehler: zu kürz", id="UTF-16 with its mark"),
        pytest.param("\ufeffbad".encode("utf-16-be"), "bad", id="the other way round"),
        pytest.param("\r\nbad key\t\r\n".encode("utf-16-le"), "bad key", id="UTF-16 without a mark"),
        pytest.param("\r\nbad key\t\r\n".encode("utf-16-be"), "bad key", id="the other way round, without a mark"),
        pytest.param("bad".encode("utf-16-le") + b"x", "bad\ufffd", id="half a letter at its end"),
        pytest.param("bad".encode("utf-16") + b"x", "bad\ufffd", id="half a letter behind a mark"),
        pytest.param("bad".encode("utf-16-be") + b"x", "bad\ufffd", id="half a letter, the other way round"),
        pytest.param("\ufeff 公鑰 ".encode(), "公鑰", id="UTF-8 with a mark"),
        pytest.param(" 公鑰太短 ".encode("big5"), "公鑰太短", id="Big5"),
        pytest.param(b"a\0bcd\0e", "a\\x00bcd\\x00e", id="some among more"),
        pytest.param(b"a\0b", "a\\x00b", id="a byte of zero among two letters"),
    ],
)
def test_a_text_is_read_whatever_its_encoding(text, shown):
    assert decode_text(text) == shown


def test_a_long_reason_is_cut():
    assert reason(b"Reason: " + b"no. " * 300) == "no. " * 74 + "no.…"


@given(st.binary(max_size=300))
def test_no_text_stops_a_run(text):
    reason(text)
    is_about(text, OURS)
    decode_text(text).encode()


@pytest.mark.parametrize(
    ("names", "newest"),
    [
        pytest.param([], None, id="an empty folder"),
        pytest.param(["CXYZ001.pub"], None, id="nothing that is dated"),
        pytest.param(
            ["Result.20200229.120000.failed.txt", "SSHKeyExpireWarning_20200301.txt"],
            "SSHKeyExpireWarning_20200301.txt",
            id="a warning is newest",
        ),
        pytest.param(["Result.20209999.120000.failed.txt"], None, id="no day at all"),
    ],
)
def test_the_newest_day_that_the_facility_tells(names, newest):
    found = newest_day_shown(names)
    assert (found and found[1]) == newest
    assert found is None or found[0] == datetime(2020, 3, 1, tzinfo=HONG_KONG)


@pytest.mark.parametrize(
    ("hours", "inside"),
    [
        pytest.param(0, True, id="at the upload"),
        pytest.param(-24, True, id="a day before it"),
        pytest.param(-25, False, id="more than a day before it"),
        pytest.param(26, True, id="a day after the last look"),
        pytest.param(27, False, id="more than a day after"),
    ],
)
def test_a_result_is_dated_near_its_upload(hours, inside):
    at = NOON + timedelta(hours=hours)
    result = parse_name(f"Result.{at:%Y%m%d.%H%M%S}.success.txt")
    assert near(result, NOON, NOON + timedelta(hours=2), timedelta(days=1)) is inside
