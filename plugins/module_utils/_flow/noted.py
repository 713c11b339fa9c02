# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that leave a note of themselves: that they began, and how they ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import LibraryMissing, as_ours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.runs import Run

_LONGEST = 500  # characters of a sentence
_FETCHED = "downloaded_count"  # of a result, and of the facts of a failure


class RunLog(Protocol):
    """Where the runs of an account are noted."""

    def begin(self, what: str, run_by: str, now: datetime) -> int: ...
    def end(self, number: int, run: Run) -> None: ...


def noted(
    log: RunLog | None, what: str, run_by: str, clock: Callable[[], datetime], run: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Run, and note it, unless there is no log, since check mode changes nothing.

    Where the end of a failed run can't be noted, since the disk is full, its own error tells more.
    """
    if log is None:
        return run()
    begun = Run(what, foreign.line(run_by, _LONGEST), clock())
    number = log.begin(begun.what, begun.run_by, begun.began)
    try:
        result = run()
    except BaseException as raised:
        with suppress(Exception):
            log.end(number, _failed(begun, raised, clock()))
        raise
    log.end(number, _ended(begun, result, clock()))
    return result


def _ended(begun: Run, result: dict[str, Any], now: datetime) -> Run:
    msg = result.get("msg")
    return replace(
        begun,
        ended=now,
        outcome=str(result.get("outcome") or "done"),
        fetched=result.get(_FETCHED),
        msg=foreign.line(str(msg), _LONGEST) if msg else None,
    )


def _failed(begun: Run, raised: BaseException, now: datetime) -> Run:
    if isinstance(raised, ImportError):
        raised = LibraryMissing(f"The Python that runs the module has no {raised.name or 'paramiko'}.")
    error = as_ours(raised)
    fetched = error.facts.get(_FETCHED)
    return replace(
        begun,
        ended=now,
        outcome="failed",
        fetched=fetched if isinstance(fetched, int) else None,
        error_code=error.code,
        msg=foreign.line(str(error), _LONGEST),
        hint=foreign.line(error.hint, _LONGEST),
    )
