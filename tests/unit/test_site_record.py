# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a switch is read as it was written, or not at all: a wrong site is worse than none."""

from __future__ import annotations

import json

import pytest

from ansible_collections.dcass.sftp.plugins.filter.site_record import site_record

SINCE = "2026-11-23T10:00:00+08:00"
WORDS = {"who": "Chan Tai Man", "why": "circular 123/26"}
LINE = f"secondary {SINCE} {json.dumps(WORDS)}"
SECONDARY = {"site": "secondary", "since": SINCE, **WORDS}


@pytest.mark.parametrize(
    "said",
    [
        f"dcass-site {LINE}\n",
        f"dcass-site primary {SINCE} {json.dumps(WORDS)}\ndcass-site {LINE}\n",
        f"dcass-ready\r\ndcass-unread\r\ndcass-site {LINE}\r\n",
    ],
    ids=["alone", "the last of two", "among others, over a terminal"],
)
def test_it_is_read(said):
    assert site_record(said) == SECONDARY


def test_any_words_come_back():
    words = {"who": "陳大文 😀", "why": 'a "drill", c:\\x {{ 6 * 7 }} }secondary {'}
    assert site_record(f"dcass-site primary {SINCE} {json.dumps(words)}") == {
        "site": "primary",
        "since": SINCE,
        **words,
    }


@pytest.mark.parametrize(
    "line",
    [
        "",
        "secondary",
        LINE[:-1],
        LINE.replace("secondary", "tertiary"),
        LINE.replace(SINCE, "T::"),
        LINE.replace("+08:00", ""),
        LINE.replace("Chan Tai Man", "\udce9"),
        LINE.replace("Chan Tai Man", "\\ud800"),
        LINE.replace("Chan Tai Man", "\x07"),
        LINE.replace('"Chan Tai Man"', "1"),
        LINE.replace('"who"', '"whom"'),
        LINE.replace('"who"', '"when": "", "who"'),
        f"{LINE}{LINE}",
        f"{LINE}garbage",
        f"secondary {SINCE} []",
        f"secondary {SINCE} 7",
        f"secondary {SINCE} {'[' * 100_000}",
    ],
    ids=lambda line: f"{line!r:.80}",
)
def test_what_is_damaged_is_not_read(line):
    assert site_record(f"dcass-site {line}\n") == {}


def test_an_empty_record_is_damaged():
    assert site_record("dcass-ready\ndcass-unread\n") == {}
