# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others on its way to a terminal, a log, a page or a message: made so that it can neither act nor deceive.

What a facility names and says, what a library complains of, what stands in files that people bring. Whatever is shown
goes through ``line`` or ``lines``; a name through ``readable`` or ``shown``, a passage that may hold a secret through
``scrubbed`` before.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata

SENTENCE = 2000  # characters of a message; more tells nobody more
PAGE = 20_000  # ... and of a whole text

# Spelled out and not asked of unicodedata: what one workstation's Python takes for a name, the other one's must, too,
# and a character of a later Unicode than theirs is one all the same.
_NO_CHARACTERS = "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_REFUSED = {
    "holds the control character {}": "\x00-\x1f\x7f-\x9f",
    "holds {}, which ends a line": "\u2028\u2029",
    "holds {}, which turns the direction of text": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "holds the invisible character {}": "\xad\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f",
    "holds {}, which is no character": "\ufdd0-\ufdef" + _NO_CHARACTERS,
}
_JOINERS = "\u200c\u200d"  # invisible, too, but Indic and Arabic words and emoji are spelled with them
_EMOJI = ("So", "Sk", "Sm", "Cn")  # signs and shades of skin; Cn: emoji that this Python does not know yet
_SHOWN = 120  # characters of a name
_ENDS = re.compile(r"\r\n|[\n\r\v\f\x85\u2028\u2029]")
_SURROGATES = "\ud800-\udfff"  # bytes that were no UTF-8, or no text at all: no terminal can be given them
_SECRETS = re.compile(
    r"-----BEGIN[^-]*PRIVATE KEY-----.*"  # and all that follows
    r"|[A-Za-z0-9+/=_]{40,}"  # base64, and the figures of a key
    r"|(?:[0-9A-Fa-f]{2}:){20,}[0-9A-Fa-f]{0,2}"
    r"|(?:\\x[0-9A-Fa-f]{2}){8,}",
    re.DOTALL,
)


def line(text: str, most: int = SENTENCE) -> str:
    """Return a text as one line of at most so many characters, with what could act or deceive spelled out."""
    return _cut(_spelled(_ENDS.sub(" ", text[: 2 * most + 1]).replace("\t", " ")), most)


def lines(text: str, most: int = PAGE) -> str:
    """Return a text of several lines, which end in LF, as ``line`` does one."""
    parts = _ENDS.sub("\n", text[: 2 * most + 1]).split("\n")
    return _cut("\n".join(_spelled(part.replace("\t", " ")) for part in parts), most)


def scrubbed(text: str) -> str:
    """Return a text without what may be a key, or part of one: what libraries complain of may quote what they read."""
    return _SECRETS.sub("(left out)", text)


def shown(raw: bytes) -> str:
    """Return any name in printable form and in quotation marks, for messages."""
    text = ascii(raw[:_SHOWN].decode("utf-8", "backslashreplace"))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 16]}...' ({hashlib.sha256(raw).hexdigest()[:8]})"


def readable(raw: bytes) -> str:
    """Return any name or path as it is where nothing in it could trick a reader, and as ``shown`` does elsewhere."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return shown(raw)
    return shown(raw) if trick(text) else text


def trick(text: str) -> str | None:
    """Return what in a text could trick a terminal or a reader, None where nothing could."""
    if _is_plain(text):
        return None
    for found in _any_of(*_REFUSED.values()).finditer(text):
        if not _joins(text, found.start()):
            reason = next(reason for reason, some in _REFUSED.items() if re.match(f"[{some}]", found.group()))
            return reason.format(f"U+{ord(found.group()):04X}")
    return None


def _spelled(text: str) -> str:
    """Write out each character that is refused in a name: an escape becomes \\x1b."""
    if _is_plain(text):
        return text
    unfit = _any_of(*_REFUSED.values(), _SURROGATES)
    spelled = unfit.sub(lambda found: found[0] if _joins(text, found.start()) else ascii(found[0])[1:-1], text)
    return spelled if spelled == text else _spelled(spelled)  # a joiner may have lost what it joined


def _is_plain(text: str) -> bool:
    """Say whether a text is of letters, figures and signs of ASCII alone, as most are."""
    return text.isascii() and text.isprintable()


@functools.cache
def _any_of(*ranges: str) -> re.Pattern[str]:
    """Compiled when it is needed: a run that meets plain names alone is spared it."""
    return re.compile(f"[{''.join(ranges)}]")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip(_JOINERS) + "…"


def _joins(text: str, at: int) -> bool:
    """Say whether the character is a joiner where spelling needs one; elsewhere two names would look the same.

    That is after a virama, between letters of a script that runs from right to left, and between emoji.
    """
    if text[at] not in _JOINERS or at in (0, len(text) - 1):
        return False
    before, after = text[at - 1], text[at + 1]
    if unicodedata.combining(before) == 9:  # a virama
        return True
    if unicodedata.bidirectional(before) in ("AL", "R", "NSM") and unicodedata.bidirectional(after) in ("AL", "R"):
        return True
    return (before == "\ufe0f" or unicodedata.category(before) in _EMOJI) and unicodedata.category(after) in _EMOJI
