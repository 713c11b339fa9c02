# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of one folder's listing: which were asked for, and what their answers say of its end.

Servers end a listing in several ways: with EOF, with nothing but pages without names from then on, or with EOF and
failures for what had been asked ahead. A failure before the end may have swallowed names.
"""

from __future__ import annotations

_EMPTY = (
    16  # pages without names in a row that are the end where no EOF comes; a server may leave out names page by page
)


class Pages:
    """Numbers the requests of one listing, whose answers may come in any order."""

    def __init__(self) -> None:
        self._asked = self._in_flight = 0
        self.any = False  # page came
        self._end: int | None = None  # the first request that was told that there is no more
        self._failed: set[int] = set()
        self._empty: set[int] = set()

    def ask(self) -> int:
        """Return the next request's number."""
        self._asked += 1
        self._in_flight += 1
        return self._asked

    def wants_more(self, ahead: int) -> bool:
        """Say whether to ask on, with so many requests ahead; asked one by one, what fails once is asked once more."""
        if self._end is not None or self._in_flight >= ahead:
            return False
        return not self._failed or (ahead == 1 and not {self._asked, self._asked - 1} <= self._failed)

    def came(self, number: int, names: int) -> None:
        """A page came. One without names may be the end; many in a row are."""
        self._in_flight -= 1
        self.any = True
        if not names:
            self._empty.add(number)
            first = last = number
            while first - 1 in self._empty:
                first -= 1
            while last + 1 in self._empty:
                last += 1
            if last - first + 1 >= _EMPTY:
                self._ends(last)

    def ended(self, number: int) -> None:
        """Note that the page of that number said: no more."""
        self._in_flight -= 1
        self._ends(number)

    def failed(self, number: int) -> None:
        """Note that the page of that number could not be had."""
        self._in_flight -= 1
        self._failed.add(number)

    @property
    def whole(self) -> bool:
        """Say whether the end was told, and nothing failed before it."""
        return self._end is not None and not any(number < self._end for number in self._failed)

    def _ends(self, number: int) -> None:
        self._end = number if self._end is None else min(self._end, number)
