# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawing of the races: for each part and round trip a panel of bars, on a logarithmic scale of seconds."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from tests.bench import aims
from tests.bench.page import LOCKED_AT
from tests.bench.peers import BEFORE, LIMIT, OURS, PLAY, SENT, SYNCED

TITLE = "Seconds of first mirrors and of runs that find nothing new, by client"
RACES = {"noop": "nothing new", "day": "day", "small": "small", "big": "big", "disk": "big on disk"}
TRIPS = (0, 5, 20)  # ms
LABELS, BARS, ROW, HEAD = 215, 190, 18, 40  # pixels
LEAST = 0.1  # seconds, where the bars begin
COLOURS = {"ours": "#0b6e4f", "before": "#8fbf9f", "limit": "#9aa5b1", "peer": "#4a7fb5", "locks": "#c8553d"}
MEANING = {
    "ours": "ours",
    "before": "ours, another way or before",
    "peer": "a peer",
    "locks": "a peer that locks the account",
    "limit": "the limit",
}


def svg(kept):
    """The drawing as SVG text, of the parts that raced."""
    panels = {(part, trip): _times(kept, part, trip) for part in RACES for trip in TRIPS}
    panels = {where: times for where, times in panels.items() if times}
    parts = list(dict.fromkeys(part for part, _trip in panels))
    names = {part: _names(panels, part) for part in parts}
    most = max((seconds for times in panels.values() for seconds, _kind, _more in times.values()), default=1.0)
    width = LABELS + (BARS + 20) * len(TRIPS)
    height = sum(HEAD + ROW * len(names[part]) for part in parts) + 60
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"']
    drawn[0] += f' font-size="11" fill="#222"><title>{TITLE}</title>'
    drawn.append(f'<rect width="{width}" height="{height}" fill="#fff"/>')
    top = HEAD
    for part in parts:
        drawn += [_text(LABELS - 8, top + ROW * line + 12, name, "end") for line, name in enumerate(names[part])]
        for column, trip in enumerate(TRIPS):
            left, times = LABELS + column * (BARS + 20), panels.get((part, trip), {})
            if times:
                drawn.append(_text(left, top - 10, f"{RACES[part]}, round trip {trip} ms", weight="bold"))
            for line, name in enumerate(names[part]):
                drawn += _bar(*times[name], left, top + ROW * line, most) if name in times else []
        top += HEAD + ROW * len(names[part])
    drawn.append(_text(width - 20, height - 20, "seconds, logarithmic", "end"))
    return "\n".join([*drawn, *_legend(height - 30), "</svg>\n"])


def _times(kept, part, trip):
    """Name → seconds, which kind of client it is, and whether it was stopped there."""
    scores = aims.scores(kept, part, trip)
    if part == "noop":
        return {name: (score.again, _kind(name, score), False) for name, score in scores.items() if score.again}
    return {name: (score.seconds, _kind(name, score), score.stopped) for name, score in scores.items()}


def _names(panels, part):
    """The clients of a part, the quickest at its longest round trip first."""
    trip = max(trip for which, trip in panels if which == part)
    there = sorted(panels[part, trip], key=lambda name: panels[part, trip][name][0])
    return list(
        dict.fromkeys([*there, *(name for (which, _trip), times in panels.items() if which == part for name in times)])
    )


def _bar(seconds, kind, is_stopped, left, top, most):
    length = BARS * 0.8 * math.log(max(seconds, LEAST * 1.1) / LEAST) / math.log(most / LEAST)
    told = f"{'> ' if is_stopped else ''}{seconds:.2f}"
    yield f'<rect x="{left}" y="{top + 2}" width="{length:.1f}" height="{ROW - 4}" fill="{COLOURS[kind]}"/>'
    yield _text(left + length + 4, top + 12, told)


def _kind(name, score):
    kinds = {OURS: "ours", PLAY: "ours", SENT: "before", BEFORE: "before", LIMIT: "limit", LIMIT + SYNCED: "limit"}
    return kinds.get(name, "locks" if score.logins >= LOCKED_AT else "peer")


def _legend(top):
    left = 20
    for kind, meaning in MEANING.items():
        yield f'<rect x="{left}" y="{top}" width="12" height="12" fill="{COLOURS[kind]}"/>'
        yield _text(left + 18, top + 10, meaning)
        left += 40 + 6 * len(meaning)


def _text(left, top, words, anchor="start", weight="normal"):
    place = f'x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{escape(words)}</text>"
