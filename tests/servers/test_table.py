# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/servers.md has a row for every server of the tests, and tells what a run came to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.servers.bendings import BENDINGS
from tests.servers.contract import Measured
from tests.servers.table import PAGE, bent_row, lines, second_run, unexplained
from tests.servers.zoo import FEW, MORE

ODD = "CSRV/ä.csv"


def names(part):
    """The first cells of a part's table."""
    return [line.split(" | ")[0].lstrip("| ") for line in part.splitlines() if line.startswith("| ")][1:]


def test_every_server_has_its_row():
    servers, _bent = PAGE.read_text().split("## Bent answers")
    assert names(servers) == sorted((kind.name for kind in (*FEW, *MORE)), key=str.lower)


def test_every_bent_answer_has_its_row_which_tells_what_its_test_asserts():
    _servers, bent = PAGE.read_text().split("## Bent answers")
    assert names(bent) == [bending.what for bending in BENDINGS]
    assert lines(map(bent_row, BENDINGS)) in bent


def test_every_server_has_an_address_of_its_own():
    hosts = [kind.host for kind in (*FEW, *MORE)]
    assert len(set(hosts)) == len(hosts)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        pytest.param(Measured(missing=[ODD]), [], id="what the server cannot hand out"),
        pytest.param(Measured(missing=["CSRV/a.csv", ODD]), ["**1 not fetched**"], id="what it can"),
        pytest.param(Measured(wrong=["CSRV/a.csv"]), ["**1 with another report's content**"], id="wrong content"),
        pytest.param(Measured(errors=["a_word", "a_word"]), ["**a_word**"], id="two failed runs"),
    ],
)
def test_what_should_not_be_is_told(measured, told):
    server = SimpleNamespace(refuses=lambda path: None if path.isascii() else "ASCII alone")
    assert list(unexplained(server, measured)) == told


@pytest.mark.parametrize(
    ("again", "told"),
    [
        ({"failed": True, "error_code": "connection_lost"}, "connection_lost"),
        ({"changed": True, "downloaded": [1, 2], "unchanged": 3}, "2 fetched"),
        ({"changed": False, "downloaded": [], "unchanged": 3}, "3 unchanged"),
    ],
)
def test_the_second_run_in_words(again, told):
    assert second_run(Measured(again=again)) == told
