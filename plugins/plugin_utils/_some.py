# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many names in few words: the first are named, the others are counted."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 3


def some(names: Sequence[str], most: int = NAMED) -> str:
    """Return ``a, b, c and 397 more``."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
