# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH2 public key files: RFC 4716's examples, the exchange's sample, and what mail does to them (§3.2.1)."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, BadKeyType, BadPublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LINE_BYTES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.rfc4716 import has_long_lines, read, write
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import require_rsa_2048
from tests.unit.support import (
    BEGIN,
    END,
    RFC_DSA_BODY,
    RFC_DSA_MD5,
    RFC_RSA_1023_BODY,
    public_of,
    refusal,
    rsa_key,
    ssh2,
)

PLAIN = ssh2(RFC_DSA_BODY, "Comment: SSH KEY")


def test_the_exchange_s_sample_is_read_and_refused_for_what_it_is():
    found = read("  \n".join(PLAIN.splitlines()) + "  \n")  # its lines end in two blanks
    assert (found.key.key_type, found.key.bits, found.comment) == ("ssh-dss", 1024, "SSH KEY")
    assert found.key.fingerprint == RFC_DSA_MD5
    with pytest.raises(BadKeyType, match="ssh-dss, not RSA 2048"):
        require_rsa_2048(found.key)


@pytest.mark.parametrize(
    ("headers", "comment"),
    [
        pytest.param((), "", id="no header"),
        pytest.param(("Comment: DSA Public Key for use with MyIsp",), "DSA Public Key for use with MyIsp", id="plain"),
        pytest.param(('Comment: "DSA Public Key"',), "DSA Public Key", id="in quotes"),
        pytest.param(
            ("Comment: This is my public key for use on \\", "servers which I don't like."),
            "This is my public key for use on servers which I don't like.",
            id="continued on a second line",
        ),
        pytest.param(
            ('Comment: "one \\', "two \\", 'three"'), "one two three", id="continued on a third line, in quotes"
        ),
        pytest.param(
            ("Subject: me", "Comment: 1024-bit rsa, created by me@example.com Mon Jan 15 \\", "08:31:24 2001"),
            "1024-bit rsa, created by me@example.com Mon Jan 15 08:31:24 2001",
            id="after another header",
        ),
        pytest.param(("x-command: /home/me/bin/lock-in-guest.sh",), "", id="a private header alone"),
        pytest.param(("COMMENT: in capitals",), "in capitals", id="tags are the same in capitals"),
        pytest.param(("Comment: a: b: c",), "a: b: c", id="colons in the value"),
        pytest.param(("Comment: \\", "here"), "here", id="begun on the second line"),
        pytest.param(('Comment: "',), '"', id="a lone quote"),
        pytest.param(('Comment: "half',), '"half', id="a quote at the beginning alone"),
        pytest.param(('Comment: half"',), 'half"', id="a quote at the end alone"),
    ],
)
def test_headers_are_understood(headers, comment):
    found = read(ssh2(RFC_RSA_1023_BODY, *headers))
    assert (found.comment, found.key.key_type) == (comment, "ssh-rsa")


