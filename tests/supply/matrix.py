# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole story on every ansible-core and every Python that can be had here, and on fresh Debians: tools/tested.py.

Each control node is a clean environment with the built tarball in it; its workstations have two Pythons at a time.
Prints a line for each run, and ends with 1 where one fails, with 77 where the lab can't be had and all else is well.
What went well is kept in .build/tested, for the tarball of that content; `write` puts all that is kept into README.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence

import bundle
import collection
import environments
import lab
import pythons
import tested
import wheels

from demo.rehearsal import WORKSTATIONS
from emulator.client import running
from tests.supply.trial import Failed, Stages, of_rehearsal, stage_of

ROOT = environments.ROOT
ABREAST = 2
Outcome = tuple[str, tuple[str, str], Stages | Failed | str]  # a control node, Pythons; a text is why it was not tried
CODE = ("meta/", "playbooks/", "plugins/", "roles/")  # of a tarball


def control_node(core: str, tarball: pathlib.Path, folder: pathlib.Path) -> str:
    """Make a clean environment with one ansible-core, and the collection by its tarball; how README calls it."""
    lock, suited = tested.CORES[core]
    base, python = environments.base_python(suited), folder / "bin" / "python"
    uv = environments.uv_of_checkout()
    environments.fetch([uv, "venv", "--quiet", "--no-project", "--python", base, folder])
    sync = [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes", "--python", python]
    environments.fetch([*sync, environments.lock_of(lock)])
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    place = {**os.environ, "ANSIBLE_HOME": str(folder / "home")}
    galaxy = [folder / "bin" / "ansible-galaxy", "collection", "install", "--offline", "--no-deps", "-p", packages]
    subprocess.run([*map(str, galaxy), str(tarball)], check=True, env=place, capture_output=True)
    ask = "import sys; from ansible.release import __version__ as core; print(core, *sys.version_info[:2])"
    version, major, minor = subprocess.run([python, "-c", ask], capture_output=True, text=True).stdout.split()
    return f"ansible-core {version}, Python {major}.{minor}"


def in_turn(cores: Sequence[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Each control node with all Pythons of this machine, in twos; soon each Python has had a turn."""
    there = [version for version in pythons.WANTED if pythons.find(version)]
    twos = [(there[index], there[(index + 1) % len(there)]) for index in range(0, len(there), 2)]
    for turn in range(len(twos)):
        for core in cores:
            yield core, twos[(turn + list(tested.CORES).index(core)) % len(twos)]


def story(control: pathlib.Path, theirs: Sequence[str], root: pathlib.Path) -> Stages:
    """Let one control node tell the story to workstations of two Pythons; seconds of each stage."""
    with running(root / "facility") as facility:
        stage = stage_of(facility, control, root / "stage")
        hosts = {}
        for host, version in zip(WORKSTATIONS, theirs, strict=True):
            python = str(pythons.find(version))
            interpreter = {"ansible_python_interpreter": python, "dcass_base_python": python}
            hosts[host] = {**interpreter, "dcass_wheel_dir": str(wheels.folder_of(version))}
        stage.write_inventory(**hosts)
        return of_rehearsal(stage, facility)


def on_cores(cores: Sequence[str], tarball: pathlib.Path, root: pathlib.Path) -> Iterator[Outcome]:
    """Each control node with each pair of Pythons, two side by side."""
    for version in filter(pythons.find, pythons.WANTED if cores else ()):
        wheels.download(version)
    names = {core: control_node(core, tarball, root / core) for core in cores}
    with concurrent.futures.ThreadPoolExecutor(ABREAST) as workers:
        runs = {}
        for number, (core, theirs) in enumerate(in_turn(cores)):
            runs[workers.submit(story, root / core, theirs, root / f"run-{number}")] = (names[core], theirs)
        for run in concurrent.futures.as_completed(runs):
            reason = run.exception()
            if reason is not None and not isinstance(reason, Failed):
                raise reason
            yield (*runs[run], reason or run.result())


def on_debians(suites: Sequence[str], root: pathlib.Path) -> Iterator[Outcome]:
    """Fresh machines, which are control node and workstations; the reason where this machine can't have any."""
    versions = tuple(lab.PYTHONS.values())
    archive = bundle.make(root / "bundle", control=versions, workstations=versions) if suites else ROOT
    for suite in suites:
        name, python = tested.DEBIANS[suite], lab.PYTHONS[suite]
        place = {
            **os.environ,
            "DCASS_LAB_DEBIAN": suite,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "tools"), str(ROOT)]),
        }
        words = [sys.executable, "tools/lab.py", "run", sys.executable, "-m", "tests.supply.fresh", str(archive)]
        tried = subprocess.run(words, cwd=ROOT, env=place, capture_output=True, text=True, check=False)
        its = f"Python {python}"
        if tried.returncode == lab.SKIPPED:
            yield name, (python, python), tried.stdout.strip()
        elif tried.returncode:
            yield f"{name}, {its}", (python, python), Failed(tried.stdout + tried.stderr)
        else:
            yield f"{name}, {its}", (python, python), json.loads(tried.stdout.splitlines()[-1])


