# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sudo has against a run is told with the line of sudoers that is missing; what others say is left to others."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping.sudo import refusal, said_by_sudo

TTY = "sudo: sorry, you must have a tty to run sudo"
NOT_ALLOWED = "Sorry, user ops is not allowed to execute '/bin/sh' as dcass on ws1."


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param("Missing sudo password", "it wants a password, and none was given", id="no password, core 2.17"),
        pytest.param("Task failed: Missing sudo password", "it wants a password", id="no password, core 2.19"),
        pytest.param("Incorrect sudo password", "it did not take the password", id="a wrong password"),
        pytest.param(said_by_sudo(1, "", NOT_ALLOWED), "it does not allow that", id="a password, and no line for it"),
        pytest.param(said_by_sudo(1, "", ""), "it lets nothing be run", id="the same, told by nobody"),
        pytest.param(
            said_by_sudo(1, None, "Shared connection to 192.0.2.31 closed.\r\n"),
            "it lets nothing be run",
            id="the same, told by ssh alone",
        ),
        pytest.param("ops is not in the sudoers file.", "it does not allow that", id="a stranger to sudo"),
        pytest.param(said_by_sudo(1, "", TTY), "it wants a terminal (requiretty", id="no terminal"),
        pytest.param("/bin/sh: 1: sudo: not found", "there is none", id="no sudo, by dash"),
        pytest.param("bash: line 1: sudo: command not found", "there is none", id="no sudo, by bash"),
        pytest.param(
            "Timeout (12s) waiting for privilege escalation prompt: ",
            "it lets nothing be run",
            id="a prompt in a language of its own",
        ),
    ],
)
def test_what_sudo_says_is_told_with_the_line_that_is_missing(said: str, why: str) -> None:
    refused = refusal(said, "ops", "dcass", "dcass")
    assert refused and refused["error_code"] == "no_sudo" and refused["failed"]
    assert refused["msg"].startswith(f"ops can't become dcass by sudo there: {why}")
    other = {TTY: "'Defaults:ops !requiretty'", "sudo: ": "dcass_manage_system: false"}
    hint = next((hint for part, hint in other.items() if part in said), "'ops ALL=(dcass) NOPASSWD: ALL'; where it is ")
    assert hint in refused["hint"]


def test_who_makes_a_workstation_ready_becomes_root_and_the_service_user() -> None:
    refused = refusal("Missing sudo password", "deploy", "root", "reports")
    assert refused and "'deploy ALL=(root, reports) NOPASSWD: ALL'" in refused["hint"]


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("", id="nothing"),
        pytest.param("Traceback (most recent call last):\nKeyError: 'x'", id="a fault of a module"),
        pytest.param("/bin/sh: 1: /opt/dcass-sftp/bin/python: not found", id="no interpreter"),
        pytest.param(said_by_sudo(137, "", ""), id="a command that was killed"),
        pytest.param(said_by_sudo(1, "", "No module named 'json'"), id="an interpreter that is damaged"),
    ],
)
def test_what_is_not_about_sudo_is_left_to_others(said: str) -> None:
    assert refusal(said, "ops", "dcass", "dcass") is None
