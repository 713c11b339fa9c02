# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_info, by the code that lies on the host where it can be."""

from __future__ import annotations

from ansible_collections.dcass.sftp.plugins.plugin_utils._first_look import ActionModule

__all__ = ["ActionModule"]
