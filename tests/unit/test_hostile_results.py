# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a result is called and says, no key is lost, no renewal held up and no rejection hidden (§6)."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from tests.unit.renewal_support import DAY, Answer, Mood, Participant
from tests.unit.test_renew_flow import DUE, HOUR, REGISTERED, be, logs_in, run

KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----"
SAYINGS = [
    pytest.param("Note: never upload your PRIVATE KEY.", id="words"),
    pytest.param(KEY, id="a key"),
    pytest.param('{"d": "abcdefghijklmnopqrstuvwx"}', id="what looks like one in JSON"),
    pytest.param("PuTTY-User-Key-File-3: ssh-rsa", id="PuTTY's"),
    pytest.param("b3BlbnNzaC1rZXktdjE" * 9, id="one in base64"),
    pytest.param("\x1b]0;owned\x07\x1b[2J", id="terminal escapes"),
    pytest.param("reason " * 30_000, id="very many words"),
    pytest.param("\0" * 5000, id="no text"),
]


@pytest.fixture
def station(tmp_path):
    participant = Participant(REGISTERED, root=tmp_path)
    participant.clock.now = DUE
    return participant.first


@pytest.mark.parametrize(
    "dated",
    ["20200101.000000", "00010101.000000", "19991231.235959", "20260115.080000", "20990101.000000", "99991231.235959"],
)
def test_a_result_of_an_impossible_day_loses_no_key_and_moves_no_day(station, dated):
    old = station.files.current_version()
    be(station, answer=Answer(name=f"Result.{dated}.{{word}}.txt"))
    done = run(station)
    assert (done.code, done["state"], done["uploaded_on"], done["last_day"]) == (
        None,
        "renewed",
        "2026-01-23",
        "2028-01-23",
    )
    assert (done["old_key_last_day"], done["destroyed"]) == ("2026-02-05", [])
    assert any(dated[:4] in warning and "2026-01-23" in warning for warning in done["warnings"])
    assert station.files.has(old) and logs_in(station)
    for _day in range(13):
        station.clock.now += DAY
        again = run(station)
        assert (again.code, again["state"], again["changed"], again["destroyed"]) == (None, "current", False, [])
    assert station.files.has(old)


def test_a_result_of_a_day_that_may_be_destroys_the_old_key_no_earlier(station):
    """Its name and its time agree on a day a hundred days ago: the new key's days count from there, no key goes."""
    old = station.files.current_version()
    be(station, answer=Answer(dated=-100 * DAY))
    done = station.run()
    assert (done["uploaded_on"], done["old_key_last_day"], done["destroyed"]) == ("2025-10-15", "2025-10-28", [])
    for _day in range(14):
        assert station.files.has(old) and logs_in(station)
        station.clock.now += DAY
        station.run()
    assert not station.files.has(old)


@pytest.mark.parametrize("saying", SAYINGS)
def test_no_words_of_a_result_hold_up_the_switch_to_a_proven_key(station, saying):
    be(station, answer=Answer(more=saying))
    done = run(station)
    assert (done.code, done["state"], done["new_fingerprint"]) == (None, "renewed", station.current)
    assert logs_in(station)
    count, faults = station.evidence.verify()
    assert (count, faults) == (1, [])


@pytest.mark.parametrize("saying", SAYINGS)
def test_no_words_of_a_result_hide_a_rejection(station, saying):
    old = station.current
    be(station, answer=Answer(imported=None, reason=f"the file holds a private key {saying}"))
    done = run(station)
    assert (done.code, done["state"]) == ("renewal_rejected", "rejected")
    assert station.current == old and logs_in(station)
    assert run(station).code == "renewal_rejected"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "big5"])
@pytest.mark.parametrize("reason", [None, "bad"])
def test_a_result_counts_whatever_its_encoding(station, encoding, reason):
    be(station, answer=Answer(imported=None if reason else timedelta(), reason=reason, encoding=encoding))
    done = run(station)
    assert (done.code, done["state"]) == (("renewal_rejected", "rejected") if reason else (None, "renewed"))
    assert done["result_file"] is not None


@pytest.mark.parametrize("about", ["cxyz001.PUB", "CXYZ002.pub", "", "somebody else's file"])
def test_a_failed_result_is_told_whoever_it_names(station, about):
    be(station, answer=Answer(imported=None, reason="not taken", about=about))
    done = run(station)
    decode_text = " ".join([done["msg"] if done.code else "", *done["warnings"]])
    assert "not taken" in decode_text
    assert (done.code == "renewal_rejected") == (about == "cxyz001.PUB")


@pytest.mark.parametrize("dated", ["20200101.000000", "00010101.000000", "20260115.080000", "99991231.235959"])
def test_a_no_of_any_day_is_one(station, dated):
    be(station, answer=Answer(imported=None, reason="bad key", name=f"Result.{dated}.{{word}}.txt"))
    done = run(station)
    assert (done.code, done.uploads) == ("renewal_rejected", 1) and "bad key" in done["msg"]
    station.clock.now += HOUR
    assert station.run().uploads == 0


