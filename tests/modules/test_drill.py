# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drill on a Saturday, against the rehearsal facility: apart from all else, each report once by the pair (§4.1)."""

from __future__ import annotations

import pathlib
from collections import Counter
from datetime import datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from tests.modules.steering import SteeredClock
from tests.modules.support import fail, succeed

DAY = "2026-11-28"
FRIDAY, SATURDAY, MONDAY = (datetime(2026, 11, day, 10, tzinfo=HONG_KONG) for day in (27, 28, 30))
OPENED = {"outside_hours": "skip", "open_days": [DAY]}
EXPECTED = ["*RX_AUDIT*", "*TP001*"]


@pytest.fixture
def clock(facility, monkeypatch):
    steered = SteeredClock(facility.control, monkeypatch)
    facility.control.hours(open_days=[DAY])
    steered.set(FRIDAY)
    yield steered
    facility.control.hours(open_days=[])
    steered.release()


def reads(facility):
    """How often each report was read since the test began, by path and the time at which it was made."""
    seen = facility.events("download")
    return Counter((event["detail"]["path"], event["detail"]["made"]) for event in seen)


def test_a_drill_between_two_business_days_leaves_both_as_they_are(facility, workstation, clock):
    facility.publish(date="2026-11-27", scale=0.01)
    friday = workstation.sync(expected=EXPECTED, **OPENED)
    clock.set(SATURDAY)
    facility.publish(name=f"CXYZ_HKCC_TP001_{DAY.replace('-', '')}.csv", folder=workstation.code, size=900)
    wanted = workstation.sync(check=True, drill=True, expected=EXPECTED, **OPENED)
    drill = workstation.sync(drill=True, expected=EXPECTED, **OPENED)
    assert drill["drill"] and not friday["drill"]
    assert [entry["path"] for entry in wanted["downloaded"]] == [entry["path"] for entry in drill["downloaded"]]
    folder = pathlib.Path(workstation.dest) / f".drill-{DAY}"
    assert all(pathlib.Path(entry["path"]).is_relative_to(folder) for entry in drill["downloaded"])
    assert not workstation.sync(drill=True, scope="intraday", **OPENED)["changed"]
    clock.set(MONDAY)
    fail("report_sync", "bad_option", **{**workstation.options, **OPENED, "dest": workstation.dest, "drill": True})
    monday = workstation.sync(expected=EXPECTED, **OPENED)
    assert [entry["name"][-12:] for entry in monday["downloaded"]] == ["20261128.csv"]
    known = succeed("account_info", **workstation.options, dest=workstation.dest)["reports"]
    assert known["held"] == len(friday["downloaded"]) + 1
    assert known["last_drill"]["scope"] == "intraday" and known["last_sync"]["downloaded"] == 1
    checked = succeed("archive_check", **workstation.options, dest=workstation.dest, deep=True)
    assert checked["unknown"] == []


def test_the_pair_reads_each_report_of_a_drill_once(facility, participant, clock):
    first, second = participant.workstations
    clock.set(SATURDAY)
    facility.publish(name="PRICES_20261128.csv", folder="COMMON", size=700)
    more = {"drill": True, **OPENED}
    index = succeed("report_sync", **{**second.options, **more}, dest=second.dest, standby=True)["index"]
    one = first.sync(partner_index=index, return_index=True, **more)
    two = second.sync(partner_index=one["index"], **more)
    assert (len(one["downloaded"]), two["downloaded"], two["held_by_partner"]) == (1, [], 1)
    assert set(reads(facility).values()) == {1}
    fail("report_sync", "bad_option", **{**second.options, "dest": second.dest, "partner_index": one["index"]})
