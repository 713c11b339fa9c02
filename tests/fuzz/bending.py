# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inputs that are almost right: a sample, bent in a few places. The dice may be Python's, or Hypothesis's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST_BYTES = 1 << 16  # of an input: enough for whatever grows too fast to show
_MOST_BENDINGS = 6
_NOISE = 0.03  # of all inputs are no sample at all, but bytes by lot

NASTY = (  # what has made parsers stumble, here or elsewhere
    *(bytes([one]) for one in b"\0\t\n\r\x1b\x7f\x80\xff\\/.~-\"'{}[]:,=%*?!@#|"),
    b"\r\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xed\xa0\x80",  # half of a surrogate pair
    b"\xf4\x90\x80\x80",  # beyond the last character
    "\u202e\u2066\u200b\u200d\u2028\ufdd0\u0301\u094d\U0001f600\ud7ff".encode(),
    "\u0662\u0660\u0662\u0666".encode(),  # figures, but not of ASCII
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff" * 8,
    b"\0\0\0\0\0\0\0\1",
    b"-1",
    b"1e999",
    b"-Infinity",
    b"NaN",
    b"null",
    b"true",
    b"9" * 400,
    b"9" * 5000,  # more figures than Python makes a number of
    b"00010101",
    b"99991231",
    b"2026-02-30",
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-14:00",
    b"../",
    b"%s%n{0}",
    b"\x1b]0;x\x07\x1b[2J",
    b"A" * 300,
    b"AAAA" * 40 + b"=",
    b"[" * 3000,
    b'{"a":' * 3000,
)


def bent(dice: Any, samples: Sequence[bytes], tokens: Sequence[bytes] = ()) -> bytes:
    """Return a sample with some bendings, now and then one as it is, or noise."""
    if dice.random() < _NOISE:
        return bytes(dice.randrange(256) for _byte in range(dice.randrange(200)))
    sample = dice.choice(samples)
    data = bytearray(sample)
    for _bending in range(dice.randrange(_MOST_BENDINGS + 1)):
        dice.choice(_BENDINGS)(dice, data, samples, tokens or NASTY)
    return bytes(data[: max(MOST_BYTES, len(sample))])


def _place(dice: Any, data: bytearray) -> tuple[int, int]:
    """Where a piece begins and ends; short pieces come most often."""
    begin = dice.randrange(len(data) + 1)
    return begin, min(len(data), begin + dice.choice((1, 1, 2, 4, 8, 32, 200, len(data))))


def _flip(dice: Any, data: bytearray, *_others: object) -> None:
    if data:
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _set(dice: Any, data: bytearray, *_others: object) -> None:
    if data:
        data[dice.randrange(len(data))] = dice.choice((0, 1, 9, 10, 32, 34, 45, 47, 48, 57, 65, 92, 127, 128, 255))


def _cut(dice: Any, data: bytearray, *_others: object) -> None:
    begin, end = _place(dice, data)
    del data[begin:end]


def _end(dice: Any, data: bytearray, *_others: object) -> None:
    del data[dice.randrange(len(data) + 1) :]


def _repeat(dice: Any, data: bytearray, *_others: object) -> None:
    begin, end = _place(dice, data)
    data[begin:begin] = (data[begin:end] * dice.choice((1, 1, 2, 20, 500)))[:MOST_BYTES]


def _move(dice: Any, data: bytearray, *_others: object) -> None:
    begin, end = _place(dice, data)
    piece = data[begin:end]
    del data[begin:end]
    at = dice.randrange(len(data) + 1)
    data[at:at] = piece


def _insert(dice: Any, data: bytearray, _samples: object, tokens: Sequence[bytes]) -> None:
    at = dice.randrange(len(data) + 1)
    data[at:at] = dice.choice(tokens if dice.random() < 0.5 else NASTY)


def _replace(dice: Any, data: bytearray, _samples: object, tokens: Sequence[bytes]) -> None:
    begin, end = _place(dice, data)
    data[begin:end] = dice.choice(tokens if dice.random() < 0.5 else NASTY)


def _number(dice: Any, data: bytearray, *_others: object) -> None:
    """Make four bytes, which may be a length, another number near by or far off."""
    if len(data) >= 4:
        at = dice.randrange(len(data) - 3)
        was = int.from_bytes(data[at : at + 4], "big")
        now = dice.choice((was + 1, was - 1, was * 2, 0, 1, 1 << 16, (1 << 31) - 1, (1 << 32) - 1, len(data)))
        data[at : at + 4] = (now % (1 << 32)).to_bytes(4, "big")


def _splice(dice: Any, data: bytearray, samples: Sequence[bytes], _tokens: object) -> None:
    """Go on as another sample does."""
    other = dice.choice(samples)
    data[dice.randrange(len(data) + 1) :] = other[dice.randrange(len(other) + 1) :]


_BENDINGS = (_flip, _flip, _set, _cut, _end, _repeat, _move, _insert, _replace, _replace, _number, _splice)
