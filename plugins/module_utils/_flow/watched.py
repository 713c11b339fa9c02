# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What account_info has found is written down for whoever watches, be it good news or that nothing can be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError, as_ours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.events import Event, emitted_from, news
from ansible_collections.dcass.sftp.plugins.module_utils._rules.metrics import exposition, of_account, of_failure
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account

To = TypeVar("To")


class Metrics(Protocol):
    """Where metrics go."""

    def write(self, text: str) -> None: ...


class Events(Protocol):
    """Where events go, each once."""

    def emit(self, news: Callable[[str | None], tuple[Sequence[Event], str]]) -> None: ...


@dataclass(frozen=True)
class Watchers:
    """Who watches an account; ``run_by`` is who has had it looked at."""

    account: Account
    site: str
    run_by: str
    metrics: Metrics | None = None
    events: Events | None = None


def watched(watchers: Watchers, look: Callable[[], dict[str, Any]], now: datetime) -> dict[str, Any]:
    """Look at the account and write down what is found. What can't be written is a warning, and fails nothing."""
    try:
        info = look()
    except DcassError as error:
        failed = of_failure(watchers.site, error.code, now)
        unwritten = _written(watchers.metrics, lambda to: to.write(exposition(watchers.account, failed)), "metrics")
        error.facts.update(unwritten=unwritten, warnings=list(unwritten))
        raise
    metrics = of_account(info, now)
    info["unwritten"] = [
        *_written(watchers.metrics, lambda to: to.write(exposition(watchers.account, metrics)), "metrics"),
        *_written(watchers.events, lambda to: to.emit(lambda emitted: _news(watchers, info, emitted, now)), "events"),
    ]
    info["warnings"] += info["unwritten"]
    return info


def _news(watchers: Watchers, info: dict[str, Any], emitted: str | None, now: datetime) -> tuple[list[Event], str]:
    events, then = news(info, emitted_from(emitted), watchers.run_by, now)
    return events, then.to_text()


def _written(to: To | None, write: Callable[[To], None], what: str) -> list[str]:
    """Write, and return a warning where that can't be done."""
    if to is None:
        return []
    try:
        write(to)
    except Exception as raised:
        said = f"The {what} can't be written, and whoever watches the account hears nothing: {as_ours(raised)}"
        return [said]
    return []
