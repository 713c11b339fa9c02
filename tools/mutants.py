# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes small faults in the rules, and in what the control node runs, and counts those that the unit tests notice.

`MUTANTS=validity,limits make mutants` takes those files alone, `MUTANTS=500 make mutants` so many drawn by lot, the
same each time. It fails where fewer than 95 in 100 are noticed, and where one is not that tools/mutants.toml does not
explain.
"""

from __future__ import annotations

import os
import random
import sys
import time
import tomllib
from collections import Counter

import mutant_judge
import mutations

LEAST = 95.0  # of a hundred


def explained():
    """Survivors that matter to nobody: file, what stood there, what stands there."""
    with open(mutant_judge.ROOT / "tools" / "mutants.toml", "rb") as handle:
        rows = tomllib.load(handle)["survivor"]
    return {(row["file"], row["was"], row["now"]) for row in rows}


def chosen(wanted):
    """The mutants of all files, of those named, or as many as are wanted."""
    names = [name for name in wanted.split(",") if not name.isdigit()]
    if strange := set(names) - {"", *(path.stem for path in mutant_judge.files())}:
        sys.exit(f"MUTANTS: there is no file {', '.join(sorted(strange))} that is judged.")
    paths = [path for path in mutant_judge.files() if names in ([], [""]) or path.stem in names]
    mutants = [mutant for path in paths for mutant in mutations.mutants_of(path)]
    return random.Random(0).sample(mutants, min(int(wanted), len(mutants))) if wanted.isdigit() else mutants


def path_of(mutant):
    return mutant_judge.path_of(mutant.file)


def table(made, alive):
    """A row a file, and one for all."""
    rows = [(name, made[name], alive[name]) for name in sorted(made)]
    yield f"{'file':22}{'mutants':>9}{'killed':>9}{'survivors':>11}{'score':>9}"
    for name, count, left in [*rows, ("all", made.total(), alive.total())]:
        yield f"{name:22}{count:9}{count - left:9}{left:11}{score(count, left):8.1f} %"


def score(count, left):
    return 100 * (count - left) / count if count else 100.0


def main():
    """Make the mutants, have them judged, tell what is left of them; exit code 1 where that is too much."""
    begin, code = time.monotonic(), 1
    mutants = chosen(os.environ.get("MUTANTS", ""))

    def story(judge):
        nonlocal code
        sound = [mutations.unchanged(path) for path in sorted({path_of(mutant) for mutant in mutants})]
        failed = [*judge.failed, *sorted({one.file for one in sound} - {one.file for one in judge.survivors(sound)})]
        if failed:
            print("these tests, or the tests of these files, fail without any fault:", *failed, sep="\n  ")
            return
        known, left, unknown = explained(), [], []
        for mutant in judge.survivors(mutants):
            left.append(mutant)
            if (mutant.file, mutant.was, mutant.now) not in known:
                unknown.append(mutant)
                where = f"{mutant.file}.py:{mutant.line} {mutant.operator}"
                print(where, f"- {mutant.was}", f"+ {mutant.now}", sep="\n  ", flush=True)
        made, alive = (Counter(mutant.file for mutant in some) for some in (mutants, left))
        print("", *table(made, alive), sep="\n")
        minutes = (time.monotonic() - begin) / 60
        print(f"\n{len(left) - len(unknown)} survivors are explained, {len(unknown)} are not; {minutes:.1f} minutes")
        code = 1 if unknown or score(made.total(), alive.total()) < LEAST else 0

    return mutant_judge.run(story) or code


if __name__ == "__main__":
    sys.exit(main())
