# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many names in few words: the first are named, the others are counted."""

from __future__ import annotations

from collections.abc import Sequence

NAMED = 3


def some(names: Sequence[str], most: int = NAMED, beyond: int = 0) -> str:
    """Return ``a, b, c and 397 more``; of these ``beyond`` are not among the names."""
    left = max(0, len(names) - most) + beyond
    return ", ".join(names[:most]) + (f" and {left} more" if left else "")
