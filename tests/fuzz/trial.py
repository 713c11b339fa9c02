# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tries inputs on one target and keeps count; a fault is made small, saved and told."""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import pathlib
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from tests.fuzz.target import Target

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAVED = ROOT / ".build" / "fuzz"
MOST_MEMORY = 1 << 30  # bytes of address space that a target may take beyond what it has when it begins
_MOST_SHRINKING = 400  # tries to make a failing input smaller
_SCRATCH = 1 << 20


class TooLong(BaseException):
    """An input takes more of the processor than it may; no `except Exception` is to catch this."""


@dataclass
class Row:
    """What a target has come to. ``longest`` is the most milliseconds of a processor that one input took."""

    name: str
    inputs: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    memory: int = 0  # MB, the most at any time
    seconds: float = 0.0
    failure: str = ""
    saved: str = ""


class Trial:
    """One target, which is tried until its time is over, it has had inputs enough, or one fails."""

    def __init__(self, target: Target, seconds: float, inputs: int) -> None:
        self.target, self.row = target, Row(target.name)
        self.samples = list(target.samples())
        self._seen: set[object] = set()
        self._began, self._seconds, self._most = time.perf_counter(), seconds, inputs
        SAVED.mkdir(parents=True, exist_ok=True)
        self.under_way = SAVED / f"{slug(target.name)}.now"
        self._now = _scratch(self.under_way)
        signal.signal(signal.SIGPROF, _too_long)
        _bound_memory()

    @property
    def goes_on(self) -> bool:
        row = self.row
        return not row.failure and row.inputs < self._most and time.perf_counter() - self._began < self._seconds

    def take(self, data: bytes) -> None:
        """Try an input. What ends in a way that no other has before becomes a sample."""
        self._now[: 4 + len(data)] = len(data).to_bytes(4, "big") + data  # left there if the process dies of it
        self.row.inputs += 1
        began = time.process_time()
        try:
            with _at_most(self.target.seconds):
                self.target.run(data)
        except DcassError as error:
            self.row.refused[error.code] += 1
            self._note((error.code, _line(error)), data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._fail(error, data)
        took = time.process_time() - began
        self.row.longest = max(self.row.longest, took * 1000)
        if took > self.target.seconds and not self.row.failure:
            self._fail(TooLong(f"{took:.1f} s"), data)

    def end(self) -> dict[str, Any]:
        """Return the row as plain values."""
        self.row.seconds = time.perf_counter() - self._began
        self.row.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        self.under_way.unlink(missing_ok=True)
        return {**vars(self.row), "refused": dict(self.row.refused)}

    def _note(self, outcome: object, data: bytes) -> None:
        if outcome not in self._seen:
            self._seen.add(outcome)
            self.samples.append(data)

    def _fail(self, error: BaseException, data: bytes) -> None:
        self.row.failure = "".join(traceback.format_exception(error))[-6000:]
        small = data if isinstance(error, TooLong) else self._shrunk(data, type(error))
        path = SAVED / f"{slug(self.target.name)}-{hashlib.sha256(small).hexdigest()[:12]}"
        path.write_bytes(small)
        self.row.saved = str(path.relative_to(ROOT))

    def _shrunk(self, data: bytes, kind: type[BaseException]) -> bytes:
        """Leave out piece after piece, as long as it fails in the same way."""
        size, tries = max(1, len(data) // 2), 0
        while size and tries < _MOST_SHRINKING:
            at = 0
            while at < len(data) and tries < _MOST_SHRINKING:
                tries += 1
                less = data[:at] + data[at + size :]
                if self._fails(less, kind):
                    data = less
                else:
                    at += size
            size //= 2
        return data

    def _fails(self, data: bytes, kind: type[BaseException]) -> bool:
        try:
            with _at_most(self.target.seconds):
                self.target.run(data)
        except BaseException as error:
            return type(error) is kind
        return False


def slug(name: str) -> str:
    """Return a target's name as that of a file."""
    return "".join(one if one.isalnum() else "-" for one in name)


def _line(error: BaseException) -> object:
    """Where an error was raised: the code says what, the line why."""
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at and (at.tb_frame.f_code.co_filename, at.tb_lineno)


def _scratch(path: pathlib.Path) -> mmap.mmap:
    with path.open("wb") as file:
        file.truncate(_SCRATCH)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), _SCRATCH)


def _bound_memory() -> None:
    """Let what takes too much memory fail by itself, as a MemoryError that nobody has foreseen."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0])
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MOST_MEMORY, hard))


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_PROF, seconds * 1.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _too_long(_signal: int, _frame: object) -> None:
    raise TooLong
