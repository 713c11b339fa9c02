# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems of a test's own; they need root, a kernel that lets them be mounted, and some a program of FUSE."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

import pytest

PATH = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin:/sbin"


@contextlib.contextmanager
def mounted(folder: pathlib.Path, *how: str) -> Iterator[pathlib.Path]:
    """Mount something on a folder for as long as the body runs: ``mount``'s words, but for the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _run_or_skip(["mount", *how, str(folder)])
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def tmpfs(options: str) -> tuple[str, ...]:
    return ("-t", "tmpfs", "-o", options, "dcass-test")


@contextlib.contextmanager
def caseless(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """An NTFS that does not tell capitals from small letters, and takes what Windows takes for a name."""
    image = folder.parent / "caseless.img"
    with open(image, "wb") as file:
        file.truncate(200 << 20)  # of which a sync leaves 64 MiB to others
    _run_or_skip(["mkntfs", "-q", "-F", "-f", str(image)])
    folder.mkdir()
    _run_or_skip(["lowntfs-3g", "-o", "ignore_case,windows_names", str(image), str(folder)])
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def _run_or_skip(words: list[str]) -> None:
    program = shutil.which(words[0], path=PATH)
    if not program:
        pytest.skip(f"this machine has no {words[0]} (Debian: ntfs-3g)")
    if subprocess.run([program, *words[1:]], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here (not root, or not allowed)")
