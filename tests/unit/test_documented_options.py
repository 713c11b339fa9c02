# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation and roles, which can import nothing, say of each option what options.py says."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest
import yaml

from ansible_collections.dcass.sftp.plugins.module_utils._rules import options
from ansible_collections.dcass.sftp.plugins.plugin_utils import _options

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
OPTIONS = {one.name: one for one in vars(options).values() if isinstance(one, options.Option)}
# tests/unit/test_options_of_variables.py sees that each module has them
HANDED_BY_LOOKUP = {"site", *_options._STATE, *_options._FACILITY, *_options._SYNC}
WRITTEN_IN_FULL = {"key_dir": "{{ dcass_config_dir }}/keys"}  # as the role's default has it
LOW_AND_HIGH = re.compile(r"(\d+(?:\.\d+)?) to (\d+)")


def page(path, name="DOCUMENTATION"):
    """A documentation string of a module or fragment, read."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return yaml.safe_load(node.value.value)
    return {}


def documented(module):
    """The options of a module's documentation, with those of the fragments that it names."""
    own = page(f"plugins/modules/{module}.py")
    names = [name.split(".")[2:] for name in own.get("extends_documentation_fragment", [])]
    shared = [page(f"plugins/doc_fragments/{name}.py", (more or ["documentation"])[0].upper()) for name, *more in names]
    return {name: told for one in (*shared, own) for name, told in one.get("options", {}).items()}


def words_of(told):
    """An option's description as one text."""
    said = told["description"]
    return said if isinstance(said, str) else " ".join(said)


def variables():
    """All variables of the roles with their specification."""
    specs = (yaml.safe_load(path.read_text()) for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))
    return {
        name: told
        for spec in specs
        for entry in spec["argument_specs"].values()
        for name, told in entry.get("options", {}).items()
    }


def complaints(option, told):
    """What somebody tells of an option that is not so."""
    if isinstance(option, options.Choice) and told.get("choices") != list(option.words):
        yield f"the choices are {', '.join(option.words)}"
    is_range = isinstance(option, options.Range)
    if is_range and (str(option.least), str(option.most)) not in LOW_AND_HIGH.findall(words_of(told)):
        yield f"it does not say {option.least} to {option.most}"


def default_of(option):
    """An option's default as YAML has it."""
    return list(option.default) if isinstance(option.default, tuple) else option.default


@pytest.mark.parametrize("module", MODULES)
def test_a_module_documents_each_option_as_it_is(module):
    known = {name: told for name, told in documented(module).items() if "default" in told}
    assert set(known) <= set(OPTIONS), "an option with a default is not in options.py"
    assert {name: told.get("default") for name, told in known.items()} == {
        name: default_of(OPTIONS[name]) for name in known
    }
    assert [f"{name}: {wrong}" for name, told in known.items() for wrong in complaints(OPTIONS[name], told)] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_tells_ansible_what_it_documents(module):
    for name, told in documented(module).items():
        if name in OPTIONS and "default" in told:
            spec = OPTIONS[name].spec()
            kinds = {key: spec.get(key) for key in ("type", "elements", "choices")}
            assert kinds == {key: told.get(key) for key in kinds}, name
            assert spec["default"] == default_of(OPTIONS[name])
            assert ("no_log" in spec, spec.get("no_log")) == (
                (True, False) if told["type"] == "path" else (False, None)
            )


@pytest.mark.parametrize("variable", options.VARIABLES)
def test_a_role_has_each_variable_as_the_option_is(variable):
    option = options.VARIABLES[variable]
    default = WRITTEN_IN_FULL.get(option.name, default_of(option))
    assert variable in variables(), f"no roles/*/meta/argument_specs.yml has {variable}"
    told = variables()[variable]
    defaults = yaml.safe_load((ROOT / "roles/dcass/defaults/main.yml").read_text())
    assert variable in defaults, f"roles/dcass/defaults/main.yml has no {variable}"
    assert defaults[variable] == told.get("default", default) == default
    assert list(complaints(option, told)) == []


@pytest.mark.parametrize("variable", options.VARIABLES)
def test_a_role_hands_each_variable_to_its_module(variable):
    option = options.VARIABLES[variable]
    written = "\n".join(
        path.read_text() for room in ("tasks", "vars") for path in sorted((ROOT / "roles").glob(f"*/{room}/*.yml"))
    )
    is_named = re.search(rf"(?m)^\s+{option.name}: ", written) and re.search(rf"\b{variable}\b", written)
    assert is_named or option.name in HANDED_BY_LOOKUP, f"{variable} is set by people and reaches no module"


def test_the_port_is_the_guide_s():
    assert options.PORT.default == 10022


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        pytest.param(options.WINDOW, 1, None, id="the least"),
        pytest.param(options.WINDOW, 1024, None, id="the most"),
        pytest.param(options.WINDOW, 0, "it must be a number from 1 to 1024.", id="too little"),
        pytest.param(options.WINDOW, 1025, "it must be a number from 1 to 1024.", id="too much"),
        pytest.param(options.WINDOW, "8", None, id="a number as a text"),
        pytest.param(options.WINDOW, "1.5", "it must be a number from 1 to 1024.", id="half of one"),
        pytest.param(options.WINDOW, True, "it must be a number from 1 to 1024.", id="a yes"),
        pytest.param(options.WINDOW, None, "it must be a number from 1 to 1024.", id="nothing"),
        pytest.param(options.RUN_TIMEOUT, "0.5", None, id="half a second"),
        pytest.param(options.RUN_TIMEOUT, "nan", "it must be a number from 0.001 to 86400 seconds.", id="no number"),
        pytest.param(options.SCOPE, "all", None, id="a word"),
        pytest.param(options.SCOPE, "daily", "it must be all or intraday.", id="another word"),
    ],
)
def test_a_value_that_can_t_be_right_is_told_in_one_sentence(option, value, complaint):
    assert option.complaint(value) == complaint


def test_a_module_s_option_that_can_t_be_right_is_named():
    with pytest.raises(options.BadInput, match=r"^renew_before is 731: it must be a number from 0 to 730 days\.$"):
        options.RENEW_BEFORE.require(731)
