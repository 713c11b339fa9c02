# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and customer codes (§3.1), and names that a facility may list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert "write '" not in str(refused.value)


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
        pytest.param("a~b.c~", id="tildes inside"),
        pytest.param("x" * NAME_BYTES, id="as long as may be"),
    ],
)
def test_honest_names_pass(name):
    assert safe_name(name.encode()) == name


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b".", id="the folder itself"),
        pytest.param(b"..", id="its parent"),
        pytest.param(b"../x", id="a path upwards"),
        pytest.param(b"/etc/passwd", id="an absolute path"),
        pytest.param(b"a/b", id="a path"),
        pytest.param(b"a\\b", id="a path of another system"),
        pytest.param(b"a\0b", id="a NUL"),
        pytest.param(b"a\nb", id="a line end"),
        pytest.param(b"a\rb", id="a return"),
        pytest.param(b"a\tb", id="a tab"),
        pytest.param(b"\x1b[2J", id="a terminal escape"),
        pytest.param("a\u202efdp.csv".encode(), id="text turned round"),
        pytest.param("a\u200bb".encode(), id="a character of no width"),
        pytest.param("a\u2028b".encode(), id="a Unicode line end"),
        pytest.param("\ufeffa".encode(), id="a byte order mark"),
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"\xc0\xaf", id="an overlong slash"),
        pytest.param(b"\xed\xa0\x80", id="half a surrogate pair"),
        pytest.param(b"-rf", id="a leading dash"),
        pytest.param(b".hidden", id="a hidden file"),
        pytest.param(b".a.part-CXYZ001", id="a part of our own"),
        pytest.param(b"~root", id="somebody's home"),
        pytest.param(b"report.csv.~1~", id="an earlier version of our own"),
        pytest.param(b"x" * (NAME_BYTES + 1), id="one byte too long"),
        pytest.param("報".encode() * 80, id="240 bytes in 80 characters"),
    ],
)
def test_hostile_names_are_refused(raw):
    with pytest.raises(UnsafeRemoteName) as refused:
        safe_name(raw)
    assert str(refused.value).isprintable()


@given(st.binary(max_size=300))
def test_a_name_that_passes_stays_in_its_folder(raw):
    assert shown(raw).isprintable() and len(shown(raw)) <= 120
    refused = refusal(safe_name, raw)
    if refused:
        assert refused.isprintable()
    else:
        name = safe_name(raw)
        assert name.encode() == raw
        assert not set("/\\\0\n") & set(name) and name not in (".", "..") and name[0] not in "-.~"
