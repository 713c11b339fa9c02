# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passphrases in files, as they stand, and in variables that would be worked out."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.passphrase_of import passphrase_of
from ansible_collections.dcass.sftp.plugins.plugin_utils._passphrases import templated

ODD = "a{{ 7*7 }}b'\"\\ü"


class Hostvars(dict):
    """Variables as Ansible has them: worked out where they are asked for, and as they were written."""

    def __init__(self, written, worked_out):
        super().__init__(localhost=Worked(worked_out))
        self.written = written

    def raw_get(self, host):
        return {"dcass_passphrase": self.written} if host == "localhost" and self.written is not None else {}


class Worked(dict):
    """A host's variables; one that can't be worked out raises."""

    def __init__(self, value):
        self.value = value

    def __getitem__(self, name):
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@pytest.mark.parametrize(
    ("text", "code", "passphrase"),
    [
        pytest.param(f"{ODD}\n", "", ODD, id="a file that ends with a line feed"),
        pytest.param(f"{ODD}\r\n", "", ODD, id="a file of a Windows PC"),
        pytest.param(f"\ufeff{ODD}\r\n", "", ODD, id="a file that a Windows PC has marked as UTF-8"),
        pytest.param(f"{ODD}\r", "", ODD, id="a line end of a carriage return alone"),
        pytest.param(f"\ufeffCXYZ: {ODD}\r\nCABC: x\r\n", "CXYZ", ODD, id="a marked file with a line for each"),
        pytest.param(f" {ODD} ", "", f" {ODD} ", id="spaces are part of it"),
        pytest.param("a\n\n", "", "a\n", id="one line feed is taken away and no more"),
        pytest.param("", "", "", id="an empty file"),
        pytest.param(f"CABC: x\nCXYZ: {ODD}\n", "CXYZ", ODD, id="a line of a participant"),
        pytest.param(f"CXYZ:{ODD}", "CXYZ", ODD, id="without a space after the colon"),
        pytest.param("CXYZ:  two: # spaces \r\n", "CXYZ", " two: # spaces ", id="one space belongs to the colon"),
        pytest.param("CXYZ: 'quoted'\n", "CXYZ", "'quoted'", id="quotation marks are part of it"),
        pytest.param("CXYZ: one\nCXYZ: two\n", "CXYZ", "one", id="the first of two lines"),
        pytest.param("# CXYZ: x\n CXYZ: x\nCXYZA: x\ncxyz: x\n", "CXYZ", "", id="no line of this participant"),
        pytest.param("CXYZ:\n", "CXYZ", "", id="a line without a passphrase"),
    ],
)
def test_a_passphrase_is_taken_as_it_stands(text, code, passphrase):
    assert passphrase_of(text, code) == passphrase


@pytest.mark.parametrize(
    ("written", "worked_out", "is_refused"),
    [
        pytest.param(ODD, "a49b'\"\\ü", True, id="braces that are worked out"),
        pytest.param("a{{ b", ValueError("unexpected end"), True, id="braces that are left open"),
        pytest.param("a{# b #}", "a", True, id="a comment of a template"),
        pytest.param("{{ 7*7 }}", "49", True, id="a sum, and no name"),
        pytest.param(ODD, ODD, False, id="braces that are marked as no template"),
        pytest.param("{{ vault_passphrase }}", "x", False, id="the name of another variable"),
        pytest.param(" {{ lookup('env', 'X') }}\n", "x", False, id="a look elsewhere"),
        pytest.param("a{b}c%", "a{b}c%", False, id="braces that are no template"),
        pytest.param("", "", False, id="an empty one"),
        pytest.param(None, "", False, id="none"),
    ],
)
def test_what_was_meant_as_it_stands_and_is_a_template_is_refused(written, worked_out, is_refused):
    assert templated(Hostvars(written, worked_out)) is is_refused


def test_where_nobody_tells_what_was_written_nothing_is_refused():
    assert not templated({"localhost": {"dcass_passphrase": "a49b"}})
