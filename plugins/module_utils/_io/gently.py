# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that has time: whatever else the machine does goes before it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Made = TypeVar("Made")
_LAST = 19  # of the priorities that a processor shares its time by


def gently(work: Callable[[], Made]) -> Made:
    """Do it in a thread of the lowest priority, and return or raise what it does.

    To Linux a priority is a thread's, and those that it starts begin with the same. The kernel asks a disk in the same
    order, where its scheduler knows one: with no class of its own, a thread's place there follows from its priority.
    """
    with ThreadPoolExecutor(1, "gently", lambda: os.nice(_LAST)) as aside:
        return aside.submit(work).result()
