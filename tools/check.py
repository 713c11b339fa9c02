# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the parts of `make test` and counts what passed: `python tools/check.py test|release|mutants|bench|PART...`.

`test-all` runs what `test` spares as well. `release` ends with a table of what was checked.

`quick PART/STEP` runs one step of tools/steps.py as `make test` does, `PART/STEP` the whole of it.

`make test` spares what is long, steps and tests that are marked so, and tells how many. Three steps run side by side;
whoever has ended one begins the next; those that want to be alone come last. What a step says is kept in .build/logs
and shown when it fails; a bench says it at once. Which tests have failed is told once more at the end. A step of pytest
counts its tests, any other counts as one. Ctrl-C, SIGTERM and SIGHUP end all that runs, with all that it has started.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from xml.etree import ElementTree

import clocks
import debian
import environments
import keeper
import lab
import pythons
from steps import ALL, STEPS, Step, quickened

ROOT = environments.ROOT
LOGS = ROOT / ".build" / "logs"
MOST_SAID = 400  # characters of a failure, in the list at the end
ABREAST = 3  # steps: one more than the processors that we count on, since each waits now and then
TO_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPING = threading.Event()
# how much of what is drawn by lot
PLENTY = {
    "DCASS_LIVES": "1000",
    "DCASS_KILLS": "100",
    "DCASS_FLEET": "20",
    "FUZZ_SECONDS": "180",
    "SOAK_DAYS": "90",
}
# what is drawn is the same each time where a change is judged: a rare draw would tell of another one
SAME = {"DCASS_SEED": "1", "SOAK_SEED": "1"}


@dataclasses.dataclass
class Count:
    """What a step, or all of them, came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    spared: int = 0
    reasons: list[str] = dataclasses.field(default_factory=list)
    failures: list[str] = dataclasses.field(default_factory=list)  # which tests, and what they say first

    def add(self, other: Count) -> None:
        """Take another count in."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.spared += other.spared
        self.reasons += other.reasons

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def run(step: Step) -> Count:
    """Run one step and count it."""
    if step.needs and not (ROOT / step.needs).exists():
        return Count(skipped=1, reasons=[f"there is no {step.needs}"])
    try:
        python = environments.ensure(step.environment)
        place = clocks.place(clocks.DAYS[step.day]) if step.day else {}
    except environments.Missing as lack:
        return Count(skipped=1, reasons=[str(lack)])
    for name in step.uses:
        with contextlib.suppress(environments.Missing):  # the tests that wanted it say that they are skipped
            environments.ensure(name)
    report = LOGS / f"{step.name}.xml"
    report.unlink(missing_ok=True)
    is_pytest = "pytest" in step.command
    command = [*step.command, f"--junit-xml={report}"] if is_pytest else list(step.command)
    code = execute([str(python.parent / command[0]), *command[1:]], step, place)
    if is_pytest and report.exists():
        return count_tests(report, code, spared=spared_by(step))
    if code == lab.SKIPPED and not is_pytest:
        return Count(skipped=1, reasons=[(LOGS / f"{step.name}.log").read_text().splitlines()[-1]])
    return Count(failed=1) if code else Count(passed=1)


def execute(command: Sequence[str], step: Step, more: Mapping[str, str]) -> int:
    """Run a command with its output in the step's log; its exit code, or 124 where it hung."""
    path = os.pathsep.join([str(pathlib.Path(command[0]).parent), pythons.search_path()])
    # CI: pytest shortens no comparison, hypothesis tries the same examples each time
    examples = str(ROOT / ".build" / "hypothesis")
    place = dict(os.environ, **more, CI="true", PATH=path, HYPOTHESIS_STORAGE_DIRECTORY=examples)
    place |= dict(word.split("=", 1) for word in step.sets)
    place.pop("PYTHONDONTWRITEBYTECODE", None)  # else hundreds of playbooks would each compile the collection anew
    kept = [sys.executable, os.path.abspath(keeper.__file__), str(os.getpid()), *command]
    with (LOGS / f"{step.name}.log").open("w") as log:
        child = subprocess.Popen(
            kept,
            cwd=ROOT / step.cwd,
            env=place,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=None if step.live else log,
            stderr=None if step.live else log,
        )
        if STOPPING.is_set():  # it began too late for Board.stop to see it
            child.terminate()
        try:
            return child.wait(step.patience)
        except subprocess.TimeoutExpired:
            child.terminate()
            child.wait()
            log.write(f"\nstopped after {step.patience} seconds\n")
            return 124


