# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal facility as a process of the checkout's own environment, for environments that lack its libraries."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv" / "bin" / "python"


class Rehearsal:
    """A running facility on a free port; it stops with the context, or when this process ends."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.address = self.control = ""
        self.host_keys: list[str] = []
        self.authorities: list[str] = []

    def __enter__(self) -> Rehearsal:
        command = [str(PYTHON), "-m", "emulator", "--root", str(self.root), "--control", "127.0.0.1:0"]
        command += ["--parent", str(os.getpid()), "--listen", "127.151.14.121:0"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for line in self._process.stdout:
            word, _blank, rest = line.strip().partition(" ")
            if word == "ready":
                self.ask("PUT", "/hours", {"enforce": "never"})
                return self
            self._note(word, rest)
        raise RuntimeError("the rehearsal facility did not start")

    def _note(self, word: str, rest: str) -> None:
        if word == "listening":
            self.address = rest
        elif word == "control":
            self.control = rest
        elif word == "host-key":
            self.host_keys.append(rest + "\n")
        elif word == "host-ca":
            self.authorities.append(rest + "\n")

    def __exit__(self, *_error) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._process.stdout.close()

    def ask(self, method: str, path: str, body):
        """One request to the control interface; its answer."""
        kind = "application/zip" if isinstance(body, bytes) else "application/json"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, {"Content-Type": kind}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)