def test_a_no_beside_a_new_key_that_logs_in_is_told(station):
    be(station, answer=Answer(more="Error reason: too late", name="Result.20200101.000000.failed.txt"))
    done = run(station)
    assert (done.code, done["state"]) == (None, "renewed")
    assert any("20200101" in warning and "too late" in warning for warning in done["warnings"])


def test_a_yes_of_an_impossible_day_is_told_where_the_new_key_is_refused(station):
    be(station, answer=Answer(imported=None, name="Result.20200101.000000.success.txt"))
    done = run(station)
    assert done.code == "result_not_seen"
    assert any("Result.20200101" in warning and "too far" in warning for warning in done["warnings"])


def test_a_failed_result_about_another_file_is_no_answer_to_this_upload(station):
    be(station, answer=Answer(about="CABC001.pub", name="Result.{at:%Y%m%d.%H%M%S}.failed.txt"))
    done = run(station)
    assert (done.code, done["state"]) == (None, "renewed")
    assert any("does not name" in warning for warning in done["warnings"])
    assert any("has told no result of the upload" in warning for warning in done["warnings"])


@pytest.mark.parametrize("word", ["success", "failed"])
def test_a_result_that_is_too_large_is_told_as_that(station, word):
    answer = Answer(more="x" * (1 << 20))
    be(station, answer=answer if word == "success" else replace(answer, imported=None, reason="bad"))
    done = run(station)
    decode_text = [warning for warning in done["warnings"] if "too large" in warning]
    assert len(decode_text) == 1 and word in decode_text[0] and "empty" not in decode_text[0]


@pytest.mark.parametrize(
    ("made", "believed"),
    [
        pytest.param([-100, -101, -102], True, id="the reports are of that day as well"),
        pytest.param([-100, -101], True, id="too few reports to tell"),
        pytest.param([], True, id="no reports"),
        pytest.param([0, -1, -2], False, id="the reports are of today"),
        pytest.param([-120, -121, -122], False, id="the reports are older by weeks"),
        pytest.param([0, 0, -100, -101, -102], True, id="two of today are a slip"),
    ],
)
def test_a_far_day_is_believed_where_the_reports_bear_it_out(station, made, believed):
    station.facility.published = [int((DUE + day * DAY).timestamp()) for day in made]
    be(station, answer=Answer(dated=-100 * DAY))
    done = station.run()
    assert done["uploaded_on"] == ("2025-10-15" if believed else "2026-01-23")


def test_a_zip_that_unfolds_to_much_is_kept_as_it_is(station):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(3):
            file.writestr(str(number), bytes(16 << 20))
    be(station, answer=Answer(more=buffer.getvalue().decode("latin-1"), encoding="latin-1"))
    assert run(station)["state"] == "renewed"
    assert len(list(station.root.rglob("Result.*.quarantined"))) == 1


def test_a_name_of_a_later_day_holds_up_no_renewal_for_ever(station):
    station.books.results["SSHKeyExpireWarning_20990101.txt"] = (b"soon", DUE + 20 * DAY)
    station.clock.now = DUE + 21 * DAY
    decode_text = station.run()
    assert (decode_text.code, decode_text.uploads) == ("clock_wrong", 0)
    station.clock.now = datetime(2026, 2, 20, 8, tzinfo=HONG_KONG)  # a Friday, twelve days before the last one
    done = station.run()
    assert (done.code, done["state"]) == (None, "renewed")
    assert any("20990101" in warning for warning in done["warnings"])


@pytest.mark.parametrize(("many", "code"), [(2, None), (3, "clock_wrong")])
def test_reports_of_a_later_day_show_that_the_clock_is_behind(station, many, code):
    station.facility.published = [int((DUE + 40 * DAY).timestamp())] * many
    done = station.run()
    assert (done.code, done.uploads) == (code, 0 if code else 1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.from_regex(r"Result[.][0-9]{8}[.][0-9]{6}[.](success|failed|SUCCESS)[.]txt", fullmatch=True),
    st.text(max_size=60),
    st.sampled_from([None, "bad"]),
)
def test_whatever_a_facility_says_the_records_can_be_read_afterwards(name, more, reason):
    participant = Participant(REGISTERED)
    participant.clock.now = DUE
    station = participant.first
    station.facility.be(Mood(answer=Answer(name=name, more=more.replace("\ud800", ""), reason=reason)))
    station.run()
    station.clock.now += DAY
    station.facility.be(Mood())
    again = station.run()
    assert again["state"] in ("current", "renewed", "rejected", "pending")
    assert logs_in(station) or again["state"] == "pending"
