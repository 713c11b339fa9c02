# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's figures as templates get them."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.dcass.sftp.plugins.filter.guide_figure import FilterModule
from ansible_collections.dcass.sftp.plugins.module_utils._rules import guide

ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"
guide_figure = FilterModule().filters()["guide_figure"]


@pytest.mark.parametrize(
    ("name", "figure"),
    [
        pytest.param("MACS", ["hmac-sha2-512-96", "hmac-sha2-256"], id="a list in the guide's order"),
        pytest.param("SITES", {site: list(hosts) for site, hosts in guide.SITES.items()}, id="a table of lists"),
        pytest.param("PORT", 10022, id="a number"),
        pytest.param("COMMON", "COMMON", id="a name"),
    ],
)
def test_a_template_gets_a_figure_as_plain_data(name, figure):
    assert guide_figure(name) == figure


@pytest.mark.parametrize("name", ["MAC", "kex", "Limit", "__doc__", ""])
def test_what_is_no_figure_is_told(name):
    with pytest.raises(ValueError, match="no figure of the guide"):
        guide_figure(name)


def test_roles_ask_for_figures_that_there_are():
    texts = [path.read_text() for path in ROLES.rglob("*") if path.suffix in (".yml", ".j2")]
    asked = {name for text in texts for name in re.findall(r"'(\w+)' \| dcass\.sftp\.guide_figure", text)}
    assert asked and all(guide_figure(name) for name in asked)
