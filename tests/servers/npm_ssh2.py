# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""npm's ssh2 as a server, by hash from the lock beside its program."""

from __future__ import annotations

import fcntl
import functools
import json
import shutil
import subprocess

from tests.servers.base import BUILT, PROGRAMS, Server, find, lacks

SOURCES = PROGRAMS / "npm"
INSTALLED = BUILT / "npm"
NAMES = ("package.json", "package-lock.json", "ssh2.js")


class NpmSsh2Server(Server):
    """A process of Node's; its libraries are installed when they are first needed."""

    name = "npm ssh2"
    host = "127.151.14.145"
    remark = "a small server of ours"
    accepted = "accepted"

    @classmethod
    def why_not(cls):
        return lacks("node", "nodejs") or lacks("npm", "npm") or install()

    def version(self):
        return json.loads((INSTALLED / "node_modules" / "ssh2" / "package.json").read_text())["version"]

    def command(self):
        return [find("node"), INSTALLED / "ssh2.js", self.home, self.host, str(self.port)]


@functools.cache
def install():
    """Copy the program and install what it needs; the reason where that fails."""
    INSTALLED.mkdir(parents=True, exist_ok=True)
    with open(BUILT / "npm.lock", "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        stale = any(not same(name) for name in NAMES) or not (INSTALLED / "node_modules" / "ssh2").exists()
        for name in NAMES:
            shutil.copy(SOURCES / name, INSTALLED)
        # optional packages would be compiled; the scripts of the others are not needed
        words = ["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(words, cwd=INSTALLED, capture_output=True, text=True, timeout=300) if stale else None
    return f"npm ci failed: {done.stderr.strip()[:200]}" if done and done.returncode else None


def same(name):
    copy = INSTALLED / name
    return copy.exists() and copy.read_bytes() == (SOURCES / name).read_bytes()
