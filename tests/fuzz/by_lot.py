# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One target in a process of its own, with inputs by lot: `python -m tests.fuzz.by_lot TARGET SEED SECONDS INPUTS`."""

from __future__ import annotations

import faulthandler
import json
import random
import sys

from tests.fuzz.bending import bent
from tests.fuzz.table import TARGETS
from tests.fuzz.trial import Trial


def main(name: str, seed: str, seconds: str, inputs: str) -> None:
    """Bend samples until the time is over, and print the row."""
    faulthandler.enable()
    target, dice = TARGETS[name], random.Random(f"{seed} {name}")
    trial = Trial(target, float(seconds), int(inputs))
    while trial.goes_on:
        trial.take(bent(dice, trial.samples, target.tokens))
    print(json.dumps(trial.end()))


if __name__ == "__main__":
    main(*sys.argv[1:])
