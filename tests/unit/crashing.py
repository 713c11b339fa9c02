# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut at any step: work is done in a child process that kills itself at its n-th call into the system."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator

CALLS = (
    "open", "mkdir", "chmod", "fchmod", "fsync", "rename", "replace", "symlink", "link", "unlink", "pwrite", "utime",
)  # fmt: skip


def kill_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a child that dies before its ``number``-th call; return whether it died."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _arm(number)
            work()
            code = 0
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, f"the work failed of itself (status {status})"
    return False


def steps(most: int = 400) -> Iterator[int]:
    """The numbers to try, until the caller's work comes to its end."""
    yield from itertools.islice(itertools.count(1), most)
    raise AssertionError("the work never came to its end")


def _arm(number: int) -> None:
    left = itertools.count(number - 1, -1)

    def deadly(call):
        def wrapped(*arguments, **more):
            if next(left) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **more)

        return wrapped

    for name in CALLS:
        setattr(os, name, deadly(getattr(os, name)))
