# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The build that a bench races beside today's: that of the last tag, or the one that BENCH_BEFORE names."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import tempfile

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MAKE_STATE = """
import sys
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
StateDb(sys.argv[1]).close()
"""
FIRST = "2b8e5de"  # where there is no tag: the last commit before tasks were made light and logins quick


def build():
    """What it is called and the folder it lies in; a reason and None where there is none.

    BENCH_BEFORE is a commit, or a folder with a checkout.
    """
    wanted = os.environ.get("BENCH_BEFORE", "")
    if wanted and pathlib.Path(wanted, "plugins").is_dir():
        return wanted, pathlib.Path(wanted).resolve()
    wanted = wanted or _git("describe", "--tags", "--abbrev=0", "HEAD^") or FIRST
    commit = _git("rev-parse", "--short", f"{wanted}^{{commit}}")
    if not commit:
        return f"no build before to compare with: this checkout has no {wanted}", None
    folder = CHECKOUT / ".build" / "before" / commit
    if not folder.exists():
        half = folder.with_suffix(".half")
        half.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(["git", "archive", commit], cwd=CHECKOUT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", half], input=archive, check=True)
        half.rename(folder)
    name = commit if commit.startswith(wanted) else f"{wanted} ({commit})"
    return f"{name} of {_git('log', '-1', '--format=%cs', commit)}", folder


def new_state(checkout, path):
    """Make a state as that build does: without it, a key that is there may tell that a state has vanished."""
    with tempfile.TemporaryDirectory() as place:
        link = pathlib.Path(place, "ansible_collections", "dcass", "sftp")
        link.parent.mkdir(parents=True)
        link.symlink_to(checkout)
        environment = {**os.environ, "PYTHONPATH": place}
        subprocess.run([sys.executable, "-c", MAKE_STATE, path], check=True, env=environment)


def described():
    """The commit of this checkout, and whether anything was changed since."""
    commit = _git("rev-parse", "--short", "HEAD")
    return f"{commit} with changes" if _git("status", "--porcelain", "--", "plugins", "roles", "playbooks") else commit


def _git(*words):
    done = subprocess.run(["git", *words], cwd=CHECKOUT, check=False, capture_output=True, text=True)
    return "" if done.returncode else done.stdout.strip()
