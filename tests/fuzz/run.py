# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzzes what a facility, people and a damaged disk can put in: `python -m tests.fuzz.run [by_lot|guided] [TARGET...]`.

Each input ends in a value or in an error with a code, or the run fails and saves the input in .build/fuzz. With
`python -m tests.fuzz.run TARGET FILE` such a one is tried again, with its traceback. FUZZ_SECONDS is how long a run
takes, FUZZ_INPUTS the most that each target tries, FUZZ_JOBS how many run side by side (one a processor); FUZZ_SEED
draws again what the run drew that named it.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib import metadata

from tests.fuzz.table import GUIDED, TARGETS
from tests.fuzz.target import Target
from tests.fuzz.trial import ROOT, SAVED, Row, slug

SECONDS = 600.0
WAYS = ("by_lot", "guided")
_GRACE = 600.0  # seconds beyond its time after which a target counts as hung; keys are made before it begins
_LIBRARIES = ("cryptography", "paramiko", "hypothesis", "atheris")


def main(words: Sequence[str]) -> int:
    """Fuzz the targets named, or all; exit code 1 where one has failed."""
    if len(words) == 2 and words[0] in TARGETS and pathlib.Path(words[1]).is_file():
        TARGETS[words[0]].run(pathlib.Path(words[1]).read_bytes())
        return 0
    way = words[0] if words and words[0] in WAYS else "by_lot"
    chosen = [TARGETS[word] for word in words if word not in WAYS] or list(
        GUIDED if way == "guided" else TARGETS.values()
    )
    seed = int(os.environ.get("FUZZ_SEED") or random.randrange(1 << 31))
    seconds = float(os.environ.get("FUZZ_SECONDS") or SECONDS)
    print(f"{way}, {seconds:g} seconds, FUZZ_SEED={seed}, Python {platform.python_version()}{''.join(_versions())}")
    began = time.perf_counter()
    rows = fuzz(way, chosen, seed, seconds)
    print("\n".join(table(rows)))
    print(f"\n{sum(row.inputs for row in rows):,} inputs in {time.perf_counter() - began:.0f} seconds", flush=True)
    return 1 if any(row.failure for row in rows) else 0


def fuzz(way: str, chosen: Sequence[Target], seed: int, seconds: float) -> list[Row]:
    """Give each target its share of the time, one beside another on each processor; the first failure ends it."""
    jobs = min(int(os.environ.get("FUZZ_JOBS") or os.cpu_count() or 1), len(chosen))
    second = seconds * jobs / sum(target.share for target in chosen)
    rows: dict[str, Row] = {}
    with ThreadPoolExecutor(jobs) as pool:
        tasks = [pool.submit(one, way, target, seed, second * target.share) for target in _longest_first(chosen)]
        for task in as_completed(tasks):
            row = task.result()
            rows[row.name] = row
            if row.failure:
                print(f"{row.name}: {row.failure}\n{row.name}: saved as {row.saved or 'nothing'}", flush=True)
                pool.shutdown(wait=False, cancel_futures=True)
                break
    return [rows[target.name] for target in chosen if target.name in rows]


def _longest_first(chosen: Iterable[Target]) -> list[Target]:
    return sorted(chosen, key=lambda target: -target.share)


def one(way: str, target: Target, seed: int, seconds: float) -> Row:
    """Fuzz one target in a process of its own; one that dies or hangs has failed by what it was at."""
    inputs = os.environ.get("FUZZ_INPUTS") or str(1 << 40)
    command = [sys.executable, "-m", f"tests.fuzz.{way}", target.name, str(seed), str(seconds), inputs]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=2 * seconds + _GRACE)
        lines = done.stdout.splitlines()
        if done.returncode == 0 and lines:
            return Row(**json.loads(lines[-1]))
        told = f"the process ended with {done.returncode}\n{done.stderr[-4000:]}"
    except subprocess.TimeoutExpired:
        told = "the process hung"
    return Row(target.name, failure=told, saved=_left(target))


def _left(target: Target) -> str:
    """Save what a process was at that has ended without a word."""
    under_way = SAVED / f"{slug(target.name)}.now"
    if not under_way.exists():
        return ""
    left = under_way.read_bytes()
    path = under_way.with_suffix(".died")
    path.write_bytes(left[4 : 4 + int.from_bytes(left[:4], "big")])
    return str(path.relative_to(ROOT))


def table(rows: Sequence[Row]) -> list[str]:
    """Return a line for each target."""
    told = [f"{'target':28}{'inputs':>11}{'refused':>11}{'longest':>11}{'memory':>9}  codes"]
    for row in rows:
        codes = ", ".join(code for code, _count in sorted(row.refused.items(), key=lambda item: -item[1]))
        refused = sum(row.refused.values())
        told.append(f"{row.name:28}{row.inputs:11,}{refused:11,}{row.longest:8.0f} ms{row.memory:6} MB  {codes}")
    return told


def _versions() -> Iterable[str]:
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            yield f", {name} {metadata.version(name)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