@pytest.mark.parametrize(
    "mangled",
    [
        pytest.param(PLAIN.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(PLAIN.replace("\n", "\r"), id="CR alone"),
        pytest.param(PLAIN.replace("\n", "   \n"), id="trailing blanks"),
        pytest.param(PLAIN.replace("\n", "\t\r\n"), id="trailing tabs and CRLF"),
        pytest.param("\n\n" + PLAIN + "\n\n", id="blank lines around"),
        pytest.param(PLAIN.rstrip("\n"), id="no line end at the end"),
        pytest.param(PLAIN.replace(RFC_DSA_BODY, RFC_DSA_BODY.replace("\n", "\n\n")), id="blank lines between"),
    ],
)
def test_what_mail_does_to_a_file_is_forgiven(mangled):
    assert read(mangled).key.fingerprint == RFC_DSA_MD5


LINES = PLAIN.splitlines()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "does not begin", id="nothing"),
        pytest.param("\n \n", "does not begin", id="blank lines alone"),
        pytest.param(PLAIN.replace("SSH2 PUBLIC", "SSH PUBLIC"), "does not begin", id="another first line"),
        pytest.param(PLAIN.replace("---- BEGIN", "-----BEGIN"), "does not begin", id="dashes as in PEM"),
        pytest.param("ssh-rsa AAAA me@here\n", "does not begin", id="OpenSSH's one line"),
        pytest.param("see below\n" + PLAIN, "does not begin", id="something before the key"),
        pytest.param(BEGIN + "\n", "does not end", id="the first line alone"),
        pytest.param("\n".join(LINES[:-1]), "does not end", id="cut before the last line"),
        pytest.param("\n".join(LINES[:5]), "does not end", id="cut in the middle"),
        pytest.param(ssh2(RFC_RSA_1023_BODY + "\nAAAA"), "truncated or corrupt", id="more base64 behind its end"),
        pytest.param(f"{BEGIN}\nComment: {'x' * 100}", "does not end", id="cut behind a long comment"),
        pytest.param(PLAIN + "best regards\n", "does not end", id="something after the key"),
        pytest.param(BEGIN + "\n" + END + "\n", "empty", id="no key at all"),
        pytest.param("\n".join(LINES[:5] + LINES[6:]), "corrupt|truncated", id="a line missing in the middle"),
        pytest.param("\n".join(LINES[:-2] + LINES[-1:]), "corrupt|truncated", id="its last line of key missing"),
        pytest.param(PLAIN.replace("xbET", "xbE"), "corrupt|truncated", id="one character missing"),
        pytest.param(PLAIN.replace("xbET", "xb*T"), "Line 3 is not base64", id="a foreign character, with its line"),
        pytest.param(PLAIN.replace("xbET", "x bT"), "Line 3 is not base64", id="a blank inside"),
        pytest.param(PLAIN.replace("xbET", "xb=T"), "Line 3 is not base64", id="an equals sign inside"),
        pytest.param(
            ssh2(RFC_DSA_BODY, "Comment: to be continued \\").replace(RFC_DSA_BODY + "\n", ""),
            "corrupt|truncated|empty|continued",
            id="a header continued into the last line",
        ),
        pytest.param(ssh2(RFC_DSA_BODY, "x" * 65 + ": y"), "longer", id="a tag of 65 bytes"),
        pytest.param(ssh2(RFC_DSA_BODY, "\ud800" * 22 + ": y"), "longer", id="a tag of 66 bytes that no file has"),
        pytest.param(ssh2(RFC_DSA_BODY, ": y"), "Line 2", id="no tag before the colon"),
        pytest.param(BEGIN + "\n" + "x" * 73, "Line 2 is longer", id="a long line, which is the last one, too"),
        pytest.param("x\n" + "y" * 73 + "\nz", "does not begin", id="a long line in something else"),
        pytest.param("X" + PLAIN, "does not begin", id="a letter before the first line"),
        pytest.param("\n".join("  " + line for line in LINES), "does not begin", id="every line behind blanks"),
        pytest.param(BEGIN + "\n  " + "\n  ".join(LINES[1:]), "pasted from a letter", id="behind blanks but the first"),
        pytest.param(
            BEGIN + "\nComment: x \\\n" + END, "Line 2: the header 'Comment' is continued", id="nothing follows it"
        ),
    ],
)
def test_a_broken_file_is_refused(text, says):
    with pytest.raises(BadPublicKey, match=says):
        read(text)


@pytest.mark.parametrize("number", [1, 3, 4, 12])
def test_a_line_over_72_bytes_is_refused_by_its_number(number):
    lines = list(LINES)
    lines[number - 1] = lines[number - 1].ljust(LINE_BYTES + 1, "x")
    with pytest.raises(BadPublicKey, match=f"Line {number} is longer"):
        read("\n".join(lines))


def test_a_line_of_72_bytes_is_taken_and_blanks_at_its_end_do_not_count():
    encoded = base64.b64encode(public_of(rsa_key()).blob).decode()
    body = "\n".join(encoded[at : at + LINE_BYTES] + "   " for at in range(0, len(encoded), LINE_BYTES))
    assert read(ssh2(body, "Comment: x")).key.bits == 2048


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param(
            "Example Clearing (Hong Kong) Limited - SFTP production key CXYZ001, 2026", id="as PuTTYgen writes"
        ),
        pytest.param("報" * 300, id="900 bytes, not ASCII"),
        pytest.param("結算部生產環境公開金鑰".encode("big5").decode("utf-8", "surrogateescape") * 10, id="in Big5"),
        pytest.param("x" * 1024, id="as long as it may be"),
    ],
)
def test_a_comment_may_be_long_and_on_one_line(comment):
    found = read(ssh2(RFC_DSA_BODY, f"Comment: {comment}"))
    assert (found.comment, found.key.fingerprint) == (comment, RFC_DSA_MD5)


