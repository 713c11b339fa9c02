# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others can neither act on a terminal nor deceive a reader, and stays readable."""

from __future__ import annotations

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules import errors, foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.result_report import decode_text, reason
from ansible_collections.dcass.sftp.plugins.plugin_utils import _events, _status_page, _sync_lines

ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Permission denied", "Permission denied", id="plain"),
        pytest.param("用戶 ñ 🙂", "用戶 ñ 🙂", id="any script"),
        pytest.param(
            "\x1b]0;owned\x07\x1b[2J", "\\x1b]0;owned\\x07\\x1b[2J", id="escapes that name and clear a window"
        ),
        pytest.param("a\x9b31mb", "a\\x9b31mb", id="an escape of C1"),
        pytest.param("a\u202egpj.exe", "a\\u202egpj.exe", id="text turned round"),
        pytest.param("a\nfatal: b\r\nc\rd", "a fatal: b c d", id="lines that look like Ansible's own"),
        pytest.param("a\x85b\u2028c\u2029d\x0be\x0cf", "a b c d e f", id="other line ends"),
        pytest.param("a\tb", "a b", id="a tab"),
        pytest.param("a\x08\x08b", "a\\x08\\x08b", id="going back over what was said"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="what nobody sees"),
        pytest.param("a\udcffb", "a\\udcffb", id="a byte that is no UTF-8"),
        pytest.param("a\ud800b", "a\\ud800b", id="half a surrogate pair"),
        pytest.param("👩\u200d🚀", "👩\u200d🚀", id="a joiner where spelling needs one"),
        pytest.param("🙂\u200d\ufdd0", "🙂\\u200d\\ufdd0", id="a joiner before what is no character"),
        pytest.param("x" * 30, "x" * 19 + "…", id="more than is wanted"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_line_is_one_line_and_nothing_in_it_acts(text, shown):
    assert foreign.line(text, 20 if text.startswith("xx") else 2000) == shown
    assert foreign.line(shown) == shown, "what is safe stays what it is"


def test_a_joiner_at_which_a_text_is_cut_goes_with_what_it_joined():
    assert foreign.line("so long 👩\u200d🚀!", 11) == "so long 👩…"


def test_a_text_keeps_its_lines():
    assert foreign.lines("a\r\nb\x1b[0m\n\n  c\u2028d") == "a\nb\\x1b[0m\n\n  c\nd"
    assert foreign.lines("a\tb\nc") == "a b\nc"
    assert len(foreign.lines("x\n" * 100_000)) == foreign.PAGE == 20_000


@pytest.mark.parametrize("shorten", [foreign.line, foreign.lines])
def test_only_what_is_longer_than_wanted_is_cut_and_shows_it(shorten):
    assert shorten("x" * 20, 20) == "x" * 20
    assert shorten("x" * 21, 20) == "x" * 19 + "…"
    assert shorten("X" * 21, 20) == "X" * 19 + "…"
    assert len(shorten("\r\n" * 20, 20)) == 20 and "…" not in shorten("\r\n" * 20, 20)
    assert shorten("\r\n" * 20 + "x", 20).endswith("…")


def test_a_name_in_any_letters_is_shown_as_it_is():
    assert foreign.readable("RX_é_用戶.csv".encode()) == "RX_é_用戶.csv"
    assert foreign.readable(b"RX_\xe9.csv") == foreign.shown(b"RX_\xe9.csv") == "'RX_\\\\xe9.csv'"
    assert foreign.readable("RX_\u202e.csv".encode()) == "'RX_\\u202e.csv'"


def test_a_long_name_is_shown_by_its_beginning_and_told_apart_by_a_hash():
    assert foreign.shown(b"n" * 118) == "'" + "n" * 118 + "'"
    longer = b"n" * 119
    assert foreign.shown(longer) == "'" + "n" * 103 + f"...' ({hashlib.sha256(longer).hexdigest()[:8]})"


@pytest.mark.parametrize("plane", [0, 1, 2, 15, 16])
def test_the_last_two_of_each_plane_are_no_characters(plane):
    for low in (0xFFFE, 0xFFFF):
        decode_text = foreign.trick(f"a{chr(plane * 0x10000 + low)}")
        assert decode_text == f"holds U+{plane * 0x10000 + low:04X}, which is no character"
    assert foreign.trick(f"a{chr(plane * 0x10000 + 0xFFFD)}") is None


JOINER = "\u200d"


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        pytest.param("\u0915\u094d" + JOINER + "\u0937", True, id="after a virama, as in Hindi"),
        pytest.param("\u0915" + JOINER + "\u0937", False, id="after another letter of it"),
        pytest.param("\u0645\u06cc\u200c\u062e\u0648", True, id="between Arabic letters, as in Persian"),
        pytest.param("\u05d0" + JOINER + "\u05d1", True, id="between Hebrew letters"),
        pytest.param("\u0645\u0650" + JOINER + "\u062e", True, id="after an Arabic vowel"),
        pytest.param("\u0645" + JOINER + "a", False, id="between an Arabic letter and a Latin one"),
        pytest.param("a" + JOINER + "\u0645", False, id="between a Latin letter and an Arabic one"),
        pytest.param("👩" + JOINER + "🚀", True, id="between emoji"),
        pytest.param("\u2764\ufe0f" + JOINER + "🔥", True, id="after an emoji's variation"),
        pytest.param("👩🏽" + JOINER + "🚀", True, id="after a shade of skin"),
        pytest.param("🙂" + JOINER + "\u2194\ufe0f", True, id="before a sign of mathematics, as in a shaken head"),
        pytest.param("👩" + JOINER + "\U0001faff", True, id="before an emoji that this Python does not know yet"),
        pytest.param("👩" + JOINER + "x", False, id="between an emoji and a letter"),
        pytest.param("x" + JOINER + "👩", False, id="between a letter and an emoji"),
        pytest.param("a" + JOINER + "b", False, id="between Latin letters, where nobody sees it"),
        pytest.param(JOINER + "👩👩", False, id="at the beginning"),
        pytest.param("👩👩" + JOINER, False, id="at the end"),
    ],
)
def test_a_joiner_is_a_name_s_only_where_spelling_needs_it(text, is_name):
    assert (foreign.trick(text) is None) is is_name
    assert (foreign.line(text) == text) is is_name
    if not is_name:
        assert foreign.trick(text) == f"holds the invisible character U+{ord(JOINER):04X}"


