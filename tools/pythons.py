# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds this machine's Pythons by running them: a name on PATH may be a pyenv shim that only says 'not installed'."""

from __future__ import annotations

import functools
import os
import pathlib
import subprocess
import sys

RUNNING = f"{sys.version_info[0]}.{sys.version_info[1]}"
WANTED = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
ASK = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"


def folders() -> list[pathlib.Path]:
    """Where interpreters may lie: PATH without pyenv's shims, then each version that pyenv keeps."""
    on_path = [pathlib.Path(folder) for folder in os.environ.get("PATH", os.defpath).split(os.pathsep) if folder]
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT", str(pathlib.Path.home() / ".pyenv")))
    real = [folder for folder in on_path if folder.name != "shims"]
    return real + sorted(pyenv.glob("versions/3.*/bin"))


def ask(candidate: pathlib.Path) -> tuple[str, ...] | None:
    """The version ('3.11') and true path of an interpreter, or nothing where it does not run."""
    try:
        answer = subprocess.run([str(candidate), "-c", ASK], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return tuple(answer.stdout.split("\n")[:2]) if answer.returncode == 0 else None


@functools.lru_cache(maxsize=None)
def find(version: str) -> pathlib.Path | None:
    """The path of Python `version` ('3.9'), or None where the machine has none."""
    if version == RUNNING and sys.prefix == sys.base_prefix:
        return pathlib.Path(sys.executable)
    for folder in folders():
        for candidate in (folder / f"python{version}", folder / "python3"):
            found = candidate.exists() and ask(candidate)
            if found and found[0] == version and not in_environment(candidate):
                return candidate
    return None


def in_environment(python: pathlib.Path) -> bool:
    """Whether an interpreter belongs to a virtual environment: another is never built on top of one."""
    return (python.parent.parent / "pyvenv.cfg").exists()


def search_path() -> str:
    """A PATH on which every python3.X is a real interpreter: first this one's own folder, then those found."""
    found = [find(version) for version in WANTED]
    here = [str(pathlib.Path(sys.executable).parent)]
    real = [str(python.parent) for python in found if python]
    rest = [str(folder) for folder in folders()]
    return os.pathsep.join(dict.fromkeys(here + [p for p in rest if p not in real] + real))
