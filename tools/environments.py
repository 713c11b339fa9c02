# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds environments of pyproject.toml: `python3 tools/environments.py [NAME]...`; no name means `dev`, .venv.

Safe to repeat and to interrupt: an environment is ready when its stamp, written last, names the lock it was made from.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import debian
import pythons

ROOT = pathlib.Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


class Missing(Exception):
    """This machine lacks what the environment needs; the text says what."""


def settings() -> dict[str, Any]:
    """The table of environments and locks in pyproject.toml."""
    import tomllib  # Python 3.11 has it; this file must load on older ones to say so

    with open(ROOT / "pyproject.toml", "rb") as handle:
        ours: dict[str, Any] = tomllib.load(handle)["tool"]["dcass"]
    return ours


def folder_of(name: str) -> pathlib.Path:
    """Where an environment lies."""
    return ROOT / ".venv" if name == "dev" else ROOT / ".build" / "envs" / name


def lock_of(name: str) -> pathlib.Path:
    """The lock that an environment is made from."""
    return ROOT / "requirements" / f"{name}.lock"


def base_python(name: str) -> pathlib.Path:
    """The best Python of this machine for an environment: the running one where it suits, else its first."""
    wanted = settings()["environments"][name]["pythons"]
    order = [pythons.RUNNING, *wanted] if name == "dev" and pythons.RUNNING in wanted else wanted
    found = next(filter(None, map(pythons.find, order)), None)
    if not found:
        raise Missing(f"{name} needs Python {' or '.join(wanted)}, which this machine lacks")
    return found


def create(python: pathlib.Path, folder: pathlib.Path) -> None:
    """An empty environment at `folder`, by whichever way this machine offers."""
    shutil.rmtree(folder, ignore_errors=True)
    if not can_bundle_pip(python) and os.geteuid() == 0 and shutil.which("apt-get"):
        version, *_path = pythons.ask(python) or ("3",)
        debian.install([f"python{version}-venv"])
    ways = [
        (can_bundle_pip(python), [python, "-m", "venv", folder]),
        (shutil.which("uv"), ["uv", "venv", "--quiet", "--seed", "--python", python, folder]),
        (shutil.which("virtualenv"), ["virtualenv", "--quiet", "--python", python, folder]),
    ]
    for there, command in ways:
        if there:
            return run(command)
    raise Missing(f"{python} cannot make environments: install python3-venv, uv or virtualenv, then repeat")


def can_bundle_pip(python: pathlib.Path) -> bool:
    """Whether `python -m venv` will work: Debian keeps ensurepip in a package of its own, python3-venv."""
    return subprocess.run([python, "-c", "import ensurepip"], stderr=subprocess.DEVNULL).returncode == 0


def run(command: Iterable[object], **more: Any) -> None:
    """Run a command that must succeed."""
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    subprocess.run([str(word) for word in command], check=True, env=environment, **more)


def uv_of_checkout() -> pathlib.Path:
    """The uv that fills every environment: the one that requirements/bootstrap.lock put into .venv."""
    return ROOT / ".venv" / "bin" / "uv"


def bootstrap(folder: pathlib.Path) -> None:
    """pip and uv at their locked versions into a new .venv; from then on uv does the work."""
    lock = ROOT / "requirements" / "bootstrap.lock"
    pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-qq"]
    run([*pip, "install", "--require-hashes", "--no-deps", "-r", lock])


def link_collection(folder: pathlib.Path) -> None:
    """Let the environment import the checkout as ansible_collections.dcass.sftp."""
    packages = next(folder.glob("lib/python3.*/site-packages"))
    link = packages / "ansible_collections" / "dcass" / "sftp"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(ROOT, link.parent))


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the right to work on `name` in this checkout, against a second run at the same time."""
    locks = ROOT / ".build" / "busy"
    locks.mkdir(parents=True, exist_ok=True)
    with open(locks / name, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(name: str) -> pathlib.Path:
    """Make the environment `name` ready, and return its Python; quick where nothing changed."""
    folder, stamp = folder_of(name), folder_of(name) / ".stamp"
    with alone(name):
        mark = hashlib.sha256(lock_of(name).read_bytes() + str(ROOT).encode()).hexdigest()
        if not stamp.exists() or stamp.read_text() != mark:
            build(name, folder, stamp)
            stamp.write_text(mark)
    return folder / "bin" / "python"


def build(name: str, folder: pathlib.Path, stamp: pathlib.Path) -> None:
    """Fill an environment from its lock: a finished one is brought up to date in place, a half-made one begun anew."""
    if stamp.exists() and (folder / "bin" / "python").exists():
        stamp.unlink()
    else:
        create(base_python(name), folder)
    if name == "dev":
        bootstrap(folder)
    sync = [uv_of_checkout(), "pip", "sync", "--quiet", "--compile-bytecode", "--require-hashes"]
    run([*sync, "--python", folder / "bin" / "python", lock_of(name)])
    link_collection(folder)


def main(names: Sequence[str]) -> None:
    """Build what is named; one sentence and exit code 1 where this machine cannot."""
    if sys.version_info < OLDEST:
        newer = [python for python in map(pythons.find, ("3.11", "3.12", "3.13")) if python]
        if not newer:
            sys.exit("dcass.sftp's checkout needs Python 3.11, 3.12 or 3.13, and none is on this machine")
        os.execv(newer[0], [str(newer[0]), os.path.abspath(__file__), *names])
    try:
        for name in names or ["dev"]:
            ensure(name)
    except Missing as lack:
        sys.exit(str(lack))


if __name__ == "__main__":
    main(sys.argv[1:])
