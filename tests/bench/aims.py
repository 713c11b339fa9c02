# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is aimed at, held against what the parts of a bench have found."""

from __future__ import annotations

from tests.bench.peers import ASYNCSSH, BEFORE, LFTP_4, LIMIT, OURS, PING, SYNCED
from tests.bench.race import Score, ratio

AHEAD = {  # of asyncssh: data set → round trip in ms → what it was before, how many times as fast ours is to be
    "day": {0: (1.0, 1.9), 5: (1.2, 1.7), 20: (1.3, 1.7)},
    "small": {0: (1.9, 2.5), 5: (1.85, 2.5), 20: (2.4, 3.0)},
    "big": {0: (1.35, 1.7), 5: (1.4, 1.75), 20: (2.2, 2.5)},
}
FLEETS = (10, 40)  # workstations
MOST = 100_000  # reports


def rows(kept):
    """Yield for each aim: what, what it was before, what is aimed at, what was found, and whether that is enough."""
    yield from _no_op(kept)
    for data, trips in AHEAD.items():
        for trip, (before, aim) in trips.items():
            yield _at_least(f"asyncssh ÷ ours, `{data}`, {trip} ms", before, aim, _ahead(kept, data, trip, ASYNCSSH))
    durable = _ahead(kept, "disk", 0, ASYNCSSH + SYNCED)
    yield _at_least("asyncssh and `sync -f` ÷ ours, `big` on disk, 0 ms", 1.17, 1.5, durable)
    yield _stream(kept)
    for part, name in (("fleet", "this machine alone"), ("ssh", "over ssh")):
        for row in _found(kept, part).get("rows", []):
            if row["hosts"] in FLEETS:
                told = f"{row['hosts']} workstations, {name}, {row['forks']} forks"
                before = ("2.0 to 2.7", "1.9") if part == "fleet" else ("–", "–")
                yield _at_most(f"sync ÷ ping, {told}", before[0], 1.2, ratio(row["sync"], row["ping"]))
                yield _at_most(f"sync while closed ÷ ping, {told}", before[1], 0.4, ratio(row["closed"], row["ping"]))
    memory = [row[-1] for row in _found(kept, "growth").get("rows", []) if row[0] == MOST]
    yield _at_most("peak memory of 100,000 new reports, MB", 220, 80, memory[0] if memory else None)


def _no_op(kept):
    at_once = scores(kept, "noop", 0)
    yield _at_most("no-op ÷ ping, 0 ms", 2.2, 0.8, _again(at_once, OURS, PING))
    yield _at_most("no-op ÷ lftp with four connections, 0 ms", 3.7, 1.4, _again(at_once, OURS, LFTP_4))
    yield _at_most("no-op ÷ the same, 20 ms", 1.4, 0.8, _again(scores(kept, "noop", 20), OURS, LFTP_4))
    processor = None
    if at_once.keys() >= {OURS, BEFORE}:
        processor = ratio(at_once[OURS].processor_again, at_once[BEFORE].processor_again)
    yield _at_most("processor seconds of a no-op ÷ the build before", 1, 0.35, processor)
    sent = _found(kept, "noop").get("sent")
    yield _at_most("KiB that a task sends", 290, 16, sent["warm"] / 1024 if sent else None)


def _stream(kept):
    """How often ours is ahead of a stream of tar, of six."""
    ratios = [_ahead(kept, data, trip, LIMIT) for data in AHEAD for trip in (0, 5)]
    ahead = sum(found is not None and found >= 1 for found in ratios)
    row = _at_least("ahead of `ssh tar` at 0 and 5 ms, times of six", "0.85 to 1.1 ×", 4, ahead)
    return [*row[:3], f"{ahead}, of {sum(found is not None for found in ratios)} found", row[4]]


def scores(kept, part, trip):
    """Name → score of a part's race at a round trip; nothing where it was not run."""
    return {name: Score(**score) for name, score in _found(kept, part).get("races", {}).get(str(trip), {}).items()}


def ahead(ours, peer):
    """How many times as fast ours makes a first mirror."""
    return ratio(peer.first, ours.first)


def _found(kept, part):
    return kept.get(part, {}).get("found", {})


def _ahead(kept, part, trip, peer):
    raced = scores(kept, part, trip)
    return ahead(raced[OURS], raced[peer]) if raced.keys() >= {OURS, peer} else None


def _again(raced, name, other):
    pair = [raced[each].second for each in (name, other) if each in raced]
    return ratio(*pair) if len(pair) == 2 and all(pair) else None


def _at_least(what, before, aim, found):
    return _row(what, before, f"≥ {aim}", found, found is not None and found >= aim)


def _at_most(what, before, aim, found):
    return _row(what, before, f"≤ {aim}", found, found is not None and found <= aim)


def _row(what, before, aim, found, is_met):
    if found is None:
        return [what, str(before), aim, "–", "not measured"]
    return [what, str(before), aim, f"{found:.2f}" if found < 10 else f"{found:.0f}", "met" if is_met else "**missed**"]
