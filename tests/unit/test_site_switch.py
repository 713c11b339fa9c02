# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A switch of site: the operator's word, and both workstations or neither."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.site_switch import site_switch
from ansible_collections.dcass.sftp.plugins.filter.switch_order import switch_order

AT = "2026-11-23T10:00:00+08:00"
ONE, TWO = PAIR = ("cxyz-ws1", "cxyz-ws2")
TO, WHY, WHO, CONFIRMED = (
    "dcass_switch_to, primary or secondary",
    "dcass_switch_why, the reason",
    "dcass_switch_who, your name",
    "dcass_switch_confirmed=true",
)


@pytest.mark.parametrize(
    ("to", "why", "who", "confirmed", "missing"),
    [
        pytest.param("secondary", "drill", "Chan", True, [], id="all is said"),
        pytest.param("primary", 123, "Chan", "yes", [], id="a reason that YAML takes for a number"),
        pytest.param("primary", 1.5, "Chan", "True", [], id="or for another one"),
        pytest.param("", "", "", False, [TO, WHY, WHO, CONFIRMED], id="nothing"),
        pytest.param("third", "drill", "Chan", 1, [TO], id="no such site"),
        pytest.param("primary", None, "Chan", "on", [WHY], id="a reason that was left empty"),
        pytest.param("primary", " \n", "Chan", True, [WHY], id="a blank reason"),
        pytest.param("primary", ["drill"], "Chan", True, [WHY], id="a list of reasons"),
        pytest.param("primary", "drill", None, True, [WHO], id="a name that was left empty"),
        pytest.param("primary", "drill", "  ", True, [WHO], id="a blank name"),
        pytest.param("primary", "drill", "Chan", "no", [CONFIRMED], id="not confirmed"),
        pytest.param("primary", "drill", "Chan", "y", [], id="confirmed in a word that Ansible takes as well"),
        pytest.param("primary", "drill", "Chan", None, [CONFIRMED], id="confirmed by nothing"),
    ],
)
def test_what_is_missing_from_the_operator_s_word(to, why, who, confirmed, missing):
    assert switch_order(to, why, who, confirmed, AT)["missing"] == missing


def test_the_record_is_one_line_with_site_time_and_words():
    order = switch_order("secondary", " circular 123/26,\n 'drill' ", " Chan  Tai Man ", True, AT)
    assert (order["who"], order["why"]) == ("Chan Tai Man", "circular 123/26, 'drill'")
    assert order["line"] == f'secondary {AT} {{"who": "Chan Tai Man", "why": "circular 123/26, \'drill\'"}}'


def test_without_the_whole_word_there_is_no_line():
    nothing = {"who": "", "why": "", "line": ""}
    assert switch_order("secondary", "", "Chan", True, AT) == {"missing": [WHY], **nothing}


def trial(*codes, **more):
    """What facility_info has returned, with an address for each code."""
    return {"addresses": [{"error_code": code, "msg": f"{code}." if code else None} for code in codes], **more}


def asked(due=True, blind=False, **more):
    """A workstation as the role keeps it for its pair's other one."""
    return {"dcass_switch_due": due, "dcass_switch_blind": blind, **more}


@pytest.mark.parametrize(
    ("its", "obstacle"),
    [
        pytest.param(asked(dcass_switch_trial=trial(None, None)), None, id="both addresses answer"),
        pytest.param(asked(dcass_switch_trial=trial(None, "unreachable")), None, id="one of two is down"),
        pytest.param(
            asked(dcass_switch_trial=trial(None, "host_key_unknown")),
            "host_key_unknown.",
            id="a key that is not pinned",
        ),
        pytest.param(
            asked(dcass_switch_trial=trial("host_key_unknown", "host_key_mismatch")),
            "host_key_unknown. host_key_mismatch.",
            id="all that is wrong is told",
        ),
        pytest.param(
            asked(dcass_switch_trial=trial("unreachable", "unreachable", error_code="unreachable")),
            "unreachable. unreachable.",
            id="neither answers",
        ),
        pytest.param(
            asked(dcass_switch_trial={"error_code": "no_key", "msg": "There is no key."}),
            "There is no key.",
            id="it was not even tried",
        ),
        pytest.param(asked(dcass_switch_trial={}), "The site could not be tried.", id="no answer"),
        pytest.param(asked(), "The site could not be tried.", id="no trial"),
        pytest.param(asked(due=False, dcass_switch_trial={"skipped": True}), None, id="it is there already"),
        pytest.param(asked(due=False, blind=True), None, id="there already, addresses of one site"),
        pytest.param(
            asked(blind=True),
            "its dcass_addresses are those of one site alone: write them by site, primary and secondary.",
            id="addresses of one site",
        ),
        pytest.param({}, "it does not take part, or could not be asked.", id="not in the play"),
    ],
)
def test_what_is_in_the_way_of_a_workstation_is_in_the_way_of_both(its, obstacle):
    found = site_switch({ONE: asked(dcass_switch_trial=trial(None)), TWO: its}, PAIR)
    assert found["obstacles"] == ([f"{TWO}: {obstacle}"] if obstacle else [])


@pytest.mark.parametrize(
    ("first", "second", "unwritten", "why"),
    [
        pytest.param({"changed": True}, {"changed": True}, [], "", id="both have written"),
        pytest.param({"failed": True, "msg": "No room."}, {"changed": True}, [ONE], "No room.", id="one could not"),
        pytest.param(
            {"changed": True}, {"unreachable": True, "msg": "Gone."}, [TWO], "Gone.", id="one has gone meanwhile"
        ),
        pytest.param(
            {"failed": True, "msg": "A."}, {"failed": True, "msg": "B."}, [ONE, TWO], "A.", id="neither could"
        ),
        pytest.param({"skipped": True}, None, [], "", id="nothing was to be written"),
    ],
)
def test_who_could_not_record_the_switch(first, second, unwritten, why):
    found = site_switch({ONE: asked(dcass_switch_written=first), TWO: asked(dcass_switch_written=second)}, PAIR)
    assert (found["unwritten"], found["why_unwritten"]) == (unwritten, why)