@pytest.mark.parametrize(
    "comment", ["x" * 1025, "報" * 342, "x" * 1_000_000], ids=["1,025 bytes", "fewer characters, more bytes", "1 MB"]
)
def test_a_comment_that_is_too_long_is_named_with_the_next_step(comment):
    with pytest.raises(BadPublicKey, match="Line 2: the comment is longer than the 1024 bytes") as refused:
        read(ssh2(RFC_DSA_BODY, f"Comment: {comment}"))
    assert "Shorten the comment" in refused.value.hint


def test_the_mark_of_utf_8_is_forgiven():
    assert read("\ufeff" + PLAIN).key.fingerprint == RFC_DSA_MD5


@pytest.mark.parametrize("value", [1024, 1025], ids=["1,024 bytes are taken", "1,025 bytes are refused"])
def test_a_header_value_has_at_most_1024_bytes(value):
    text = "x" * value
    lines = ["Comment: \\", *(text[at : at + 70] + "\\" for at in range(0, value, 70))]
    lines[-1] = lines[-1].rstrip("\\")
    if value > 1024:
        with pytest.raises(BadPublicKey, match="Line 2"):
            read(ssh2(RFC_DSA_BODY, *lines))
    else:
        assert read(ssh2(RFC_DSA_BODY, *lines)).comment == text


printable = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"'), max_size=60)


@settings(max_examples=60)
@given(printable)
def test_what_is_written_is_read_back(comment):
    key = public_of(rsa_key())
    text = write(key, comment)
    found = read(text)
    assert (found.key, found.comment) == (key, comment)
    assert all(len(line.encode()) <= LINE_BYTES and not line.endswith("\\") for line in text.splitlines()[2:])
    assert text.splitlines()[1] == f'Comment: "{comment}"' and text.isascii()
    assert text.endswith(END + "\n") and "\r" not in text


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param("x" * 61, id="longer than a line"),
        pytest.param("報表", id="not ASCII"),
        pytest.param("x" * 1100, id="too long for the RFC"),
        pytest.param("a\nb", id="two lines"),
        pytest.param("a\x1b[0m", id="a terminal escape"),
        pytest.param("a\ud800b", id="half a surrogate pair"),
    ],
)
def test_a_comment_that_not_every_reader_takes_is_refused(comment):
    with pytest.raises(BadInput):
        write(public_of(rsa_key()), comment)


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_reading_anything_ends_in_a_sentence(text):
    for candidate in (text, ssh2(text), ssh2(RFC_DSA_BODY, text)):
        refused = refusal(read, candidate)
        assert refused is None or refused.endswith(".")


def test_a_continued_header_may_have_long_lines():
    assert read(ssh2(RFC_DSA_BODY, "Comment: \\", "x" * 100)).comment == "x" * 100


def test_a_tag_may_have_64_bytes():
    assert read(ssh2(RFC_DSA_BODY, "x" * 64 + ": y")).headers == {"x" * 64: "y"}
    assert read(ssh2(RFC_DSA_BODY, "\ud800" * 21 + ": y")).headers == {"\ud800" * 21: "y"}


def test_the_key_is_written_in_lines_of_seventy_letters():
    lines = write(public_of(rsa_key()), 'the "one"').splitlines()
    assert lines[1] == "Comment: \"the 'one'\""
    assert [len(line) for line in lines[2:-1]] == [70] * 5 + [22]


@pytest.mark.parametrize(
    ("content", "is_long"),
    [
        pytest.param(b"x" * 72 + b"\n" + b"y" * 72 + b"  \r\n", False, id="72 bytes, and blanks at the end"),
        pytest.param(b"x\n" + b"y" * 73, True, id="73 bytes"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_lines_beyond_72_bytes_are_long(content, is_long):
    assert has_long_lines(content) is is_long
