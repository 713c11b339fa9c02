# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One word for each thing: the table at the top of docs/design.md and the tree say the same."""

from __future__ import annotations

import ast
import pathlib
import re
from collections.abc import Iterator

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
CODE = [path for room in ("plugins", "emulator", "tools") for path in sorted((ROOT / room).rglob("*.py"))]
PLAYS = [
    path
    for room in ("roles", "playbooks", "extensions/molecule")
    for path in sorted((ROOT / room).rglob("*.yml"))
    if ".ansible" not in path.parts
]
SQL = re.compile(r"\b(SELECT|INSERT|DELETE|CREATE|ALTER|UPDATE)\b")  # the state's tables keep the names that they have


class Loader(yaml.SafeLoader):
    """Reads plays, with what Ansible marks by tags of its own."""


Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def table(text: str | None = None) -> tuple[set[str], set[str]]:
    """The retired words: those for identifiers, and the phrases for people."""
    page = text if text is not None else (ROOT / "docs" / "design.md").read_text()
    section = page.partition("## Words\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|")[-1] for line in section.splitlines() if line.startswith("|")][2:]
    words = [word.strip() for cell in cells for word in cell.split(",") if word.strip()]
    return {word.strip("`") for word in words if "`" in word}, {word for word in words if "`" not in word}


def words_in_use() -> set[str]:
    """The words of the table's first column."""
    section = (ROOT / "docs" / "design.md").read_text().partition("## Words\n")[2].partition("\n## ")[0]
    cells = [line.strip("|").split("|")[0] for line in section.splitlines() if line.startswith("|")][2:]
    return {word.strip() for cell in cells for word in cell.split(",")}


def parts(name: str) -> list[str]:
    """The words that a name is made of, in small letters."""
    return [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def names_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that a file gives to something of its own."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), node.lineno
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, node.lineno


def retired_names(path: str, source: str, retired: set[str]) -> list[str]:
    tree = ast.parse(source)
    given = {*names_in(tree), (pathlib.PurePath(path).stem, 0)}
    found = {(name, line) for name, line in given if not retired.isdisjoint(parts(name))}
    return [f"{path}:{line}: {name}" for name, line in sorted(found)]


def sentences_in(source: str) -> Iterator[tuple[str, int]]:
    """Every string of a file that people may read; documentation of modules is one."""
    for node in ast.walk(ast.parse(source)):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and " " in text and not SQL.search(text):
            yield text, node.lineno


def retired_phrases(text: str, phrases: set[str]) -> list[str]:
    folded = " ".join(text.split())
    for word in words_in_use():  # a retired phrase may be a part of one: a holiday trading day
        folded = re.sub(rf"\b{re.escape(word)}", "", folded, flags=re.I) if " " in word else folded
    return [
        phrase for phrase in sorted(phrases) if re.search(rf"(?<![\w-]){re.escape(phrase)}s?(?![\w-])", folded, re.I)
    ]


def texts_of(thing: object, key: str = "") -> Iterator[str]:
    """What a play says: names of tasks and messages, documentation of options."""
    if isinstance(thing, dict):
        for name, value in thing.items():
            yield from texts_of(value, str(name))
    elif isinstance(thing, list):
        for value in thing:
            yield from texts_of(value, key)
    elif isinstance(thing, str) and " " in thing:
        yield thing


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for path in CODE])
def test_no_name_has_a_retired_word(path):
    assert retired_names(path, (ROOT / path).read_text(), table()[0]) == []


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for path in CODE if path.parts[-3:-1] != ("tools",)])
def test_no_sentence_has_a_retired_phrase(path):
    found = [
        f"{path}:{line}: {phrase}: {text[:100]}"
        for text, line in sentences_in((ROOT / path).read_text())
        for phrase in retired_phrases(text, table()[1])
    ]
    assert found == []


@pytest.mark.parametrize("path", [str(path.relative_to(ROOT)) for path in PLAYS])
def test_no_task_and_no_message_has_a_retired_phrase(path):
    loaded = yaml.load((ROOT / path).read_text(), Loader)
    assert [(phrase, text[:100]) for text in texts_of(loaded) for phrase in retired_phrases(text, table()[1])] == []


def test_the_options_and_codes_have_the_fields_words():
    words = table()[0]
    codes = re.findall(
        r'^    code = "(\w+)"', (ROOT / "plugins/module_utils/_rules/errors.py").read_text(), re.MULTILINE
    )
    assert len(codes) > 40
    assert [code for code in codes if not words.isdisjoint(code.split("_"))] == []
    assert {"key_of_another", "key_unclear", "host_trouble", "not_now"}.isdisjoint(codes)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("def ask_door(): pass", ["x.py:1: ask_door"], id="a function"),
        pytest.param("class FacilityShut: pass", ["x.py:1: FacilityShut"], id="a class"),
        pytest.param("def f(told): pass", ["x.py:1: told"], id="a parameter"),
        pytest.param("self.debts = []", ["x.py:1: debts"], id="an attribute"),
        pytest.param("from a import b as owed", ["x.py:1: owed"], id="an alias"),
        pytest.param("shutil.copy(outdoor)", [], id="part of another word, or another's name"),
    ],
)
def test_a_retired_name_is_found(source, found):
    assert retired_names("x.py", source, {"door", "shut", "told", "debts", "owed"}) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("The facility is shut until seven.", ["shut"], id="a word"),
        pytest.param("The key\n  in force is good.", ["key in force"], id="over the end of a line"),
        pytest.param("Trading days are weekdays.", ["trading day"], id="several, in capitals"),
        pytest.param("The site in force was shutdown.", [], id="parts of it"),
    ],
)
def test_a_retired_phrase_is_found(text, found):
    assert retired_phrases(text, {"shut", "key in force", "trading day"}) == found


def test_the_table_is_read():
    names, phrases = table()
    assert {"door", "told", "debts"} <= names and {"shut", "stand-by", "key in force"} <= phrases
