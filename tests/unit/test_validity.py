# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long keys live: 730 days from the day of the upload, the guide's example of March 2020 (§6.1)."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.validity import last_day, life


def test_the_guide_s_key_of_march_2020():
    assert last_day(date(2020, 3, 1)) == date(2022, 3, 1)


@pytest.mark.parametrize(
    ("today", "left"),
    [
        pytest.param(date(2020, 3, 1), 730, id="on the day of the upload"),
        pytest.param(date(2022, 2, 15), 14, id="when the warnings begin"),
        pytest.param(date(2022, 3, 1), 0, id="on its last day"),
        pytest.param(date(2022, 3, 2), -1, id="when it is expired"),
    ],
)
def test_days_left_of_it(today, left):
    assert life(None, date(2020, 3, 1)).days_left(today) == left


def test_registration_counts_where_it_is_known_and_else_the_day_it_was_made():
    made, registered = date(2026, 11, 1), date(2026, 11, 22)
    assert (life(made, registered).last_day, life(made, registered).basis) == (date(2028, 11, 21), "registered")
    assert (life(made, None).last_day, life(made, None).basis) == (date(2028, 10, 31), "made")
    assert life(None, None) is None
