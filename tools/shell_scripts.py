# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs shellcheck on the checkout's shell scripts, known by their first line."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys

FIRST_LINE = re.compile(rb"#!.*\b(ba|da|)sh\b")


def is_script(path: pathlib.Path) -> bool:
    """Whether a file's first line hands it to a shell; a template becomes a script only when it is filled in."""
    if not path.is_file() or path.suffix == ".j2":
        return False
    with path.open("rb") as handle:
        return bool(FIRST_LINE.match(handle.readline()))


if __name__ == "__main__":
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, capture_output=True, text=True).stdout.split("\0")
    scripts = [path for path in listed if path and is_script(pathlib.Path(path))]
    print("checking", *scripts)
    sys.exit(subprocess.run(["shellcheck", *scripts]).returncode if scripts else 0)
