# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that reads the clock, and waits."""

from __future__ import annotations

import time
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG


def hong_kong_now() -> datetime:
    """Return the present moment in Hong Kong time (UTC+8), aware."""
    return datetime.now(HONG_KONG)


def sleep(seconds: float) -> None:
    """Let some time pass."""
    time.sleep(seconds)
