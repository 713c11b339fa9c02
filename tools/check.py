# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the parts of `make test` and counts what passed: `python tools/check.py test|test-all|mutants|bench|PART...`.

`make test` spares what is long, steps and tests that are marked so, and tells how many. Three steps run side by side;
whoever has ended one begins the next. What a step says is kept in .build/logs and shown when it fails. A step of pytest
counts its tests, any other counts as one.
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
from xml.etree import ElementTree

import clocks
import debian
import environments
import lab
import pythons

ROOT = environments.ROOT
LOGS = ROOT / ".build" / "logs"
PATIENCE = 1200  # seconds until a step counts as hung; a bench may take longer
ABREAST = 3  # steps: one more than the processors that we count on, since each waits now and then
PARTS = ("lint", "sanity", "unit", "integration", "molecule", "fuzz", "soak")
ALL = {"test": PARTS, "test-all": (*PARTS, "clocks")}
# how much of what is drawn by lot
PLENTY = {
    "DCASS_LIVES": "1000",
    "DCASS_KILLS": "100",
    "DCASS_FLEET": "20",
    "FUZZ_SECONDS": "180",
    "SOAK_DAYS": "90",
}

COLLECTION = "ansible_collections.dcass.sftp"
PYTEST = ("python", "-m", "pytest", "-p", "no:cacheprovider")
# each an oldest, a middle and a newest paramiko on a Python of its own
CLIENTS = ("paramiko-3.5", "paramiko-4.0", "paramiko-5.1")
OTHERS = (*CLIENTS, "core-2.17")  # what end-to-end tests run in, beside the checkout's own

SERVED_BY = ("paramiko-4.0",)  # environments in which tests/servers has servers

# the longest of two folders, apart from the rest so that both processors are busy to the end
LONGEST = ("renewal", "renewal_timeline", "renewal_secrets", "compromised", "switch_site")
RENEWALS = tuple(f"tests/e2e/test_{name}.py" for name in LONGEST)
FLEET = "tests/e2e/test_fleet.py"
CRASHES = ("tests/modules/test_renewal_crashes.py", "tests/modules/test_renewal_years.py")
# where paramiko has a part; the whole of tests/unit is run beside its oldest and, in the checkout, its newest
SSH = "transport session rekey greeting fast_path pipeline listing key_material make_key ssh_blob".split()
ON_PARAMIKO = tuple(f"tests/unit/test_{name}.py" for name in SSH)
FUZZ = ("python", "-m", "tests.fuzz.run")
MOLECULE = ("python", "tools/lab.py", "run", "molecule", "test")
SCENARIOS = {path.parent.name for path in ROOT.glob("extensions/molecule/*/molecule.yml")}
HOSTS = ("rollout",)  # what the local hosts of tests/e2e show least
# sanity tests that judge how we write, the same on any core; each takes an environment of its own to be installed
STYLE = ("changelog", "pep8", "pylint", "yamllint")


def without(paths: Iterable[str]) -> tuple[str, ...]:
    """Tell pytest to leave these out."""
    return tuple(f"--ignore={path}" for path in paths)


# what is run on other days: all but what lives through years of its own; playbooks on two that are never far ahead,
# since files keep the machine's time, and sync_reports looks whether the stand-by's is of the last month
ON_ANY_DAY = ("tests/unit", "tests/emulator", "tests/modules", *without(CRASHES))
PLAYED = ("tests/e2e", *without([FLEET]))
PLAYED_ON = ("saturday", "night")


def scenarios(names: Iterable[str]) -> list[str]:
    """Molecule's words for these."""
    return [word for name in names for word in ("--scenario-name", name)]


@dataclasses.dataclass(frozen=True)
class Step:
    """One command of a part: `needs` is the path without which there is nothing to run, `uses` what its tests call."""

    part: str
    name: str
    command: tuple[str, ...]
    environment: str = "dev"
    needs: str = ""
    uses: tuple[str, ...] = ()
    cwd: str = "."
    shown: bool = False
    spared: bool = False  # by `make test`, which has a quarter of an hour
    day: str = ""  # of tools/clocks.py, other than today
    patience: int = PATIENCE


