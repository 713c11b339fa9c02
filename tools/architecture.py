# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may know what: reads the imports of plugins/ and emulator/ and tells each that runs against the arrows.

modules → _glue, one _flow, the _io they hand in, _rules.options, _rules.specs; _flow → _rules, _flow; _io → _rules;
_glue → _rules.errors, _rules.foreign; _rules → nothing. On the control node: filter, lookup, test, action, callback →
plugin_utils → _rules; action → _glue. How code gets to a workstation is plugin_utils/_shipping's, which knows
_rules.specs alone; the actions that look first whether it is ready have that from plugin_utils/_first_look.
"""

from __future__ import annotations

import ast
import dataclasses
import sys
from collections.abc import Iterator

COLLECTION = "ansible_collections.dcass.sftp."
ROOMS = {
    "plugins/action/": "action",
    "plugins/callback/": "callback",
    "plugins/modules/": "modules",
    "plugins/plugin_utils/_shipping/": "shipping",
    "plugins/plugin_utils/_first_look.py": "first look",
    "plugins/plugin_utils/": "plugin_utils",
    "plugins/doc_fragments/": "doc_fragments",
    "plugins/filter/": "filter",
    "plugins/lookup/": "lookup",
    "plugins/test/": "test",
    "plugins/module_utils/_glue.py": "_glue",
    "plugins/module_utils/_given.py": "_given",
    "plugins/module_utils/_flow/": "_flow",
    "plugins/module_utils/_io/": "_io",
    "plugins/module_utils/_rules/": "_rules",
    "emulator/": "emulator",
}
ARROWS = {
    "action": ("plugin_utils", "_rules", "_glue"),
    "callback": ("plugin_utils",),
    "modules": ("_glue", "_flow", "_io", "_rules.options", "_rules.specs"),
    "_glue": ("_given", "_rules.errors", "_rules.foreign"),
    "_given": (),
    "_flow": ("_rules", "_flow"),
    "_io": ("_rules", "_io"),
    "_rules": ("_rules",),
    "plugin_utils": ("plugin_utils", "_rules"),
    "shipping": ("plugin_utils._shipping", "_given", "_rules.specs"),
    "first look": ("plugin_utils",),
    "filter": ("plugin_utils", "_rules"),
    "lookup": ("plugin_utils",),
    "test": ("plugin_utils", "_rules"),
    "emulator": ("emulator",),
    "doc_fragments": (),
}
# of the standard library: what computes. No file, no network, no clock, no process
PURE = (
    "__future__ abc base64 binascii bisect calendar collections contextlib csv dataclasses datetime difflib enum"
    " fnmatch functools hashlib heapq hmac io ipaddress itertools json math operator posixpath re shlex string struct"
    " textwrap types typing unicodedata zipfile"
).split()
OF_ANSIBLE = {("filter", "jinja2"), ("plugin_utils", "packaging")}  # which ansible-core brings along and works with
PURE_ROOMS = ("_rules", "_flow", "plugin_utils", "filter", "test")
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
EFFECTS = {"open", "print", "input", "eval", "exec", "compile", "__import__", "breakpoint"}
# third-party packages of a workstation: imported where they are used; the one class that extends paramiko's guards it
PACKAGES = ("paramiko", "cryptography", "nacl", "bcrypt")
GUARDED = "plugins/module_utils/_io/transport.py"
LONGEST_MAIN = 40
TABLES = ("dict", "Mapping")  # as options come from Ansible, and results go to it
# calls that hand a path to the system, and how many of their first arguments are paths
PATHS = "plugins/module_utils/_io/paths.py"  # which knows how: as bytes in UTF-8, whatever the locale
TAKE_PATHS = dict.fromkeys(
    "access chmod chown listdir lstat mkdir makedirs open readlink remove rmdir scandir stat statvfs truncate unlink"
    " utime walk exists getsize getmtime isdir isfile islink ismount lexists realpath rmtree connect".split(),
    1,
) | dict.fromkeys("link rename replace symlink samefile copy copyfile move".split(), 2)
FILE_NUMBERS = ("file",)  # what an open file is called here
OF_MODULES = {"os", "path", "shutil", "sqlite3"}


@dataclasses.dataclass(frozen=True)
class Import:
    """One import statement's target, and whether it stands inside a function, or under a guard against ImportError."""

    target: str
    line: int
    in_function: bool
    guarded: bool


