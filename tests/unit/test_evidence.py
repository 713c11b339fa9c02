# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence by its rules: what a chain of entries proves, and which sentence each fault gets."""

from __future__ import annotations

import dataclasses
import json

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import (
    FIRST,
    Entry,
    Found,
    name_of,
    next_entry,
    number_of,
    parse,
    verify,
)

ME = "CXYZ001"
FILES = {"CXYZ001.pub": b"public", "CXYZ001.fpt": b"5c:11\n"}
AT = "2026-11-22T08:00:00+08:00"


def chain(length):
    """Sound entries as they lie on disk, and their anchors."""
    kept, anchors = {}, {}
    for number in range(1, length + 1):
        entry = next_entry(kept, anchors, ME, f"renewal {number} done", AT, {"new": f"{number:02}:ab"}, FILES)
        kept[number], anchors[number] = entry.data(), sha256(entry.data())
    return {number: Found(data, hashes(FILES)) for number, data in kept.items()}, anchors


def hashes(files):
    return {name: sha256(content) for name, content in files.items()}


def faults(found, anchors, strays=()):
    return verify(ME, found, strays, anchors)


def edited(one, **changes):
    """The same with another value in its entry."""
    return Found(dataclasses.replace(parse(one.entry), **changes).data(), one.files)


def with_files(one, files):
    return Found(one.entry, hashes(files))


def deep(levels):
    found = []
    for _level in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize("length", [0, 1, 2, 12])
def test_a_chain_as_it_was_written_is_sound(length):
    assert faults(*chain(length)) == []


def test_entries_are_numbered_and_each_names_the_one_before():
    found, anchors = chain(3)
    entries = [parse(found[number].entry) for number in (1, 2, 3)]
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.previous for entry in entries] == [FIRST, anchors[1], anchors[2]]


def test_an_entry_can_be_read_by_people_and_reads_back_the_same():
    entry = next_entry({}, {}, ME, "renewal 1 done", AT, {"uploads": 1, "result": "Result: 成功", "error": None}, FILES)
    lines = entry.data().decode("ascii").splitlines()
    assert lines[1] == '  "account": "CXYZ001",'
    assert entry.data().endswith(b"}\n")
    assert parse(entry.data()) == entry


def test_the_first_entry_names_64_noughts_as_the_hash_before_it():
    assert next_entry({}, {}, ME, "renewal 1 done", AT, {}, {}).previous == "0" * 64


def test_a_fact_that_no_other_reader_of_json_knows_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        next_entry({}, {}, ME, "renewal 1 done", AT, {"rate": float("nan")}, {}).data()


# what a hand may have done to a chain of three, and each sentence that tells it
HANDS = {
    "an edited entry": (
        lambda found: found.update({2: edited(found[2], facts={"new": "ff:ff"})}),
        ["Entry 2 was changed after it was recorded."],
    ),
    "a blank more": (
        lambda found: found.update({2: Found(found[2].entry + b" ", found[2].files)}),
        ["Entry 2 was changed after it was recorded."],
    ),
    "no JSON at all": (
        lambda found: found.update({1: Found(b"\xff\x00", found[1].files)}),
        ["Entry 1 was changed after it was recorded."],
    ),
    "the last entry removed": (lambda found: found.pop(3), ["Entry 3 is gone."]),
    "the tail removed": (lambda found: (found.pop(3), found.pop(2)), ["Entries 2 to 3 are gone."]),
    "all removed": (lambda found: found.clear(), ["Entries 1 to 3 are gone."]),
    "the first entry removed": (lambda found: found.pop(1), ["Entry 1 is gone."]),
    "the entry removed and its files left": (
        lambda found: found.update({2: Found(None, found[2].files)}),
        ["Entry 2 is gone."],
    ),
    "two entries swapped": (
        lambda found: found.update({1: found[2], 2: found[1]}),
        ["Entry 1 was changed after it was recorded.", "Entry 2 was changed after it was recorded."],
    ),
    "an entry written twice": (
        lambda found: found.update({4: found[3]}),
        ["Entry 4 is that of another place: number 3 of CXYZ001."],
    ),
    "an entry of another account added": (
        lambda found: found.update({4: edited(found[3], number=4, account="CXYZ002")}),
        ["Entry 4 is that of another place: number 4 of CXYZ002."],
    ),
    "an entry that does not continue added": (
        lambda found: found.update({4: edited(found[3], number=4)}),
        ["Entry 4 does not continue the one before: one of the two was exchanged."],
    ),
    "an unreadable entry added": (
        lambda found: found.update({4: Found(b"{}", {})}),
        ["Entry 4 is not as an entry is written."],
    ),
    "an entry far ahead": (
        lambda found: found.update({9: edited(found[3], number=9)}),
        ["Entries 4 to 8 are gone."],
    ),
    "a file removed": (
        lambda found: found.update({2: with_files(found[2], {"CXYZ001.pub": b"public"})}),
        ["File CXYZ001.fpt of entry 2 is gone."],
    ),
    "a file edited": (
        lambda found: found.update({2: with_files(found[2], {**FILES, "CXYZ001.pub": b"forged"})}),
        ["File CXYZ001.pub of entry 2 was changed."],
    ),
    "a file added": (
        lambda found: found.update({2: with_files(found[2], {**FILES, "note.txt": b""})}),
        ["File note.txt lies with entry 2 and is no part of it."],
    ),
    "a folder that skips one": (
        lambda found: found.update({5: Found(None, {})}),
        ["The folder 0005 belongs to no entry."],
    ),
    "a folder far ahead": (lambda found: found.update({7: Found(None, {})}), ["The folder 0007 belongs to no entry."]),
}


