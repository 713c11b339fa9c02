# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a host, read here and not in templates, each of which is compiled anew in each task of each host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_TRUE = ("true", "yes", "on", "y", "t", "1", "1.0")
LOOKS = "dcass_looks"  # the variable of a task whose module looks whether what workstation_info has presumed is so


class Variables:
    """The variables of a host, worked out one by one where they are templates."""

    def __init__(self, variables: Mapping[str, Any], template: Callable[[Any], Any]) -> None:
        self._variables, self._template = variables, template

    def __getitem__(self, name: str) -> Any:
        value = self._variables[name]
        return self._template(value) if _may_be_template(value) else value

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a run may have registered, which is no template."""
        return self._variables.get(name, default)

    def of_host(self, host: str) -> Mapping[str, Any]:
        """Return the variables of another host, as an inventory and a run have set them; none for no host."""
        hosts: Mapping[str, Mapping[str, Any]] = self._variables["hostvars"]
        return hosts[host] if host else {}

    def is_on(self, name: str) -> bool:
        """Whether a switch is on, however an inventory writes that."""
        return is_true(self[name])


def is_true(value: Any) -> bool:
    """Whether Ansible takes a value for true."""
    return str(value).lower() in _TRUE


def _may_be_template(value: Any) -> bool:
    return "{" in value if isinstance(value, str) else isinstance(value, (list, tuple, Mapping)) and bool(value)


def texts(value: Any) -> list[str]:
    """Return a list of texts of what an inventory has for one: one alone, or dates, as which YAML reads some."""
    return [str(each) for each in (value if isinstance(value, (list, tuple)) else [value]) if each]
