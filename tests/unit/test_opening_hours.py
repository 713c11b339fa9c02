# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a run may log in now, by the calendar and ``outside_hours`` (§4.1)."""

from __future__ import annotations

from datetime import datetime

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules import opening_hours
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import CalendarUnknown, FacilityClosed
from ansible_collections.dcass.sftp.plugins.module_utils._rules.holidays import LAST_YEAR, PREDICTED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from tests.unit.support import options

OPEN, SHUT = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG), datetime(2026, 11, 21, 12, tzinfo=HONG_KONG)
CHRISTMAS = datetime(2026, 12, 25, 11, 30, tzinfo=HONG_KONG)
UNKNOWN = datetime(max(PREDICTED) + 1, 6, 1, 12, tzinfo=HONG_KONG)


def hours_at(now: datetime, **more: object) -> opening_hours.HoursCheck:
    return opening_hours.check_hours(settings_from(options(**more)), now)


@pytest.mark.parametrize("choice", ["skip", "fail", "ignore"])
def test_nobody_is_kept_out_while_it_is_open(choice):
    assert hours_at(OPEN, outside_hours=choice) == opening_hours.HoursCheck(
        None, [], "the facility is open until Saturday 2026-11-21 03:30 Hong Kong time"
    )


def test_skip_ends_the_run_with_the_time_to_come_back():
    assert hours_at(SHUT, outside_hours="skip").skip_result == {
        "skipped": True,
        "msg": "The facility is closed until Monday 2026-11-23 07:00 Hong Kong time.",
        "opens_at": "2026-11-23T07:00:00+08:00",
        "day_kind": "closed day",
        "warnings": [],
    }


def test_a_skipped_holiday_trading_day_is_told_by_its_kind_and_a_sentence():
    skipped = hours_at(CHRISTMAS).skip_result
    assert skipped["day_kind"] == "holiday trading day"
    assert "dcass_holiday_trading is false" in skipped["msg"] and skipped["opens_at"] == "2026-12-28T07:00:00+08:00"
    assert hours_at(CHRISTMAS, holiday_trading=True).skip_result is None
    with pytest.raises(FacilityClosed, match="dcass_holiday_trading is false"):
        hours_at(CHRISTMAS, outside_hours="fail")


@pytest.mark.parametrize(
    ("now", "more", "is_extra"),
    [
        pytest.param(OPEN, {}, False, id="a business day"),
        pytest.param(SHUT, {}, False, id="a closed Saturday"),
        pytest.param(SHUT, {"open_days": ["2026-11-21"]}, True, id="a drill's Saturday"),
        pytest.param(CHRISTMAS, {}, False, id="a holiday that is skipped"),
        pytest.param(CHRISTMAS, {"holiday_trading": True}, True, id="a holiday trading day"),
        pytest.param(
            CHRISTMAS, {"holiday_trading": True, "outside_hours": "ignore"}, False, id="where hours are ignored"
        ),
    ],
)
def test_a_day_that_is_open_and_no_business_day_is_an_extra_one(now, more, is_extra):
    assert opening_hours.is_extra_day(settings_from(options(**more)), now) is is_extra


def test_fail_fails_with_the_time_to_come_back():
    with pytest.raises(FacilityClosed, match="closed until Monday") as refused:
        hours_at(SHUT, outside_hours="fail")
    assert refused.value.facts["opens_at"] == "2026-11-23T07:00:00+08:00"


def test_ignore_lets_in_at_any_time():
    assert hours_at(SHUT, outside_hours="ignore").skip_result is None


def test_an_unknown_year_is_told_loudly():
    weekend = datetime(UNKNOWN.year, 6, 3, 12, tzinfo=HONG_KONG)
    assert hours_at(UNKNOWN, outside_hours="skip").warnings == hours_at(UNKNOWN, outside_hours="ignore").warnings
    assert "is taken for a business day" in hours_at(UNKNOWN, outside_hours="skip").warnings[0]
    assert (
        hours_at(weekend, outside_hours="skip").skip_result["warnings"]
        == hours_at(weekend, outside_hours="skip").warnings
        != []
    )
    with pytest.raises(CalendarUnknown):
        hours_at(UNKNOWN, outside_hours="fail")


def test_a_predicted_year_is_told_and_not_taken_for_known():
    predicted = datetime(LAST_YEAR + 1, 6, 1, 12, tzinfo=HONG_KONG)
    assert "are predicted" in hours_at(predicted, outside_hours="skip").warnings[0]
    with pytest.raises(CalendarUnknown):
        hours_at(predicted, outside_hours="fail")


def test_the_small_hours_of_an_unknown_year_s_first_day_belong_to_the_last_known_year():
    # 2027-12-31 is a Friday: until 03:30 on New Year's Day it is still that day's session.
    assert hours_at(datetime(2028, 1, 1, 2, tzinfo=HONG_KONG), outside_hours="fail").skip_result is None
