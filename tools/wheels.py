# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads what the role `workstation` installs, for workstations that reach no package index.

`python tools/wheels.py [VERSION]`: into .build/wheels for the running Python, into .build/wheels-3.11 for Python 3.11.
"""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import sys

import environments

LOCK = environments.ROOT / "roles" / "workstation" / "files" / "requirements.txt"
CONTROL_NODE = environments.ROOT / "requirements" / "core-2.17.lock"  # what a control node of the lab has
WHEELS = environments.ROOT / ".build" / "wheels"


def folder_of(python: str = "", *, lock: pathlib.Path = LOCK) -> pathlib.Path:
    """Where the wheels of a lock for a version of Python lie, such as 3.11; none means the running one."""
    return WHEELS.with_name("-".join(filter(None, ("wheels", python, "" if lock == LOCK else lock.stem))))


def download(python: str = "", *, lock: pathlib.Path = LOCK) -> None:
    """All wheels of the lock for a Python; nothing is asked of the index where they lie there already."""
    wheels, target = folder_of(python, lock=lock), ["--python-version", python] if python else []
    stamp, mark = wheels / ".stamp", hashlib.sha256(lock.read_bytes() + (python or sys.version).encode()).hexdigest()
    with environments.alone("wheels"):
        if stamp.exists() and stamp.read_text() == mark:
            return
        shutil.rmtree(wheels, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--no-deps", *target]
        environments.fetch([*pip, "--only-binary", ":all:", "--require-hashes", "--dest", wheels, "-r", lock])
        stamp.write_text(mark)


if __name__ == "__main__":
    try:
        download(*sys.argv[1:2])
    except environments.NotFetched as reason:
        sys.exit(str(reason))
    print(folder_of(*sys.argv[1:2]).relative_to(environments.ROOT))
