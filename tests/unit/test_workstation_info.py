# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first question to a workstation, as the shell answers it, and when nobody is asked."""

from __future__ import annotations

import subprocess
from datetime import datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.recent import has_recent
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.plugin_utils import _workstation as rules
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import Variables

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
PAIR = {"cp_cxyz": [ONE, TWO], "all": [ONE, TWO]}
SWITCH = "site=secondary since=2026-11-20T12:00:00+08:00 who=amy why=exercise"
FRIDAY, NIGHT = "2026-11-27T12:00", "2026-11-28T04:00"


def its(**more):
    """The variables of a workstation; a template in them is worked out as its own text in capitals."""
    variables = {
        "dcass_account": "CXYZ001",
        "dcass_customer_code": "CXYZ",
        "dcass_site": "primary",
        "dcass_addresses": {"primary": ["a"], "secondary": ["b"]},
        "dcass_venv": "/opt/x",
        "dcass_config_dir": "/etc/x",
        "dcass_report_dir": "/srv/x",
        "dcass_report_drill": False,
        "dcass_report_shared": True,
        "dcass_report_scope": "all",
        "dcass_service_user": "dcass",
        "dcass_outside_hours": "skip",
        "dcass_holiday_trading": False,
        **{name: [] for name in ("dcass_closed_days", "dcass_open_days", "dcass_holidays")},
        **dict.fromkeys(
            ("dcass_handover_dir", "dcass_handover_command", "dcass_metrics_file", "dcass_events_file"), ""
        ),
    }
    return Variables({**variables, **more}, lambda value: value.upper() if isinstance(value, str) else value)


@pytest.mark.parametrize(
    ("moment", "more", "is_closed"),
    [
        pytest.param(FRIDAY, {}, False, id="open"),
        pytest.param(NIGHT, {}, True, id="the small hours after an open day have ended"),
        pytest.param("2026-11-29T12:00", {}, True, id="Sunday"),
        pytest.param("2026-11-29T12:00", {"dcass_open_days": ["2026-11-29"]}, False, id="a Sunday that was opened"),
        pytest.param(FRIDAY, {"dcass_closed_days": "2026-11-27"}, True, id="a day that was closed, alone in no list"),
        pytest.param(NIGHT, {"dcass_outside_hours": "ignore"}, False, id="hours are ignored"),
        pytest.param(NIGHT, {"dcass_outside_hours": "fail"}, False, id="the run is to fail, and to be on record"),
        pytest.param(NIGHT, {"dcass_handover_dir": "/srv/h"}, False, id="the back office may wait for something"),
        pytest.param(NIGHT, {"dcass_metrics_file": "/x.prom"}, False, id="metrics are to be fresh"),
        pytest.param(NIGHT, {"dcass_events_file": "/x.jsonl"}, False, id="events are to be told"),
        pytest.param(NIGHT, {"dcass_closed_days": ["tomorrow"]}, False, id="a day that is none: the module refuses it"),
    ],
)
def test_nobody_is_asked_while_it_is_closed_and_there_is_nothing_to_do(moment, more, is_closed):
    closed = rules.closed(its(**more), datetime.fromisoformat(moment).replace(tzinfo=HONG_KONG))
    assert (closed is not None) == is_closed
    if closed:
        assert (closed["outcome"], closed["skipped"], closed["changed"]) == ("closed", True, False)
        assert closed["msg"].startswith("The facility is closed until ")


@pytest.mark.parametrize(
    ("host", "groups", "more", "told"),
    [
        pytest.param(ONE, PAIR, {}, ("CXYZ001", False, TWO, "all"), id="the first of a pair"),
        pytest.param(TWO, PAIR, {"dcass_account": "CXYZ002"}, ("CXYZ002", True, ONE, "all"), id="its standby"),
        pytest.param(ONE, PAIR, {"dcass_account": "CXYZ002"}, ("CXYZ002", True, TWO, "all"), id="the other way round"),
        pytest.param(ONE, PAIR, {"dcass_report_shared": "no"}, ("CXYZ001", False, TWO, ""), id="each for itself"),
        pytest.param(ONE, {"cp_cxyz": [ONE]}, {}, ("CXYZ001", False, "", ""), id="one alone"),
        pytest.param(
            ONE, {"cp_cxyz": [ONE]}, {"dcass_account": "CXYZ002"}, ("CXYZ002", False, "", ""), id="no standby"
        ),
    ],
)
def test_who_is_who(host, groups, more, told):
    who = rules.who_is_who(its(**more), host, groups)
    assert tuple(who.values()) == told
    assert list(who) == ["account", "is_second", "partner", "shares"]


