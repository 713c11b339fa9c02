# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-test gets where it would download get-pip.py: the pip that Python brings, with the same options."""

from __future__ import annotations

import ensurepip
import pathlib
import runpy
import sys

DEBIAN = pathlib.Path("/usr/share/python-wheels")
FOREIGN = ("--no-setuptools", "--no-wheel")  # options that get-pip.py knows and pip does not


def bundled_pip() -> pathlib.Path:
    """The wheel that ensurepip would install: beside it, or where Debian keeps such wheels."""
    bundled = pathlib.Path(ensurepip.__file__).parent / "_bundled"
    return max(bundled.glob("pip-*.whl"), default=None) or max(DEBIAN.glob("pip-*.whl"))


if __name__ == "__main__":
    sys.path.insert(0, str(bundled_pip()))
    sys.argv = ["pip", "install", *(option for option in sys.argv[1:] if option not in FOREIGN)]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)
