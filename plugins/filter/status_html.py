# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""status_html and status_json: what all workstations know of their accounts, for a browser and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

DOCUMENTATION = r"""
---
name: status_html
short_description: Make a page for a browser of what all workstations know
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Makes one page in itself of the rows that the role C(dcass.sftp.status) has written, or the same figures as JSON.
  - All texts in it are shown as they are. None of them can act in a browser, and none begins a template of Ansible's.
positional: written, inventories, by_awx, page
options:
  _input:
    description: As for P(dcass.sftp.status_page#filter), with the C(error_code) of a failure.
    type: dict
    required: true
  written:
    description: When, in seconds since 1970.
    type: float
    required: true
  inventories:
    description: The inventories that the commands on the page name.
    type: list
    elements: str
    default: []
  by_awx:
    description: Whether a job of AWX makes it, whose inventory nobody can name.
    type: bool
    default: false
  page:
    description:
      - The C(template) in Jinja, and the C(style) and C(script) of the page that is made; without it JSON is made.
    type: dict
"""

EXAMPLES = r"""
- name: Keep the figures
  ansible.builtin.copy:
    content: "{{ rows | dcass.sftp.status_html(now().timestamp()) }}"
    dest: /srv/dcass/status.json
    mode: "0640"
"""

RETURN = r"""
_value:
  description: The page, or the figures as JSON.
  type: str
"""


def status_html(
    rows: Mapping[str, Mapping[str, Any]],
    written: float,
    inventories: Sequence[str] = (),
    by_awx: bool = False,
    page: Mapping[str, str] | None = None,
) -> str:
    """Lay out the rows."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from jinja2 import Environment, StrictUndefined

    from ansible_collections.dcass.sftp.plugins.plugin_utils._overview import overview
    from ansible_collections.dcass.sftp.plugins.plugin_utils._page import page_values
    from ansible_collections.dcass.sftp.plugins.plugin_utils._status_page import Row

    moment = datetime.fromtimestamp(float(written), timezone.utc)
    model = overview([Row(host, **row) for host, row in rows.items()], moment, inventories, by_awx)
    if page is None:
        return " " + json.dumps(model, ensure_ascii=False) + "\n"  # the blank: else Ansible 2.17 reads it
    maker = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return str(maker.from_string(page["template"]).render(page_values(model, page["style"], page["script"])))


class FilterModule:
    """Lets templates use ``status_html``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"status_html": status_html}
