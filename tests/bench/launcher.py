# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one command: `python -I -S launcher.py FILE PATIENCE COMMAND...` writes `SECONDS CPU_SECONDS PEAK_KB` to a file.

A process of its own and small, because a process's peak memory begins with that of the one it was forked from.
Exit code 124 where the command took longer than the patience, in seconds, and was stopped.
"""

import os
import signal
import sys
import time


def main(file, patience, *command):
    """Start the command as the leader of a group, so that what it starts can be stopped with it."""
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.execvp(command[0], command)
    late = []
    signal.signal(signal.SIGALRM, lambda *_signal: (late.append(True), os.killpg(child, signal.SIGKILL)))
    signal.setitimer(signal.ITIMER_REAL, float(patience))
    _pid, status, usage = os.wait4(child, 0)
    seconds = time.monotonic() - began
    with open(file, "w") as report:
        report.write(f"{seconds} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
    return 124 if late else os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
