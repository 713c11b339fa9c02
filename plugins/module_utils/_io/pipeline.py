# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching many reports over one channel: each is read to its end, and is what was listed, or it is looked at again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.listing import look_again
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.transfer import Doubt, Queue
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError, StillChanging
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Changed, Fetched, Outcome, Unreadable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed

TRIES = 3  # for a report that is not read as it is listed


def fetch(channel: SftpChannel, items: Iterable[Fetch], begin: Callable[[Fetch], Any]) -> Iterator[Outcome]:
    """Fetch the items and yield what comes of each: ``Changed`` each time that it is read again, and one last outcome.

    ``begin`` opens a part for an item: an object with write(offset, data) and abort(). Both may be called in the
    transport's thread.
    """
    waiting = deque(items)
    tried: dict[str, list[Doubt]] = {}  # what has been read in vain, each time, by path
    while waiting:
        queue = Queue(channel, waiting, begin)
        try:
            yield from _run(queue)
            for outcome in _look_into(channel, queue.doubts, tried):
                if isinstance(outcome, Changed):
                    waiting.append(outcome.item._replace(report=outcome.now))
                yield outcome
        except BaseException:
            waiting.clear()  # nobody waits for it any more, and there may be 100,000
            raise
        finally:
            with channel.lock:
                queue.abort()


def _run(queue: Queue) -> Iterator[Outcome]:
    """Yield what comes of what is not in doubt, until all has come or there are too many doubts to go on."""
    with queue.channel.lock:
        queue.fill()
    while True:
        done = queue.done  # looked at before the outcomes are taken: after it none can come
        yield from queue.drain()
        if done:
            return
        try:
            queue.channel.turn()
        except DcassError:
            yield from queue.drain()  # what was whole by then is kept
            raise


def _look_into(channel: SftpChannel, doubts: list[Doubt], tried: dict[str, list[Doubt]]) -> Iterator[Outcome]:
    """Let a fresh listing decide what each doubt comes to."""
    if not doubts:
        return
    fresh = look_again(channel, [doubt.item.report for doubt in doubts])
    while doubts:
        doubt = doubts.pop()
        item, before = doubt.item, tried.setdefault(doubt.item.path, [])
        now = fresh[item.report]
        if now == item.report and _is_settled(doubt, before):
            channel.trusts_fstat = channel.trusts_fstat and doubt.size != now.size
            yield Fetched(item, doubt.part, doubt.size)
            continue
        doubt.part.abort()
        before.append(doubt)
        if doubt.failure is not None:  # perhaps for the size of what was asked for
            channel.read_bytes = min(channel.read_bytes, wire.REQUEST_BYTES)
        yield _again_or_not(item, now, before)


def _is_settled(doubt: Doubt, before: list[Doubt]) -> bool:
    """Say whether a report whose listing has not changed is what came.

    It is if as many bytes came as listed, and only the open file told otherwise. It is, too, if the same number came
    twice; but for none, where some are listed.
    """
    listed = doubt.item.report
    if doubt.failure is not None or doubt.size == listed.size:
        return doubt.failure is None
    return doubt.size > 0 and any((last.item.report, last.size) == (listed, doubt.size) for last in before[-1:])


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
    told = ", ".join(map(str, sizes))
    return Unreadable(item, f"it changed each of the {TRIES} times it was read ({told} bytes)", StillChanging.code)