@pytest.mark.parametrize("hand", HANDS)
def test_each_fault_has_its_sentence_and_no_other(hand):
    found, anchors = chain(3)
    change, sentences = HANDS[hand]
    change(found)
    assert faults(found, anchors) == sentences


def test_without_anchors_an_edit_shows_at_the_entry_after_it():
    found, _anchors = chain(3)
    found[1] = edited(found[1], at="2020-03-01T08:00:00+08:00")
    assert faults(found, {}) == ["Entry 2 does not continue the one before: one of the two was exchanged."]


def test_an_anchor_lost_in_the_middle_is_told():
    found, anchors = chain(3)
    del anchors[2]
    assert faults(found, anchors) == ["Entry 2 has lost its record in the state database."]


@pytest.mark.parametrize("anchored", [0, 1, 2])
def test_entries_that_await_their_anchors_are_sound(anchored):
    found, anchors = chain(3)
    assert faults(found, {number: seal for number, seal in anchors.items() if number <= anchored}) == []


@pytest.mark.parametrize("length", [0, 2], ids=["the first", "the third"])
def test_what_a_crash_leaves_for_the_next_entry_is_sound(length):
    found, anchors = chain(length)
    found[length + 1] = Found(None, {"CXYZ001.pub": "half"})
    assert faults(found, anchors, [f".{name_of(length + 1)}.json.new"]) == []


def test_other_names_are_told():
    assert faults(*chain(2), [".0002.json.new", "notes"]) == [
        "'.0002.json.new' is no part of the evidence.",
        "'notes' is no part of the evidence.",
    ]


def test_a_number_whose_entry_is_gone_is_not_given_again():
    found, anchors = chain(3)
    kept = {number: one.entry for number, one in found.items() if number < 3}
    following = next_entry(kept, anchors, ME, "renewal 4 done", AT, {}, {})
    assert (following.number, following.previous) == (4, anchors[3])
    found[3], found[4] = Found(None, {}), Found(following.data(), {})
    assert faults(found, anchors) == ["Entry 3 is gone."]


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{}", b'{"number": 1}', b"\xff", b"[" * 100_000, b"NaN"])
def test_what_is_no_entry_is_not_taken_for_one(data):
    assert parse(data) is None


@pytest.mark.parametrize(
    "changed",
    [
        *({"facts": 1}, {"facts": ["a"]}, {"files": None}, {"files": [["a", "b"]]}, {"files": {"a": 1}}),
        *({"number": "1"}, {"number": True}, {"number": 0}, {"account": None}, {"subject": []}, {"at": 1}),
        *({"previous": {}}, {"facts": {"a": deep(60)}}, {"facts": {"a": deep(19)}}),
    ],
    ids=lambda changed: f"{changed}"[:30],
)
def test_values_of_another_kind_are_not_taken_for_an_entry(changed):
    values = {**vars(Entry(1, ME, "s", AT, {}, {}, FIRST)), **changed}
    assert parse((json.dumps(values, sort_keys=True, indent=2) + "\n").encode()) is None


def test_facts_may_have_lists_of_nineteen_levels():
    entry = Entry(1, ME, "s", AT, {"a": deep(18)}, {}, FIRST)
    assert parse(entry.data()) == entry


def test_the_first_entry_continues_nothing():
    found, _anchors = chain(1)
    found[1] = edited(found[1], previous="1" * 64)
    assert faults(found, {}) == ["Entry 1 does not continue the one before: one of the two was exchanged."]


@pytest.mark.parametrize(
    ("name", "number"),
    [("0001", 1), ("0042", 42), ("9999", 9999), ("10000", 10000), ("0000", None), ("1", None), ("00001", None),
     ("-001", None), ("٠٠٠١", None), ("0001\n", None), ("", None)],
)  # fmt: skip
def test_numbers_have_one_name_each(name, number):
    assert number_of(name) == number
    assert number is None or name_of(number) == name
