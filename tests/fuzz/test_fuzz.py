# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each target takes what is bent a little: it returns or refuses with a code. `make fuzz` tries millions."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, DcassError
from tests.fuzz import trial as trials
from tests.fuzz.bending import MOST_BYTES, NASTY, bent
from tests.fuzz.reading import Reader, text_of
from tests.fuzz.table import GUIDED, TARGETS
from tests.fuzz.target import Target
from tests.fuzz.trial import slug

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whatever_comes_ends_in_a_value_or_a_code(target):
    samples = list(target.samples())

    @settings(max_examples=target.examples, deadline=None, suppress_health_check=SLOW, database=None)
    @given(st.randoms(use_true_random=False))
    def tried(dice):
        with contextlib.suppress(DcassError):
            target.run(bent(dice, samples, target.tokens))

    tried()


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_the_samples_themselves_are_taken(target):
    for sample in target.samples():
        with contextlib.suppress(DcassError):
            target.run(sample)


def test_the_same_dice_bend_the_same_way():
    samples = [b"a sample of some length", b"another one"]
    once, again = ([bent(dice, samples) for _input in range(500)] for dice in (random.Random(7), random.Random(7)))
    assert once == again
    assert len(set(once)) > 300 and max(map(len, once)) <= MOST_BYTES


def test_a_reader_takes_anything_to_its_end_and_then_zeros():
    for data in (b"", *NASTY):
        reader = Reader(data)
        for _value in range(len(data) + 1):
            reader.value()
        assert reader.is_empty and reader.below(1 << 40) == 0 and reader.text() == ""


@pytest.mark.parametrize("data", [b"a", "\u00fc".encode(), b"\xff", b"\xed\xa0\x80"])
def test_text_stands_for_its_bytes(data):
    text = text_of(data)
    assert text.encode("utf-8", "surrogatepass" if data[:1] == b"\xed" else "surrogateescape") == data


def test_targets_have_names_of_their_own_and_samples():
    assert len({slug(name) for name in TARGETS}) == len(TARGETS) > 35
    assert all(target.samples() for target in TARGETS.values())
    assert 20 < len(GUIDED) < len(TARGETS)


@pytest.fixture
def trial(monkeypatch, tmp_path):
    """What begins a trial of a function, with its files in a folder of the test's own."""
    monkeypatch.setattr(trials, "ROOT", tmp_path)
    monkeypatch.setattr(trials, "SAVED", tmp_path / "fuzz")
    monkeypatch.setattr(trials, "_bound_memory", lambda: None)
    return lambda run: trials.Trial(Target("a target", run, lambda: [b"sample"], seconds=0.1), 60, 10)


def test_a_refusal_with_a_code_is_counted_and_its_input_becomes_a_sample(trial):
    def refuse(data):
        raise BadInput("no")

    one = trial(refuse)
    for _input in range(10):
        assert one.goes_on
        one.take(b"x")
    assert not one.goes_on and one.samples == [b"sample", b"x"]
    row = one.end()
    assert (row["inputs"], row["refused"], row["failure"]) == (10, {"bad_option": 10}, "")


@pytest.mark.parametrize("fault", [ValueError, RecursionError, BaseException], ids=lambda kind: kind.__name__)
def test_anything_else_is_a_fault_and_its_input_is_made_small_and_saved(trial, tmp_path, fault):
    def stumble(data):
        if b"x" in data:
            raise fault("no code")

    one = trial(stumble)
    one.take(b"all is well")
    one.take(b"a long input with an x in it")
    assert not one.goes_on and "no code" in one.row.failure
    assert (tmp_path / one.row.saved).read_bytes() == b"x"


def test_an_input_that_takes_too_long_is_a_fault(trial, tmp_path):
    def turn(data):
        while True:
            pass

    one = trial(turn)
    one.take(b"for ever")
    assert "TooLong" in one.row.failure and (tmp_path / one.row.saved).read_bytes() == b"for ever"
