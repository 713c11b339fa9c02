# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The house keeps its arrows, and what is committed names nothing of the machine that it was made on."""

from __future__ import annotations

import ast
import fnmatch
import pathlib
import re
import subprocess

import pytest
import yaml

from tools.architecture import COLLECTION, complaints

ROOT = pathlib.Path(__file__).resolve().parent.parent
UTILS = COLLECTION + "plugins.module_utils"
CONTROL = COLLECTION + "plugins.plugin_utils"
RULE, FLOW, IO = (f"plugins/module_utils/{room}/sample.py" for room in ("_rules", "_flow", "_io"))
WING = "plugins/plugin_utils/_sample.py"
GLUE, MODULE = "plugins/module_utils/_glue.py", "plugins/modules/sample.py"
HEAD = "#!/usr/bin/python\n"
MAIN = "def main():\n    pass\n"
# REUSE-IgnoreStart
LICENCE = ("Copyright: (c) 2026, the dcass.sftp contributors", "SPDX-License-Identifier: GPL-3.0-or-later")
# REUSE-IgnoreEnd
WITH_COMMENTS = {".py", ".yml", ".yaml", ".toml", ".sh", ".j2", ".md", ".lock", ".txt", ".cfg", ".ini"}
MADE_BY_TOOLS = ("changelogs/changelog.yaml",)
MAY_NAME_THE_FACILITY = (
    "plugins/module_utils/_rules/*",
    "plugins/doc_fragments/*",
    "plugins/modules/*",
    "docs/*",
    "*README.md",
    "playbooks/inventory/*",
    "awx/project/inventory.yml",
)
MAY_READ_THE_CLOCK = (
    "tests/modules/steering.py",
    "tests/bench/*",
    "tests/servers/table.py",
    "tests/test_architecture.py",
)
# spelt in pieces, so that this file does not name them itself
MACHINE = ["/work" + "/", "/tmp/" + "team", "/root" + "/", "../" + "shared", "pypi" + ".org", "python" + "hosted.org",
           "deb." + "debian.org", "registry." + "npmjs"]  # fmt: skip
LONGEST_EXPRESSION = 120
CONDITIONS = ("when", "that", "failed_when", "changed_when", "until")
# what one reads of a sentence: a pattern found in it, or a comparison with it
SEARCHES = re.compile(r"\bis (?:not )?(?:ansible\.builtin\.)?(?:search|match|regex)\b|\bregex_(?:search|findall)\b")
COMPARES = re.compile(r"(?:\bin|==|!=) +\S*\.(?:msg|reason|hint)\b|\.(?:msg|reason|hint)\b\)* *(?:==|!=|(?:not )?in\b)")
OF_THE_OPERATOR = re.compile(r"dcass_compromised \| default\(''\) is match|address \| regex_search")
FACILITY = re.compile(r"\b10\.15" + r"[12]\.")


