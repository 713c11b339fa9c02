# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible lookup options."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: options
short_description: Tell what the modules of this collection are asked with, by the variables of a host
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Returns the options that follow from the variables of the role C(dcass.sftp.dcass), for C(module_defaults).
options:
  _terms:
    description:
      - V(state), of the modules that read what is known of an account; V(facility), of those that log in as well;
        V(sync), of M(dcass.sftp.report_sync); V(turn), which is whether a workstation takes a turn in a sync now, as
        C(standby), C(first) and C(second); or V(run), which is who has started the run, C(run_by), and of it who has
        C(approved).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Fetch what is new
  dcass.sftp.report_sync:
  module_defaults:
    dcass.sftp.report_sync: "{{ lookup('dcass.sftp.options', 'sync') }}"
"""

RETURN = r"""
_raw:
  description: The options of each.
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """Reads the variables of the host."""

    def run(
        self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **_options: Any
    ) -> list[dict[str, Any]]:
        """Return a dictionary for each."""
        # imported here: whoever asks for any lookup of a collection may load this one
        from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import about
        from ansible_collections.dcass.sftp.plugins.plugin_utils._options import OPTIONS
        from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import LOOKS, Variables

        known = variables or {}
        if about(known).get("presumed") and not known.get(LOOKS) and not {*terms} <= {"turn", "run"}:
            raise AnsibleError(
                "The site of this workstation is presumed, and this task does not look: ask it by tasks/probe.yml "
                "of the role dcass.sftp.dcass."
            )
        wrong = [term for term in terms if term not in OPTIONS]
        if wrong:
            raise AnsibleError(f"dcass.sftp.options knows {', '.join(OPTIONS)}, and no {wrong[0]!r}.")
        its = Variables(variables or {}, self._templar.template)
        return [OPTIONS[term](its) for term in terms]
