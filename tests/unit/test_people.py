# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""People's word: who and why on one line, and a second name that is another person's."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.disapproval import disapproval
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.people import Word, word


def test_names_and_reason_are_each_one_line():
    assert word(" Chan\n Tai  Man ", "by\tmail", "Wong") == Word("Chan Tai Man", "by mail", "Wong")


@pytest.mark.parametrize(
    ("said", "option"),
    [
        pytest.param(("", "by mail", ""), "who", id="nobody"),
        pytest.param(("Chan", " \n", ""), "why", id="no reason"),
        pytest.param((None, "by mail", ""), "who", id="nothing at all"),
        pytest.param(("Chan", "by mail", "chan "), "approved_by", id="the same person in other letters"),
    ],
)
def test_what_is_no_word_is_refused(said, option):
    with pytest.raises(BadInput, match=option):
        word(*said)


@pytest.mark.parametrize(
    ("approved_by", "required", "words"),
    [
        pytest.param("", False, "", id="nobody, where nobody must"),
        pytest.param("", True, "Nobody has approved", id="nobody, where somebody must"),
        pytest.param(None, True, "Nobody has approved", id="nothing, where somebody must"),
        pytest.param("Wong", True, "", id="another person"),
        pytest.param("CHAN  tai man", True, "another person", id="the same person in other letters"),
        pytest.param("Chan Tai Man", False, "another person", id="the same person, where nobody must"),
    ],
)
def test_who_may_approve(approved_by, required, words):
    said = disapproval(approved_by, "Chan Tai Man", required)
    assert words in said if words else said == ""
