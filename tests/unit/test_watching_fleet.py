# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control node does for whoever watches: the look after a run, a red status, the webhook, the inventory."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.status_fail import status_fail
from ansible_collections.dcass.sftp.plugins.filter.webhook_body import webhook_body
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import validate
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import CHECKS, UNCHECKED
from ansible_collections.dcass.sftp.plugins.plugin_utils._reporting import look_options, with_look
from tests.unit.test_status_page import SWITCH, row, wants

ASKED = {
    "account": "CXYZ001",
    "site": "secondary",
    "port": 10022,
    "dest": "/reports",
    "expected": ["*X*"],
    "passphrase": "s3cret words",
    "source_address": None,
    "metrics_file": "/m.prom",
}
IN_COMMON = (
    "ws1 and ws2 are one machine (m), and have the dcass_metrics_file '/m/1.prom' in common: give each account a file "
    "of its own, with its dcass_account in the name."
)
FILES = ("/m/1.prom", "/m/2.prom")


def test_the_look_is_asked_with_what_it_takes_of_the_run_s_options():
    assert look_options(ASKED, 7.5) == {
        "account": "CXYZ001",
        "site": "secondary",
        "dest": "/reports",
        "passphrase": "s3cret words",
        "metrics_file": "/m.prom",
        "control_time": 7.5,
    }


@pytest.mark.parametrize("files", [{}, {"metrics_file": None}, {"metrics_file": "", "events_file": ""}])
def test_where_nobody_watches_there_is_no_look(files):
    assert look_options({"account": "CXYZ001", **files}, 0) == {}


def refuse():
    raise OSError("the line\nis cut")


@pytest.mark.parametrize(
    ("look", "warnings"),
    [
        pytest.param(lambda: {"unwritten": []}, [], id="all is written"),
        pytest.param(lambda: {"unwritten": [], "failed": True, "error_code": "x", "msg": "y"}, [], id="told by itself"),
        pytest.param(lambda: {"unwritten": ["The metrics can't"]}, ["The metrics can't"], id="not written"),
        pytest.param(
            lambda: {"failed": True, "msg": "no Python"},
            ["Whoever watches the account hears nothing of this run: no Python"],
            id="no answer of ours",
        ),
        pytest.param(
            refuse, ["Whoever watches the account hears nothing of this run: the line is cut"], id="a line that is cut"
        ),
    ],
)
def test_a_look_adds_a_warning_at_the_most(look, warnings):
    assert with_look({"changed": True}, look) == {"changed": True, **({"warnings": warnings} if warnings else {})}
    assert with_look({"warnings": ["a"]}, look)["warnings"] == ["a", *warnings]


@pytest.mark.parametrize(
    ("limit", "red"),
    [
        pytest.param("", [], id="off"),
        pytest.param("at_once", ["lost"], id="at once"),
        pytest.param("0", ["lost", "today"], id="today, as a text"),
        pytest.param(3, ["lost", "today", "three"], id="three days"),
        pytest.param("3650", ["lost", "today", "three", "ten"], id="ten years"),
        pytest.param("soon", ["lost", "today", "three", "ten", "some day", "switched"], id="anything"),
    ],
)
def test_a_status_ends_red_as_soon_as_is_asked(limit, red):
    rows = {
        "nothing": row(),
        "lost": row(due=wants(-1)),
        "today": row(due=wants(0)),
        "three": row(due=wants(3)),
        "ten": row(due=wants(10)),
        "some day": row(due=wants(None)),
        "switched": row(switch=SWITCH),
    }
    assert [name for name, its in rows.items() if status_fail(its, limit, "ws1")] == red


def test_the_red_line_names_the_most_urgent_and_counts_the_rest():
    due = [*wants(-1, "One."), *wants(0, "Two."), *wants(1, "Three."), *wants(2, "Four."), *wants(99, "Never.")]
    said = status_fail(row(due=due), 5, "ws1")
    assert said == "ws1 CXYZ001: status_at_once: Due at once: One. Two. Three. And 1 more."


@pytest.mark.parametrize(
    ("name", "value", "is_right"),
    [
        *(("dcass_status_fail", value, True) for value in ("", "at_once", "soon", 0, "3", 3650)),
        *(("dcass_status_fail", value, False) for value in ("days", -1, 3651, True, "at once", [], 1.5)),
        *(("dcass_metrics_file", value, True) for value in ("", "/a/b.prom")),
        *(("dcass_metrics_file", value, False) for value in ("/a/b", "b.prom", ["/a.prom"], "/a.prom/")),
        *(("dcass_events_file", value, True) for value in ("", "/a/b")),
        *(("dcass_events_file", value, False) for value in ("b", 7)),
        *(("dcass_webhook_always", value, True) for value in (True, "no")),
        ("dcass_webhook_always", "perhaps", False),
    ],
)
def test_variables_are_judged(name, value, is_right):
    assert (CHECKS[name](value) is None) == is_right


def test_an_address_that_may_hold_a_token_is_never_read():
    assert "webhook_url" in UNCHECKED and "dcass_webhook_url" not in CHECKS


@pytest.mark.parametrize(
    ("files", "hosts", "is_wrong"),
    [
        pytest.param(FILES, ("m", "m"), False, id="a file for each account"),
        pytest.param((FILES[0], FILES[0]), ("m", "m"), True, id="one for both, on one machine"),
        pytest.param((FILES[0], FILES[0]), ("m", "n"), False, id="the same path on two machines"),
        pytest.param(("", ""), ("m", "m"), False, id="none"),
    ],
)
def test_two_accounts_on_a_machine_have_a_file_each(files, hosts, is_wrong):
    values = {
        f"ws{number}": {
            "dcass_customer_code": "CXYZ",
            "dcass_workstation_address": f"192.0.2.3{number}",
            "dcass_both_accounts": True,
            "dcass_config_dir": f"/etc/{number}",
            "ansible_host": host,
            "dcass_metrics_file": path,
        }
        for number, (path, host) in enumerate(zip(files, hosts), 1)
    }
    said = validate({"cp_cxyz": ["ws1", "ws2"]}, values)
    told = [text for text in said if "dcass_metrics_file" in text]
    assert told == ([IN_COMMON] if is_wrong else [])


def body(**known):
    hostvars = {"ws1": {"dcass_account": "CXYZ001", "status_known": known}}
    return webhook_body(["ws1"], hostvars, "status", "job {{ 7 }}", 1_800_000_000)


def test_a_webhook_hears_what_matters_and_no_template():
    known = {
        **row()["known"],
        "facility": {"day": "2026-11-20"},
        "next_actions": [],
        "reports": {"outstanding": [], "lost": []},
        "handover": {"waiting": [], "days": []},
    }
    quiet = body(**known)
    assert (quiet["matters"], quiet["run"], quiet["time"]) == (False, "status", "2027-01-15T16:00:00+08:00")
    assert "{{" not in quiet["run_by"]
    loud = body(**{**known, "next_actions": ["Look into it."]})
    assert loud["matters"] and loud["dcass_next_actions"]["accounts"] == {"CXYZ001": ["Look into it."]}
