# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and customer codes (§3.1), and names that a facility may list."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadAccount, UnsafeRemoteName
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import (
    NAME_BYTES,
    accounts_of,
    parse_account,
    parse_customer_code,
    safe_name,
    shown,
)
from tests.unit.support import refusal


@pytest.mark.parametrize("name", ["CXYZ001", "CXYZ002", "C123001", "CA1B002", "CCCC001"])
def test_an_account_is_taken_apart(name):
    account = parse_account(name)
    assert (str(account), account.customer_code) == (name, name[:4])
    assert (account.public_key_name, account.fingerprint_name) == (f"{name}.pub", f"{name}.fpt")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        pytest.param("cxyz001", "CXYZ001", id="all in small letters"),
        pytest.param("Cxyz002", "CXYZ002", id="half in small letters"),
        pytest.param("cXYZ001", "CXYZ001", id="one small letter"),
        pytest.param(" CXYZ001", "CXYZ001", id="a blank before it"),
        pytest.param("CXYZ001\n", "CXYZ001", id="a line end after it"),
    ],
)
def test_a_slip_is_refused_with_the_right_spelling(text, right):
    with pytest.raises(BadAccount, match=f"'{right}'"):
        parse_account(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("CXYZ", id="a customer code alone"),
        pytest.param("CXYZ003", id="a third account"),
        pytest.param("CXYZ000", id="account zero"),
        pytest.param("CXYZ01", id="too short"),
        pytest.param("CXYZ0011", id="too long"),
        pytest.param("DXYZ001", id="another first letter"),
        pytest.param("CX-Z001", id="a dash"),
        pytest.param("CXYZ00１", id="a full-width digit"),
        pytest.param("CXÝZ001", id="an accent"),
        pytest.param("../C001", id="a path"),
        pytest.param("CXYZ001\0", id="a NUL"),
    ],
)
def test_what_is_no_account_is_refused(text):
    with pytest.raises(BadAccount) as refused:
        parse_account(text)
    assert str(refused.value) == f"'{foreign.line(text)}' is not an SFTP user account."


@pytest.mark.parametrize("text", ["cxyz", "CXY", "CXYZ0", "XYZC", "CXY_", "", "CXYZ\n"])
def test_what_is_no_customer_code_is_refused(text):
    with pytest.raises(BadAccount):
        parse_customer_code(text)


def test_the_two_accounts_of_a_participant():
    assert [str(account) for account in accounts_of(parse_customer_code("CXYZ"))] == ["CXYZ001", "CXYZ002"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("RX_AUDIT_20261120.csv", id="a report"),
        pytest.param("Result.20261120.101500.success.txt", id="a result"),
        pytest.param("SSHKeyExpireWarning_20261120.txt", id="a warning"),
        pytest.param("report with blanks (1).csv", id="blanks and brackets"),
        pytest.param("報表.csv", id="Chinese"),
        pytest.param("結算\u3000報告.csv", id="an ideographic space"),
        pytest.param("\u3000報告 ", id="blanks at both ends"),
        pytest.param("1\u00a0000\u202f000.csv", id="spaces that do not break"),
        pytest.param("a\u1680b\u2003c\u205fd", id="spaces of other widths"),
        pytest.param("\ue000\uf8ff.csv", id="private use, as Hong Kong's own characters had"),
        pytest.param("\U000f0000\U0010fffd.csv", id="private use of the higher planes"),
        pytest.param("\U00020000\U00030000.csv", id="rare Chinese characters"),
        pytest.param("\U0003fffd\u0378.csv", id="characters of a Unicode still to come"),
        pytest.param("葛\U000e0100城.csv", id="a variant of a character"),
        pytest.param("Übersicht e\u0301.csv", id="accents, composed and not"),
        pytest.param("Отчёт تقرير דוח รายงาน.csv", id="other scripts"),
        pytest.param("رقم \u06001447.csv", id="a sign of Arabic numbers, which is seen"),
        pytest.param("گزارش\u200cها.csv", id="Persian, which is spelled with a non-joiner"),
        pytest.param("क्\u200dष.csv", id="Hindi, which is spelled with a joiner"),
        pytest.param("\U0001f469\U0001f3fb\u200d\U0001f4bb ❤️\u200d🔥.csv", id="emoji that are joined"),
        pytest.param("a~b.c~", id="tildes inside"),
        pytest.param("a:b*c?d|e.", id="what other file systems do not take"),
        pytest.param("x" * NAME_BYTES, id="as long as may be"),
    ],
)
def test_honest_names_pass(name):
    assert safe_name(name.encode()) == name