@given(st.text(st.characters()), st.integers(1, 50))
def test_whatever_comes_is_made_safe_and_short(text, most):
    for safe in (foreign.line(text, most), foreign.lines(text, most)):
        assert not ACTS.search(safe) and len(safe) <= most
        safe.encode()
    assert "\n" not in foreign.line(text)


KEY = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAABFwAAAAdzc2gtcn"


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{KEY}\nAAE=\n-----END", id="a key's file"),
        pytest.param(KEY, id="a line of one"),
        pytest.param(str(3**400), id="the figures of one"),
        pytest.param(":".join(["a7"] * 64), id="octets with colons"),
        pytest.param(repr(bytes(range(128, 200))), id="bytes"),
    ],
)
def test_what_may_be_a_key_is_left_out(secret):
    said = foreign.scrubbed(f"can't take {secret}")
    assert said.startswith("can't take ") and "(left out)" in said
    assert not any(
        secret[at : at + 20] in said for at in range(len(secret) - 20) if "BEGIN" not in secret[at : at + 30]
    )


def test_what_stands_between_the_words_before_a_key_hides_none():
    said = f"-----BEGIN {'A' * 60} PRIVATE KEY-----\nwords of it"
    assert foreign.scrubbed(said) == foreign.scrubbed(foreign.scrubbed(said))
    assert "words of it" not in foreign.scrubbed(said)


def test_a_sentence_without_secrets_stays_what_it_is():
    said = "/var/lib/dcass-sftp/reports/COMMON/RX_20261120.csv: SHA256:abc, 2048 bits, 127.151.14.121:10022"
    assert foreign.scrubbed(said) == said


EVIL = "\x1b]0;owned\x07\u202e\nno"


def test_every_error_of_ours_is_safe_whoever_is_quoted():
    for kind in (errors.Unreachable, errors.UploadRefused, errors.LocalError, errors.InternalError):
        assert not ACTS.search(str(kind(f"it says {EVIL}")))
    assert len(str(errors.Unreachable("x" * 100_000))) == foreign.SENTENCE == 2000


def test_a_result_of_the_exchange_s_and_its_reason_are_safe():
    text = f"Error Reason: too short{EVIL}".encode()
    assert reason(text) == "too short\\x1b]0;owned\\x07\\u202e"
    assert decode_text(text) == "Error Reason: too short\\x1b]0;owned\\x07\\u202e\nno"


@pytest.mark.parametrize("apart", [False, True], ids=["at a terminal", "in a job"])
def test_pages_and_lines_for_people_are_safe(apart):
    rows = [_status_page.Row(host, "CXYZ", "CXYZ001", failure=EVIL) for host in ("ws1", EVIL)]
    turn = _sync_lines.Turn(EVIL, "CXYZ001", "CXYZ002", {"opens_at": "", "msg": EVIL})
    for sections in (_status_page.page(rows), _sync_lines.sync_lines([turn], False)):
        for event in _events.events(sections, apart, "ws1"):
            assert not ACTS.search("".join([event["who"], *event["lines"]]))


class Unspeakable(Exception):
    def __str__(self):
        raise ValueError


@pytest.mark.parametrize(
    ("raised", "says"),
    [
        pytest.param(ValueError("x"), "ValueError: x", id="an error of Python's"),
        pytest.param(KeyError("name"), "KeyError: 'name'", id="a key that is not there"),
        pytest.param(
            BaseException("panicked\x1b[0m"), r"BaseException: panicked\\x1b", id="a panic, which is no Exception"
        ),
        pytest.param(MemoryError(), "foreseen: MemoryError$", id="without a word"),
        pytest.param(RecursionError("deep"), "RecursionError: deep", id="too deep"),
        pytest.param(Unspeakable(), "foreseen: Unspeakable$", id="one that can't say what it is"),
        pytest.param(OverflowError("x" * 100_000), r"OverflowError: \(left out\)", id="a long one"),
    ],
)
def test_whatever_is_raised_has_a_code(raised, says):
    ours = errors.as_ours(raised)
    assert ours.code == "internal_error" and re.search(says, str(ours)) and "Report" in ours.hint
    assert len(str(ours)) < 600


def test_of_a_long_complaint_500_characters_are_told():
    said = str(errors.as_ours(ValueError("no. " * 1000))).partition(": ")[2]
    assert len(said) == 500 and said.startswith("ValueError: no. no. ") and said.endswith("…")


@pytest.mark.parametrize("stops", [KeyboardInterrupt, SystemExit, ImportError], ids=lambda kind: kind.__name__)
def test_being_told_to_stop_is_no_fault(stops):
    with pytest.raises(stops):
        errors.as_ours(stops())


def test_an_error_of_ours_stays_what_it_is():
    error = errors.DiskFull("No space.")
    assert errors.as_ours(error) is error
