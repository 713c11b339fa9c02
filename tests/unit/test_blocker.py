# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a run from a workstation, by what it answered to the first question."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._blocker import blocker

PLACE = {
    "record": "/etc/dcass-sftp/site",
    "venv": "/opt/dcass-sftp",
    "site": "primary",
    "addresses": [],
    "check": False,
}
MOVED = 'dcass-unread\ndcass-site secondary 2026-11-23T10:00:00+08:00 {"who": "Chan", "why": "drill"}\n'
RESTORE = (
    "Run ansible-playbook dcass.sftp.rollout, which sets the folder's mode right; if the file is damaged, remove it "
    "and run ansible-playbook dcass.sftp.switch_site."
)
BOTH = {"primary": ["192.0.2.1"], "secondary": ["192.0.2.2"]}


def of(said="", **place):
    """The code of what is in the way."""
    return blocker({"stdout": said, "rc": 0}, "ws1", {**PLACE, **place}).get("error_code")


@pytest.mark.parametrize(
    ("said", "place", "code"),
    [
        pytest.param("dcass-ready\n", {}, None, id="as on most days"),
        pytest.param("", {}, "not_rolled_out", id="bare"),
        pytest.param("", {"check": True}, None, id="bare, and only asked what would be"),
        pytest.param("dcass-ready\ndcass-unread\n", {}, "site_unreadable", id="a record that nobody can read"),
        pytest.param("dcass-unread\n", {"check": True}, "site_unreadable", id="in check mode as well"),
        pytest.param("dcass-ready\ndcass-unread\ndcass-site x y z\n", {}, "site_unreadable", id="a damaged record"),
        pytest.param("dcass-ready\n" + MOVED, {}, None, id="switched, with the exchange's own addresses"),
        pytest.param("dcass-ready\n" + MOVED, {"addresses": BOTH}, None, id="switched, with addresses by site"),
        pytest.param(
            "dcass-ready\n" + MOVED, {"addresses": ["192.0.2.1"]}, "site_mismatch", id="with those of one site"
        ),
        pytest.param(
            "dcass-ready\n" + MOVED,
            {"addresses": ["192.0.2.2"], "site": "secondary"},
            None,
            id="which is the right one",
        ),
        pytest.param("dcass-ready\n", {"addresses": ["192.0.2.1"]}, None, id="never switched, addresses of one site"),
        pytest.param(MOVED, {"addresses": ["192.0.2.1"]}, "site_mismatch", id="the site comes before the rollout"),
    ],
)
def test_what_is_in_the_way(said, place, code):
    assert of(said, **place) == code


def test_one_that_does_not_answer_is_told_in_its_own_words():
    found = blocker({"unreachable": True, "msg": "No route to host"}, "ws1", PLACE)
    assert found == {"error_code": "host_unreachable", "unreachable": True, "msg": "No route to host"}


@pytest.mark.parametrize(
    ("said", "place", "sentence", "hint"),
    [
        (
            "",
            {},
            "ws1 has no finished /opt/dcass-sftp.",
            "Run ansible-playbook dcass.sftp.rollout first.",
        ),
        (
            "dcass-unread",
            {},
            "ws1 does not tell its site: /etc/dcass-sftp/site can't be read.",
            RESTORE,
        ),
        (
            MOVED,
            {"addresses": ["192.0.2.1"]},
            "ws1 was switched to the secondary site, and its dcass_addresses are those of the primary one.",
            "Write dcass_addresses by site, primary and secondary.",
        ),
    ],
    ids=["bare", "unreadable", "other site"],
)
def test_the_sentence_names_the_thing_and_the_hint_the_command(said, place, sentence, hint):
    found = blocker({"stdout": said}, "ws1", {**PLACE, **place})
    assert (found["msg"], found["hint"]) == (sentence, hint)
