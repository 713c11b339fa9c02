# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A figure of the exchange's guide for templates, so that no role repeats one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

DOCUMENTATION = r"""
---
name: guide_figure
short_description: Give a figure of the exchange's guide
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Gives an address, a list of algorithms, a limit or a name as the exchange's guide has it, from the one place where
    the modules have it from, too.
  - The role C(dcass.sftp.workstation) writes C(ssh_config) with it.
options:
  _input:
    description: The figure's name in C(docs/rules.md), such as V(KEX), V(CIPHERS), V(SITES) or V(PORT).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Which ciphers does the facility know?
  ansible.builtin.debug:
    msg: "{{ 'CIPHERS' | dcass.sftp.guide_figure | join(',') }}"
"""

RETURN = r"""
_value:
  description: The figure; lists in the guide's order.
  type: raw
"""


def guide_figure(name: object) -> Any:
    """Look the figure up."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.module_utils._rules import guide

    figure = vars(guide).get(str(name)) if str(name).isupper() else None
    if figure is None:
        raise ValueError(f"'{name}' is no figure of the guide: docs/rules.md lists them.")
    if isinstance(figure, dict):
        return {key: list(values) for key, values in figure.items()}
    return list(figure) if isinstance(figure, tuple) else figure


class FilterModule:
    """Lets templates use ``guide_figure``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"guide_figure": guide_figure}
