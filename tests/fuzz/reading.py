# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values from bytes: so that whatever bends bytes bends numbers, texts, lists and whole tables with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

Choice = TypeVar("Choice")
NUMBERS = (0, 1, -1, 2**31, 2**32 - 1, 2**32, 2**53, 2**62, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), 10**400)


class Reader:
    """Takes values one after the other; where nothing is left, zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def take(self, size: int) -> bytes:
        """Return so many bytes, fewer at the end."""
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def rest(self) -> bytes:
        return self.take(len(self._data))

    def below(self, limit: int) -> int:
        """Return a number from 0 on that is less than the limit."""
        size = (limit.bit_length() + 7) // 8
        return int.from_bytes(self.take(size), "big") % limit

    def one_in(self, many: int) -> bool:
        """Say yes once in so many times; no where nothing is left."""
        return self.below(many) == 1

    def choice(self, some: Sequence[Choice]) -> Choice:
        return some[self.below(len(some))]

    def piece(self, most: int = 255) -> bytes:
        """Return some bytes, with their number before them."""
        return self.take(self.below(most + 1))

    def text(self, most: int = 255) -> str:
        """Return a text; what is no UTF-8 comes as surrogates, one by one or in halves."""
        return text_of(self.piece(most))

    def number(self) -> int:
        """Return a number that is small, or at an edge."""
        return self.choice(NUMBERS) if self.one_in(2) else self.below(100_000)

    def value(self, depth: int = 3) -> Any:
        """Return anything that YAML or JSON can hold."""
        kind = self.below(9 if depth else 6)
        if kind == 6:
            return [self.value(depth - 1) for _item in range(self.below(4))]
        if kind == 7:
            return {self.text(8): self.value(depth - 1) for _item in range(self.below(4))}
        if kind == 8:
            return deep(self.below(3000))
        return (None, self.one_in(2), self.number(), self.below(1000) / 7, float("nan"), self.text())[kind]


def text_of(data: bytes) -> str:
    """Return bytes as whatever text they can stand for."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape")


def deep(levels: int) -> list[Any]:
    """Return a list in a list, and so on."""
    found: list[Any] = []
    for _level in range(levels):
        found = [found]
    return found
