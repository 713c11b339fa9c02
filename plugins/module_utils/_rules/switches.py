# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the site that people have switched a workstation to, a line for each switch (§2.2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES


@dataclass(frozen=True)
class Switch:
    """One switch: to which site, since when (ISO 8601), by whose word and why."""

    site: str
    since: str
    who: str
    why: str


def parse_switch(line: str) -> Switch | None:
    """Return the switch of a line ``SITE SINCE {"who": …, "why": …}``, None where it is damaged."""
    try:
        site, since, words = line.split(" ", 2)
        record = json.loads(words)
        who, why = record.pop("who"), record.pop("why")
        is_whole = not record and _can_be_shown(who) and _can_be_shown(why)
        is_dated = datetime.fromisoformat(since).tzinfo is not None
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
    return Switch(site, since, who, why) if site in SITES and is_whole and is_dated else None


def _can_be_shown(word: object) -> bool:
    """Say whether it is a text without half a character, which could be shown to nobody."""
    return isinstance(word, str) and word == word.encode("utf-8", "replace").decode()
