# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: nothing complains, nothing overflows, axe finds nothing serious, and its script works."""

from __future__ import annotations

import pathlib

import pytest

from tests.page import fleet
from tests.page.pages import browser, missing_browser, page_of, shown

pytestmark = pytest.mark.skipif(bool(missing_browser()), reason=missing_browser() or "-")
PHONE, DESK = {"width": 360, "height": 780}, {"width": 1440, "height": 900}
LONG = pytest.mark.long("the same page in the other colours and other pages in these; axe takes long for 200")
LOOKS = [
    pytest.param(1, "light", DESK, id="one on a desk"),
    pytest.param(1, "dark", PHONE, id="one on a phone at night"),
    pytest.param(20, "dark", DESK, id="twenty on a desk at night"),
    pytest.param(20, "light", PHONE, id="twenty on a phone"),
    pytest.param(200, "light", PHONE, id="two hundred on a phone", marks=LONG),
    pytest.param(1, "dark", DESK, id="one on a desk at night", marks=LONG),
    pytest.param(1, "light", PHONE, id="one on a phone", marks=LONG),
    pytest.param(20, "light", DESK, id="twenty on a desk", marks=LONG),
    pytest.param(20, "dark", PHONE, id="twenty on a phone at night", marks=LONG),
    pytest.param(200, "dark", DESK, id="two hundred on a desk at night", marks=LONG),
]
NO_WIDER = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of so many participants, made once."""
    folder, made = tmp_path_factory.mktemp("pages"), {}

    def path_of(participants: int) -> pathlib.Path:
        if participants not in made:
            made[participants] = folder / f"{participants}.html"
            made[participants].write_text(page_of(fleet.rows(participants)))
        return made[participants]

    return path_of


def serious(page):
    """What axe finds that keeps people out, with where."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response
    assert len(found["passes"]) > 20, "axe has not looked"
    return [
        (one["id"], one["impact"], one["nodes"][0]["html"][:200])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(("participants", "scheme", "size"), LOOKS)
def test_nothing_complains_and_nothing_overflows(chromium, pages, participants, scheme, size):
    with shown(chromium, pages(participants), viewport=size, color_scheme=scheme) as (page, said):
        assert page.evaluate(NO_WIDER)
        page.evaluate("document.querySelectorAll('details').forEach((one, number) => one.open = number < 8)")
        assert page.evaluate(NO_WIDER)
        assert serious(page) == []
        assert said == []


def test_two_hundred_are_shown_as_well(chromium, pages):
    with shown(chromium, pages(200), viewport=PHONE) as (page, said):
        assert page.evaluate(NO_WIDER)
        assert page.locator(".participant").count() == 200
        assert said == []


def test_what_others_wrote_neither_acts_nor_breaks_the_page(chromium, tmp_path):
    path = tmp_path / "hostile.html"
    path.write_text(
        page_of(fleet.hostile("</script><img src=x onerror=alert(1)>'\"<b>{{7*7}}\u202e" + "w" * 90)), "utf-8"
    )
    with shown(chromium, path, viewport=PHONE) as (page, said):
        assert page.evaluate(NO_WIDER) and said == []
        assert page.locator("img, b:text-is('{{7*7}}')").count() == 0
        assert page.locator("h1").inner_text().startswith("At once")
        assert "</script><img src=x onerror=alert(1)>" in page.locator("#next").inner_text()


def test_an_old_page_says_so_louder_than_all_else(chromium, pages):
    with shown(chromium, pages(1), "2026-11-29T08:00:00+08:00") as (page, _said):
        assert page.locator("#stale").inner_text().startswith("Out of date: this page is 2 days old.")
        assert page.title().startswith("OUT OF DATE")
    with shown(chromium, pages(1), "2026-11-28T07:20:00+08:00") as (page, _said):
        assert not page.locator("#stale").is_visible()
        assert page.locator("#age").inner_text() == "(23 hours ago)"
        assert page.title() == "1 at once – dcass.sftp status"


def test_a_participant_is_found_and_a_command_copied(chromium, pages):
    with shown(chromium, pages(20), viewport=DESK) as (page, said):
        page.get_by_label("Find a participant").fill("caad")
        assert page.locator(".participant:visible h3").all_inner_texts() == ["cp_caad"]
        assert page.locator("#found").inner_text() == "1 shown"
        assert page.locator(".action:visible").count() == 2
        page.get_by_label("Find a participant").fill("nothing to do")
        assert page.locator(".participant:visible").count() == 14
        button = page.locator("#next button:visible, .action button").first
        button.dispatch_event("click")
        page.wait_for_function("document.querySelector('.action button').textContent !== 'Copy'")
        assert said == []


def test_all_of_it_is_reached_by_the_keyboard(chromium, pages):
    with shown(chromium, pages(20), viewport=DESK) as (page, _said):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to what is next"
        page.keyboard.press("Enter")
        page.locator("summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("details").first.get_attribute("open") is not None
        assert page.locator("details .heat").first.is_visible()


def test_it_says_all_without_its_script(chromium, pages):
    with shown(chromium, pages(20), viewport=PHONE, java_script_enabled=False) as (page, said):
        assert page.locator("noscript").nth(1).inner_text().startswith("If that is more than a day ago")
        assert not page.locator("#finder").is_visible() and not page.locator("#stale").is_visible()
        page.locator("summary").nth(1).click()
        assert page.locator(".runs").nth(1).is_visible()
        assert said == []


def test_on_paper_nothing_is_cut_off(chromium, pages):
    with shown(chromium, pages(1), viewport={"width": 700, "height": 900}) as (page, _said):
        page.emulate_media(media="print")
        assert page.evaluate(NO_WIDER)
        assert not page.locator("button").first.is_visible()
        assert page.pdf(format="A4")[:5] == b"%PDF-"


def test_what_was_open_is_open_when_it_is_loaded_anew(chromium, pages):
    with shown(chromium, pages(20), viewport=DESK) as (page, said):
        page.locator("summary").nth(3).click()
        page.get_by_label("Find a participant").fill("cp_")
        page.evaluate("keep()")
        page.reload()
        assert page.evaluate("[...document.querySelectorAll('details')].map((one) => one.open).indexOf(true)") == 3
        assert page.get_by_label("Find a participant").input_value() == "cp_"
        assert said == []
