# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a run may take, and who sees to it: a thread beside each connection that breaks it off.

Whoever waits is woken by that, wherever it waits: paramiko has waits of its own without an end.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import LEAST_RATE
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost, DcassError, RunTimeout

_GRACE = 1.5  # times the operation timeout: a turn that waits for an answer may send after it
_LOOKS = 4  # within an operation timeout, whether a turn goes on
_LONGEST_PAUSE, _SHORTEST_PAUSE = 5.0, 0.05  # seconds between two looks, at most and at least


class TooSlow(Exception):
    """What is wrong with a facility that answers too little."""


class Pace:
    """How much comes: for a whole ``patience`` (seconds) there must be one whole answer, or enough bytes."""

    def __init__(self, patience: float) -> None:
        self.answers = self.came = 0  # counted up by who takes them in; bytes
        self._patience = patience
        self._since: tuple[float, int, int] | None = None

    @property
    def so_far(self) -> tuple[int, int]:
        """Return how many answers have come whole, and how many bytes."""
        return self.answers, self.came

    def compare(self, before: tuple[int, int]) -> None:
        """Raise TooSlow where too little has come since: ``patience`` is over."""
        answers, came = before
        if self.answers == answers and self.came - came < max(1, LEAST_RATE * self._patience):
            silent = self.came == came
            raise TooSlow(
                "has stopped answering"
                if silent
                else f"answers too slowly: {self.came - came} bytes and no whole answer in {self._patience:g} seconds"
            )

    def begin(self) -> None:
        """Begin to measure by the clock, where no timeout tells when it is time to judge."""
        if self._since is None:
            self._since = time.monotonic(), self.answers, self.came

    def judge(self) -> None:
        """Raise TooSlow where it is time, and too little has come."""
        if self._since is None:
            return
        began, answers, came = self._since
        if self.answers != answers:
            self._since = None
        elif time.monotonic() - began >= self._patience > 0:
            self.compare((answers, came))
            self._since = None


class Deadline:
    """When a run has to be over, by a clock that nobody sets. It is made when the run begins, for all its logins."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds, no fewer than 0."""
        return max(0.0, self.until - time.monotonic())

    def require(self) -> None:
        """Raise RunTimeout where the time is over."""
        if not self.left:
            raise self.error()

    def error(self) -> RunTimeout:
        """Return the error of a run that is out of time."""
        return RunTimeout(f"The run was ended after {self.seconds:g} seconds, the most that run_timeout allows.")


@dataclass(eq=False)
class Stage:
    """A part of a run with an end of its own; ``over`` once the connection was broken off for it."""

    until: float
    error: DcassError
    over: bool = False

    @classmethod
    def without_end(cls) -> Stage:
        """Return a stage that nothing but the run itself limits."""
        return cls(math.inf, ConnectionLost(""))


class Watch:
    """Breaks a connection off, once: when the run's time is over, or a stage's, or when a turn does not go on."""

    def __init__(self, deadline: Deadline, patience: float, break_off: Callable[[], None]) -> None:
        self.patience = patience  # seconds, the operation timeout
        self.error: DcassError | None = None  # why it was broken off
        self.beats = 0  # counted up by who takes turns; odd while one sends or waits
        self._stages = [Stage(deadline.until, deadline.error())]
        self._break_off = break_off
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._look_on, daemon=True).start()

    @contextlib.contextmanager
    def within(self, seconds: float, why: str) -> Iterator[Stage]:
        """Let what is done meanwhile take so many seconds at most."""
        stage = Stage(time.monotonic() + seconds, ConnectionLost(why))
        with self._changed:
            self._stages.append(stage)
            self._changed.notify()
        try:
            yield stage
        finally:
            with self._changed:
                self._stages.remove(stage)

    def end(self) -> None:
        """Nobody needs to look on any more."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def _look_on(self) -> None:
        beats, since = 0, time.monotonic()
        pause = min(max(self.patience / _LOOKS, _SHORTEST_PAUSE), _LONGEST_PAUSE)
        with self._changed:
            while not self._ended:
                now = time.monotonic()
                if self.beats != beats or not beats % 2:
                    beats, since = self.beats, now
                if now - since >= self.patience * _GRACE:
                    self.error = ConnectionLost("The facility has stopped taking what is sent to it.")
                first = min(self._stages, key=lambda stage: stage.until)
                if now >= first.until:
                    first.over, self.error = True, first.error
                if self.error is not None:
                    break
                self._changed.wait(min(first.until - now, pause))
        if self.error is not None:
            self._break_off()
