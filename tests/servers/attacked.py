# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a module in a process of its own, which tells what it returned, how long it took and its most memory."""

from __future__ import annotations

import contextlib
import importlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from dataclasses import dataclass

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until a run counts as one without end


@dataclass(frozen=True)
class Ran:
    """What a run returned, its seconds without the start of Python, and the megabytes of its highest moment."""

    result: dict
    seconds: float
    megabytes: float


def run(module, **options):
    """Run a module, which must end by itself."""
    asked = json.dumps([module, options])
    command = [sys.executable, "-m", "tests.servers.attacked"]
    done = subprocess.run(
        command, input=asked, capture_output=True, text=True, cwd=CHECKOUT, timeout=PATIENCE, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Ran(**json.loads(done.stdout))


def main():
    name, options = json.load(sys.stdin)
    from tests.modules.support import MODULES, patch_module_args

    module = importlib.import_module(f"{MODULES}.{name}")
    with tempfile.TemporaryFile("w+") as output:  # in memory it would count as ours
        began = time.monotonic()
        with patch_module_args(options), redirect_stdout(output), contextlib.suppress(SystemExit):
            module.main()
        seconds = time.monotonic() - began
        peak = int(re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])
        output.seek(0)
        result = json.load(output)
    short = {name: result.get(name) for name in ("failed", "error_code", "msg", "hint", "state", "exception")}
    short["downloaded"] = len(result.get("downloaded") or ())
    short["refused"] = (result.get("refused") or [])[:3]
    print(json.dumps({"result": short, "seconds": seconds, "megabytes": peak / 1024}))


if __name__ == "__main__":
    main()
