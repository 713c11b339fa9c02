# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told of workstations, the most urgent first, in as many events as whoever shows them needs.

At a terminal all is one page. AWX shows the first 1,024 characters of an event and leaves out the rest, so there each
workstation has an event of its own, or as many as its lines take.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign

MOST = 1000  # characters of an event, with all that Ansible puts around our lines
AROUND = 100  # of these: what Ansible writes before and after the lines, without the names in it
_NAME = 60  # characters of a host's name in a label
_COLOURS = 30  # around each line: its indent, its comma, and what colours it
_LINES = 100  # of one workstation


@dataclass(frozen=True)
class Section:
    """What is told of one workstation; the smallest ``urgency`` comes first."""

    host: str
    lines: Sequence[str]
    urgency: tuple[int, ...] = ()


def events(sections: Sequence[Section], apart: bool, first_host: str = "") -> list[dict[str, Any]]:
    """Return the events, each with ``who`` it is about and its ``lines``: one for all, or ``apart``.

    ``first_host`` is the one in whose name Ansible shows them.
    """
    ranked = sorted(sections, key=lambda one: one.urgency)
    if not apart:
        return [{"who": "all workstations", "lines": [foreign.line(line) for one in ranked for line in one.lines]}]
    return [event for one in ranked for event in _events_of(one, MOST - AROUND - len(first_host))]


def _events_of(one: Section, room: int) -> Iterator[dict[str, Any]]:
    who = foreign.line(one.host, _NAME)
    room -= len(f"{who}, continued")
    for number, lines in enumerate(_packed(_bounded(one.lines), room)):
        yield {"who": f"{who}, continued" if number else who, "lines": lines}


def _bounded(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _LINES
    return [*lines[:_LINES], f"    {more} more."] if more > 0 else list(lines)


def _packed(lines: Sequence[str], room: int) -> Iterator[list[str]]:
    """Share lines out, so many characters at a time; one that is longer than that is cut."""
    pack: list[str] = []
    left = room
    for line in (cut(line, room) for line in lines):
        if pack and _cost(line) > left:
            yield pack
            pack, left = [], room
        pack.append(line)
        left -= _cost(line)
    if pack:
        yield pack


def cut(line: str, room: int) -> str:
    """Return a line that takes at most so many characters when it is shown."""
    text = foreign.line(line)
    most = room
    while _cost(text) > room:  # some characters take two when they are shown
        most -= max(1, _cost(text) - room) // 2 + 1
        text = foreign.line(line, most)
    return text


def _cost(line: str) -> int:
    return len(json.dumps(line, ensure_ascii=False)) + _COLOURS
