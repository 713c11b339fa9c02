# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each failure has a stable word, a sentence and a next step."""

from __future__ import annotations

import ast
import collections
import pathlib
import re

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules import errors
from tests.unit.support import error_classes, options

BRANCHES = {errors.DcassError, errors.RetryLater, errors.NoConnection}
LEAVES = [found for found in error_classes() if found not in BRANCHES]
NOW = """bad_account bad_key_type bad_public_key private_key_in_package subnet_mismatch facility_closed unreachable
    algorithm_mismatch host_key_unknown host_key_mismatch authentication_failed login_budget_spent connection_lost
    unsafe_remote_name disk_full archive_damaged busy library_missing calendar_unknown"""


def drawn():
    """Each class of the tree at the top of errors.py with the one above it; what a leaf bears stands in brackets."""
    above, branch = {}, ""
    for line in (errors.__doc__ or "").splitlines():
        begun = re.match(r"[├└]── (\w+): ", line)
        if begun:
            branch = begun[1]
            above[branch] = "DcassError"
        elif line.startswith("│   "):
            for leaf, borne in re.findall(r"(\w+)(?: \((\w+)\))?", line):
                above.update({leaf: branch, borne: leaf} if borne else {leaf: branch})
    return above


def test_the_tree_is_drawn_as_it_is():
    assert drawn() == {
        kind.__name__: kind.__base__.__name__ for kind in error_classes() if kind is not errors.DcassError
    }


def test_every_code_belongs_to_one_error():
    assert [code for code, times in collections.Counter(leaf.code for leaf in LEAVES).items() if times > 1] == []


def test_every_promised_code_is_there():
    assert set(NOW.split()) <= {leaf.code for leaf in LEAVES}


@pytest.mark.parametrize("leaf", LEAVES, ids=lambda leaf: leaf.__name__)
def test_an_error_says_what_to_do_next(leaf):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", leaf.code)
    assert leaf.hint.endswith(".") and leaf.hint[0].isupper()


def test_an_error_carries_its_sentence_and_facts():
    error = errors.LoginBudgetSpent("Spent.", retry_at="2026-11-23T09:00:00+08:00")
    assert (str(error), error.facts) == ("Spent.", {"retry_at": "2026-11-23T09:00:00+08:00"})
    assert error.hint == errors.LoginBudgetSpent.hint
    assert errors.BadInput("No.", hint="Do this.").hint == "Do this."
    assert (errors.DcassError("No.").code, errors.DcassError("No.").hint) == ("error", "")


def hints():
    """Every next step that is written out, with the place where it is."""
    for path in sorted(pathlib.Path(errors.__file__).parent.parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            is_class_s = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "hint"
            if is_class_s or (isinstance(node, ast.keyword) and node.arg == "hint"):
                yield f"{path.name}:{node.value.lineno}", ast.unparse(node.value)


def test_a_next_step_is_typed_in_the_inventory_or_behind_the_playbook_never_as_a_module_s_option():
    named = {name for name in (*options(), "renew_before", "registered_on", "result_timeout") if "_" in name}
    named -= {"known_hosts"}  # a file as well, called so by everybody
    pattern = re.compile(rf"(?<![\w])(?:{'|'.join(sorted(named))}|regenerate|with force)\b")
    assert len(list(hints())) > 50
    assert [(where, found) for where, text in hints() for found in pattern.findall(text)] == []
