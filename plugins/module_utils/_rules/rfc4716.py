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
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey, parse_blob

BEGIN = "---- BEGIN SSH2 PUBLIC KEY ----"
END = "---- END SSH2 PUBLIC KEY ----"
LINE_BYTES = 72  # RFC 4716 section 3, without the line's end
_TAG_BYTES, _VALUE_BYTES = 64, 1024  # RFC 4716 section 3.3
_COMMENT_BYTES = 1000  # what the value leaves beside its quotation marks
_WRITTEN_WIDTH = 70  # as ssh-keygen -e writes
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")


@dataclass(frozen=True)
class PublicKeyFile:
    """What an SSH2 public key file says: its key and its headers (tags in lower case)."""

    key: PublicKey
    headers: dict[str, str]

    @property
    def comment(self) -> str:
        value = self.headers.get("comment", "")
        return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def read(text: str) -> PublicKeyFile:
    """Parse one SSH2 public key file, or raise BadPublicKey with the line at fault.

    CRLF, blanks at the ends of lines and blank lines are accepted, since mail and editors add them.
    """
    lines = [(number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line]
    for number, line in lines:
        if len(line.encode("utf-8")) > LINE_BYTES:
            raise BadPublicKey(f"Line {number} is longer than the {LINE_BYTES} bytes that RFC 4716 allows.")
    if not lines or lines[0][1] != BEGIN:
        raise BadPublicKey(f"The file does not begin with '{BEGIN}'.")
    if lines[-1][1] != END:
        raise BadPublicKey(f"The file does not end with '{END}': it is truncated, or something follows the key.")
    headers, body = _headers(lines[1:-1])
    return PublicKeyFile(parse_blob(_decode(body)), headers)


def as_written(comment: str) -> str:
    """Return a comment as it stands in a file, without the marks around it; raise BadInput if it can't be written."""
    if not comment.isprintable() or len(comment.encode("utf-8")) > _COMMENT_BYTES:
        raise BadInput(f"The key's comment must be printable and at most {_COMMENT_BYTES} bytes long.")
    return comment.replace('"', "'")


def write(key: PublicKey, comment: str) -> str:
    """Return the key as an SSH2 public key file with lines of at most 72 bytes and LF line ends."""
    quoted = f'Comment: "{as_written(comment)}"'
    encoded = base64.b64encode(key.blob).decode("ascii")
    body = [encoded[at : at + _WRITTEN_WIDTH] for at in range(0, len(encoded), _WRITTEN_WIDTH)]
    return "\n".join([BEGIN, *_folded(quoted), *body, END, ""])


def _headers(lines: list[tuple[int, str]]) -> tuple[dict[str, str], list[tuple[int, str]]]:
    headers: dict[str, str] = {}
    rest = list(lines)
    while rest and ":" in rest[0][1]:
        number, line = rest.pop(0)
        tag, value = line.split(":", 1)
        while value.endswith("\\"):
            if not rest:
                raise BadPublicKey(f"Line {number}: the header '{tag}' is continued, but nothing follows.")
            value = value[:-1] + rest.pop(0)[1]
        value = value.strip()
        if not tag or len(tag.encode()) > _TAG_BYTES or len(value.encode()) > _VALUE_BYTES:
            raise BadPublicKey(f"Line {number}: the header is longer than RFC 4716 allows.")
        headers[tag.lower()] = value
    return headers, rest


def _decode(body: list[tuple[int, str]]) -> bytes:
    for number, line in body:
        if not _BASE64.match(line):
            raise BadPublicKey(f"Line {number} is not base64.")
    try:
        return base64.b64decode("".join(line for _number, line in body), validate=True)
    except binascii.Error:
        raise BadPublicKey("The key's base64 text is truncated or corrupt.") from None


def _folded(header: str) -> list[str]:
    lines = []
    while len(header.encode("utf-8")) > LINE_BYTES:
        cut = LINE_BYTES - 1
        while len(header[:cut].encode("utf-8")) > LINE_BYTES - 1:
            cut -= 1
        lines.append(header[:cut] + "\\")
        header = header[cut:]
    return [*lines, header]
