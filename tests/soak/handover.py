# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an auditor is handed after all that: an export of each account, verified by its script alone."""

from __future__ import annotations

import pathlib
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import export_verify
from tests.modules.support import succeed
from tests.soak.world import Station

FLIPS = 5  # of one bit, in each file


def hand_over(
    stations: Iterable[Station], until: date, dice: random.Random, newer: Callable[[Station], set[str]]
) -> dict[str, int]:
    """Export what is on record of each account, verify it elsewhere, and change a bit of each file; return how many.

    Where an older state came back, evidence may have lost its record, and reports may be ``newer`` than theirs.
    """
    seen = {"rows handed over": 0, "bits changed": 0}
    for station in stations:
        result, folder = _export(station, until)
        seen["rows handed over"] += sum(result["counts"].values())
        code, said = _verify(folder, "--reports", station.dest)
        faults = result["evidence"]["faults"]
        known = tuple(f"Not sound: The report {path} is not the one that was fetched: " for path in newer(station))
        assert code == bool(faults or known), f"{station}: {said}"
        assert all("vidence" in line or line.startswith(known) for line in said.splitlines()), f"{station}: {said}"
        if not faults:
            seen["bits changed"] += _change_bits(folder, dice)
    return seen


def _export(station: Station, until: date) -> tuple[dict[str, Any], pathlib.Path]:
    out, folder = station.root / "handed over", station.root / "elsewhere"
    out.mkdir()
    where = {name: station.options[name] for name in ("account", "state_dir")}
    result = succeed("account_export", **where, until=until.isoformat(), dest=str(out), run_by="audit")
    with zipfile.ZipFile(result["path"]) as archive:
        archive.extractall(folder)
    return result, folder


def _verify(folder: pathlib.Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-I", "-S", "verify.py", *arguments]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not ended.stderr, ended.stderr
    return ended.returncode, ended.stdout


def _change_bits(folder: pathlib.Path, dice: random.Random) -> int:
    """Change a bit of each file, several times, and look whether what the script does tells the file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        for _ in range(FLIPS):
            changed = bytearray(content or b"\0")  # SHA256SUMS is empty where no report is on record
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
            path.write_bytes(changed)
            found = list(export_verify.faults(str(folder)))
            assert path.name in " ".join(found), f"a bit of {path} was changed, and this was said: {found}"
        path.write_bytes(content)
    return len(files) * FLIPS
