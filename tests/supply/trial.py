# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a bundle to reports on disk, in a network without a way out: `unshare --net python -m tests.supply.trial`.

    unshare --net .venv/bin/python -m tests.supply.trial ARCHIVE [PYTHON [FOLDER]]

Prints what each stage took, as JSON, and ends with 1 where one fails. The workstations are local ones of the rehearsal;
the control node, its collection and the libraries come from the bundle alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from demo.rehearsal import WORKSTATIONS, Rehearsal
from emulator.client import Emulator, running

DAY = "2026-11-20"  # a Friday between business days
Stages = dict[str, float]


class Failed(Exception):
    """A stage failed; the text is what it said."""


def try_out(archive: Path, python: str, root: Path) -> Stages:
    """Seconds of each stage."""
    with tarfile.open(archive) as tar:
        tar.extractall(root, filter="data")
    begin = time.monotonic()
    control = root / "control"
    words = [next(root.glob("*-bundle")) / "install.sh", "-p", python, control]
    installed = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    if installed.returncode:
        raise Failed(installed.stderr)
    seconds = {"install": time.monotonic() - begin}
    with running(root / "facility") as facility:
        stage = stage_of(facility, control, python, root)
        for playbook in ("preflight", "rollout", "register"):
            seconds[playbook] = play(stage, playbook)
        facility.control.register(root / "registration" / "CXYZ.zip")
        facility.control.publish(date=DAY)
        seconds["sync_reports"] = play(stage, "sync_reports")
        seconds["again"] = play(stage, "rollout", "register", "sync_reports", changed=0)
        if facility.control.violations():
            raise Failed(str(facility.control.violations()))
    return seconds


def stage_of(facility: Emulator, control: Path, python: str, root: Path) -> Rehearsal:
    """Two workstations, bare, which get their libraries from the control node's wheels."""
    addresses = [f"{host}:{port}" for host, port in facility.addresses if host.startswith("127.151.")]
    libraries = {"dcass_wheel_dir": str(control / "wheels"), "dcass_base_python": python}
    plain = {"dcass_pip": [], "dcass_pip_arguments": [], "dcass_package_dir": str(root / "registration")}
    stage = Rehearsal(root, addresses, facility.known_hosts, **libraries, **plain)
    stage.ansible = control / "bin" / "ansible-playbook"
    stage.set_clock(facility, f"{DAY}T18:00:00+08:00")
    return stage


def play(stage: Rehearsal, *names: str, changed: int | None = None) -> float:
    """Seconds that playbooks took which must succeed."""
    outcome = stage.play(*(f"dcass.sftp.{name}" for name in names), log="_".join(names))
    if outcome.code or outcome.changed != (outcome.changed if changed is None else changed):
        raise Failed(f"{names}: changed={outcome.changed}\n{outcome.output}")
    if set(outcome.recap) - {"localhost"} != set(WORKSTATIONS):
        raise Failed(f"{names}: {outcome.recap}")
    return outcome.seconds


def main(archive: str, python: str = "python3", folder: str = "") -> int:
    """0 where all went well."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            seconds = try_out(Path(archive), python, Path(folder or scratch))
        except Failed as reason:
            print(reason, file=sys.stderr)
            return 1
    print(json.dumps({name: round(took, 1) for name, took in seconds.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
