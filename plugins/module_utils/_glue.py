# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one file that knows AnsibleModule: builds it, runs a flow, turns errors into fail_json."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    DcassError,
    InternalError,
    LibraryMissing,
    as_ours,
)

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.dcass.sftp.plugins.module_utils._given import GivenModule

given: dict[str, Any] | None = None  # what the code that lies on the host is run with: options that are checked already


def make_module(spec: dict[str, dict[str, Any]], **more: Any) -> AnsibleModule | GivenModule:
    """Return the module with these options; every module has check mode.

    A path may begin with ~ or name a variable. What these stand for is UTF-8 like every path, whatever the locale.
    """
    environment: Any = os.environ  # which keeps bytes
    environment.decodevalue = lambda value: value.decode("utf-8", "surrogateescape")
    environment.encodevalue = lambda value: value.encode("utf-8", "surrogateescape")
    if given is not None:
        from ansible_collections.dcass.sftp.plugins.module_utils._given import GivenModule

        return GivenModule(given)  # of AnsibleModule it has what we use
    # imported here: what it takes to start is half of what we need in all, and it is needed where options are checked
    from ansible.module_utils.basic import AnsibleModule

    return AnsibleModule(argument_spec=spec, supports_check_mode=True, **more)


def run(module: AnsibleModule | GivenModule, flow: Callable[[], dict[str, Any]]) -> None:
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
        from ansible.module_utils.basic import missing_required_lib

        module.fail_json(
            msg=missing_required_lib((error.name or "paramiko").partition(".")[0]),
            error_code=LibraryMissing.code,
            hint=LibraryMissing.hint,
            exception=_traceback(),
        )
    except BaseException as error:
        _fail(module, as_ours(error), exception=_traceback())


def _fail(module: AnsibleModule | GivenModule, error: DcassError, **more: str) -> None:
    if error.__cause__ is not None and error.code == InternalError.code:  # a flow has added what it knows
        more = {"exception": _traceback()}
    facts = {**error.facts, **more}
    _warn(module, facts)
    module.fail_json(msg=str(error), error_code=error.code, hint=foreign.line(error.hint), **facts)


def _warn(module: AnsibleModule | GivenModule, facts: dict[str, Any]) -> None:
    """Hand what people should see to Ansible, which shows it; as a part of a result it would take it no more."""
    for warning in facts.pop("warnings", []):
        module.warn(foreign.line(warning))


def _traceback() -> str:
    """How it came about, for those who look into it: no values, and of messages nothing that may be secret."""
    return foreign.lines(foreign.scrubbed(traceback.format_exc()))