def asked(variables, check_mode=False):
    """What follows from what a real shell says of these places."""
    done = subprocess.run(["/bin/sh", "-c", rules.question(variables)], capture_output=True, text=True, check=True)
    return rules.answer(variables, ONE, {"rc": 0, "stdout": done.stdout}, check_mode)


@pytest.fixture
def place(tmp_path):
    """A workstation that is rolled out, in a folder whose name a shell would read as several words."""
    root = tmp_path / "a folder's $HOME"
    (root / "venv").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "venv" / "requirements.txt").touch()
    names = {"dcass_venv": "venv", "dcass_config_dir": "etc", "dcass_report_dir": "reports"}
    return root, {name: str(root / folder) for name, folder in names.items()}


def test_one_that_is_ready_may_run(place):
    root, where = place
    told = asked(its(**where))
    assert (told["may_run"], told["blocked"], told["site"], told["user"]) == (True, {}, "primary", "dcass")
    assert told["python"] == f"{root}/venv/bin/python"


def test_one_that_is_not_rolled_out_may_not_but_in_check_mode(place):
    root, where = place
    (root / "venv" / "requirements.txt").unlink()
    told = asked(its(**where))
    assert (told["may_run"], told["blocked"]["error_code"], told["python"]) == (False, "not_rolled_out", "")
    told = asked(its(**where), check_mode=True)
    assert (told["may_run"], told["blocked"], told["user"]) == (True, {}, "root")


@pytest.mark.parametrize(
    ("record", "site", "code"),
    [
        pytest.param("damaged", "primary", "site_unreadable", id="damaged"),
        pytest.param("", "primary", "site_unreadable", id="empty"),
    ],
)
def test_a_record_of_the_site_that_says_nothing_is_in_the_way(place, record, site, code):
    root, where = place
    (root / "etc" / "site").write_text(record)
    told = asked(its(**where))
    assert (told["site"], told["blocked"]["error_code"], told["may_run"]) == (site, code, False)


def test_one_that_has_gone_is_told_with_its_code():
    told = rules.answer(its(), ONE, {"unreachable": True, "msg": "Gone."}, False)
    assert (told["may_run"], told["blocked"]["error_code"]) == (False, "host_unreachable")


@pytest.mark.parametrize(
    ("more", "folder", "is_recent"),
    [
        pytest.param({}, "", False, id="no archive yet"),
        pytest.param({}, "COMMON", True, id="of all"),
        pytest.param({}, "CXYZ", True, id="of the participant"),
        pytest.param({}, "OTHER", False, id="of nobody"),
        pytest.param({"dcass_report_drill": True}, "COMMON", False, id="a drill, and nothing of one"),
        pytest.param({"dcass_report_drill": True}, ".drill-2026-11-28/CXYZ", True, id="of a drill"),
    ],
)
def test_a_standby_is_looked_at_where_its_reports_come_to(place, more, folder, is_recent):
    root, where = place
    archive = root / "re[ports]*"
    if folder:
        (archive / folder / "2026").mkdir(parents=True)
        (archive / folder / "2026" / "x.csv").touch()
    places = rules.places(its(**{**where, "dcass_report_dir": str(archive)}, **more), of_archive=True)
    assert has_recent(places["folders"]) is is_recent


def test_what_is_presumed_is_what_one_that_is_ready_answers(place):
    _root, where = place
    presumed, told = rules.presumed(its(**where)), asked(its(**where))
    assert presumed == {**told, "presumed": True}
    assert rules.places(its(**where)) == {
        "question": rules.question(its(**where)),
        "marker": f"{where['dcass_venv']}/requirements.txt",
        "record": f"{where['dcass_config_dir']}/site",
    }
