# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Sphinx builds the site. Nothing in it is fetched from elsewhere, neither to build it nor to read it."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import yaml
from docutils import nodes

GALAXY = yaml.safe_load((pathlib.Path(__file__).resolve().parent.parent / "galaxy.yml").read_text())
# what antsibull-docs refers to in the documentation of Ansible itself
ANSIBLE = "https://docs.ansible.com/ansible/latest"
BUILTIN = "ansible_collections.ansible.builtin."
CONFIGURATION = "reference_appendices/config.html"
PLACES = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": CONFIGURATION,
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}

project = f"{GALAXY['namespace']}.{GALAXY['name']}"
author = GALAXY["authors"][0]
copyright = f"2026, {author}"  # noqa: A001
version = release = GALAXY["version"]
language = "en"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
exclude_patterns = ["playbooks"]  # what pages link to is no page
html_theme = "furo"
html_title = f"{project} {version}"
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 4  # as the links of the pages name them
nitpicky = True
highlight_language = "text"  # where a page does not say what it shows
pygments_style = "tango"
pygments_dark_style = "native"


def lead_elsewhere(_app: Any, _env: Any, node: Any, contnode: Any) -> Any:
    """A link to what is Ansible's own."""
    target = str(node["reftarget"])
    place = PLACES.get(target, f"{CONFIGURATION}#envvar-{target}" if target.startswith("ANSIBLE_") else "")
    if target.startswith(BUILTIN):
        place = f"collections/ansible/builtin/{target.removeprefix(BUILTIN).partition('__')[0]}.html"
    return nodes.reference("", "", contnode, internal=False, refuri=f"{ANSIBLE}/{place}") if place else None


def leave_out_contents(_app: Any, _name: str, text: list[str]) -> None:
    """The table of contents of antsibull-docs: the theme has its own beside each page."""
    text[0] = re.sub(r"^\.\. contents::\n(?: +:.*\n)*", "", text[0], flags=re.MULTILINE)


def setup(app: Any) -> None:
    """Tell Sphinx of both."""
    app.connect("source-read", leave_out_contents)
    app.connect("missing-reference", lead_elsewhere)