STEPS = (  # what is quick first, then what is long, so that the end is not one long step alone
    Step("lint", "ruff-check", ("ruff", "check", "--no-cache", ".")),
    Step("lint", "ruff-format", ("ruff", "format", "--no-cache", "--diff", ".")),
    Step("unit", "architecture", (*PYTEST, "tests/test_architecture.py")),
    Step("unit", "pages", (*PYTEST, "tests/test_docs.py"), needs="tests/test_docs.py"),
    Step("lint", "yamllint", ("yamllint", "--strict", ".")),
    Step("lint", "shellcheck", ("python", "tools/shell_scripts.py")),
    Step("lint", "changelog", ("antsibull-changelog", "lint")),
    Step("lint", "mypy-plugins", ("mypy", "-p", f"{COLLECTION}.plugins")),
    Step("lint", "mypy-tools", ("mypy", "--python-version", "3.11", "tools")),
    Step("lint", "mypy-emulator", ("mypy", "--python-version", "3.11", "-p", "emulator"), needs="emulator"),
    Step("integration", "renewals", (*PYTEST, *RENEWALS), needs="tests/e2e"),
    Step("integration", "e2e", (*PYTEST, "tests/e2e", *without((*RENEWALS, FLEET))), needs="tests/e2e", uses=OTHERS),
    Step("integration", "fleet", (*PYTEST, FLEET), needs=FLEET, spared=True, patience=3600),
    Step("sanity", "sanity-core-2.19", ("python", "tools/collection.py", "sanity", "dev")),
    Step("unit", "modules", (*PYTEST, "tests/modules", *without(CRASHES)), needs="tests/modules"),
    Step("integration", "servers", (*PYTEST, "tests/servers", "-m", "not more"), uses=SERVED_BY, needs="tests/servers"),
    Step(
        "integration",
        "servers-more",
        (*PYTEST, "tests/servers", "-m", "more"),
        uses=(*SERVED_BY, "conch", "rclone"),
        needs="tests/servers",
        spared=True,
    ),
    Step("unit", "crashes", (*PYTEST, *CRASHES), needs="tests/modules"),
    Step("sanity", "sanity-core-2.17", ("python", "tools/collection.py", "sanity", "core-2.17", *STYLE), spared=True),
    Step("molecule", "molecule", (*MOLECULE, *scenarios(HOSTS))),
    Step("molecule", "molecule-more", (*MOLECULE, *scenarios(sorted(SCENARIOS.difference(HOSTS)))), spared=True),
    Step("soak", "soak", (*PYTEST, "tests/soak"), needs="tests/soak", shown=True),
    Step("unit", "unit", (*PYTEST, "tests/unit"), needs="tests/unit"),
    Step("fuzz", "fuzz-briefly", (*PYTEST, "tests/fuzz"), needs="tests/fuzz"),
    Step("fuzz", "fuzz", FUZZ, needs="tests/fuzz", shown=True, spared=True, patience=7200),
    Step("fuzz", "fuzz-guided", (*FUZZ, "guided"), "fuzz", needs="tests/fuzz", shown=True, spared=True, patience=7200),
    Step("unit", "emulator", (*PYTEST, "tests/emulator"), needs="tests/emulator"),
    Step("unit", "unit-paramiko-3.5", (*PYTEST, "tests/unit"), "paramiko-3.5", needs="tests/unit"),
    Step("unit", "unit-paramiko-4.0", (*PYTEST, *ON_PARAMIKO), "paramiko-4.0", needs="tests/unit"),
    Step("unit", "unit-paramiko-5.1", (*PYTEST, *ON_PARAMIKO), "paramiko-5.1", needs="tests/unit"),
    Step("sanity", "galaxy", ("python", "tools/collection.py", "build")),
    Step("lint", "ansible-lint", ("ansible-lint", "--nocolor")),
    Step("lint", "docs", ("python", "tools/collection.py", "docs")),
    *(Step("clocks", day, (*PYTEST, *ON_ANY_DAY), needs="tests/modules", day=day) for day in clocks.DAYS),
    *(Step("clocks", f"{day}-e2e", (*PYTEST, *PLAYED), needs="tests/e2e", day=day) for day in PLAYED_ON),
    Step("mutants", "mutants", ("python", "tools/mutants.py"), "mutants", shown=True, patience=3600),
    Step("bench", "bench", (*PYTEST, "-s", "tests/bench"), needs="tests/bench", shown=True, patience=3600),
)


