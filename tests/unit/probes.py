# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What workstation_info has told of a workstation that was asked."""

from __future__ import annotations

from typing import Any


def probed(account: str, partner: str = "", **more: Any) -> dict[str, Any]:
    """The variables of one that is ready, in the midst of a sync; ``more`` is what it has told otherwise."""
    told = {
        "account": account,
        "partner": partner,
        "is_second": account.endswith("2"),
        "shares": "all" if partner else "",
        "may_run": not more.get("blocked") and not more.get("closed"),
        "blocked": {},
        "python": "/opt/x/bin/python",
    }
    return {"dcass_probe": {**told, **more}, "report_sync_began": True}
