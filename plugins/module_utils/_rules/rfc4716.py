# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH2 public key files (RFC 4716), the form in which the exchange takes keys (§2.1, §3.2.1)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, BadPublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LINE_BYTES, TAG_BYTES, VALUE_BYTES
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey, parse_blob

BEGIN = "---- BEGIN SSH2 PUBLIC KEY ----"
END = "---- END SSH2 PUBLIC KEY ----"
_COMMENT = 60  # characters that leave the header on one line: PuTTYgen and others read no line that is continued
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_WRITTEN_WIDTH = 70  # as ssh-keygen -e writes
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")


@dataclass(frozen=True)
class PublicKeyFile:
    """What an SSH2 public key file says: its key and its headers (tags in lower case)."""

    key: PublicKey
    headers: dict[str, str]

    @property
    def comment(self) -> str:
        """Its comment without the quotation marks, empty where it has none."""
        value = self.headers.get("comment", "")
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def read(text: str) -> PublicKeyFile:
    """Parse one SSH2 public key file, or raise BadPublicKey with the line at fault.

    CRLF, blanks at the ends of lines, blank lines and the mark of UTF-8 are accepted, since mail and editors add them;
    a header on a line of any length, since PuTTYgen and asyncssh write a comment so.
    """
    lines = [(number, line.rstrip()) for number, line in enumerate(_LINE_ENDS.split(text.lstrip("\ufeff")), 1)]
    lines = [(number, line) for number, line in lines if line]
    for number, line in (*lines[:1], *lines[-1:]):
        if ":" not in line:
            _require_short(number, line)
    if not lines or lines[0][1] != BEGIN:
        raise BadPublicKey(f"The file does not begin with '{BEGIN}'.")
    if lines[-1][1].strip() == END != lines[-1][1]:
        raise BadPublicKey("The lines of the file begin with blanks, as if pasted from a letter.")
    if lines[-1][1] != END:
        raise BadPublicKey(f"The file does not end with '{END}': it is truncated, or something follows the key.")
    headers, body = _headers(lines[1:-1])
    return PublicKeyFile(parse_blob(_decode(body)), headers)


def can_be_written(comment: str) -> bool:
    """Say whether a comment is one that every reader takes."""
    return comment.isascii() and comment.isprintable() and len(comment) <= _COMMENT


def as_written(comment: str) -> str:
    """Return a comment as it stands in a file, without the marks around it; raise BadInput if it can't be written."""
    if not can_be_written(comment):
        raise BadInput(
            f"The key's comment must be on one line, of at most {_COMMENT} characters, all of them ASCII: "
            "not every program reads another, and nobody knows which one the exchange has.",
            hint="Set dcass_key_comment to a shorter or plainer one, or leave it out: then it is the account.",
        )
    return comment.replace('"', "'")


def write(key: PublicKey, comment: str) -> str:
    """Return the key as an SSH2 public key file that all readers take: LF, short lines, none of them continued."""
    encoded = base64.b64encode(key.blob).decode("ascii")
    body = [encoded[at : at + _WRITTEN_WIDTH] for at in range(0, len(encoded), _WRITTEN_WIDTH)]
    return "\n".join([BEGIN, f'Comment: "{as_written(comment)}"', *body, END, ""])


def has_long_lines(content: bytes) -> bool:
    """Say whether a file has a line that is longer than RFC 4716 allows."""
    return any(len(line.rstrip()) > LINE_BYTES for line in content.splitlines())


def _headers(lines: list[tuple[int, str]]) -> tuple[dict[str, str], list[tuple[int, str]]]:
    headers: dict[str, str] = {}
    at = 0
    while at < len(lines) and ":" in lines[at][1]:
        number, line = lines[at]
        tag, value = line.split(":", 1)
        at += 1
        pieces = [value]
        while pieces[-1].endswith("\\"):
            if at == len(lines):
                raise BadPublicKey(f"Line {number}: the header '{tag}' is continued, but nothing follows.")
            pieces[-1] = pieces[-1][:-1]
            pieces.append(lines[at][1])
            at += 1
        value = "".join(pieces).strip()
        if not tag:
            raise BadPublicKey(f"Line {number}: a header has no name before its colon.")
        if _bytes(tag) > TAG_BYTES:
            raise BadPublicKey(f"Line {number}: the header's name is longer than the {TAG_BYTES} bytes of RFC 4716.")
        if _bytes(value) > VALUE_BYTES:
            raise BadPublicKey(
                f"Line {number}: the {tag.lower()} is longer than the {VALUE_BYTES} bytes that RFC 4716 allows.",
                hint=f"Shorten the {tag.lower()} in the file: it is no part of the key.",
            )
        headers[tag.lower()] = value
    return headers, lines[at:]


def _bytes(text: str) -> int:
    """Count the bytes that a text had in its file, also where these were no UTF-8."""
    try:
        return len(text.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # half a surrogate pair, which no file has
        return len(text.encode("utf-8", "surrogatepass"))


def _require_short(number: int, line: str) -> None:
    if _bytes(line) > LINE_BYTES:
        raise BadPublicKey(f"Line {number} is longer than the {LINE_BYTES} bytes that RFC 4716 allows.")


def _decode(body: list[tuple[int, str]]) -> bytes:
    for number, line in body:
        _require_short(number, line)
        if not _BASE64.match(line):
            raise BadPublicKey(f"Line {number} is not base64.")
    try:
        return base64.b64decode("".join(line for _number, line in body), validate=True)
    except binascii.Error:
        raise BadPublicKey("The key's base64 text is truncated or corrupt.") from None
