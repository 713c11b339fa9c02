# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads what the role `workstation` installs into .build/wheels, for workstations that reach no package index."""

from __future__ import annotations

import hashlib
import shutil
import sys

import environments

LOCK = environments.ROOT / "roles" / "workstation" / "files" / "requirements.txt"
WHEELS = environments.ROOT / ".build" / "wheels"


def download():
    """All wheels of the lock for the running Python; nothing is asked of the index where they lie there already."""
    stamp, mark = WHEELS / ".stamp", hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    with environments.alone("wheels"):
        if stamp.exists() and stamp.read_text() == mark:
            return
        shutil.rmtree(WHEELS, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq", "download", "--no-deps"]
        environments.run([*pip, "--only-binary", ":all:", "--require-hashes", "--dest", WHEELS, "-r", LOCK])
        stamp.write_text(mark)


if __name__ == "__main__":
    download()
    print(WHEELS.relative_to(environments.ROOT))
