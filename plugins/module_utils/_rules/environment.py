# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environment a run belongs to: production or another one, so that one state never serves two of them (§7.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import WrongEnvironment
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES

PRODUCTION, OTHER = "production", "other"
_OF_THE_GUIDE = frozenset(address for site in SITES.values() for address in site)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")


def environment_name(value: object) -> str:
    """Return the name of an environment, or raise ValueError."""
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError("it must be one word in small letters, such as production or test.")
    return value


def environment_of(word: str, addresses: Iterable[Address]) -> str:
    """Return the operator's own word; without one the addresses tell: the guide's are production's."""
    if word:
        return word
    return PRODUCTION if all(address.host in _OF_THE_GUIDE for address in addresses) else OTHER


def require_environment(recorded: str | None, wanted: str, path: str) -> None:
    """Return where a state is nobody's yet or of this environment, else raise WrongEnvironment."""
    if recorded in (None, wanted):
        return
    raise WrongEnvironment(
        f"The state {path} belongs to the environment {recorded}, and this run to {wanted}.",
        hint=f"Give the inventory of {wanted} a dcass_state_dir and a dcass_config_dir of its own. Where the facility "
        f"of {recorded} has only changed its addresses, write dcass_environment: {recorded}.",
    )
