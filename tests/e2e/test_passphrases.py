# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A passphrase protects the key as it stands, by whatever way it comes; or it is refused, and makes no key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from emulator.client import Emulator, running
from tests.e2e.steered import ONE, Steered

PASSPHRASE = "a{{ 7*7 }}b'\"\\ü {% raw # x"
FILE, OF_ALL, VARIABLES = "passphrase", "passphrases", "variables.yml"
BY_FILE = f"dcass_passphrase_file={{root}}/{FILE}"
BY_LINE = f"dcass_passphrases_file={{root}}/{OF_ALL}"
BY_VARIABLE = f"@{{root}}/{VARIABLES}"


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


def stage_with(root: Path, exchange: Emulator, files: dict[str, str]) -> Steered:
    """A participant without keys, and what brings the passphrase."""
    stage = Steered(root / "stage", exchange)
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return stage


def unsafe(value: str) -> str:
    """A variable as AWX 24.6.1 hands it over, marked as no template."""
    return f"dcass_passphrase: !unsafe {json.dumps(value)}\n"


LONG = pytest.mark.long("the table of tests/unit/test_passphrases.py has this one, too")


def plain(value: str) -> str:
    """A variable as newer AWX hands it over."""
    return yaml.safe_dump({"dcass_passphrase": value, "ours": PASSPHRASE}, allow_unicode=True)


@pytest.mark.parametrize(
    ("files", "arguments", "passphrase"),
    [
        pytest.param({FILE: f"{PASSPHRASE}\n"}, [BY_FILE], PASSPHRASE, id="a file that ends as files do"),
        pytest.param(
            {OF_ALL: f"CABC: other\nCXYZ: {PASSPHRASE}\n", FILE: "for those without a line"},
            [BY_LINE, BY_FILE],
            PASSPHRASE,
            id="a line of its own",
        ),
        pytest.param(
            {OF_ALL: "", FILE: PASSPHRASE},
            [BY_LINE, BY_FILE],
            PASSPHRASE,
            id="two files as AWX brings them, one empty",
            marks=LONG,
        ),
        pytest.param({VARIABLES: unsafe(PASSPHRASE)}, [BY_VARIABLE], PASSPHRASE, id="a variable marked as unsafe"),
        pytest.param(
            {VARIABLES: plain("{{ other_name }}"), "more.yml": "other_name: from the vault\n"},
            [BY_VARIABLE, "@{root}/more.yml"],
            "from the vault",
            id="a variable that names another",
            marks=LONG,
        ),
        pytest.param(
            {VARIABLES: plain("not meant"), FILE: PASSPHRASE},
            [BY_VARIABLE, BY_FILE],
            PASSPHRASE,
            id="a file, which goes before a variable",
            marks=LONG,
        ),
    ],
)
def test_the_key_has_the_passphrase_as_it_stands(
    tmp_path: Path, exchange: Emulator, files: dict[str, str], arguments: list[str], passphrase: str
) -> None:
    stage = stage_with(tmp_path, exchange, files)
    given = [word for argument in arguments for word in ("-e", argument.format(root=tmp_path))]
    outcome = stage.play("dcass.sftp.register", "-vvv", "--diff", *given)
    assert outcome.code == 0, outcome.output
    key = serialization.load_ssh_private_key(stage.key(ONE).read_bytes(), passphrase.encode())
    assert key.public_key().key_size == 2048
    assert passphrase not in outcome.output and json.dumps(passphrase)[1:-1] not in outcome.output


@pytest.mark.parametrize(
    ("files", "arguments", "why"),
    [
        pytest.param(
            {VARIABLES: plain("a{{ 7*7 }}b'\"\\ü")},
            [BY_VARIABLE],
            "dcass_passphrase has braces, which Ansible works out as a template: put the passphrase into a file",
            id="a plain variable with braces",
        ),
        pytest.param(
            {VARIABLES: plain("a{{ b{% c")},
            [BY_VARIABLE],
            "dcass_passphrase has braces, which Ansible works out as a template: put the passphrase into a file",
            id="a plain variable with braces that are left open",
            marks=LONG,
        ),
        pytest.param(
            {OF_ALL: "CABC: other\n", FILE: "\n"},
            [BY_LINE, BY_FILE],
            "There is no passphrase for CXYZ",
            id="no line for it, and a file that is empty",
            marks=LONG,
        ),
    ],
)
def test_what_would_be_another_passphrase_or_none_makes_no_key(
    tmp_path: Path, exchange: Emulator, files: dict[str, str], arguments: list[str], why: str
) -> None:
    stage = stage_with(tmp_path, exchange, files)
    given = [word for argument in arguments for word in ("-e", argument.format(root=tmp_path))]
    outcome = stage.play("dcass.sftp.register", "-vvv", *given)
    assert outcome.code == 2, outcome.output
    assert why in outcome.output
    assert not stage.versions(ONE)
    assert "7*7" not in outcome.output and "b{% c" not in outcome.output
