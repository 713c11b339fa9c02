# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut at any step: the n-th call into the system, and all after it, never happen."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from unittest import mock

CALLS = (
    "open", "mkdir", "chmod", "fchmod", "fsync", "rename", "replace", "symlink", "link", "unlink", "rmdir", "pwrite",
    "utime",
)  # fmt: skip


class PowerCut(BaseException):
    """The machine is off; nobody catches this."""


def cut_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work until its ``number``-th call; return whether it came that far. Nothing can be tidied up after it."""
    calls = itertools.count(1)

    def deadly(call):
        def wrapped(*arguments, **more):
            if next(calls) >= number:
                raise PowerCut
            return call(*arguments, **more)

        return wrapped

    with mock.patch.multiple(os, **{name: deadly(getattr(os, name)) for name in CALLS}):
        try:
            work()
        except PowerCut:
            return True
    return False


def steps(most: int = 400) -> Iterator[int]:
    """The numbers to try, until the caller's work comes to its end."""
    yield from itertools.islice(itertools.count(1), most)
    raise AssertionError("the work never came to its end")
