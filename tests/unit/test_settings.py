# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shared options, refused before anything connects where they can't be right."""

from __future__ import annotations

from datetime import date

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadAccount, BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from tests.unit.support import options


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("login_budget", 0, id="no login at all"),
        pytest.param("login_budget", 5, id="the login that locks"),
        pytest.param("login_budget", -1, id="a negative budget"),
        pytest.param("connect_timeout", 0.0, id="no time to connect"),
        pytest.param("connect_timeout", -1.0, id="negative time to connect"),
        pytest.param("connect_timeout", float("nan"), id="time that is no number"),
        pytest.param("connect_timeout", float("inf"), id="all the time in the world"),
        pytest.param("operation_timeout", 0.0, id="no time to answer"),
        pytest.param("connect_timeout", 3600.5, id="more than an hour to connect"),
        pytest.param("operation_timeout", 3600.5, id="more than an hour to answer"),
        pytest.param("run_timeout", 86400.5, id="more than a day for a run"),
        pytest.param("run_timeout", 0.0, id="no time to run"),
        pytest.param("known_hosts", "known_hosts", id="known_hosts relative to where the module runs"),
        pytest.param("key_dir", "keys", id="keys relative to it"),
        pytest.param("state_dir", "state", id="the state relative to it"),
        pytest.param("source_address", "192.0.2.256", id="source with an octet of 256"),
        pytest.param("source_address", "ws1.example.com", id="source by name"),
        pytest.param("source_address", "", id="empty source"),
        pytest.param("source_address", "::1", id="IPv6 source"),
        pytest.param("addresses", ["127.0.0.1:0"], id="port 0"),
        pytest.param("addresses", [""], id="an empty address"),
        pytest.param("port", 65536, id="a port out of range"),
        pytest.param("closed_days", ["tomorrow"], id="a closed day that is no date"),
        pytest.param("open_days", ["2026-13-01"], id="an open day that is no date"),
    ],
)
def test_an_option_that_cannot_be_right_is_refused(option, value):
    with pytest.raises(BadInput) as refused:
        settings_from(options(**{option: value}))
    assert refused.value.code == "bad_option"


@pytest.mark.parametrize(
    "option",
    ["connect_timeout", "operation_timeout", "run_timeout", "login_budget", "known_hosts", "key_dir", "state_dir"],
)
def test_a_refused_option_is_named(option):
    with pytest.raises(BadInput, match=rf"^{option} is "):
        settings_from(options(**{option: "nowhere" if option.endswith(("hosts", "dir")) else 0}))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("login_budget", 1, id="one login"),
        pytest.param("login_budget", 4, id="all but the login that locks"),
        pytest.param("connect_timeout", 3600.0, id="an hour to connect"),
        pytest.param("operation_timeout", 3600.0, id="an hour to answer"),
        pytest.param("operation_timeout", 0.001, id="a millisecond to answer"),
        pytest.param("run_timeout", 86400.0, id="a day for a run"),
        pytest.param("known_hosts", "/srv/known_hosts", id="known_hosts elsewhere"),
        pytest.param("key_dir", "/srv/keys", id="keys elsewhere"),
        pytest.param("state_dir", "/srv/state", id="the state elsewhere"),
        pytest.param("outside_hours", "fail", id="to fail while it is closed"),
        pytest.param("source_address", "192.0.2.31", id="a source"),
        pytest.param("passphrase", "s3cret", id="a passphrase"),
        pytest.param("site", "secondary", id="the other site"),
    ],
)
def test_an_option_is_taken_over_as_it_is(option, value):
    assert getattr(settings_from(options(**{option: value})), option) == value


def test_days_that_people_open_and_close_are_on_the_calendar():
    calendar = settings_from(options(closed_days=["2026-11-20"], open_days=["2026-11-21"])).calendar
    assert [calendar.is_open_on(date(2026, 11, day)) for day in (19, 20, 21, 22)] == [True, False, True, False]
    assert not calendar.is_open_on(date(2026, 12, 25))
    assert settings_from(options(holiday_trading=True)).calendar.is_open_on(date(2026, 12, 25))


def test_an_account_in_small_letters_is_refused_with_the_right_spelling():
    with pytest.raises(BadAccount, match="CXYZ001"):
        settings_from(options(account="cxyz001"))


def test_what_is_right_is_taken_over():
    facility = settings_from(options(passphrase="s3cret", source_address="127.0.10.31"))
    assert facility.account.customer_code == "CXYZ"
    assert [str(address) for address in facility.addresses] == ["127.0.0.1:10022"]


def test_the_passphrase_has_no_repr():
    assert "s3cret" not in repr(settings_from(options(passphrase="s3cret")))


def test_the_site_alone_chooses_the_addresses():
    first, second = (settings_from(options(site=site, addresses=None)) for site in ("primary", "secondary"))
    assert len(first.addresses) == len(second.addresses) == 2
    assert not set(first.addresses) & set(second.addresses)
    assert {address.port for address in first.addresses + second.addresses} == {10022}