class Kept:
    """What went well with a tarball, also before this run: a control node, and a Python of a workstation."""

    def __init__(self, tarball: pathlib.Path) -> None:
        self._path = ROOT / ".build" / "tested" / f"{digest(tarball)}.json"
        self._path.parent.mkdir(parents=True, exist_ok=True)

    @property
    def ran(self) -> list[tuple[str, str]]:
        """All that is kept, each ansible-core before the Debians, the oldest first."""
        found = json.loads(self._path.read_text()) if self._path.exists() else []
        return sorted(map(tuple, found), key=lambda one: (one[0].lower(), [int(part) for part in one[1].split(".")]))

    def add(self, control: str, theirs: Iterable[str]) -> None:
        """Keep one run."""
        self._path.write_text(json.dumps(sorted({*self.ran, *((control, version) for version in theirs)})) + "\n")


def digest(tarball: pathlib.Path) -> str:
    """What tells one code from another; README, into which the table goes, is none."""
    found = hashlib.sha256()
    with tarfile.open(tarball) as tar:
        for name in sorted(tar.getnames()):
            content = tar.extractfile(name) if name.startswith(CODE) else None  # None of a folder as well
            if content:
                found.update(name.encode() + b"\0" + content.read() + b"\0")
    return found.hexdigest()[:16]


def main(words: Sequence[str]) -> int:
    """Run it all, or what is named; an exit code."""
    named = [word for word in words if word != "write"] or [*tested.CORES, *tested.DEBIANS]
    unknown = set(named) - {*tested.CORES, *tested.DEBIANS}
    if unknown:
        sys.exit(f"There is no {', '.join(sorted(unknown))}; there are {', '.join([*tested.CORES, *tested.DEBIANS])}.")
    failures, skipped = 0, list[str]()
    root = pathlib.Path(tempfile.mkdtemp(prefix="tried-"))
    try:
        tarball = collection.build_tarball(root / "tarball")
        kept = Kept(tarball)
        cores, suites = ([name for name in named if name in known] for known in (tested.CORES, tested.DEBIANS))
        for control, theirs, outcome in itertools.chain(on_cores(cores, tarball, root), on_debians(suites, root)):
            if isinstance(outcome, str):
                skipped += [f"{control} was not tried: {outcome}"]
            elif isinstance(outcome, Failed):
                failures += 1
                print(f"FAILED  {control}: {theirs}\n{outcome}", flush=True)
            else:
                took = ", ".join(f"{name} {seconds:.1f}" for name, seconds in outcome.items())
                print(f"passed  {control}: workstations {' and '.join(theirs)}: {took}", flush=True)
                kept.add(control, theirs)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if "write" in words:
        tested.write(ROOT / "README.md", bundle.facts()["version"], kept.ran, pythons.WANTED)
    print(*skipped, sep="\n")
    return 1 if failures else lab.SKIPPED if skipped else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
