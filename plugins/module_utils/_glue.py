# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one file that knows AnsibleModule: builds it, runs a flow, turns errors into fail_json."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign, options
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    InternalError,
    LibraryMissing,
    as_ours,
)

# what is asked of a module that reads the records of an account, and of one that talks to the facility as well
STATE_OPTIONS: dict[str, dict[str, Any]] = {
    "account": {"type": "str", "required": True},
    **options.specs(options.OF_STATE),
    "dest": {"type": "path"},
    "metrics_file": {"type": "path"},
    "events_file": {"type": "path"},
}
FACILITY_OPTIONS: dict[str, dict[str, Any]] = {
    **STATE_OPTIONS,
    "addresses": {"type": "list", "elements": "str"},
    "source_address": {"type": "str"},
    "passphrase": {"type": "str", "no_log": True},
    **options.specs(options.OF_FACILITY),
}


def make_module(spec: dict[str, dict[str, Any]], **more: Any) -> AnsibleModule:
    """Return the module with these options; every module has check mode.

    A path may begin with ~ or name a variable. What these stand for is UTF-8 like every path, whatever the locale.
    """
    environment: Any = os.environ  # which keeps bytes
    environment.decodevalue = lambda value: value.decode("utf-8", "surrogateescape")
    environment.encodevalue = lambda value: value.encode("utf-8", "surrogateescape")
    return AnsibleModule(argument_spec=spec, supports_check_mode=True, **more)


def run(module: AnsibleModule, flow: Callable[[], dict[str, Any]]) -> None:
    """Run the flow and leave: with its result, or with one sentence, its stable code and the next step.

    Whatever is raised has a code, also by libraries in other languages, whose panics are no Exception.
    """
    try:
        result = flow()
        _warn(module, result)
        if not getattr(module, "_diff", False):
            result.pop("diff", None)
        module.exit_json(**result)
    except DcassError as error:
        _fail(module, error)
    except ImportError as error:
        module.fail_json(
            msg=missing_required_lib((error.name or "paramiko").partition(".")[0]),
            error_code=LibraryMissing.code,
            hint=LibraryMissing.hint,
            exception=_traceback(),
        )
    except BaseException as error:
        _fail(module, as_ours(error), exception=_traceback())


def _fail(module: AnsibleModule, error: DcassError, **more: str) -> None:
    if error.__cause__ is not None and error.code == InternalError.code:  # a flow has added what it knows
        more = {"exception": _traceback()}
    facts = {**error.facts, **more}
    _warn(module, facts)
    module.fail_json(msg=str(error), error_code=error.code, hint=foreign.line(error.hint), **facts)


def _warn(module: AnsibleModule, facts: dict[str, Any]) -> None:
    """Hand what people should see to Ansible, which shows it; as a part of a result it would take it no more."""
    for warning in facts.pop("warnings", []):
        module.warn(foreign.line(warning))


def _traceback() -> str:
    """How it came about, for those who look into it: no values, and of messages nothing that may be secret."""
    return foreign.lines(foreign.scrubbed(traceback.format_exc()))
