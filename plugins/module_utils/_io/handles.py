# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is open at the facility, and how much may be open at once: what its server allows is found out, not assumed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

MOST_OPEN = 64  # files and folders open at once, where the server does not tell or show what it allows
MOST_ALLOWED = 128  # ... where it tells that it allows as many or more


class Owner(Protocol):
    """Who opens something: ``most_before`` is how many handles were allowed when it was refused beside others, or 0."""

    most_before: int

    def mix_up(self) -> None:
        """Take note that what comes may be of something else."""


class Handles:
    """The handles of one session.

    A server that gives out one handle twice mixes up what is open: from then on one thing is open at a time.
    """

    def __init__(self) -> None:
        self.most = MOST_OPEN
        self.mixed = False
        self._open: dict[Owner, bytes] = {}
        self._asked: dict[Owner, int] = {}  # when each was asked for, by a count of all that was
        self._closing: dict[Owner, int] = {}  # likewise what is to be closed, and has no answer yet
        self._count = self._opening = 0
        self._exact = False  # what is being closed counts as open until the answer is here
        self._restored: int | None = None

    def allow(self, most: int) -> None:
        """Take note of what the server tells; 0 means that it has no limit."""
        if most:
            self.most = min(most, MOST_ALLOWED if self.most == MOST_OPEN else self.most)

    @property
    def free(self) -> bool:
        """Say whether one more may be opened."""
        taken = self._opening + len(self._open) - (0 if self._exact else len(self._closing))
        return taken < self.most

    @property
    def only_closing(self) -> bool:
        """Say whether all that is open is being closed, and its server has never mixed up, lost or refused anything."""
        return not (self._exact or self._opening) and len(self._closing) == len(self._open)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Let one thing be open at a time for a while, so that what comes of it is its own."""
        before = self.most, self._exact
        self.most, self._exact = 1, True
        try:
            yield
        finally:
            if not self.mixed:
                self.most, self._exact = before

    def distrust(self) -> None:
        """Let one thing be open at a time from now on: the server mixes up what is open."""
        self.most, self.mixed, self._exact, self._restored = 1, True, True, None

    def halve(self) -> None:
        """Let fewer be open from now on: the server may lose what is open beside too much else."""
        self.most, self._exact = max(1, self.most // 2), True

    def opening(self, one: Owner) -> None:
        """Count one that is asked for and not there yet."""
        self._opening += 1
        self._asked[one] = self._next()

    def granted(self, one: Owner, handle: bytes) -> list[Owner]:
        """Take note of a handle, and return all whose content can't be trusted because of it: none, as a rule."""
        asked = self._answered(one)
        is_twin = handle in self._open.values() and self._is_held(handle, asked)
        self._open[one] = handle
        if is_twin:
            self.distrust()
            return [*self._open]
        if self._restored:  # what was refused was refused for itself
            self.most, self._restored = self._restored, None
        return []

    def refused(self, one: Owner) -> bool:
        """Return whether a refusal counts. It does not while something else is open: the limit may be what it is for.

        Then no more may be open than is now.
        """
        self._answered(one)
        if not self._open and not self._opening:
            if one.most_before and not self.mixed:
                self._restored = max(one.most_before, self.most)
            return True
        one.most_before = one.most_before or self.most
        self.most, self._exact = max(1, min(self.most, len(self._open))), True
        return False

    def closing(self, one: Owner) -> bool:
        """Return whether to ask for it: not while another one has the same handle, who closes it for both."""
        handle = self._open.pop(one)
        if self.mixed and handle in self._open.values() and self._is_held(handle, self._next()):
            return False
        self._open[one], self._closing[one] = handle, self._next()
        return True

    def closed(self, one: Owner) -> None:
        """Give back one that the facility has closed."""
        del self._closing[one], self._open[one]

    def _answered(self, one: Owner) -> int:
        self._opening -= 1
        return self._asked.pop(one)

    def _is_held(self, handle: bytes, asked: int) -> bool:
        """Say whether someone has the handle who had not asked to close it by then: a server may give it out again."""
        return any(its == handle and self._closing.get(other, asked) >= asked for other, its in self._open.items())

    def _next(self) -> int:
        self._count += 1
        return self._count

    def discard_pending(self) -> None:
        """Nothing that is open is of interest any more."""
        self._open.clear()
        self._closing.clear()
        self._asked.clear()
        self._opening = 0
