# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event log: one JSON object a line with time, account, source, event and detail, and the violations among them."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class EventLog:
    """Append-only, kept in a file below the root, so that a restart forgets nothing."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._now = now
        self._events = list(_whole_lines(path))
        self._file = path.open("a", encoding="utf-8")

    def record(
        self,
        event: str,
        *,
        account: str | None = None,
        source: str | None = None,
        violation: str | None = None,
        **detail: Any,
    ) -> Event:
        """Note what happened; `violation` says which section a client broke, and how."""
        entry: Event = {
            "n": len(self._events) + 1,
            "time": self._now().isoformat(timespec="milliseconds"),
            "account": account,
            "source": source,
            "event": event,
            "detail": {name: _speakable(value) for name, value in detail.items()},
        }
        if violation:
            entry["violation"] = violation
        self._events.append(entry)
        if self._file.closed:
            return entry  # a connection that ends after the facility did
        self._file.write(json.dumps(entry, ensure_ascii=True) + "\n")
        self._file.flush()
        return entry

    def events(self, *, since: int = 0, account: str | None = None, event: str | None = None) -> list[Event]:
        """Events after number `since`, of one account or one kind where asked."""
        return [
            entry
            for entry in self._events[since:]
            if (account is None or entry["account"] == account) and (event is None or entry["event"] == event)
        ]

    def violations(self, **which: Any) -> list[Event]:
        """What clients did that the guide forbids, among the events that `events` would tell."""
        return [entry for entry in self.events(**which) if "violation" in entry]

    @property
    def last(self) -> int:
        """The number of the latest event."""
        return len(self._events)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _speakable(value: Any) -> Any:
    # Names come from clients and need not be UTF-8; what is not would break every answer that quotes the log.
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def _whole_lines(path: Path) -> Iterator[Event]:
    # A last line without an end was being written when the machine failed: nobody was told of it, so it is dropped.
    if not path.exists():
        return
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        path.write_bytes(whole)
    for line in whole.splitlines():
        yield json.loads(line)
