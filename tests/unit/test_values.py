# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules are asked with and answer cannot be changed afterwards by whoever holds it."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules import (
    account_status,
    addresses,
    calendar,
    evidence,
    findings,
    guide,
    known_hosts,
    limits,
    names,
    opening_hours,
    options,
    outcomes,
    progress,
    registration,
    renewal,
    renewal_decision,
    renewal_due,
    result_report,
    retention,
    rfc4716,
    settings,
    ssh_blob,
    sync_plan,
    validity,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils import _site_switch, _status_page, _sync_lines

MODULES = [
    *(
        addresses,
        calendar,
        opening_hours,
        evidence,
        settings,
        findings,
        guide,
        known_hosts,
        limits,
        names,
        outcomes,
        _site_switch,
        _status_page,
    ),
    *(progress, registration, renewal, renewal_due, result_report, retention, rfc4716, ssh_blob, account_status),
    *(_sync_lines, sync_plan, validity, options, renewal_decision),
]
GROW = {"Listing", "Plan"}  # what is filled as a listing goes on, and from what it finds


def values_of(module):
    """The dataclasses that a module makes."""
    made = [thing for thing in vars(module).values() if dataclasses.is_dataclass(thing)]
    return [kind for kind in made if kind.__module__ == module.__name__]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_values_are_frozen(module):
    kinds = values_of(module)
    assert kinds
    assert {kind.__name__ for kind in kinds if not kind.__dataclass_params__.frozen} <= GROW
