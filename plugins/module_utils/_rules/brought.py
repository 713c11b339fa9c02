# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that people bring, as the editors and shells of their machines save them."""

from __future__ import annotations

import re

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError

_MARK = b"\xef\xbb\xbf"  # the byte order mark of UTF-8: Notepad writes it, and PowerShell
_WIDE = {b"\xff\xfe\0\0": "UTF-32", b"\0\0\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_UNMARKED = re.compile(rb"(?:[\t\n\r -~]\0){4}|(?:\0[\t\n\r -~]){4}")  # ASCII with a zero byte to each letter


def without_mark(data: bytes) -> bytes:
    """Return a file without the byte order mark of UTF-8, which says nothing."""
    return data[len(_MARK) :] if data.startswith(_MARK) else data


def wide_encoding(data: bytes) -> str | None:
    """Return the encoding's name where a file is in UTF-16 or UTF-32, with or without its byte order mark."""
    named = next((name for mark, name in _WIDE.items() if data.startswith(mark)), None)
    return named or ("UTF-16" if _UNMARKED.match(data) else None)


def text_of(data: bytes, whose: str, error: type[DcassError]) -> str:
    """Return the text of a file; what is no UTF-8 in it survives the way back. Raise the error for UTF-16, by name."""
    wide = wide_encoding(data)
    if wide:
        raise error(f"{whose} is in {wide}.", hint=save_as_utf8(whose if whose.startswith("/") else "FILE"))
    return without_mark(data).decode("utf-8", "surrogateescape")


def save_as_utf8(file: str) -> str:
    """Return the next step for a file in an encoding that nobody reads."""
    return (
        f"Save it as UTF-8: 'iconv -f UTF-16 -t UTF-8 {file} > NEW', or in PowerShell "
        f"'(Get-Content {file}) | Set-Content -Encoding ascii NEW'."
    )
