# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place that reads the clocks, and waits."""

from __future__ import annotations

import contextlib
import os
import time
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_KERNEL_UUID = "/proc/sys/kernel/random/uuid"  # of the same kernel
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def hong_kong_now() -> datetime:
    """Return the present moment in Hong Kong time (UTC+8), aware."""
    return datetime.now(HONG_KONG)


def uptime() -> Uptime:
    """Return how long the kernel has been running, asleep or not, and which run of it this is."""
    return Uptime(_boot_id(), time.clock_gettime(_SINCE_BOOT))


def sleep(seconds: float) -> None:
    """Let some time pass."""
    time.sleep(seconds)


def _boot_id() -> str | None:
    """Name this run of the kernel. A container may show an id of its own, which is new where the kernel is not."""
    with contextlib.suppress(OSError, ValueError):
        if os.stat(on_disk(_BOOT_ID)).st_dev == os.stat(on_disk(_KERNEL_UUID)).st_dev:
            with open(on_disk(_BOOT_ID), encoding="ascii") as file:
                return file.read(64).strip() or None
    return None