@dataclasses.dataclass
class Count:
    """What a step, or all of them, came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    spared: int = 0
    reasons: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Count) -> None:
        """Take another count in."""
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.spared += other.spared

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
        return count_tests(report, code, spared=told_as_spared(step))
    if code == lab.SKIPPED and command[1:2] == ["tools/lab.py"]:
        return Count(skipped=1, reasons=[(LOGS / f"{step.name}.log").read_text().splitlines()[-1]])
    return Count(failed=1) if code else Count(passed=1)


def execute(command: Sequence[str], step: Step, more: Mapping[str, str]) -> int:
    """Run a command with its output in the step's log; its exit code, or 124 where it hung."""
    path = os.pathsep.join([str(pathlib.Path(command[0]).parent), pythons.search_path()])
    # CI: pytest shortens no comparison, hypothesis tries the same examples each time
    examples = str(ROOT / ".build" / "hypothesis")
    place = dict(os.environ, **more, CI="true", PATH=path, HYPOTHESIS_STORAGE_DIRECTORY=examples)
    with (LOGS / f"{step.name}.log").open("w") as log:
        child = subprocess.Popen(
            command,
            cwd=ROOT / step.cwd,
            env=place,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            return child.wait(step.patience)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            log.write(f"\nstopped after {step.patience} seconds\n")
            return 124


def told_as_spared(step: Step) -> int:
    """How many long tests pytest says it has left out; on other days than today nobody misses them."""
    told = re.findall(r"(\d+) deselected", (LOGS / f"{step.name}.log").read_text(errors="replace"))
    return int(told[-1]) if told and not step.day else 0


def count_tests(report: pathlib.Path, code: int, spared: int) -> Count:
    """What pytest's report counts; a run that failed without a failed test (none found, say) counts as one failure."""
    cases = ElementTree.parse(report).getroot().iter("testcase")
    count = Count(spared=spared)
    for case in cases:
        kinds = {child.tag: child.get("message", "") for child in case}
        if "failure" in kinds or "error" in kinds:
            count.failed += 1
        elif "skipped" in kinds:
            count.skipped += 1
            count.reasons.append(kinds["skipped"])
        else:
            count.passed += 1
    if code and not count.failed:
        count.failed = 1
    return count


class Board:
    """Runs what waits, prints what each step came to, one at a time, and keeps the total."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self.waiting = collections.deque(steps)
        self.total = Count()
        self.printing = threading.Lock()

    def tell(self, step: Step, count: Count, seconds: float) -> None:
        """One line a step, each reason for skipping once, and all its output where it failed."""
        verdict = next((word for word in ("failed", "passed", "skipped") if getattr(count, word)), "spared")
        verdict = verdict.upper() if count.failed else verdict
        with self.printing:
            self.total.add(count)
            spared = f", {count.spared} spared" if count.spared else ""
            print(f"{verdict:8}{step.part:12}{step.name:22}{seconds:6.1f} s   {count}{spared}", flush=True)
            for reason in sorted(set(count.reasons)):
                print(f"          skipped {count.reasons.count(reason)}: {reason}")
            log = LOGS / f"{step.name}.log"
            if log.exists() and (count.failed or step.shown):
                print(re.sub(r"(?m)^", "    | ", log.read_text(errors="replace").rstrip()), flush=True)

    def work(self) -> None:
        """Run step after step until none waits."""
        while True:
            try:
                step = self.waiting.popleft()
            except IndexError:
                return
            begin = time.monotonic()
            try:
                count = run(step)
            except Exception as trouble:  # a worker that died silently would pass as green
                count = Count(failed=1)
                print(f"{step.name}: {trouble!r}")
            self.tell(step, count, time.monotonic() - begin)


def main(words: Sequence[str]) -> int:
    """Run the parts named; exit code 1 where anything failed."""
    parts = {part for word in words for part in ALL.get(word, [word])}
    quick = "test" in words
    LOGS.mkdir(parents=True, exist_ok=True)
    link_for_mypy()
    chosen = [step for step in STEPS if step.part in parts]
    spared = [step for step in chosen if step.spared and quick]
    board = Board(quickened(step) if quick or step.day else step for step in chosen if step not in spared)
    for step in spared:
        board.tell(step, Count(spared=1), 0)
    if "test-all" in words:
        os.environ.update({**PLENTY, **os.environ})
    if parts & {"unit", "integration", "clocks"}:
        debian.install_what_lacks()
    if "integration" in parts and "test" not in words:  # which spares most servers
        debian.install_what_lacks(debian.ZOO)
    if "molecule" in parts:
        debian.install_what_lacks(debian.LAB)
    with ThreadPoolExecutor() as workers:
        for _worker in range(ABREAST):
            workers.submit(board.work)
    if board.total.spared:
        print(f"\nspared: {board.total.spared}; `make test-all` runs them")
    print(f"\n{board.total}", flush=True)
    return 1 if board.total.failed or not chosen else 0


def quickened(step: Step) -> Step:
    """The step without its long tests."""
    command, marks = step.command, "not long"
    if "pytest" not in command:
        return step
    if command[-2] == "-m":
        command, marks = command[:-2], f"({command[-1]}) and not long"
    return dataclasses.replace(step, command=(*command, "-m", marks), shown=False)


def link_for_mypy() -> None:
    """The checkout under its import name, where mypy reads it as source and not as an installed package."""
    link = ROOT / ".build" / "python" / "ansible_collections" / "dcass" / "sftp"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(ROOT, link.parent))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
