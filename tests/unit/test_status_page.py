# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all workstations: the most urgent first, each with what it wants of people."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.dcass.sftp.plugins.filter.status_page import status_page as status_events

TODAY = "2026-11-22"
SOUND = {
    "facility": {"msg": "The facility is closed until Monday 2026-11-23 07:00 Hong Kong time."},
    "key": {
        "state": "registered",
        "last_day": "2028-11-20",
        "days_left": 729,
        "renewal": {"state": "none", "reason": "", "opens_on": "2028-09-21"},
    },
    "reports": {"last_sync": {"ended": "2026-11-20T07:05:12+08:00"}, "outstanding": [], "lost": []},
    "runs": [
        {
            "what": "sync",
            "began": "2026-11-20T07:05:01+08:00",
            "ended": "2026-11-20T07:05:12+08:00",
            "error_code": None,
        }
    ],
    "due": [],
}
SWITCH = {"site": "secondary", "since": "2026-11-20T08:00:00+08:00", "who": "Chan", "why": "circular 7"}


def status_page(rows):
    """The page as it is at a terminal."""
    (event,) = status_events(rows)
    return event["lines"]


def row(participant="cp_cxyz", account="CXYZ001", site="primary", **more):
    """One workstation as the role brings it; `key`, `reports` and the like change what it knows."""
    known = copy.deepcopy(SOUND)
    for name in set(more) & set(known):
        value = more.pop(name)
        known[name] = {**known[name], **value} if isinstance(value, dict) else value
    known["warnings"] = more.pop("warnings", [])
    known["evidence"] = more.pop("evidence", {"entries": 0, "head": None})
    for kind in ("outstanding", "lost"):
        known["reports"].setdefault(f"{kind}_count", len(known["reports"][kind]))
    known["next_actions"] = [due["sentence"] for due in known["due"]]
    return {"participant": participant, "account": account, "site": site, "known": known, **more}


def due(days):
    """A key whose renewal has opened."""
    renewal = {"state": "none", "reason": "", "opens_on": TODAY}
    return {"state": "registered", "last_day": "2027-01-01", "days_left": days, "renewal": renewal}


def wants(within, sentence="Look."):
    """What is due within so many days, None for no day that is known."""
    return [{"code": "x", "within_days": within, "urgency": "", "sentence": sentence}]


def test_the_whole_page():
    page = status_page(
        {
            "ws1": row(),
            "ws2": row(account="CXYZ002", switch={}, key=due(9), due=wants(9, "Renew the key of CXYZ002.")),
        },
    )
    assert page == [
        "The facility is closed until Monday 2026-11-23 07:00 Hong Kong time.",
        "workstation  account  key                                      last sync         last run  site     wanted",
        "ws2          CXYZ002  registered, until 2027-01-01 (9 days)    2026-11-20 07:05  sync ok   primary  in 9 days",
        "    Renew the key of CXYZ002.",
        "ws1          CXYZ001  registered, until 2028-11-20 (729 days)  2026-11-20 07:05  sync ok   primary  -",
    ]


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        pytest.param({}, "-", id="nothing"),
        pytest.param({"due": wants(None)}, "soon", id="something without a day"),
        pytest.param({"switch": SWITCH}, "soon", id="another site than the inventory's"),
        pytest.param({"due": wants(31)}, "in 31 days", id="something that has its time"),
        pytest.param({"due": wants(1)}, "tomorrow", id="the last day but one"),
        pytest.param({"due": wants(0)}, "today", id="the last day"),
        pytest.param({"due": wants(-1)}, "at once", id="an account that can't work"),
        pytest.param({"due": wants(-3)}, "at once", id="a day that is past"),
        pytest.param({"due": [*wants(None), *wants(3), *wants(31)]}, "in 3 days", id="the most urgent of several"),
        pytest.param({"failure": "The state is damaged."}, "at once", id="a state that can't be read"),
    ],
)
def test_urgency_is_when_something_is_lost(more, wanted):
    (line,) = [line for line in status_page({"ws1": row(**more)}) if line.startswith("ws1 ")]
    assert line.endswith(f"  {wanted}")


def test_the_most_urgent_comes_first():
    rows = {
        "idle": row(),
        "due": row(due=wants(20)),
        "owes": row(due=wants(7)),
        "soon": row(due=wants(None)),
        "silent": {"participant": "cp_cxyz", "account": "CXYZ001", "site": "primary"},
    }
    page = status_page(rows)
    assert [line.split()[0] for line in page if line.split()[0] in rows] == ["silent", "owes", "due", "soon", "idle"]


def test_one_workstation_alone_is_said_to_have_no_standby():
    page = status_page({"ws1": row(is_alone=True), "ws2": row(participant="cp_cabc")})
    without = "cp_cxyz has one workstation: it has no standby, and a registration wants a second address and a second"
    assert [line for line in page if "standby" in line] == [f"    {without} key."]


def test_one_that_did_not_answer_is_not_left_out():
    page = status_page({"ws1": {"participant": "cp_cxyz", "account": "CXYZ001", "site": "primary"}})
    assert page[-1] == "    It could not be asked; its own failure says why."
    damaged = status_page({"ws1": row(failure="The state is damaged.", switch=SWITCH)})
    assert "    The state is damaged." in damaged
    (line,) = [line for line in damaged if line.startswith("ws1 ")]
    assert line.split()[2:] == ["not", "known"] * 4 + ["at", "once"]
    assert any("Switched to the secondary site on 2026-11-20 08:00 by Chan: circular 7." in line for line in damaged)
    old = row(failure="The state is damaged.", facility={"msg": "Open."}, due=wants(None))
    assert [line.strip() for line in status_page({"ws1": old})][2:] == ["The state is damaged."]


