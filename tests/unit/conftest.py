# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary files lie in memory where the machine has room there: these tests sync to disk thousands of times."""

from __future__ import annotations

import os

MEMORY = "/dev/shm"

if (
    os.path.isdir(MEMORY)
    and os.access(MEMORY, os.W_OK)
    and os.statvfs(MEMORY).f_bavail * os.statvfs(MEMORY).f_frsize > 1 << 28
):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)