def spared_by(step: Step) -> int:
    """How many long tests pytest says it has left out; on other days than today nobody misses them."""
    deselected = re.findall(r"(\d+) deselected", (LOGS / f"{step.name}.log").read_text(errors="replace"))
    return int(deselected[-1]) if deselected and not step.day else 0


def count_tests(report: pathlib.Path, code: int, spared: int) -> Count:
    """What pytest's report counts; a run that failed without a failed test (none found, say) counts as one failure."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    count = Count(spared=spared)
    for case in cases:
        kinds = {child.tag: child.get("message", "") for child in case}
        if said := [kinds[kind] for kind in ("failure", "error") if kind in kinds]:
            count.failed += 1
            count.failures.append(f"{case.get('name')}: {' '.join(said[0].split())[:MOST_SAID]}")
        elif "skipped" in kinds:
            count.skipped += 1
            count.reasons.append(kinds["skipped"])
        else:
            count.passed += 1
    if code and not count.failed:
        count.failed = 1
    return count


def tests_of(report: pathlib.Path) -> list[tuple[str, str, float]]:
    """What pytest's report says of each test, which is named after what it checks; its examples are taken together."""
    rows: dict[str, tuple[str, float]] = {}
    for case in ElementTree.parse(report).getroot().iter("testcase") if report.exists() else ():
        name = "  " + case.get("name", "").partition("[")[0].removeprefix("test_").replace("_", " ")
        kinds = {child.tag for child in case}
        verdict = "FAILED" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        before, seconds = rows.get(name, (verdict, 0.0))
        rows[name] = (min(verdict, before), seconds + float(case.get("time", 0)))
    return [(name, *row) for name, row in rows.items()]


class Board:
    """Runs what waits, prints what each step came to, one at a time, and keeps the total."""

    def __init__(self) -> None:
        self.waiting: collections.deque[Step] = collections.deque()
        self.total = Count()
        self.table: list[tuple[str, str, float]] = []  # what was checked, what it came to, and the seconds it took
        self.failed: dict[str, list[str]] = {}  # steps, and which of their tests
        self.printing = threading.Lock()
        self.stopped_by = 0  # a signal

    def stop(self, signum: int, _frame: FrameType | None) -> None:
        """Begin nothing more, and end what runs; apt-get alone ends by itself, since it would leave packages half
        configured."""
        self.stopped_by = signum
        STOPPING.set()
        self.waiting.clear()
        for process in keeper.children(os.getpid()):
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{process}/comm").read_text() != "apt-get\n":
                    os.kill(process, signal.SIGTERM)

    def show(self, step: Step, count: Count, seconds: float) -> None:
        """One line a step, each reason for skipping once, and all its output where it failed."""
        verdict = next((word for word in ("failed", "passed", "skipped") if getattr(count, word)), "spared")
        verdict = verdict.upper() if count.failed else verdict
        with self.printing:
            self.total.add(count)
            spared = f", {count.spared} spared" if count.spared else ""
            print(f"{verdict:8}{step.part:12}{step.name:22}{seconds:6.1f} s   {count}{spared}", flush=True)
            if count.failed:
                self.failed[f"{step.part}/{step.name}"] = count.failures
            self.table.append((step.what, verdict, seconds))
            self.table += tests_of(LOGS / f"{step.name}.xml") if "pytest" in step.command else []
            for reason in sorted(set(count.reasons)):
                print(f"          skipped {count.reasons.count(reason)}: {reason}")
            log = LOGS / f"{step.name}.log"
            if log.exists() and (count.failed or step.shown):
                print(re.sub(r"(?m)^", "    | ", log.read_text(errors="replace").rstrip()), flush=True)

    def run(self, steps: Iterable[Step], abreast: int) -> None:
        """Run these steps, so many at a time, until each has ended."""
        if self.stopped_by:
            return
        self.waiting.extend(steps)
        with ThreadPoolExecutor() as workers:
            for _worker in range(abreast):
                workers.submit(self.work)

    def work(self) -> None:
        """Run step after step until none waits."""
        while True:
            try:
                step = self.waiting.popleft()  # empty as well where all was stopped
            except IndexError:
                return
            begin = time.monotonic()
            try:
                count = run(step)
            except Exception as trouble:  # a worker that died silently would pass as green
                count = Count(failed=1)
                reason = str(trouble) if isinstance(trouble, environments.NotFetched) else repr(trouble)
                if not STOPPING.is_set():
                    print(f"{step.name}: {reason}")
            if STOPPING.is_set():
                return
            self.show(step, count, time.monotonic() - begin)

    def sum_up(self, in_a_table: bool) -> None:
        """The total, and which tests have failed once more: a log that is cut short still has its end."""
        if in_a_table:
            print(f"\n{'checked':96}{'result':9}seconds")
            print(*(f"{what:96}{verdict:9}{seconds:7.1f}" for what, verdict, seconds in self.table), sep="\n")
            print(*(f"skipped: {reason}" for reason in sorted(set(self.total.reasons))), sep="\n")
        if self.total.spared:
            print(f"\nspared: {self.total.spared}; `make test-all` runs them")
        print(f"\n{self.total}", flush=True)
        for name, failures in self.failed.items():
            print(f"failed: {name}", *(f"    {failure}" for failure in failures), sep="\n", flush=True)


