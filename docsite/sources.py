# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the site is made of: the checkout's pages at their places, what they link to, and the pages of reference.

Whoever adds a page to docs/ has added it to the site; those that are named here come in this order, all others after.
"""

from __future__ import annotations

import pathlib
import posixpath

from docsite import reference
from docsite.markdown import at_home, links

ROOT = reference.ROOT
FRONT = "README.md"  # which becomes the first page of the site
CHAPTERS = (
    ("First steps", ("docs/getting-started.md", "docs/emulator.md")),
    ("Daily life", ("docs/operations.md", "docs/calendar.md", "docs/monitoring.md")),
    ("AWX", ("docs/awx.md", "awx/README.md", "awx/ee/README.md")),
    ("What to rely on", ("SECURITY.md", "docs/reliability.md", "docs/servers.md", "docs/bench.md", "docs/rules.md")),
    ("Reference", ("collection/index.rst", reference.PLAYBOOKS, reference.ERRORS)),
    ("The project", ("docs/design.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "CHANGELOG.rst")),
)
TITLES = {"collection/index.rst": "Modules, roles and plugins <collection/index>"}
MADE = ("collection/", "reference/")  # by antsibull-docs, and here
ALL_PAGES = "docs/README.md"


def pages() -> list[str]:
    """All pages of the checkout, by their paths; the front page is not among them."""
    named = [path for _title, paths in CHAPTERS for path in paths]
    there = [path for path in named if (ROOT / path).is_file()]
    docs = [f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))]
    return [*there, *(path for path in docs if path not in named)]


def files() -> dict[str, bytes]:
    """Every file of the site's source but what antsibull-docs writes, by its path."""
    made = {
        "index.md": front(),
        reference.ERRORS: reference.errors_page(_text(reference.OPERATIONS)),
        reference.PLAYBOOKS: reference.playbooks_page(),
    }
    texts = {path: _text(path) for path in pages()}
    found = {path: to_front(text, path).encode() for path, text in texts.items()}
    found.update({path: text.encode() for path, text in made.items()})
    for page, text in {**texts, FRONT: _text(FRONT)}.items():
        for target in links(text):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
            if path not in found and path != FRONT and (ROOT / path).is_file():  # Sphinx tells what is not there
                found[path] = (ROOT / path).read_bytes()
    return found


def _text(path: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    return at_home(text) if path == FRONT else text


def to_front(text: str, page: str) -> str:
    """A page whose links to the front page lead to where that is in the site."""
    up = "../" * page.count("/")
    return text.replace(f"]({up}{FRONT}", f"]({up}index.md")


def front() -> str:
    """The checkout's front page, and what is beside each page: the list of all, by chapters."""
    text = _text(FRONT)
    others = [path for path in pages() if path not in {path for _title, paths in CHAPTERS for path in paths}]
    trees = []
    for title, paths in CHAPTERS:
        its = [path for path in paths if (ROOT / path).is_file() or path.startswith(MADE)]
        its += [path for path in others if path != ALL_PAGES] if title == "Daily life" else []
        its = [ALL_PAGES, *its] if title == "First steps" else its
        trees.append(_tree(title, its))
    return text + "".join(trees)


def _tree(title: str, paths: list[str]) -> str:
    names = "\n".join(TITLES.get(path, path.rpartition(".")[0]) for path in paths)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{names}\n```\n"


def write(folder: pathlib.Path) -> None:
    """Write them all below a folder."""
    for name, content in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