def test_the_heads_of_the_evidence_are_last_for_whoever_keeps_what_runs_say():
    page = status_page(
        {"ws1": row(evidence={"entries": 12, "head": "ab" * 32}), "ws2": row(evidence={"entries": 0, "head": None})}
    )
    assert page[-1] == f"Evidence of CXYZ001: 12 entries, the last with SHA-256 {'ab' * 32}."
    assert sum("Evidence" in line for line in page) == 1


def test_one_that_never_synced_says_so():
    line = status_page({"ws1": row(reports={"last_sync": None}, runs=[])})[-1]
    assert line.split()[-4:] == ["never", "never", "primary", "-"]


@pytest.mark.parametrize(
    ("run", "shown"),
    [
        pytest.param({"error_code": "bad_private_key"}, "sync bad_private_key", id="one that failed"),
        pytest.param({"ended": None}, "sync going on", id="one that goes on"),
        pytest.param({"outcome": "closed"}, "sync closed", id="one that found the facility closed"),
        pytest.param({"outcome": "busy"}, "sync busy", id="one that left it to another"),
        pytest.param({"what": "renewal"}, "renewal ok", id="one of another kind"),
    ],
)
def test_the_last_run_is_told_whatever_came_of_it(run, shown):
    assert f"  {shown}  " in status_page({"ws1": row(runs=[{**SOUND["runs"][0], **run}])})[-1]


def test_a_warning_that_all_have_is_no_line_of_each():
    page = status_page({"ws1": row(warnings=["The calendar ends."], due=wants(9, "The calendar ends."))})
    assert [line.strip() for line in page].count("The calendar ends.") == 1


def test_a_switch_back_is_no_news_and_a_pair_at_two_sites_is():
    back = {**SWITCH, "site": "primary"}
    assert not any("site" in line for line in status_page({"ws1": row(switch=back)})[2:])
    apart = status_page({"ws1": row(switch=SWITCH), "ws2": row(account="CXYZ002")})
    shown = "    The workstations of cp_cxyz are at different sites: playbook dcass.sftp.switch_site."
    assert apart.count(shown) == 2


def test_what_is_owed_and_lost_is_named_and_many_are_counted():
    outstanding = [{"what": f"*R{n}*", "day": "2026-11-20"} for n in range(5)]
    page = status_page(
        {"ws1": row(reports={"outstanding": outstanding, "lost": [{"what": "*X*", "day": "2026-11-02"}]})}
    )
    named = ", ".join(f"*R{n}* of 2026-11-20 (until 2026-11-29)" for n in range(3))
    assert page[-2:] == [f"    Outstanding: {named} and 2 more.", "    Lost: *X* of 2026-11-02."]


def test_why_reports_are_owed_is_told_once_for_each_reason_and_of_three_reasons_at_most():
    reasons = ["The disk is full.", None, "The disk is full.", "Too long a name.", "", "No room.", "A fourth."]
    outstanding = [{"what": "*", "day": "2026-11-20", "reason": reason} for reason in reasons]
    page = status_page({"ws1": row(reports={"outstanding": outstanding})})
    assert page[-4].startswith("    Outstanding: ")
    assert page[-3:] == ["    The disk is full.", "    Too long a name.", "    No room."]


def test_more_than_are_named_are_counted():
    outstanding = [{"what": f"*R{n}*", "day": "2026-11-20"} for n in range(5)]
    page = status_page({"ws1": row(reports={"outstanding": outstanding, "outstanding_count": 4000})})
    assert page[-1].endswith(" and 3997 more.")


def test_three_that_are_owed_are_all_named():
    outstanding = [{"what": f"*R{n}*", "day": "2026-11-20"} for n in range(3)]
    assert status_page({"ws1": row(reports={"outstanding": outstanding})})[-1].endswith(
        "*R2* of 2026-11-20 (until 2026-11-29)."
    )


@pytest.mark.parametrize("state", ["none", "done", "abandoned"])
def test_a_renewal_that_has_ended_is_no_news(state):
    page = status_page({"ws1": row(key={"renewal": {**SOUND["key"]["renewal"], "state": state}})})
    assert not any("The renewal" in line for line in page)


def test_a_renewal_under_way_is_told_with_where_it_stands():
    renewal = {"state": "sent", "reason": "the new key is uploaded; no result has been seen", "opens_on": TODAY}
    page = status_page({"ws1": row(key={"renewal": renewal})})
    assert page[-1] == "    The renewal: the new key is uploaded; no result has been seen."


def test_doors_and_warnings_are_told_once_the_most_common_first():
    other = {"msg": "The facility is open until Monday 2026-11-23 03:30 Hong Kong time."}
    rows = {
        "a": row(warnings=["The calendar ends."]),
        "b": row(warnings=["The calendar ends."]),
        "c": row(facility=other),
    }
    assert status_page(rows)[:3] == [SOUND["facility"]["msg"], other["msg"], "The calendar ends."]


def test_where_participants_differ_each_sentence_says_whose_it_is():
    other = {"msg": "The facility is open until Saturday 2026-12-26 03:30 Hong Kong time."}
    rows = {
        "a": row(),
        "b": row(account="CXYZ002", warnings=["A day is odd."]),
        "c": row("cp_cabc", "CABC001", facility=other),
        "d": row("cp_cdef", "CDEF001"),
    }
    assert status_page(rows)[:3] == [
        f"cp_cdef, cp_cxyz: {SOUND['facility']['msg']}",
        f"cp_cabc: {other['msg']}",
        "cp_cxyz: A day is odd.",
    ]
