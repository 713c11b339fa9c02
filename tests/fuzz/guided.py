# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One target in a process of its own, guided by what its inputs reach (atheris): arguments as of by_lot."""

from __future__ import annotations

import json
import os
import pathlib
import random
import sys
import tempfile

import atheris

from tests.fuzz.bending import MOST_BYTES, bent

with atheris.instrument_imports(include=["ansible_collections.dcass.sftp"]):
    from tests.fuzz.table import TARGETS

from tests.fuzz.trial import Trial


def main(name: str, seed: str, seconds: str, inputs: str) -> None:
    """Begin with the samples; half of all inputs are bent as by lot, the others as libFuzzer bends them."""
    target = TARGETS[name]
    trial = Trial(target, float(seconds), int(inputs))

    def mutated(data: bytes, most: int, number: int) -> bytes:
        dice = random.Random(number)
        if dice.random() < 0.5:
            return atheris.Mutate(data, most)
        return bent(dice, [data, data, dice.choice(trial.samples)], target.tokens)[:most]

    def one(data: bytes) -> None:
        trial.take(data)
        if not trial.goes_on:  # libFuzzer would end the process without a word
            print(json.dumps(trial.end()), flush=True)
            os._exit(0)

    with tempfile.TemporaryDirectory() as folder:
        for number, sample in enumerate(trial.samples):
            pathlib.Path(folder, str(number)).write_bytes(sample)
        words = [f"-seed={int(seed) % (1 << 31) or 1}", f"-max_len={MOST_BYTES}", "-verbosity=0", "-rss_limit_mb=0"]
        atheris.Setup([sys.argv[0], *words, folder], one, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
