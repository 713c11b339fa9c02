# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command and leaves nothing of it behind: `python tools/keeper.py PARENT COMMAND...`.

Whatever the command has started ends with it, also what went into a session of its own or lost its parent. When the
keeper is told to stop, or PARENT, the process that started it, is gone, it asks the command to end, and after some
seconds kills all that is left. Exits as the command did, or as one that the signal has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

TO_STOP = (signal.SIGTERM, signal.SIGINT)
GRACE = 10.0  # seconds in which pytest takes down what its fixtures have set up
DEATH_SIGNAL, ADOPT = 1, 36  # prctl(2): PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER
LIBC = ctypes.CDLL(None, use_errno=True)


def children(of: int) -> list[int]:
    """The processes that another has started, or adopted, and that have not ended."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == of and state != "Z":
                found.append(int(folder.name))
    return found


def descendants(of: int) -> list[int]:
    """Its children, theirs, and so on."""
    found = children(of)
    for child in found:
        found += children(child)  # the list grows while it is walked
    return found


def kill(process: int, signum: int) -> None:
    """Send a signal; who has ended meanwhile needs none, and who belongs to another user gets none."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signum)


def begin(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own; it dies if even its keeper is killed."""

    def prepare() -> None:
        LIBC.prctl(DEATH_SIGNAL, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job ignores it
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    return subprocess.Popen(command, start_new_session=True, preexec_fn=prepare)


def reap(child: subprocess.Popen[bytes]) -> bool:
    """Take note of all that have ended; whether any is left."""
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == child.pid:
                child.returncode = os.waitstatus_to_exitcode(status)
            if not process:
                return True
    return False


def end_all(child: subprocess.Popen[bytes]) -> None:
    """Kill until nothing is left: what forks meanwhile is met in the next round. What can't be killed is given up."""
    until = time.monotonic() + GRACE
    while reap(child) and time.monotonic() < until:
        for process in descendants(os.getpid()):
            kill(process, signal.SIGKILL)
        time.sleep(0.01)


def keep(command: Sequence[str], parent: int) -> int:
    """Run the command to its end, or to ours."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (*TO_STOP, signal.SIGCHLD))
    LIBC.prctl(ADOPT, 1)
    LIBC.prctl(DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != parent:  # it was gone before it could be noticed
        return 128 + signal.SIGTERM
    child, stopped_by, until = begin(command), 0, float("inf")
    while reap(child) and child.returncode is None and time.monotonic() < until:
        met = signal.sigtimedwait((*TO_STOP, signal.SIGCHLD), min(until - time.monotonic(), 60))
        if met and met.si_signo in TO_STOP and not stopped_by:
            stopped_by, until = met.si_signo, time.monotonic() + GRACE
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGINT)  # for which pytest and Ansible clean up
        elif met and met.si_signo in TO_STOP:
            until = 0  # told twice
    end_all(child)
    code = -signal.SIGKILL if child.returncode is None else child.returncode
    return 128 + (stopped_by or -code) if stopped_by or code < 0 else code


if __name__ == "__main__":
    sys.exit(keep(sys.argv[2:], int(sys.argv[1])))
