# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in processes of their own, side by side: each begins as a copy of this one, and SIGKILL may end it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

HANGS = 180  # seconds; nothing here is allowed to take half as long


@dataclass
class Job:
    """A piece of work whose result is JSON, when it is to be killed, and what came of it."""

    work: Callable[[], Any]
    kill_after: float | None = None  # seconds
    killed: bool = False
    result: Any = None
    seconds: float = 0.0


class _Child:
    """The process that does a job."""

    def __init__(self, job: Job) -> None:
        self.job, self.began, self._said = job, time.monotonic(), b""
        self.reading, writing = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _do(job.work, writing)
        os.close(writing)

    def until_kill(self) -> float:
        """Seconds until it is to be killed; it is killed here when they are over."""
        left = self.began + min(self.job.kill_after or HANGS, HANGS) - time.monotonic()
        if left <= 0:
            os.kill(self.pid, signal.SIGKILL)
        return max(left, 0.001)

    def listen(self) -> bool:
        """Take in what it says; False when it has ended."""
        said = os.read(self.reading, 1 << 20)
        self._said += said
        if not said:
            os.close(self.reading)
            self._end(os.waitpid(self.pid, 0)[1])
        return bool(said)

    def _end(self, status: int) -> None:
        job, job.seconds = self.job, time.monotonic() - self.began
        job.killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if job.killed:
            assert job.seconds < HANGS, "the run hangs"
            return
        told = json.loads(self._said or b'{"trouble": "the process ended without a word"}')
        assert "trouble" not in told, told["trouble"]
        job.result = told["result"]


def side_by_side(jobs: Iterable[Job]) -> None:
    """Do all jobs at the same time, each in a copy of this process, and return when the last has ended."""
    children = {child.reading: child for child in map(_Child, jobs)}
    with selectors.DefaultSelector() as selector:
        for reading in children:
            selector.register(reading, selectors.EVENT_READ)
        while children:
            for key, _mask in selector.select(min(child.until_kill() for child in children.values())):
                child = children[key.fd]
                selector.unregister(key.fd)
                if child.listen():
                    selector.register(key.fd, selectors.EVENT_READ)
                else:
                    del children[key.fd]


def _do(work: Callable[[], Any], writing: int) -> None:
    """In the child: do the work, say what came of it, and end without any of the parent's own ends."""
    try:
        told = json.dumps({"result": work()})
    except BaseException:
        told = json.dumps({"trouble": traceback.format_exc()})
    with os.fdopen(writing, "w") as pipe:
        pipe.write(told)
    os._exit(0)
