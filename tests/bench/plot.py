# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drawing of the races: for each data set and round trip a panel of bars, on a logarithmic scale of seconds."""

from __future__ import annotations

import math
from xml.sax.saxutils import escape

from tests.bench.peers import LIMIT, OURS, UNWRAPPED
from tests.bench.tables import LOCKED_AT

LABELS, BARS, ROW, HEAD = 215, 190, 18, 40  # pixels
LEAST = 0.1  # seconds, where the bars begin
COLOURS = {"ours": "#0b6e4f", "limit": "#9aa5b1", "peer": "#4a7fb5", "locks": "#c8553d"}
MEANING = {"ours": "ours", "peer": "a peer", "locks": "a peer that locks the account", "limit": "the limit"}


def svg(results):
    """The drawing as SVG text."""
    trips = sorted({trip for _data, trip in results.races})
    names = list(dict.fromkeys(name for scores in results.races.values() for name in scores))
    most = max(score.seconds for scores in results.races.values() for score in scores.values())
    width, panel = LABELS + (BARS + 20) * len(trips), HEAD + ROW * len(names)
    height = panel * len(results.sizes) + 60
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif"']
    drawn[0] += ' font-size="11" fill="#222"><title>Seconds of a first mirror, by client</title>'
    drawn.append(f'<rect width="{width}" height="{height}" fill="#fff"/>')
    for row, data in enumerate(results.sizes):
        top = row * panel + HEAD
        drawn += [_text(LABELS - 8, top + ROW * line + 12, name, "end") for line, name in enumerate(names)]
        for column, trip in enumerate(trips):
            left = LABELS + column * (BARS + 20)
            drawn.append(_text(left, top - 10, f"{data}, round trip {trip} ms", weight="bold"))
            for line, name in enumerate(names):
                score = results.races.get((data, trip), {}).get(name)
                drawn += _bar(score, name, left, top + ROW * line, most) if score else []
    drawn.append(_text(width - 20, height - 20, "seconds, logarithmic", "end"))
    return "\n".join([*drawn, *_legend(height - 30), "</svg>\n"])


def _bar(score, name, left, top, most):
    length = BARS * 0.8 * math.log(max(score.seconds, LEAST * 1.1) / LEAST) / math.log(most / LEAST)
    colour = COLOURS[_kind(name, score)]
    told = f"{'> ' if score.stopped else ''}{score.seconds:.2f}"
    yield f'<rect x="{left}" y="{top + 2}" width="{length:.1f}" height="{ROW - 4}" fill="{colour}"/>'
    yield _text(left + length + 4, top + 12, told)


def _kind(name, score):
    kinds = {OURS: "ours", UNWRAPPED: "ours", LIMIT: "limit"}
    return kinds.get(name, "locks" if score.logins >= LOCKED_AT else "peer")


def _legend(top):
    for place, (kind, meaning) in enumerate(MEANING.items()):
        left = 20 + 200 * place
        yield f'<rect x="{left}" y="{top}" width="12" height="12" fill="{COLOURS[kind]}"/>'
        yield _text(left + 18, top + 10, meaning)


def _text(left, top, words, anchor="start", weight="normal"):
    place = f'x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{escape(words)}</text>"
