# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of a page of Markdown: its tables and its links."""

from __future__ import annotations

import pathlib
import posixpath
import re
from collections.abc import Iterator

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
# README.md is shown by hubs, where a path leads nowhere, so its links are whole addresses
FILES = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["repository"] + "/blob/main/"
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")


def at_home(text: str) -> str:
    """README.md with paths in place of the addresses of this repository's files."""
    return text.replace(f"]({FILES}README.md#", "](#").replace(f"]({FILES}", "](")


def tables(text: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Each table of a page: its header's cells, then its rows'; a bar in a cell is written with a stroke before it."""
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        lines = [
            [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
            for line in block.splitlines()
        ]
        yield lines[0], lines[2:]


def links(text: str) -> list[str]:
    """The files that a page links to, as it names them."""
    found = (target.partition("#")[0] for target in LINK.findall(text) if not target.startswith(ELSEWHERE))
    return [path for path in dict.fromkeys(found) if path]


def moved(text: str, page: str, to: str) -> str:
    """A passage of a page as another one may have it: its links lead to where they led, and none is broken."""

    def relative(target: str) -> str:
        path, mark, anchor = target.partition("#")
        place = posixpath.join(posixpath.dirname(page), path) if path else page
        return posixpath.relpath(place, posixpath.dirname(to) or ".") + mark + anchor

    return LINK.sub(lambda link: link[0] if link[1].startswith(ELSEWHERE) else f"]({relative(link[1])})", text)
