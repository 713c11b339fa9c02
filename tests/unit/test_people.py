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
        pytest.param(("Chan", "by mail", "Chan\u200b"), "approved_by", id="the same person with what nobody sees"),
        pytest.param(("Chan", "by mail", "Ｃｈａｎ"), "approved_by", id="the same person in wide letters"),
        pytest.param(("Chan", "by mail", " - "), "approved_by", id="what is no name"),
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
        pytest.param("Chan, Tai-Man.", True, "another person", id="the same person with other marks"),
        pytest.param("Jose\u0301", True, "another person", id="the same accent, made of two characters"),
        pytest.param("OPS", True, "another person", id="the login that runs it"),
        pytest.param("\u200b\u00ad", True, "another person", id="a name that nobody sees"),
    ],
)
def test_who_may_approve(approved_by, required, words):
    said = disapproval(approved_by, ["Chan Tai Man", "", "José", "ops"], required)
    assert words in said if words else said == ""


def test_a_name_that_stands_in_the_inventory_approves_nothing():
    for required in (False, True):
        assert "take it out of the inventory" in disapproval("Wong", ["Chan"], required, was_said=False)
    assert disapproval("", ["Chan"], False, was_said=False) == ""
