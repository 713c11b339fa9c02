# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rounds in which every client has its turn: a first mirror, a second run, and the first round's copies compared."""

from __future__ import annotations

import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from tests.bench.aside import put_away
from tests.bench.line import inside
from tests.bench.parts import say
from tests.bench.peers import OURS

LAUNCHER = str(pathlib.Path(__file__).with_name("launcher.py"))
OUT_OF_THE_RACE = 3  # times as slow as ours: such a client is measured once, its ratio is told either way
LONGEST = 240  # seconds that anything may take
TOO_LATE = 124


class Run(NamedTuple):
    """One run of a command: seconds, those of a processor, peak memory in MB, what it said."""

    seconds: float
    processor: float
    memory: float
    said: str


class Failed(Exception):
    """The client came to a bad end."""


class Stopped(Exception):
    """The client was not ready in time."""


@dataclass
class Score:
    """What one client came to, round by round: seconds of a first mirror and of a second run, those of a processor."""

    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    processor_again: list[float] = field(default_factory=list)
    logins: int = 0  # of a first mirror
    memory: float = 0.0  # MB at the peak
    stopped: bool = False

    @property
    def seconds(self):
        return statistics.median(self.first)

    @property
    def again(self):
        """Seconds of a second run; None where it has no meaning or was not ready in time."""
        return statistics.median(self.second) if self.second else None

    def kept(self):
        return asdict(self)


def ratio(values, others):
    """The median of each round's ratio, since the machine's own pace changes from round to round."""
    return statistics.median(value / other for value, other in zip(values, others, strict=False))


class Race:
    """A data set's race on one server, with the clients in a namespace.

    Ours begins, and may take its time. The others are stopped after ``patience`` seconds, or when they are far behind.
    """

    def __init__(self, server, clients, place, namespace=None, patience=20.0):
        self._server, self._clients, self._place = server, clients, place
        self._namespace, self._patience = namespace, patience
        self.scores = {name: Score() for name in clients}
        self.failed = []

    def run(self, rounds):
        """Run the rounds, the order turned by one each time, and return name → score of those that work here."""
        order = list(self._clients)
        for number in range(rounds):
            say(f"  round {number + 1} of {rounds}")
            turned = number % len(order)
            for name in order[turned:] + order[:turned]:
                if number == 0 or self._keeps_up(name):
                    self._try(name, compared=number == 0)
        return {name: score for name, score in self.scores.items() if score.first}

    def _keeps_up(self, name):
        score = self.scores.get(name)
        return score and not score.stopped and score.seconds < OUT_OF_THE_RACE * self.scores[OURS].seconds

    def _try(self, name, compared):
        try:
            self._turn(name, compared)
        except Failed as failure:
            if name == OURS:
                raise
            del self.scores[name]
            self.failed.append(f"{name} does not work here: {' '.join(str(failure).split())}")

    def _turn(self, name, compared):
        score, client, dest = self.scores[name], self._clients[name], self._place / "copy"
        put_away(self._place.iterdir(), self._place.with_name("away"))
        before = self._server.logins()
        try:
            run = self._run(name, dest)
        except Stopped:
            score.first, score.stopped = [self._patience_with(name)], True
            score.logins = self._server.logins() - before
            return
        score.first.append(run.seconds)
        score.logins = self._server.logins() - before
        score.memory = max(score.memory, run.memory)
        score.processor.append(run.processor)
        wrong = client.copies and compared and self._server.differs(dest)
        if wrong:
            raise AssertionError(f"{name}: {wrong} is not what the server has")
        if client.repeats:
            with contextlib.suppress(Stopped):
                again = self._run(name, dest)
                score.second.append(again.seconds)
                score.processor_again.append(again.processor)

    def _run(self, name, dest):
        return measure(*self._clients[name].command(dest), self._place, self._namespace, self._patience_with(name))

    def _patience_with(self, name):
        far_behind = OUT_OF_THE_RACE * max(self.scores[OURS].first, default=0)
        return LONGEST if name == OURS else max(self._patience, far_behind)


def measure(command, said, place, namespace=None, patience=LONGEST):
    """Run a command in a namespace, from the moment when all that others wrote beside its copies is on the disk."""
    subprocess.run(["sync", "-f", place], check=True)
    report = place / "measured"
    launcher = [sys.executable, "-I", "-S", LAUNCHER, str(report), str(patience)]
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # clients in Python keep what they compiled, as everywhere
    with inside(namespace):
        done = subprocess.run(
            [*launcher, *command], input=said, capture_output=True, text=True, check=False, env=environment
        )
    if done.returncode == TOO_LATE:
        raise Stopped
    if done.returncode:
        raise Failed(f"{done.stdout.strip()[-500:]} {done.stderr.strip()[-200:]}")
    seconds, processor, kilobytes = report.read_text().split()
    return Run(float(seconds), float(processor), int(kilobytes) / 1024, done.stdout)
