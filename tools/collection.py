# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What needs the collection in a folder of its own, named ansible_collections/dcass/sftp: ansible-test and the tarball.

`python tools/collection.py sanity ENVIRONMENT [TEST LEFT OUT...]` or `python tools/collection.py build [unlinted]`.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

import environments
import pythons
import reproducible
import yaml

ROOT = environments.ROOT
# of what the tarball leaves out, the part that ansible-test reads
FOR_ANSIBLE_TEST = ("tests/config.yml", "tests/sanity/")
# the names under which ansible-test of 2.17, 2.19 and 2.21 looks for what it would otherwise download
GET_PIP = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py")
TOO_LATE = "ERROR: Timeout on call to ansible-lint"  # after which it goes on, and completes successfully
FORBIDDEN = ("emulator", "tests", "tools", "demo", "docsite", "requirements", ".build", ".venv", ".ci")


def shipped(path: str) -> bool:
    """Whether the copy holds a file of the checkout."""
    held_back = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
    is_held_back = path.startswith((".", *(f"{name}/" for name in held_back))) or path in held_back
    return path.startswith(FOR_ANSIBLE_TEST) or path == ".gitignore" or not is_held_back


def checkout_files() -> list[str]:
    """The checkout's files, tracked and new; no ignored ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for path in listed if path and shipped(path) and (ROOT / path).is_file()]


def copy_to(base: pathlib.Path) -> pathlib.Path:
    """The collection as a git repository of its own below `base`: ansible-test refuses a linked or ignored folder."""
    target = base / "ansible_collections" / "dcass" / "sftp"
    shutil.rmtree(target, ignore_errors=True)
    for path in checkout_files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, target / path)
    subprocess.run(["git", "init", "--quiet", "."], cwd=target, check=True)
    return target


def private_home(base: pathlib.Path) -> pathlib.Path:
    """A home for ansible-test, with what it would download laid ready."""
    cache = base / "home" / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for name in GET_PIP:
        shutil.copy2(ROOT / "tools" / "get_pip.py", cache / name)
    settings = (
        base / "home" / ".config" / "pip" / "pip.conf"
    )  # ansible-test gives pip a home, and none of our environment
    settings.parent.mkdir(parents=True, exist_ok=True)
    trusted = environments.authorities([sys.executable, "-m", "pip"])
    settings.write_text(f"[global]\ncert = {trusted}\n" if trusted else "")
    return base / "home"


def ansible_test(environment: str, *words: str) -> int:
    """Run ansible-test of an environment on a copy; exits as it does."""
    base = ROOT / ".build" / "ansible-test" / environment
    python = environments.ensure(environment)
    place = dict(os.environ, HOME=str(private_home(base)), PATH=f"{python.parent}{os.pathsep}{pythons.search_path()}")
    with environments.alone(f"ansible-test-{environment}"):
        command = [str(python.parent / "ansible-test"), *words, "--color", "no"]
        return subprocess.run(command, cwd=copy_to(base), env=place).returncode


def sanity(environment: str, *left_out: str) -> int:
    """All sanity tests but those left out, on every Python of this machine that they know."""
    return ansible_test(environment, "sanity", "--local", *(f"--skip-test={name}" for name in left_out))


def docs() -> int:
    """The documentation of plugins and roles, as a documentation site would build it."""
    base = ROOT / ".build" / "docs"
    tool = pathlib.Path(sys.executable).parent / "antsibull-docs"
    with environments.alone("docs"):
        target = copy_to(base)
        return subprocess.run([tool, "lint-collection-docs", "--plugin-docs", "--no-skip-rstcheck", target]).returncode


def build(unlinted: str = "") -> int:
    """The tarball, judged by what must not be in it and by galaxy-importer, whose warnings count as failures.

    Unlinted, galaxy-importer leaves out ansible-lint.
    """
    with environments.alone("galaxy"):
        tarball = build_tarball(ROOT / ".build" / "galaxy")
        found = [*stray(tarball), *judged(tarball, pythons.search_path(), linted=not unlinted)]
    print(*found, sep="\n")
    return 1 if found else 0


def stray(tarball: pathlib.Path) -> list[str]:
    """What of the checkout must not be in the tarball and is."""
    names = subprocess.run(["tar", "tzf", tarball], check=True, capture_output=True, text=True).stdout.split()
    return [
        f"in the tarball, but no part of the collection: {name}" for name in names if name.split("/")[0] in FORBIDDEN
    ]


def judged(tarball: pathlib.Path, path: str, *, linted: bool) -> list[str]:
    """What galaxy-importer has against a tarball, with the programs on `path`; it shows all that it says."""
    place = dict(os.environ, PATH=path, GALAXY_IMPORTER_RUN_ANSIBLE_LINT="1" if linted else "0")
    words = [sys.executable, "-m", "galaxy_importer.main", tarball.name]
    importer = subprocess.run(
        words, cwd=tarball.parent, env=place, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    print(importer.stdout)
    unable = [tool for tool in ("ansible-doc", "ansible-lint")[: 1 + linted] if not works(tool, place)]
    return [
        *(f"galaxy-importer judged without {tool}, which does not work on its PATH" for tool in unable),
        *faults(importer.stdout, linted=linted),
        *([f"galaxy-importer ended with {importer.returncode}"] if importer.returncode else []),
    ]


def works(tool: str, place: Mapping[str, str]) -> bool:
    """Whether a program is on PATH and does not fail at once: galaxy-importer does not look."""
    try:
        return subprocess.run(["/usr/bin/env", tool, "--version"], env=place, capture_output=True).returncode == 0
    except OSError:
        return False


def faults(said: str, *, linted: bool) -> list[str]:
    """What is wrong by galaxy-importer's own words, which is green where it has warned, or left something out."""
    found = [line for line in said.splitlines() if line.startswith(("WARNING", "ERROR"))]
    if TOO_LATE in found:
        found.append("It waits for three minutes alone: run tools/check.py sanity/galaxy with nothing beside it.")
    due = ["Importer processing completed successfully", *(["...ansible-lint run complete"] if linted else [])]
    return found + [f"galaxy-importer has not said: {line}" for line in due if line not in said.splitlines()]


def build_tarball(base: pathlib.Path) -> pathlib.Path:
    """`ansible-galaxy collection build` from a copy without ansible-test's files; one commit, the same bytes."""
    source = copy_to(base)
    for left in base.glob("*.tar.gz"):
        left.unlink()
    galaxy = pathlib.Path(sys.executable).parent / "ansible-galaxy"
    subprocess.run([galaxy, "collection", "build", "--force", "--output-path", base, source], check=True)
    tarball = next(base.glob("*.tar.gz"))
    reproducible.settle(tarball)
    return tarball


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    verbs: dict[str, Callable[..., int]] = {"sanity": sanity, "docs": docs, "build": build}
    sys.exit(verbs[verb](*rest))
