# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bundle for all tests of this folder: for one Python of each kind, so that a run of `make test` can afford it."""

import hashlib
import importlib
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
PYTHON = "{}.{}".format(*sys.version_info)
BASE = Path(sys.base_prefix) / "bin" / f"python{PYTHON}"  # no environment is made of an environment


@pytest.fixture(scope="session")
def tools() -> Iterator[ModuleType]:
    """tools/bundle.py, and by its names what it is made of."""
    sys.path.insert(0, str(TOOLS))
    yield importlib.import_module("bundle")
    sys.path.remove(str(TOOLS))


@pytest.fixture(scope="session")
def archive(tools: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle for the Python of the checkout alone."""
    made: Path = tools.make(tmp_path_factory.mktemp("bundle"), control=(PYTHON,), workstations=(PYTHON,))
    return made


def digest(path: Path) -> str:
    """Bytes as pytest can show them where they differ."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def unpacked(archive: Path, tmp_path: Path) -> Path:
    """The folder of a bundle that a test may spoil."""
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    return folder


@pytest.fixture(scope="session")
def apart() -> list[str]:
    """The words that give a command a network of its own, without a way out."""
    words = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    try:
        subprocess.run([*words, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as reason:
        pytest.skip(f"this machine gives no network of its own: {reason}")
    return words
