# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""acknowledge: people close what is missing or lost, with their name and reason, and it is told no more."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, NotOutstanding
from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import DAY, PREFIX, Waiting
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path, day
from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import Word, word
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding

_LONGEST = 1000  # characters of what is named
_NAMED = 3  # in a sentence


@dataclass(frozen=True)
class AcknowledgeRequest:
    """What is closed: all that is outstanding or lost of these days and has one of these names, or fits one."""

    account: Account
    state_dir: str
    key_dir: str
    both_accounts: bool
    what: Sequence[str]
    first_day: date
    last_day: date
    word: Word


class Manifest(Protocol):
    """What is outstanding and lost, and what people have closed of it."""

    def outstanding(self) -> list[Outstanding]: ...
    def acknowledged(self) -> set[tuple[str, str, date]]: ...
    def acknowledge(self, items: Collection[Outstanding], said: Word, now: datetime) -> None: ...


class Handovers(Protocol):
    """What the back office waits for."""

    def waiting(self) -> list[Waiting]: ...
    def acknowledge(self, items: Collection[Waiting], said: Word, now: datetime) -> None: ...


class Evidence(Protocol):
    """The account's evidence."""

    def add(self, subject: str, at: datetime, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> None: ...


def acknowledge_request(options: Mapping[str, Any]) -> AcknowledgeRequest:
    """Build the request from module options, or raise BadInput or BadAccount."""
    what = [text for text in options["what"] if text.strip()]
    if not what or any(len(text) > _LONGEST for text in what):
        raise BadInput("what: name at least one of what dcass.sftp.status tells, or '*' for all of those days.")
    first = day("first_day", options["first_day"])
    last = day("last_day", options["last_day"]) if options["last_day"] else first
    if last < first:
        raise BadInput(f"last_day is {last}, which is before first_day, {first}.")
    return AcknowledgeRequest(
        account=parse_account(options["account"]),
        state_dir=absolute_path("state_dir", options["state_dir"]),
        key_dir=absolute_path("key_dir", options["key_dir"]),
        both_accounts=options["both_accounts"],
        what=what,
        first_day=first,
        last_day=last,
        word=word(options["who"], options["why"], options["approved_by"]),
    )


def acknowledge(
    request: AcknowledgeRequest,
    manifest: Manifest,
    handovers: Handovers,
    evidence: Evidence,
    hold: AbstractContextManager[None],
    clock: Callable[[], datetime],
    plan_only: bool,
) -> dict[str, Any]:
    """Close what the request names; a second run finds it closed and changes nothing.

    The evidence comes first, so that nothing is ever closed without it. Raises NotOutstanding where the request fits
    nothing, open or closed.
    """
    with hold:
        items = [item for item in manifest.outstanding() if _fits(request, item.what, item.day)]
        waiting = [item for item in handovers.waiting() if _fits_handover(request, item)]
        if (items or waiting) and not plan_only:
            _close(request, items, waiting, manifest, handovers, evidence, clock())
        closed = [(item.what, item.day) for item in items] + [(_name(item), item.day_known) for item in waiting]
        before = [what for _kind, what, of_day in manifest.acknowledged() if _fits(request, what, of_day)]
    if not closed and not before:
        span = str(request.first_day)
        span += f" to {request.last_day}" if request.last_day != request.first_day else ""
        named = " or ".join(f"'{text}'" for text in request.what[:_NAMED])
        raise NotOutstanding(f"Nothing of {request.account} is outstanding or lost that fits {named} of {span}.")
    return {
        "changed": bool(closed),
        "account": request.account.name,
        "acknowledged": [{"what": what, "day": of.isoformat()} for what, of in dict.fromkeys(closed)],
    }


def _close(
    request: AcknowledgeRequest,
    items: Sequence[Outstanding],
    waiting: Sequence[Waiting],
    manifest: Manifest,
    handovers: Handovers,
    evidence: Evidence,
    now: datetime,
) -> None:
    closed = sorted((item.day.isoformat(), item.kind, item.what, item.lost_on is not None) for item in items)
    unwanted = sorted((item.number, item.way, item.what) for item in waiting)
    said = json.dumps([closed, unwanted] if unwanted else closed)
    subject = f"acknowledged {sha256(said.encode())[:16]}"
    facts = {
        "outcome": "acknowledged",
        **vars(request.word),
        "reports": [{"day": of_day, "what": what, "lost": lost} for of_day, _kind, what, lost in closed],
    }
    if unwanted:
        facts["handovers"] = [{"what": what, "way": way} for _number, way, what in unwanted]
    evidence.add(subject, now, facts, {})
    manifest.acknowledge(items, request.word, now)
    if waiting:
        handovers.acknowledge(waiting, request.word, now)


def _name(item: Waiting) -> str:
    return PREFIX + item.what


def _fits_handover(request: AcknowledgeRequest, item: Waiting) -> bool:
    """Say whether a hand-over is named, by its own prefix: closing a missing report must not close that as well.

    Nor does a glob close the marker of a day, which only waits for the others.
    """
    globs = [text[len(PREFIX) :] for text in request.what if text.startswith(PREFIX)]
    in_time = request.first_day <= item.day_known <= request.last_day
    return in_time and any(
        item.what == glob or (item.way != DAY and fnmatch.fnmatchcase(item.what, glob)) for glob in globs
    )


def _fits(request: AcknowledgeRequest, what: str, of_day: date) -> bool:
    """Say whether that is named: by its own text, which may be a glob itself, or by a glob that it fits."""
    in_time = request.first_day <= of_day <= request.last_day
    return in_time and any(what == text or fnmatch.fnmatchcase(what, text) for text in request.what)
