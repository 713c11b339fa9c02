# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is imported of paramiko: no more than is needed, where its version is one that was tried; else the whole."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import paramiko
import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import transport

TO_TELL = """
import json, sys
sys.path[:0] = sys.argv[1:]
from ansible_collections.dcass.sftp.plugins.module_utils._io import transport
import paramiko
here = {"missing": str(transport.MISSING or ""), "version": paramiko.__version__, "loaded": sorted(sys.modules)}
from paramiko.client import SSHClient
from paramiko.ed25519key import Ed25519Key
here["real"] = [SSHClient.__module__, Ed25519Key.__module__, transport.RsaKey.__mro__[1].__module__]
print(json.dumps(here))
"""
SPARED = {"nacl", "invoke", "email", "paramiko.agent", "paramiko.client", "paramiko.ed25519key", "paramiko.proxy"}
COLLECTIONS = str(pathlib.Path(transport.__file__.partition("/ansible_collections/")[0]))


def told(*before: str) -> dict[str, object]:
    """What a process of its own has of it, with these folders before all others."""
    command = [sys.executable, "-I", "-c", TO_TELL, *before, COLLECTIONS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_version_that_was_tried_is_imported_without_what_nobody_uses():
    here = told()
    assert here["missing"] == ""
    assert here["version"] == paramiko.__version__
    assert SPARED.isdisjoint(here["loaded"])
    assert here["real"] == ["paramiko.client", "paramiko.ed25519key", "paramiko.rsakey"]  # for who wants them later


@pytest.mark.parametrize("version", ["3.4.1", "9.9.0"])
def test_any_other_version_is_imported_whole(tmp_path, version):
    (tmp_path / "paramiko").symlink_to(pathlib.Path(paramiko.__file__).parent)
    (tmp_path / f"paramiko-{version}.dist-info").mkdir()
    here = told(str(tmp_path))
    assert here["missing"] == ""
    assert {"nacl", "paramiko.agent", "paramiko.client"} <= set(here["loaded"])