def listed_files():
    """The checkout's files, tracked and new."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [path for path in listed if path and (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


def texts():
    """Each file that holds text, with it."""
    for path in listed_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            yield path, content.decode("utf-8", "replace")


def test_the_house_keeps_its_arrows():
    paths = [path for path in listed_files() if path.startswith(("plugins/", "emulator/")) and path.endswith(".py")]
    assert len(paths) > 20, "the house is not where this test looks"
    assert "\n".join(complaints({path: (ROOT / path).read_text() for path in paths})) == ""


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        pytest.param(
            RULE, f"from {UTILS}._io import files", "_rules must not know _io", id="a rule that knows the world"
        ),
        pytest.param(
            FLOW, f"def f():\n  from {UTILS}._io import x", "_flow must not know _io", id="a flow's hidden import"
        ),
        pytest.param(IO, f"from {UTILS}._flow import x", "_io must not know _flow", id="io that knows a flow"),
        pytest.param(
            GLUE, f"from {UTILS}._rules.names import x", "_glue must not know _rules.names", id="glue and names"
        ),
        pytest.param(
            MODULE, f"{HEAD}from {UTILS}._rules import x\n{MAIN}", "modules must not know", id="module and rules"
        ),
        pytest.param(
            MODULE,
            f"{HEAD}from {UTILS}._flow.a import x\nfrom {UTILS}._flow.b import y\n{MAIN}",
            "one module, one flow",
            id="a module of two flows",
        ),
        pytest.param(RULE, "import os", "os reaches outside", id="a rule that knows the system"),
        pytest.param(RULE, "import paramiko", "paramiko reaches outside", id="a rule with a package"),
        pytest.param(
            RULE, "from datetime import datetime\nx = datetime.now()", "as an argument", id="a rule with a clock"
        ),
        pytest.param(
            RULE, "import datetime\nx = datetime.date.today()", "as an argument", id="a rule that knows today"
        ),
        pytest.param(RULE, "x = open('x')", "open() reaches outside", id="a rule that reads a file"),
        pytest.param(RULE, "from . import names", "relative import", id="a relative import"),
        pytest.param(
            FLOW, "from ansible.module_utils.basic import x", "only _glue knows Ansible", id="flow and Ansible"
        ),
        pytest.param(FLOW, "def f(files: Any) -> dict[str, Any]:\n  pass", "in a Protocol", id="a door without a type"),
        pytest.param(IO, "import paramiko", "inside a function", id="paramiko at the top"),
        pytest.param(
            IO, "try:\n  import paramiko\nexcept ImportError:\n  pass", "inside a function", id="guarded elsewhere"
        ),
        pytest.param(IO, "def f():\n  import requests", "a workstation has no requests", id="a foreign package"),
        pytest.param(IO, "def f():\n  import importlib", "importlib hides", id="importlib"),
        pytest.param(IO, "import os\nos.unlink(path)", "path goes to the system", id="a path in the locale"),
        pytest.param(IO, "import os\nos.replace(on_disk(a), b)", "b goes to the system", id="the second of two paths"),
        pytest.param(IO, "import os\nos.path.isdir(self.dest)", "self.dest goes to", id="a question about a path"),
        pytest.param(IO, "with open(path) as file:\n  pass", "path goes to the system", id="a file opened"),
        pytest.param(IO, "assert 1 < 2", "assert vanishes", id="an assert"),
        pytest.param(MODULE, f"{HEAD}{MAIN}\nmodule.fail_json()", "only _glue calls fail_json", id="fail_json"),
        pytest.param(MODULE, MAIN, "begins with #!/usr/bin/python", id="a module without its first line"),
        pytest.param(MODULE, f"{HEAD}import {UTILS}._rules.options\n", "one main()", id="a module without main"),
        pytest.param(MODULE, HEAD + MAIN + "    pass\n" * 40, "main() has 42 lines", id="a long main"),
        pytest.param(
            "emulator/x.py", f"import {UTILS}._rules.names", "emulator must not know", id="emulator knows plugins"
        ),
        pytest.param(IO, "import emulator.clock", "_io must not know emulator", id="plugins know the emulator"),
        pytest.param(
            "plugins/action/x.py", f"from {UTILS}._io import x", "action must not know _io", id="the controller and io"
        ),
        pytest.param(
            "plugins/callback/x.py",
            f"from {UTILS}._rules import x",
            "callback must not know",
            id="the screen and rules",
        ),
        pytest.param(WING, f"from {UTILS}._io import x", "plugin_utils must not know _io", id="the wing and io"),
        pytest.param(WING, "import ansible.errors", "only _glue knows Ansible", id="the wing and Ansible"),
        pytest.param(WING, "import os", "os reaches outside", id="the wing and the system"),
        pytest.param(
            "plugins/plugin_utils/_shipping/x.py",
            f"from {UTILS}._rules import x",
            "shipping must not know _rules",
            id="what is shipped and rules",
        ),
        *(
            pytest.param(path, f"{HEAD}from {CONTROL}._x import y", "must not know plugin_utils", id=f"wing and {room}")
            for room, path in (("rule", RULE), ("flow", FLOW), ("io", IO), ("glue", GLUE), ("module", MODULE))
        ),
        pytest.param("plugins/sample.py", "", "lies in no room", id="a file without a room"),
    ],
)
def test_a_file_against_the_arrows_is_told(path, source, complaint):
    assert complaint in "\n".join(complaints({path: source}))


def test_a_circle_is_told():
    first = {"plugins/module_utils/_io/a.py": f"from {UTILS}._io.b import x"}
    second = {"plugins/module_utils/_io/b.py": f"def f():\n    from {UTILS}._io import a"}
    assert complaints(first) == []
    assert "a circle of imports" in "\n".join(complaints(first | second))


def test_the_guarded_import_of_the_transport_is_allowed():
    guarded = "try:\n    import paramiko\nexcept ImportError:\n    paramiko = None\n"
    assert complaints({"plugins/module_utils/_io/transport.py": guarded}) == []


def test_the_action_group_is_the_modules_that_use_its_options():
    group = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["facility"]
    modules = {path.stem: path.read_text() for path in (ROOT / "plugins/modules").glob("*.py")}
    for marks in (("specs.FACILITY", "specs.KEY_RENEWAL", "specs.REPORT_SYNC"), ("- dcass.sftp.facility\n",)):
        assert group == sorted(name for name, text in modules.items() if any(mark in text for mark in marks))


def without_docstring(path, scope):
    """Public functions and classes that do not say what they are for; an error says it by its hint."""
    for node in scope.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            is_error = isinstance(node, ast.ClassDef) and path.endswith("_rules/errors.py")
            if not is_error and not ast.get_docstring(node):
                yield f"{path}:{node.lineno}: {node.name}"
            if isinstance(node, ast.ClassDef) and "Protocol" not in map(ast.unparse, node.bases):
                yield from without_docstring(path, node)


def test_every_public_function_has_its_sentence():
    paths = [path for path in listed_files() if re.match(r"plugins/(?!modules/|doc_fragments/).*\.py$", path)]
    assert len(paths) > 60, "the code is not where this test looks"
    assert [name for path in paths for name in without_docstring(path, ast.parse((ROOT / path).read_text()))] == []


def test_a_function_without_its_sentence_is_told():
    source = """
