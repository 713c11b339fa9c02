# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of fleets as the role makes them, and a browser that shows them; by hand it makes the pictures of docs/images.

.build/envs/browser/bin/python -m tests.page.pages
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.filter.status_html import status_html
from tests.page import fleet

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROLE = ROOT / "roles" / "status"
PARTS = {
    "template": ROLE / "templates" / "page.html.j2",
    "style": ROLE / "files" / "page.css",
    "script": ROLE / "files" / "page.js",
}
CHROMIUM = "/usr/bin/chromium"  # Debian's
WITHOUT = ("gpu", "quic", "background-networking", "component-update", "sync", "default-apps", "extensions")
FLAGS = ("--no-first-run", "--no-sandbox", *(f"--disable-{what}" for what in WITHOUT))
LOOKED = "2026-11-27T07:24:00+08:00"  # four minutes after it was written
PICTURES = {  # in docs/images: participants, scheme, width, height, how many of them are open
    "page": (4, "light", 1100, 1250, 0),
    "page-participant": (1, "dark", 1100, 1150, 1),
    "page-phone": (20, "dark", 360, 780, 0),
}


def page_of(rows: dict[str, fleet.Row], written: datetime = fleet.WRITTEN) -> str:
    """The page that the role writes of these workstations."""
    parts = {name: path.read_text() for name, path in PARTS.items()}
    return status_html(rows, written.timestamp(), [fleet.INVENTORY], page=parts)


def missing_browser() -> str:
    """Why this machine can show no page, empty where it can."""
    if not shutil.which(CHROMIUM):
        return f"{CHROMIUM} is not on this machine (Debian's package chromium)"
    return ""


@contextlib.contextmanager
def browser() -> Iterator[Any]:
    """A browser without a window, which asks nobody for anything."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        place = {**os.environ, "HOME": home}
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), env=place)
        try:
            yield started
        finally:
            started.close()


@contextlib.contextmanager
def shown(browser: Any, path: pathlib.Path, looked: str = LOOKED, **context: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page as somebody sees it at that moment, and what its console says."""
    with contextlib.closing(browser.new_context(**context)) as place:
        place.set_default_timeout(120_000)  # of a machine that does much else
        page, said = place.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url) if request.url[:5] != "file:" else None)
        page.clock.set_fixed_time(looked)
        page.goto(path.as_uri())
        yield page, said


def take_pictures() -> None:
    """Write the pictures of docs/images anew."""
    with tempfile.TemporaryDirectory() as folder, browser() as started:
        for name, (participants, scheme, width, height, opened) in PICTURES.items():
            path = pathlib.Path(folder, f"{name}.html")
            path.write_text(page_of(fleet.rows(participants)))
            size = {"width": width, "height": height}
            with shown(started, path, viewport=size, color_scheme=scheme) as (page, _said):
                if opened:
                    page.evaluate("document.querySelector('.participant').scrollIntoView()")
                page.screenshot(path=str(ROOT / "docs" / "images" / f"{name}.png"))


if __name__ == "__main__":
    take_pictures()
