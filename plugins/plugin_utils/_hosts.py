# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a play that is for some workstations alone: what others would skip costs them nothing then."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NOBODY = "!all"
_SPECIAL = re.compile(r"[^\w.-]")  # what a pattern of hosts is split at, or means otherwise: AWX takes any name


def as_hosts(names: Iterable[str]) -> list[str]:
    """Return patterns that mean these hosts, one that means nobody where there are none."""
    return [_SPECIAL.sub("?", name) for name in names] or [_NOBODY]