def room_of(path: str) -> str:
    """The room that a file lies in, or nothing where the arrows say nothing about it."""
    return next((room for place, room in ROOMS.items() if path.startswith(place)), "")


def imports_of(tree: ast.AST) -> Iterator[Import]:
    """Every import of a file, also those inside functions: Ansible ships what any of them names."""

    def walk(node: ast.AST, in_function: bool, guarded: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(name.name, child.lineno, in_function, guarded) for name in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = "." * child.level + (child.module or "")
                yield from (Import(f"{base}.{name.name}", child.lineno, in_function, guarded) for name in child.names)
            else:
                inner = in_function or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
                yield from walk(child, inner, guarded or catches_import_error(child))

    yield from walk(tree, False, False)


def catches_import_error(node: ast.AST) -> bool:
    """Whether a node is `try: … except ImportError:`."""
    handlers = node.handlers if isinstance(node, ast.Try) else []
    return any(isinstance(handler.type, ast.Name) and handler.type.id == "ImportError" for handler in handlers)


def against_arrows(path: str, room: str, imports: list[Import]) -> Iterator[str]:
    """Imports that the house forbids to this room."""
    flows = set()
    for one in imports:
        if one.target.startswith((COLLECTION, "emulator")):
            reached = one.target.removeprefix(COLLECTION).removeprefix("plugins.").removeprefix("module_utils.")
            if not any(reached == allowed or reached.startswith(f"{allowed}.") for allowed in ARROWS[room]):
                yield f"{path}:{one.line}: {room} must not know {reached}"
            if reached.startswith("_flow."):
                flows.add(reached.split(".")[1])
        else:
            yield from (f"{path}:{one.line}: {wrong}" for wrong in wrong_from_outside(path, room, one))
    if room == "modules" and len(flows) > 1:
        yield f"{path}: one module, one flow; this one knows {', '.join(sorted(flows))}"


def wrong_from_outside(path: str, room: str, one: Import) -> Iterator[str]:
    """What is wrong with an import from outside the house: at most one thing."""
    top = one.target.split(".")[0]
    if not top:
        yield "a relative import; name the whole path"
    elif top in ("importlib", "imp"):
        yield f"{top} hides an import from Ansible, which then does not ship it"
    elif top == "ansible":
        if room not in ("_glue", "action", "callback", "filter", "lookup", "test", "shipping", "first look"):
            yield "only _glue knows Ansible"
    elif room in PURE_ROOMS:
        if top not in PURE and (room, top) not in OF_ANSIBLE:
            yield f"{room} computes only; {top} reaches outside"
    elif room != "emulator" and top not in sys.stdlib_module_names:
        if top not in PACKAGES:
            yield f"a workstation has no {top}"
        elif not late(path, one):
            yield f"{top} is imported where it is used, inside a function"


def late(path: str, one: Import) -> bool:
    """Whether a package's import may not break the import of the file."""
    return one.in_function or (one.guarded and path == GUARDED)


def effects(path: str, room: str, tree: ast.AST) -> Iterator[str]:
    """Calls that read a clock, a file or a terminal in a room that only computes, and what Ansible forbids."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and room in PURE_ROOMS and (last_name(node.value), node.attr) in CLOCKS:
            yield f"{path}:{node.lineno}: {room} gets the time as an argument"
        elif isinstance(node, ast.Call) and room in PURE_ROOMS and last_name(node.func) in EFFECTS:
            if isinstance(node.func, ast.Name):
                yield f"{path}:{node.lineno}: {room} computes only; {node.func.id}() reaches outside"
        elif isinstance(node, ast.Assert) and room != "emulator":
            yield f"{path}:{node.lineno}: assert vanishes under python -O"
        elif isinstance(node, ast.Attribute) and node.attr == "fail_json" and room != "_glue":
            yield f"{path}:{node.lineno}: only _glue calls fail_json"


def paths_in_the_locale(path: str, tree: ast.AST) -> Iterator[str]:
    """Paths that go to the system as they are, and so in the encoding of the locale."""
    ready = {"entry.path", "':memory:'"}  # what the system has told itself; no path
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_ready(node.value, ready):
            ready |= {ast.unparse(target) for target in node.targets}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for argument in node.args[: _paths_taken(node.func)]:
                if not _is_ready(argument, ready) and last_name(argument) not in FILE_NUMBERS:
                    yield f"{path}:{node.lineno}: {ast.unparse(argument)} goes to the system without on_disk()"


def _paths_taken(function: ast.AST) -> int:
    """How many of a call's first arguments are paths."""
    if isinstance(function, ast.Attribute) and last_name(function.value) in OF_MODULES:
        return TAKE_PATHS.get(function.attr, 0)
    return int(isinstance(function, ast.Name) and function.id == "open")


def _is_ready(argument: ast.AST, ready: set[str]) -> bool:
    called = isinstance(argument, ast.Call) and last_name(argument.func) in ("on_disk", "raw")
    return called or ast.unparse(argument) in ready


def untyped_doors(path: str, tree: ast.AST) -> Iterator[str]:
    """`Any` in a flow that is no value among Ansible's options or a result: there "go to definition" would end."""
    tables = (node for node in ast.walk(tree) if isinstance(node, ast.Subscript))
    values = {value for table in tables if last_name(table.value) in TABLES for value in ast.walk(table.slice)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "Any" and node not in values:
            yield f"{path}:{node.lineno}: Any is for options and results; a flow says what it needs in a Protocol"


def last_name(node: ast.AST) -> str:
    """`now` of `clock.now`, `open` of `open`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def shape_of_module(path: str, source: str, tree: ast.Module) -> Iterator[str]:
    """A module's first line, and a main() that only wires."""
    if not source.startswith("#!/usr/bin/python\n"):
        yield f"{path}:1: a module begins with #!/usr/bin/python"
    mains = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    is_documentation = not any(isinstance(node, ast.Import) for node in tree.body) and not any(
        isinstance(node, ast.ImportFrom) and node.module != "__future__" for node in tree.body
    )  # of an action, which runs on the control node
    if len(mains) != 1 and not is_documentation:
        yield f"{path}: a module has one main()"
    for main in mains:
        length = (main.end_lineno or main.lineno) - main.lineno + 1
        if length > LONGEST_MAIN:
            yield f"{path}:{main.lineno}: main() has {length} lines; at most {LONGEST_MAIN}, it only wires"


def circles(graph: dict[str, set[str]]) -> Iterator[str]:
    """Files that import each other in a circle; each circle once."""
    seen: set[frozenset[str]] = set()

    def walk(trail: list[str]) -> Iterator[str]:
        for following in sorted(graph.get(trail[-1], ())):
            if following in trail:
                circle = trail[trail.index(following) :]
                if frozenset(circle) not in seen:
                    seen.add(frozenset(circle))
                    yield f"a circle of imports: {' → '.join([*circle, following])}"
            elif following not in done:
                yield from walk([*trail, following])
        done.add(trail[-1])

    done: set[str] = set()
    for start in sorted(graph):
        if start not in done:
            yield from walk([start])


def known_files(imports: list[Import], files: dict[str, str]) -> set[str]:
    """The files among `files` that imports reach, whether they name a file or something in it."""
    reached = set()
    for one in imports:
        place = one.target.removeprefix(COLLECTION).replace(".", "/")
        candidates = (f"{place}.py", f"{place.rpartition('/')[0]}.py", f"{place}/__init__.py")
        reached |= {candidate for candidate in candidates if candidate in files}
    return reached


def complaints(files: dict[str, str]) -> list[str]:
    """All that is wrong in these files, given as path and source."""
    found: list[str] = []
    graph: dict[str, set[str]] = {}
    for path, source in files.items():
        room = room_of(path)
        if not room:
            found.append(f"{path}: lies in no room of the house")
            continue
        tree = ast.parse(source)
        imports = list(imports_of(tree))
        graph[path] = known_files(imports, files) - {path}
        found += [*against_arrows(path, room, imports), *effects(path, room, tree)]
        if room in ("_io", "_flow", "_glue", "modules") and path != PATHS:
            found += paths_in_the_locale(path, tree)
        if room == "_flow":
            found += untyped_doors(path, tree)
        if room == "modules":
            found += shape_of_module(path, source, tree)
    return found + list(circles(graph))