def main(words: Sequence[str]) -> int:
    """Run the parts and steps named; exit code 1 where anything failed, 2 where there is no such step, or a signal's
    where one has stopped it."""
    there = {"quick", *ALL, *(name for step in STEPS for name in (step.part, f"{step.part}/{step.name}"))}
    unknown = [word for word in words if word not in there]
    if unknown or not {*words} - {"quick"}:
        said = f"There is no {', '.join(unknown)}" if unknown else "Name a part or a step"
        print(f"{said}; CONTRIBUTING.md and nox -l list them.", file=sys.stderr)
        return 2
    named = {part for word in words for part in ALL.get(word, [word])}
    quick = not {"test", "quick"}.isdisjoint(words)
    LOGS.mkdir(parents=True, exist_ok=True)
    environments.link_checkout()
    chosen = [step for step in STEPS if not named.isdisjoint((step.part, f"{step.part}/{step.name}"))]
    spared = [step for step in chosen if step.spared and "test" in words]
    taken = [quickened(step) if quick or step.day else step for step in chosen if step not in spared]
    board = Board()
    for signum in TO_STOP:
        if signal.getsignal(signum) is not signal.SIG_IGN:  # as nohup wants
            signal.signal(signum, board.stop)
    for step in spared:
        board.show(step, Count(spared=1), 0)
    if "test-all" in words:
        os.environ.update({**PLENTY, **os.environ})
    if quick:
        os.environ.update({**SAME, **os.environ})
    install_peers({step.part for step in chosen}, most="test" not in words)
    board.run([step for step in taken if not step.alone], ABREAST)
    board.run([step for step in taken if step.alone], 1)
    if board.stopped_by:
        print(f"\nstopped by {signal.Signals(board.stopped_by).name}; nothing of it goes on", flush=True)
        return 128 + board.stopped_by
    board.sum_up("release" in words)
    return 1 if board.total.failed else 0


def install_peers(parts: set[str], most: bool) -> None:
    """The programs that these parts want on this machine; `most` of the servers, too."""
    if parts & {"unit", "supply", "integration", "clocks"}:
        debian.install_missing()
    if "unit" in parts and most:
        debian.install_missing(debian.BROWSER)
    if "integration" in parts and most:
        debian.install_missing(debian.ZOO)
    if "molecule" in parts:
        debian.install_missing(debian.LAB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
