# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX makes of an inventory before a job sees it, by rules read in AWX 24.6.1 and written anew here.

It knows hosts by name alone, leaves out those that are switched off, gives a slice each nth of the rest, and keeps no
order within a group.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any


def handed_over(
    exported: dict[str, Any],
    off: Collection[str] = (),
    part: tuple[int, int] = (1, 1),
    order: Callable[[Iterable[str]], list[str]] = sorted,
) -> dict[str, Any]:
    """What a job gets of `ansible-inventory --list --export`; `part` is a slice's number and how many there are."""
    number, count = part
    variables = exported["_meta"]["hostvars"]
    names = {name for group in exported.values() for name in group.get("hosts", [])}
    seen = [name for name in sorted(names) if name not in off][number - 1 :: count]
    groups: dict[str, Any] = {"_meta": {"hostvars": {name: variables.get(name, {}) for name in seen}}}
    for group, its in exported.items():
        if group == "_meta":
            continue
        hosts = order(name for name in its.get("hosts", []) if name in seen)
        said = {"hosts": hosts, "vars": its.get("vars"), "children": its.get("children")}
        groups[group] = {key: value for key, value in said.items() if value}
    return groups