HOSTILE = [
    pytest.param(b"", "a folder itself", id="empty"),
    pytest.param(b".", "a folder itself", id="the folder itself"),
    pytest.param(b"..", "a folder itself", id="its parent"),
    pytest.param(b"../x", "a path", id="a path upwards"),
    pytest.param(b"/etc/passwd", "a path", id="an absolute path"),
    pytest.param(b"a/b", "a path", id="a path"),
    pytest.param(b"a\\b", "backslash", id="a path of another system"),
    pytest.param(b"a\0b", "control character U\\+0000", id="a NUL"),
    pytest.param(b"a\nb", "control character U\\+000A", id="a line end"),
    pytest.param(b"\n", "control character", id="a line end alone"),
    pytest.param(b"a\rb", "control character", id="a return"),
    pytest.param(b"a\tb", "control character U\\+0009", id="a tab"),
    pytest.param(b"\x1b[2J", "control character U\\+001B", id="a terminal escape"),
    pytest.param(b"a\x7fb", "control character U\\+007F", id="a delete"),
    pytest.param("a\x9b2Jb".encode(), "control character U\\+009B", id="a terminal escape of eight bits"),
    pytest.param("a\u202efdp.csv".encode(), "U\\+202E, which turns the direction", id="text turned round"),
    pytest.param("a\u2066b".encode(), "U\\+2066, which turns the direction", id="text set apart"),
    pytest.param("a\u200fb".encode(), "U\\+200F, which turns the direction", id="a mark of direction"),
    pytest.param("a\u200bb".encode(), "invisible character U\\+200B", id="a character of no width"),
    pytest.param("a\u200db".encode(), "invisible character U\\+200D", id="a joiner that joins nothing"),
    pytest.param("報\u200c表".encode(), "invisible character U\\+200C", id="a non-joiner between Chinese"),
    pytest.param("क्\u200d".encode(), "invisible character U\\+200D", id="a joiner at the end"),
    pytest.param("a\u00adb".encode(), "invisible character U\\+00AD", id="a soft hyphen"),
    pytest.param("a\u2060b".encode(), "invisible character U\\+2060", id="a word joiner"),
    pytest.param("a\U000e0041b".encode(), "invisible character U\\+E0041", id="a tag"),
    pytest.param("\ufeffa".encode(), "invisible character U\\+FEFF", id="a byte order mark"),
    pytest.param("a\u2028b".encode(), "U\\+2028, which ends a line", id="a Unicode line end"),
    pytest.param("a\u2029b".encode(), "U\\+2029, which ends a line", id="a Unicode paragraph end"),
    pytest.param("a\uffffb".encode(), "U\\+FFFF, which is no character", id="no character"),
    pytest.param("a\ufdd0b".encode(), "U\\+FDD0, which is no character", id="another that is none"),
    pytest.param("a\U0010fffeb".encode(), "U\\+10FFFE, which is no character", id="the last but one of all"),
    pytest.param(b"  ", "nothing but blanks", id="blanks"),
    pytest.param("\u3000\u00a0".encode(), "nothing but blanks", id="blanks of other widths"),
    pytest.param(b"\xff\xfe", "not UTF-8", id="not UTF-8"),
    pytest.param("報表".encode("big5"), "not UTF-8", id="Chinese in Big5"),
    pytest.param(b"\xc0\xaf", "not UTF-8", id="an overlong slash"),
    pytest.param(b"\xed\xa0\x80", "not UTF-8", id="half a surrogate pair"),
    pytest.param(b"-rf", "begins with '-'", id="a leading dash"),
    pytest.param(b".hidden", "begins with '.'", id="a hidden file"),
    pytest.param(b".a.part-CXYZ001", "begins with '.'", id="a part of our own"),
    pytest.param(b"~root", "begins with '~'", id="somebody's home"),
    pytest.param(b"report.csv.~1~", "an earlier version", id="an earlier version of our own"),
    pytest.param(b"x" * (NAME_BYTES + 1), "201 bytes long", id="one byte too long"),
    pytest.param("報".encode() * 80, "240 bytes long", id="240 bytes in 80 characters"),
]


@pytest.mark.parametrize(("raw", "why"), HOSTILE)
def test_hostile_names_are_refused_for_the_reason_they_have(raw, why):
    with pytest.raises(UnsafeRemoteName, match=why) as refused:
        safe_name(raw)
    assert str(refused.value).isprintable()


SEEN = ("L", "M", "N", "P", "S", "Zs", "Co")
UNSEEN = ("Cc", "Cf", "Zl", "Zp")
ARABIC_AND_KAITHI_SIGNS = {0x6DD, 0x70F, 0x8E2, 0x110BD, 0x110CD, *range(0x600, 0x606), *range(0x890, 0x892)}


def test_each_character_that_is_seen_is_a_name_s_and_no_other_that_is_known():
    """All of Unicode, as this Python knows it; of the characters of format only some signs are seen."""
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category.startswith(SEEN) or code in ARABIC_AND_KAITHI_SIGNS:
            expected = chr(code) not in "/\\"
        elif category in UNSEEN or category == "Cs":
            expected = False
        else:
            continue
        refused = refusal(safe_name, f"a{chr(code)}b".encode("utf-8", "surrogatepass"))
        assert (refused is None) is expected, f"U+{code:04X} {category}: {refused}"


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace"))))
def test_a_name_that_passes_stays_in_its_folder(raw):
    assert shown(raw).isprintable() and len(shown(raw)) <= 120
    refused = refusal(safe_name, raw)
    if refused:
        assert refused.isprintable()
    else:
        name = safe_name(raw)
        assert name.encode() == raw
        assert not set("/\\\0\n") & set(name) and name not in (".", "..") and name[0] not in "-.~"


def test_each_account_is_the_other_s_sibling():
    first, second = accounts_of("CXYZ")
    assert (first.name, second.name) == ("CXYZ001", "CXYZ002")
    assert (first.sibling, second.sibling) == (second, first)
