# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of mutations fits the code it is to change, and the page that shows what came of it."""

import importlib.util
import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "emulator.md"
_spec = importlib.util.spec_from_file_location("mutations", HERE / "mutations.py")
mutations = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(mutations)


@pytest.mark.parametrize(("_section", "name", "old", "new", "tests"), mutations.MUTATIONS, ids=lambda cell: cell[:30])
def test_every_mutation_finds_what_it_changes(_section: str, name: str, old: str, new: str, tests: str) -> None:
    text = (HERE.parents[1] / "emulator" / name).read_text()
    assert old in text
    compile(text.replace(old, new), name, "exec")
    assert all((HERE / f"{test}.py").is_file() for test in tests.split())


def test_the_page_tells_of_every_mutation_by_whom_it_was_noticed() -> None:
    rows = re.findall(
        r"^\| (.+?) \| `(\w+\.py)` \| `tests/emulator/(\w+)\.py::\w+` \|$", PAGE.read_text(), re.MULTILINE
    )
    assert [row[:2] for row in rows] == [row[:2] for row in mutations.MUTATIONS]
    for (_, _, noticed), (*_, tests) in zip(rows, mutations.MUTATIONS, strict=True):
        assert noticed in tests.split()
