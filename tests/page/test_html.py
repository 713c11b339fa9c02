# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as a text: the overview's figures stand in it, it is small, quick to make, and closed to the network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import time

import pytest

from ansible_collections.dcass.sftp.plugins.filter.status_html import status_html
from ansible_collections.dcass.sftp.plugins.plugin_utils import _page
from tests.page import fleet
from tests.page.pages import page_of

OPENERS = re.compile(r"\{[{%#]")  # what Ansible would take for a template


def figures_of(rows):
    """The same as JSON."""
    return json.loads(status_html(rows, fleet.WRITTEN.timestamp(), [fleet.INVENTORY]))


def text_of(markup):
    """What people read of it, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


@pytest.mark.parametrize("participants", [0, 1, 20])
def test_every_figure_of_the_overview_is_read_on_the_page(participants):
    rows = fleet.rows(participants)
    markup, told = page_of(rows), figures_of(rows)
    text = text_of(markup)
    for one in told["actions"]:
        assert one["sentence"] in text and one["command"] in text
    parts = markup.split("<details ")[1:]
    assert len(parts) == len(told["participants"])
    for part, one in zip(parts, told["participants"]):
        said = text_of(part)
        for account in one["accounts"]:
            for figure in wanted(account):
                assert figure in said
        for row in one["days"]["patterns"]:
            cells = [
                text_of(cell) for cell in re.split("<td[^>]*>", part.split(f">{row['what']}</th>")[1].split("</tr>")[0])
            ]
            assert cells[1:] == [_page._cell(cell)[0] for cell in row["cells"]]


def wanted(account):
    """What must be read of an account."""
    yield account["account"]
    if not account["answered"]:
        yield account["failure"]
        return
    key, reports = account["key"], account["reports"]
    yield f"{key['state']} until"
    yield f"({key['days_left']} days)"
    yield f"{reports['outstanding'] or 'none'} outstanding" + (f", {reports['lost']} lost" if reports["lost"] else "")
    yield f"{reports['held']} reports held"
    yield f"Logins left: {account['logins']['left']}"
    yield f"key uploads left: {account['uploads']['left']}"
    if account["switch"]:
        yield f"by {account['switch']['who']}: {account['switch']['why']}"


def test_two_hundred_participants_are_quick_and_small():
    rows = fleet.rows(200)
    began = time.process_time()
    page = page_of(rows)
    assert time.process_time() - began < 2
    assert len(page.encode()) < 1_500_000


def test_only_its_own_style_and_script_are_let_in():
    page = page_of(fleet.rows(1))
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    for tag, kind in (("style", "style-src"), ("script", "script-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind} &#39;sha256-{digest}&#39;" in policy
    assert policy.startswith("default-src &#39;none&#39;;")
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"| style=| on[a-z]+="|url\(|@import', page) == []


@pytest.mark.parametrize("participants", [1, 20])
def test_neither_page_nor_figures_hold_what_ansible_would_work_out(participants):
    rows = fleet.hostile("{{ 7 * 7 }}{% raw %}{# x #}") | fleet.rows(participants)
    made = page_of(rows) + status_html(rows, fleet.WRITTEN.timestamp())
    assert OPENERS.findall(made) == []


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-27T07:05:00+08:00", "today 07:05"),
        ("2026-11-06T17:05:00+08:00", "Fri 6 Nov 17:05"),
        ("2025-12-31T00:10:00+08:00", "31 Dec 2025 00:10"),
        ("2024-02-03T00:10:00+08:00", "3 Feb 2024 00:10"),
    ],
)
def test_a_moment_is_told_as_people_say_it(moment, words):
    assert _page._moment(moment, "2026-11-27") == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, "not known"), (1, "0 kB"), (4_410_000_000, "4.4 GB"), (2.5e12, "2.5 TB"), (2e6, "2.0 MB")],
)
def test_a_size_is_told_in_its_unit(count, words):
    assert _page._size(count) == words
