# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a bundle to reports on disk, in a network without a way out: `unshare --net python -m tests.supply.trial`.

    unshare --net .venv/bin/python -m tests.supply.trial ARCHIVE [PYTHON [FOLDER]]

Prints what each stage took, as JSON, and ends with 1 where one fails. The workstations are local ones of the rehearsal;
the control node, its collection and the libraries come from the bundle alone.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from demo.rehearsal import WORKSTATIONS, Rehearsal
from emulator.client import Emulator, running

DAY = "2026-11-20"  # a Friday between business days
Stages = dict[str, float]
# playbooks from bare hosts to reports, in their order, each with what is said beside its name
STORY: dict[str, tuple[str, ...]] = {
    "preflight": (),
    "rollout": (),
    "register": (),
    "renew_keys": ("--extra-vars=dcass_renewal_force=true",),
    "sync_reports": (),
    "status": (),
}
COMPLAINT = re.compile(r"DEPRECATION|deprecat")  # nothing of ours may be on its way out, in any ansible-core


class Failed(Exception):
    """A stage failed; the text is what it said."""


def tell(play: Callable[..., float], submit: Callable[[], object]) -> Stages:
    """Seconds of each stage: the whole story once, and all of it once more, when nothing may change."""
    seconds: Stages = {}
    for name, more in STORY.items():
        seconds[name] = play(f"dcass.sftp.{name}", *more)
        if name == "register":
            play("dcass.sftp.register", changes=False)  # not once more at the end: after a renewal it has other keys
            submit()
    seconds["again"] = play(*(f"dcass.sftp.{name}" for name in STORY if name != "register"), changes=False)
    return seconds


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
        stage = stage_of(facility, control, root, dcass_wheel_dir=str(control / "wheels"), dcass_base_python=python)
        return seconds | of_rehearsal(stage, facility)


def of_rehearsal(stage: Rehearsal, facility: Emulator) -> Stages:
    """Seconds of each stage of a rehearsal, by which nothing that the exchange forbids was done."""

    def submit() -> None:
        facility.control.register(stage.root / "registration" / "CXYZ.zip")
        facility.control.publish(date=DAY)

    seconds = tell(functools.partial(play, stage), submit)
    if facility.control.violations():
        raise Failed(str(facility.control.violations()))
    return seconds


def stage_of(facility: Emulator, control: Path, root: Path, **variables: object) -> Rehearsal:
    """Two workstations, bare, and a control node that has what a release brings, and nothing of the checkout."""
    addresses = facility.by_site["primary"]
    plain = {"dcass_pip": [], "dcass_pip_arguments": [], "dcass_package_dir": str(root / "registration")}
    stage = Rehearsal(root, addresses, facility.known_hosts, **plain, **variables)
    stage.ansible = control / "bin" / "ansible-playbook"
    stage.set_clock(facility, f"{DAY}T18:00:00+08:00")
    return stage


def play(stage: Rehearsal, *words: str, changes: bool | None = None) -> float:
    """Seconds that playbooks took, which must succeed, make Ansible complain of nothing, and change nothing if said."""
    outcome = stage.play(*words)
    if outcome.code or COMPLAINT.search(outcome.output) or set(outcome.recap) - {"localhost"} != set(WORKSTATIONS):
        raise Failed(f"{words}: {outcome.recap}\n{outcome.output}")
    if changes is not None and bool(outcome.changed) != changes:
        raise Failed(f"{words}: changed={outcome.changed}\n{outcome.output}")
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
