# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report_sync against the rehearsal facility."""

from __future__ import annotations

import hashlib
import pathlib


def held(dest):
    """All files of the archive by path, with their content's hash."""
    root = pathlib.Path(dest)
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_first_run_brings_all_and_the_second_nothing(facility, workstation):
    facility.control.publish()
    first = workstation.sync()
    assert first["changed"] and len(first["downloaded"]) > 60
    archive = held(workstation.dest)
    assert {entry["sha256"] for entry in first["downloaded"]} == set(archive.values())
    second = workstation.sync()
    assert (second["changed"], second["bytes"], second["downloaded"]) == (False, 0, [])
    assert second["unchanged"] == len(first["downloaded"])
    assert held(workstation.dest) == archive
    assert second["connection"]["logins_left"] == 2
