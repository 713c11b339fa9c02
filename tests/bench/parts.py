# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each part of the bench has found, kept as JSON in .build/bench until that part is run again."""

from __future__ import annotations

import contextlib
import json
import pathlib
import time
import traceback
from datetime import datetime, timezone

KEPT = pathlib.Path(__file__).resolve().parents[2] / ".build" / "bench"


class Part:
    """A part under way: ``found`` is what it has so far, ``failed`` what went wrong; both are kept however it ends."""

    def __init__(self, name, conditions):
        self.name, self.found, self.failed = name, {}, []
        self._conditions, self._began = conditions, time.monotonic()
        self._date = datetime.now(timezone.utc).isoformat(timespec="minutes")

    @contextlib.contextmanager
    def step(self, what):
        """Try one thing, and say so; where it fails the next one is tried all the same."""
        self.note(what)
        try:
            yield
        except Exception as error:
            traceback.print_exc()
            self.failed.append(f"{what}: {type(error).__name__}: {' '.join(str(error).split())[:300]}")

    def note(self, what):
        """Tell how far it is."""
        say(f"{self.name}: {what}")

    def kept(self):
        minutes = (time.monotonic() - self._began) / 60
        own = {"began": self._date, "minutes": round(minutes, 1), "failed": self.failed, "found": self.found}
        return {**self._conditions, **own}


@contextlib.contextmanager
def part(name, conditions, folder=KEPT):
    """A part, kept when it ends; raises where anything of it has failed.

    Of one that somebody breaks off nothing is kept: what an earlier run found stays.
    """
    under_way = Part(name, conditions)
    print()
    with under_way.step("begins"):
        yield under_way
    kept = under_way.kept()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
    say(f"{name}: ended after {kept['minutes']} minutes")
    assert not under_way.failed, "; ".join(under_way.failed)


def load(names, folder=KEPT):
    """All parts that there are, in that order: name → what was kept."""
    files = {name: folder / f"{name}.json" for name in names}
    return {name: json.loads(file.read_text()) for name, file in files.items() if file.exists()}


def say(what):
    """Tell whoever waits."""
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)
