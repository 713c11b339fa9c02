# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that are to come later (fault `result_late`): kept on disk, so that a restarted facility still owes them."""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from emulator.registry import replace_file
from emulator.renewal import Import

Late = tuple[str, Import]  # the account, and a result whose time is when it is due


class LateResults:
    """What the facility owes, in one JSON file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scheduled = [_load(entry) for entry in json.loads(path.read_text())] if path.exists() else []

    def schedule(self, account: str, outcome: Import) -> None:
        """Keep a result back until its time."""
        self._replace([*self._scheduled, (account, outcome)])

    def due(self, now: datetime) -> list[Late]:
        """What is due by now, and stays so until it is settled: who is killed in between delivers once more."""
        return [late for late in self._scheduled if late[1].at <= now]

    def settle(self, delivered: Collection[Late]) -> None:
        """Owe these no more."""
        self._replace([late for late in self._scheduled if late not in delivered])

    def forget(self, customer_code: str) -> None:
        """Owe a participant nothing any more."""
        self.settle([late for late in self._scheduled if late[0].startswith(customer_code)])

    def _replace(self, scheduled: list[Late]) -> None:
        if scheduled != self._scheduled:
            self._scheduled = scheduled
            entries = [{"account": account, **asdict(outcome)} for account, outcome in scheduled]
            replace_file(self._path, json.dumps(entries, indent=1, default=datetime.isoformat))


def _load(saved: dict[str, Any]) -> Late:
    return saved.pop("account"), Import(**{**saved, "at": datetime.fromisoformat(saved["at"])})
