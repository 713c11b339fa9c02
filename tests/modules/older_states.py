# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A short life of one workstation, and what each version of the state has kept of it: tests/modules/states/vN.

Each of these was written by the collection of its time, in this very life: a day's reports, fetched and fetched again,
some of them missing; then a renewal that is cut off just after the upload. Keys are made when a test begins, so
fingerprints, and what is hashed with them, stand there as `{old}`, `{new}` and the like.

A change of the tables takes a new number and a new folder, which `python -m tests.modules.older_states` writes.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
from datetime import datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from emulator.client import Emulator
from tests.modules.steering import SteeredClock
from tests.modules.support import Facility, Participant, run_module

STATES = pathlib.Path(__file__).parent / "states"
FIRST = pathlib.Path(__file__).parents[1] / "unit" / "state_v1.sql"  # of before there was anything to renew
REGISTERED = datetime(2024, 3, 4, 9, 0, tzinfo=HONG_KONG)
DUE = REGISTERED + timedelta(days=690)  # a Friday, forty days before the key's last one
HEAD = """-- Copyright: (c) 2026, the dcass.sftp contributors
-- GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later
-- A state of version {}, as the collection of that time left it. It never changes.
"""
BESIDE = ("state", "handover")  # what lies beside the database, below the workstation's folder


def live(root, facility, clock):
    """Live up to ten minutes after the upload; return the workstation and what the renewal returned."""
    clock.set(REGISTERED)
    first, second = Participant(root, facility, "CXYZ").register().workstations
    for each in (first, second):
        each.make_key(registered_on=REGISTERED.date().isoformat())
    (first.root / "handover").mkdir()
    clock.set(DUE - timedelta(days=1))
    facility.publish(folder="COMMON", name="MARKET_20260122.csv", size=1000)
    facility.publish(folder="CXYZ", name="RX_MARGIN_20260122.csv", size=2000)
    sync(first)
    clock.advance(hours=1)
    facility.publish(folder="CXYZ", name="RX_POSITION_20260122.csv", size=3000)
    facility.publish(folder="COMMON", name="MARKET_20260122.csv", size=1100)
    sync(first)
    clock.set(DUE)
    sync(first)  # the day before is over, and some of it never came
    said = {"what": ["RX_AUDIT*"], "first_day": "2026-01-22", "who": "Alice", "why": "had by mail"}
    run_module("acknowledge", **only("acknowledge", first.options), **said)
    clock.advance(minutes=10)
    facility.control.fault_arm("drop_after_upload", 1, account=first.account)
    broken = renew(first)
    assert broken["state"] == "pending", broken
    clock.advance(minutes=10)
    return first, broken


def only(module, options):
    """Those of the options that a module takes."""
    known = importlib.import_module(f"ansible_collections.dcass.sftp.plugins.modules.{module}").OPTIONS
    return {name: value for name, value in options.items() if name in known}


def sync(workstation):
    """A sync that expects three reports each day, and hands over what is new."""
    more = {"expected": ["RX_AUDIT*", "RX_LIMIT*", "RX_MARGIN*"], "handover_dir": str(workstation.root / "handover")}
    return run_module("report_sync", **workstation.options, dest=workstation.dest, run_by="alice", **more)


def renew(workstation):
    return run_module("key_renewal", **workstation.options, result_timeout=3, run_by="alice")


def lay(version, workstation, renewal):
    """Replace what a workstation has beside its keys and reports by what that version has left of the same life."""
    for place in BESIDE:
        shutil.rmtree(workstation.root / place, ignore_errors=True)
        (workstation.root / place).mkdir()
    words = {word: text for text, word in _words(workstation, renewal).items()}
    kept = STATES / f"v{version}"
    for place in sorted(path for path in kept.rglob("*") if path.is_file() and path.parent != kept):
        target = workstation.root / place.relative_to(kept)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_replaced(place.read_text(), words))
        words[f"{{sha256 of {place.name}}}"] = _digest(target)
        if place.match("evidence/*/0001.json"):
            (target.parent / "0001").mkdir()
            shutil.copy(_public_key(workstation), target.parent / "0001")
    marker = workstation.root / "state" / f"{workstation.account}.ledger.json"
    words["{touched}"] = str(marker.stat().st_ctime_ns) if marker.exists() else ""
    with contextlib.closing(sqlite3.connect(workstation.root / "state" / "state.sqlite3")) as db:
        db.executescript(_replaced((kept / "state.sql").read_text(), words))


def _words(workstation, renewal):
    """What is another in each life, by the word that stands for it."""
    old, new = renewal["old_fingerprint"], renewal["new_fingerprint"]
    (folder,) = (path.name for path in _keys(workstation).glob(f"*-{new.replace(':', '')[:8]}"))
    texts = {str(workstation.root): "{root}", old: "{old}", new: "{new}", folder: "{new folder}"}
    return {**texts, _digest(_public_key(workstation)): f"{{sha256 of {workstation.account}.pub}}"}


def _keys(workstation):
    return workstation.root / "keys" / workstation.account


def _public_key(workstation):
    return _keys(workstation) / "current" / f"{workstation.account}.pub"


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _replaced(text, by):
    for old, new in by.items():
        text = text.replace(old, new)
    return text


def write(workstation, renewal):
    """Keep what the present version has left, and return its number."""
    words = _words(workstation, renewal)
    with contextlib.closing(sqlite3.connect(workstation.root / "state" / "state.sqlite3")) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        dump = "\n".join([*db.iterdump(), f"PRAGMA user_version = {version};\n"])
    target = STATES / f"v{version}"
    target.mkdir()
    for place in BESIDE:
        for path in sorted((workstation.root / place).rglob("*.json")):
            kept = target / path.relative_to(workstation.root)
            kept.parent.mkdir(parents=True, exist_ok=True)
            text = _replaced(path.read_text(), words).rstrip("\n") + "\n"
            kept.write_text(re.sub(r'"machine": "\w+"', '"machine": null', text))
            words[_digest(path)] = f"{{sha256 of {path.name}}}"
    dump = re.sub(r"""("marked" VALUES\('CXYZ001',)\d+""", r"\1{touched}", _replaced(dump, words))
    (target / "state.sql").write_text(HEAD.format(version) + dump)
    return version


def main():
    """Live once more and keep what is left, unless it is kept already."""
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        root = pathlib.Path(place)
        with Emulator(root / "facility") as running:
            clock = SteeredClock(running.control, patch)
            version = write(*live(root, Facility(running), clock))
    print(f"tests/modules/states/v{version} is written")


if __name__ == "__main__":
    sys.exit(main())
