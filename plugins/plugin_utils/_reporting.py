# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module's run leaves for whoever watches its account: it is looked at once more, as account_info does it.

The look is a task of its own, with options that the module was given: so no module carries more to the workstation than
it works with, all figures are account_info's, and a run that was killed is told as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import OF_STATE, RUN_BY

LOOK = "dcass.sftp.account_info"
_OUTLETS = ("metrics_file", "events_file")
_TAKEN = ("account", "dest", "passphrase", RUN_BY.name, *_OUTLETS, *(option.name for option in OF_STATE))

Args = Mapping[str, Any]


def look_options(args: Args, control_time: float) -> dict[str, Any]:
    """Return what account_info is asked with after a run with these options; nothing where nobody watches."""
    if not any(args.get(name) for name in _OUTLETS):
        return {}
    return {"control_time": control_time, **{name: args[name] for name in _TAKEN if args.get(name) is not None}}


def with_look(result: dict[str, Any], look: Callable[[], Args]) -> dict[str, Any]:
    """Return a run's result with a warning where the look could not be had, or could not write. It fails nothing."""
    try:
        seen = look()
        said = list(seen.get("unwritten") or ())
        if "unwritten" not in seen:
            said.append(f"Whoever watches the account hears nothing of this run: {seen.get('msg')}")
    except Exception as error:  # whatever Ansible raises
        said = [f"Whoever watches the account hears nothing of this run: {error}"]
    if said:
        result["warnings"] = [*(result.get("warnings") or ()), *(foreign.line(text) for text in said)]
    return result
