# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the site that people have switched a workstation to: the last line of it counts (§2.2)."""

from __future__ import annotations

import json
from datetime import datetime

from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES

_MARK = "dcass-site "  # roles/dcass/tasks/probe.yml puts it before the line


def site_record(said: str) -> dict[str, str]:
    """Return site, since, who and why from a line ``SITE SINCE {"who": …, "why": …}``, or nothing if it is damaged."""
    lines = [line[len(_MARK) :] for line in said.splitlines() if line.startswith(_MARK)]
    try:
        site, since, words = lines[-1].split(" ", 2)
        record = json.loads(words)
        who, why = record.pop("who"), record.pop("why")
        is_whole = not record and _can_be_shown(who) and _can_be_shown(why)
        is_dated = datetime.fromisoformat(since).tzinfo is not None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError):
        return {}
    return {"site": site, "since": since, "who": who, "why": why} if site in SITES and is_whole and is_dated else {}


def _can_be_shown(word: object) -> bool:
    """Say whether it is a text without half a character, which could be shown to nobody."""
    return isinstance(word, str) and word == word.encode("utf-8", "replace").decode()
