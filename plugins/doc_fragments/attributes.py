# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that change files; INFO for those that do not."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict what a run would change, without changing it.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would have) in diff mode.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    details: Changes nothing in either mode.
  diff_mode:
    support: N/A
    details: Changes no file.
"""
