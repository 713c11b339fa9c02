# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules take, refused here where they can't be right."""

from __future__ import annotations

import re
from datetime import date

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput

_PASSPHRASE_BYTES = 1000  # OpenSSH's own limit is a little above
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)


def absolute_path(option: str, path: str) -> str:
    """Return a path that means the same wherever the module runs, or raise BadInput."""
    if not path.startswith("/") or "\0" in path:
        raise BadInput(f"{option} is {path!r}: it must be an absolute path.")
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise BadInput(f"{option} is {path!r}: half a surrogate pair is no character of a path.") from None
    return path


def passphrase(text: str | None) -> str | None:
    """Return a private key's passphrase, None for none, or raise BadInput (which does not show it)."""
    if not text:
        return None
    if not text.strip() or "\0" in text or not _is_short_enough(text):
        raise BadInput(
            f"passphrase must not be blank, hold a NUL or what is no text, or have more than {_PASSPHRASE_BYTES} bytes."
        )
    return text


def _is_short_enough(text: str) -> bool:
    """Say whether it has so few bytes in UTF-8; what is no text has none there."""
    try:
        return len(text.encode()) <= _PASSPHRASE_BYTES
    except UnicodeEncodeError:
        return False


def day(option: str, text: str) -> date:
    """Return the day that an option names, or raise BadInput."""
    try:
        if _DAY.match(str(text)):
            return date.fromisoformat(str(text))
    except ValueError:
        pass
    raise BadInput(f"{option}: '{text}' is not a date of the form 2026-12-31.")
