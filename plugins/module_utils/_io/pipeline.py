# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching many reports over one channel: each is read to its end, and is what was listed, or it is looked at again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import look_again
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.transfer import Doubt, Queue, Waiting
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError, StillChanging
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import (
    Changed,
    Fetched,
    Outcome,
    Part,
    Unreadable,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed

TRIES = 3  # for a report that is not read as it is listed
_CAREFUL = 8  # requests in flight once a READ has failed


def fetch(
    channel: SftpChannel, items: Iterable[Fetch], begin: Callable[[Fetch], Part]
) -> Generator[Outcome, None, None]:
    """Fetch the items and yield what comes of each: ``Changed`` each time that it is read again, and one last outcome.

    What is read again is read alone: so it is itself, and if it was not before, the server mixes up what is open.
    ``begin`` opens a part for an item. ``write`` and ``abort`` of it may be called in the transport's thread.
    """
    waiting, again = Waiting(items), _Again()
    try:
        while waiting or again.items:
            yield from _pass(channel, Queue(channel, waiting, begin), again)
            while again.items:
                now, again.items = Waiting(again.items), deque()
                with channel.handles.alone():
                    while now:  # a pass ends early where many are in doubt
                        yield from _pass(channel, Queue(channel, now, begin, again.sizes), again)
    except BaseException:
        waiting.clear()  # nobody waits for it any more
        raise


class _Again:
    """What is to be read again, and what came of it each time so far, by path."""

    def __init__(self) -> None:
        self.items: deque[Fetch] = deque()
        self.tried: dict[str, list[Doubt]] = {}
        self.sizes: dict[str, int] = {}  # that came, where the listing has not changed


def _pass(channel: SftpChannel, queue: Queue, again: _Again) -> Iterator[Outcome]:
    """Yield what comes of a queue, and let a fresh listing decide about what is in doubt."""
    try:
        for outcome in _run(queue):
            if isinstance(outcome, Fetched):
                _learn(channel, outcome, again.tried.get(outcome.item.path))
            yield outcome
        for outcome in _look_into(channel, queue.doubts, again):
            if isinstance(outcome, Changed):
                again.items.append(outcome.item._replace(report=outcome.now))
            yield outcome
    finally:
        with channel.lock:
            queue.abort()


def _run(queue: Queue) -> Iterator[Outcome]:
    """Yield what comes of what is not in doubt, until all has come or there are too many doubts to go on."""
    while True:
        done = queue.done  # looked at before the outcomes are taken: after it none can come
        yield from queue.drain()
        if done:
            return
        with queue.channel.lock:
            queue.fill()
        try:
            queue.channel.pump()
        except DcassError:
            yield from queue.drain()  # what was whole by then is kept
            raise


def _learn(channel: SftpChannel, outcome: Fetched, tried: list[Doubt] | None) -> None:
    """Learn from a report that is as it was listed all the time, and did not come so beside others."""
    if tried and outcome.item.report == tried[-1].item.report and outcome.size == outcome.item.report.size:
        if tried[-1].failure is None:
            channel.handles.distrust()
        else:
            channel.handles.halve()


def _look_into(channel: SftpChannel, doubts: list[Doubt], again: _Again) -> Iterator[Outcome]:
    if not doubts:
        return
    fresh = look_again(channel, [doubt.item.report for doubt in doubts])
    while doubts:
        doubt = doubts.pop()
        item, now = doubt.item, fresh[doubt.item.report]
        if doubt.part is not None and now == item.report:  # the open file alone told otherwise
            channel.trusts_fstat = False
            yield Fetched(item, doubt.part, doubt.size)
            continue
        if doubt.part is not None:
            doubt.part.abort()
        if doubt.failure is not None:  # perhaps for how much was asked for, of one file or of all together
            channel.read_bytes = min(channel.read_bytes, wire.REQUEST_BYTES)
            channel.window = min(channel.window, _CAREFUL)
        again.sizes.pop(item.path, None)
        if now == item.report and doubt.failure is None:
            again.sizes[item.path] = doubt.size
        tried = again.tried.setdefault(item.path, [])
        tried.append(doubt)
        yield _again_or_not(item, now, tried)


def _again_or_not(item: Fetch, now: Listed | None, tried: list[Doubt]) -> Outcome:
    if now is None:
        return Unreadable(item, "it left the facility before it was read")
    failure, sizes = tried[-1].failure, [doubt.size for doubt in tried]
    is_empty = not failure and not any(sizes[-2:])
    if len(tried) < TRIES and not (is_empty and len(tried) > 1):
        reason = item.reason if now == item.report else "changed while it was read"
        return Changed(item._replace(reason=reason), now)
    if failure or is_empty:
        return Unreadable(item, failure or f"the facility lists {item.report.size} bytes and hands out none")
    seen = ", ".join(map(str, sizes))
    return Unreadable(item, f"it changed each of the {TRIES} times it was read ({seen} bytes)", StillChanging.code)
