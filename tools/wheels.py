# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads what the role `workstation` installs, for workstations that reach no package index.

`python tools/wheels.py [VERSION...]`: into .build/wheels for the running Python on this machine, into
.build/wheels-3.11 for Python 3.11 on any Linux with this machine's processor and glibc 2.28 or newer.
"""

from __future__ import annotations

import hashlib
import pathlib
import platform
import re
import shutil
import sys
import tempfile

import environments
import pythons
from packaging.markers import default_environment
from packaging.requirements import Requirement

LOCK = environments.ROOT / "roles" / "workstation" / "files" / "requirements.txt"
CONTROL_NODE = environments.ROOT / "requirements" / "core-2.17.lock"  # what a control node of the lab has
WHEELS = environments.ROOT / ".build" / "wheels"
MACHINE = platform.machine()
GLIBC = "2.28"  # Red Hat 8's, the oldest for which cryptography has wheels
# pip knows what a system of that age takes only where it runs on one
TAGS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux_2_12", "manylinux2010", "manylinux_2_5")


def folder_of(python: str = "", *, lock: pathlib.Path = LOCK) -> pathlib.Path:
    """Where the wheels of a lock for a version of Python lie, such as 3.11; none means the running one."""
    return WHEELS.with_name("-".join(filter(None, ("wheels", python, "" if lock == LOCK else lock.stem))))


def lines_for(python: str, lock: str) -> str:
    """What of a lock's text a version of Python wants: pip judges that by the Python that it runs on, always."""
    version = {"python_version": python, "python_full_version": f"{python}.99"}
    machine = {"platform_machine": MACHINE, "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    running = {name: str(value) for name, value in default_environment().items()}
    place = {**running, **machine, **version, "implementation_name": "cpython"}
    wanted = []
    for entry in re.findall(r"^\w(?:.*\\\n)*.*\n", lock, re.MULTILINE):
        requirement, _continued, hashes = entry.partition(" \\\n")
        parsed = Requirement(requirement)
        if not parsed.marker or parsed.marker.evaluate(place):
            wanted.append(f"{parsed.name}{parsed.specifier} \\\n{hashes}")
    return "".join(wanted)


def download(python: str = "", *, lock: pathlib.Path = LOCK) -> pathlib.Path:
    """All wheels of the lock for a Python, and where; nothing is asked of the index where they lie there already."""
    wheels, wanted = folder_of(python, lock=lock), lines_for(python or pythons.RUNNING, lock.read_text())
    place = ["--python-version", f"{python}.99", *(f"--platform={tag}_{MACHINE}" for tag in TAGS)] if python else []
    stamp, mark = wheels / ".stamp", hashlib.sha256(f"{wanted} {place or sys.version}".encode()).hexdigest()
    with environments.alone("wheels"), tempfile.TemporaryDirectory() as scratch:
        if stamp.exists() and stamp.read_text() == mark:
            return wheels
        shutil.rmtree(wheels, ignore_errors=True)
        requirements = pathlib.Path(scratch) / "requirements.txt"
        requirements.write_text(wanted)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", *place]
        environments.fetch([*pip, "--only-binary", ":all:", "--require-hashes", "--dest", wheels, "-r", requirements])
        stamp.write_text(mark)
    return wheels


if __name__ == "__main__":
    try:
        for python in sys.argv[1:] or [""]:
            print(download(python).relative_to(environments.ROOT))
    except environments.NotFetched as reason:
        sys.exit(str(reason))