class A:
    "A."
    def f(self): pass
    def _g(self): pass
class B(Protocol):
    "B."
    def h(self): ...
def i(): pass
"""
    assert list(without_docstring("x.py", ast.parse(source))) == ["x.py:4: f", "x.py:9: i"]


def without_contents(results, above=""):
    """Returned dictionaries that are not taken apart."""
    for name, told in results.items():
        if "dict" in (told["type"], told.get("elements")):
            inner = told.get("contains", {})
            yield from without_contents(inner, f"{above}{name}.") if inner else [above + name]


@pytest.mark.parametrize("module", sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py")))
def test_every_dictionary_that_is_returned_is_documented_to_its_last_key(module):
    source = (ROOT / f"plugins/modules/{module}.py").read_text()
    results = yaml.safe_load(re.search(r'^RETURN = r"""(.+?)^"""', source, re.DOTALL | re.MULTILINE)[1])
    assert list(without_contents(results)) == []


def test_every_file_begins_with_its_licence():
    bare = [
        path
        for path, text in texts()
        if (pathlib.Path(path).suffix in WITH_COMMENTS or path == "Makefile" or text.startswith("#!"))
        and path not in MADE_BY_TOOLS
        and not all(line in text[:600] for line in LICENCE)
    ]
    assert bare == []


def test_nothing_names_a_machine_or_a_registry():
    assert [(path, word) for path, text in texts() for word in MACHINE if word in text] == []


def test_only_rules_and_documentation_name_the_real_facility():
    told = [path for path, text in texts() if FACILITY.search(text)]
    assert [p for p in told if not any(fnmatch.fnmatch(p, allowed) for allowed in MAY_NAME_THE_FACILITY)] == []


def test_no_test_lives_by_today():
    clock = re.compile(r"\b(datetime\.(now|today|utcnow)|date\.today|time\.time)\(")
    told = [path for path, text in texts() if path.startswith("tests/") and clock.search(text)]
    assert [path for path in told if not any(fnmatch.fnmatch(path, one) for one in MAY_READ_THE_CLOCK)] == []


def test_nothing_is_left_unfinished():
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|raise NotImplemented" + r"Error)\b")
    assert [path for path, text in texts() if mark.search(text) and path != "LICENSE"] == []


def test_code_cites_the_guide_itself():
    number = re.compile(r"\bG(1?\d|20)\b")
    assert [path for path, text in texts() if path.endswith((".py", ".yml")) and number.search(text)] == []


def expressions(node, at=""):
    """Each Jinja expression below a node of YAML, on one line, with its place; and whether it is a condition."""
    if isinstance(node, dict):
        for key, value in node.items():
            conditions = value if isinstance(value, list) else [value]
            yield from (
                (at, one_line(text), True) for text in conditions if key in CONDITIONS and isinstance(text, str)
            )
            yield from expressions(value, f"{at} {node.get('name', '')}".strip() if key != "name" else at)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value, at)
    elif isinstance(node, str):
        yield from ((at, one_line(text), False) for text in re.findall(r"\{\{(.*?)\}\}", node, re.DOTALL))


def one_line(text):
    return " ".join(text.split())


def all_expressions():
    """Those of roles and playbooks, with file and place."""
    for path in listed_files():
        if path.startswith(("roles/", "playbooks/")) and path.endswith((".yml", ".j2")):
            text = (ROOT / path).read_text()
            for at, expression, is_condition in expressions(text if path.endswith(".j2") else yaml.safe_load(text)):
                yield f"{path} {at}".strip(), expression, is_condition


def test_what_takes_thought_is_worked_out_in_python():
    found = list(all_expressions())
    assert len(found) > 300, "the expressions are not where this test looks"
    assert [(at, text) for at, text, _is_condition in found if len(text) > LONGEST_EXPRESSION] == []


def test_nothing_is_decided_by_a_sentence():
    found = [(at, text) for at, text, _is_condition in all_expressions() if not OF_THE_OPERATOR.search(text)]
    assert [(at, text) for at, text in found if SEARCHES.search(text) or COMPARES.search(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "result.reason is search('was replaced')",
        "'was replaced' in result.reason",
        "result.msg == 'x'",
        "(result.msg) != 'x'",
        "'x' == result.hint",
        "result.reason not in ['x']",
        "result.msg | regex_search('x')",
    ],
)
def test_what_reads_a_sentence_is_told(text):
    assert SEARCHES.search(text) or COMPARES.search(text)


def test_every_expression_is_found():
    play = {
        "name": "A",
        "when": ["x\n is y", True],
        "vars": {"b": "{{ c }} and {{ d\n | e }}"},
        "tasks": [{"that": "f"}],
    }
    told = [("", "x is y", True), ("A", "c", False), ("A", "d | e", False), ("A", "f", True)]
    assert sorted(expressions(play)) == sorted(told)
