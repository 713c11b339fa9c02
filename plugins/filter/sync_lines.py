# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sync_lines: what a sync tells people, for each workstation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

DOCUMENTATION = r"""
---
name: sync_lines
short_description: Tell people what came of a sync
version_added: 1.0.0
author:
  - the dcass.sftp contributors (@dcass)
description:
  - Says of each workstation in a line what it has fetched, and below it what people should know, or why it has failed;
    the most urgent first.
  - The role C(dcass.sftp.report_sync) shows them, once for all workstations.
positional: hostvars, play_hosts, check_mode, apart
options:
  _input:
    description: The workstations that are still in the play.
    type: list
    elements: str
    required: true
  hostvars:
    description: The C(hostvars), with what the role has registered.
    type: dict
    required: true
  play_hosts:
    description: The workstations that were in the play when it began.
    type: list
    elements: str
    required: true
  check_mode:
    description: Whether the play runs in check mode.
    type: bool
    default: false
  apart:
    description: Whether each workstation has an event of its own, of less than 1,000 characters, as AWX needs it.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: What came of it?
  ansible.builtin.debug:
    msg: "{{ item.lines }}"
  loop: "{{ ansible_play_hosts | dcass.sftp.sync_lines(hostvars, ansible_play_hosts_all) }}"
  loop_control:
    label: "{{ item.who }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The events, each with C(who) it is about and its C(lines).
  type: list
  elements: dict
"""


def sync_lines(
    hosts: Collection[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    play_hosts: Collection[str],
    check_mode: bool = False,
    apart: bool = False,
) -> list[dict[str, Any]]:
    """See who is whose partner, and lay it out."""
    # imported here: whoever asks for any filter of a collection loads them all, in each worker anew
    from ansible_collections.dcass.sftp.plugins.plugin_utils import _sync_lines as rules
    from ansible_collections.dcass.sftp.plugins.plugin_utils._events import events
    from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import about, lost_line
    from ansible_collections.dcass.sftp.plugins.plugin_utils._sync_turn import partner_of, sync_failure, sync_result

    its = {host: hostvars[host] for host in {*hosts, *play_hosts}}
    failures = {host: sync_failure(its[host], partner_of(its[host], its), host) for host in hosts}
    failures.update((host, lost_line(its[host], host)) for host in play_hosts if host not in failures)
    there = [host for host, failure in failures.items() if not failure]

    def turn(host: str) -> rules.Turn:
        if failures[host]:
            return rules.Turn(host, failure=failures[host])
        here, other = about(its[host]), partner_of(its[host], its)
        account, partner, result = here["account"], here["partner"], sync_result(its[host], other)
        is_taken_in = here["is_second"] and here["shares"] and partner in play_hosts  # its partner fetches for both
        trouble = rules.trouble_of(sync_result(other, its[host]), partner in there) if is_taken_in else ""
        return rules.Turn(host, account, partner, result, trouble)

    order = [*play_hosts, *(host for host in hosts if host not in play_hosts)]
    return events(rules.sync_lines([turn(host) for host in order], check_mode), apart, next(iter(hosts), ""))


class FilterModule:
    """Lets templates use ``sync_lines``."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return each filter by its name."""
        return {"sync_lines": sync_lines}
