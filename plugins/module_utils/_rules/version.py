# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of this collection, for what leaves a workstation: a module doesn't see galaxy.yml."""

from __future__ import annotations

VERSION = "1.0.0"
