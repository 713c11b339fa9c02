# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that meet on one account: the second one leaves the work to the first, once. Each leaves a note of itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._flow.noted import RunLog, noted
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import Busy


class Mark(Protocol):
    """What is remembered on the workstation of a run that found the account busy."""

    def is_set(self) -> bool: ...
    def set(self) -> bool: ...
    def clear(self) -> None: ...


@dataclass(frozen=True)
class Turn:
    """What a run needs to have an account to itself and to be known of, and what is noted of it."""

    hold: AbstractContextManager[None]
    mark: Mark
    log: RunLog
    what: str
    run_by: str
    clock: Callable[[], datetime]


def in_turn(
    turn: Turn,
    run: Callable[[], dict[str, Any]],
    nothing: Callable[[str], dict[str, Any]] | None,
    plan_only: bool,
) -> dict[str, Any]:
    """Run as ``unless_busy`` does, and note that; with ``plan_only`` nothing is noted."""
    log = None if plan_only else turn.log
    return noted(
        log,
        turn.what,
        turn.run_by,
        turn.clock,
        lambda: unless_busy(turn.hold, turn.mark, run, nothing, plan_only),
    )


def unless_busy(
    hold: AbstractContextManager[None],
    mark: Mark,
    run: Callable[[], dict[str, Any]],
    nothing: Callable[[str], dict[str, Any]] | None,
    plan_only: bool,
) -> dict[str, Any]:
    """Run while the account is held. Where another run holds it, end with ``nothing``, made of a sentence.

    That is so once: a second run of the same kind that finds it busy, with none between that did not, fails. So does
    each where there is no ``nothing``.
    """
    with ExitStack() as held:
        try:
            held.enter_context(hold)
        except Busy as error:
            if nothing is None:
                raise
            if mark.is_set() if plan_only else not mark.set():
                raise Busy(f"{error} It did so when the run before this one came, too.") from None
            said = f"{error} This run leaves the work to it; the next one that finds it so fails."
            return {**nothing(said), "skipped": True}
        if not plan_only:
            mark.clear()
        return run()
