# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a failure tells people: one line, whoever has failed."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.filter.failure_line import failure_line

HOST, ACCOUNT = "cxyz-ws1", "CXYZ001"
BUSY = {"error_code": "busy", "msg": "Another run works with CXYZ001.", "hint": "Let it finish."}
UP = "Look whether it is up and lets this control node in by ssh, then run the playbook again."


@pytest.mark.parametrize(
    ("result", "task", "words"),
    [
        pytest.param(BUSY, "", "busy: Another run works with CXYZ001. Let it finish.", id="a refusal of ours"),
        pytest.param(
            BUSY, "Fetch", "busy: Another run works with CXYZ001. Let it finish.", id="whose task is not told"
        ),
        pytest.param({**BUSY, "hint": ""}, "", "busy: Another run works with CXYZ001.", id="without a next step"),
        pytest.param({"error_code": "busy", "msg": "gone"}, "", "busy: gone.", id="a sentence without its end"),
        pytest.param({"error_code": "busy", "msg": "Gone?"}, "", "busy: Gone?", id="a question"),
        pytest.param({"error_code": "busy", "msg": "Gone!"}, "", "busy: Gone!", id="a cry"),
        pytest.param({"error_code": "busy"}, "", "busy: It gave no answer.", id="no sentence"),
        pytest.param(
            {"unreachable": True, "msg": "Task failed: no route to host"},
            "Fetch",
            f"host_unreachable: no route to host. {UP}",
            id="unreachable, in the words of Ansible 2.19",
        ),
        pytest.param(
            {"failed": True, "msg": "no such option"}, "", "task_failed: no such option.", id="refused by Ansible"
        ),
        pytest.param(
            {"failed": True, "msg": "Task failed: Missing sudo password"},
            "Make a folder",
            "no_sudo: Make a folder: Missing sudo password. docs/operations.md tells which playbook needs what of "
            "sudo, and the lines of sudoers.",
            id="sudo in the way of a task of Ansible's own",
        ),
        pytest.param(
            {"failed": True, "msg": "non-zero return code", "stderr": "warning\nat last\n  no wheels \n", "rc": 1},
            "Install by hash",
            "task_failed: Install by hash: non-zero return code. no wheels.",
            id="a program, with what it said last",
        ),
        pytest.param(
            {"failed": True, "msg": "MODULE FAILURE", "module_stderr": "Traceback\nKeyError: 'x'", "stderr": "other"},
            "",
            "task_failed: MODULE FAILURE. KeyError: 'x'.",
            id="a fault of ours",
        ),
        pytest.param(
            {
                "failed": True,
                "msg": "One or more items failed.",
                "results": [{"msg": "all is well"}, {"failed": True, "msg": "Action failed: read-only", "stderr": "x"}],
            },
            "Make the folders",
            "task_failed: Make the folders: read-only. x.",
            id="a loop, with the first item that failed",
        ),
        pytest.param(
            {"failed": True, "msg": "One or more items failed.", "results": [{"failed": True}]},
            "",
            "task_failed: One or more items failed.",
            id="a loop whose items say nothing",
        ),
    ],
)
def test_a_failure_is_one_line(result, task, words):
    assert failure_line(result, HOST, ACCOUNT, "", task) == f"{HOST} {ACCOUNT}: {words}"


@pytest.mark.parametrize(
    ("result", "proof"),
    [
        pytest.param({"changed": False}, "", id="all is well"),
        pytest.param({"state": "current", "failed": False}, "state", id="the proof is there"),
        pytest.param({"skipped": True}, "state", id="skipped"),
        pytest.param({}, "state", id="never run"),
    ],
)
def test_what_has_not_failed_has_no_line(result, proof):
    assert failure_line(result, HOST, ACCOUNT, proof) == ""


def test_a_failure_that_ansible_was_told_to_pass_over_is_seen_by_what_it_lacks():
    result = {"failed": False, "msg": "Unsupported parameters: x"}
    assert failure_line(result, HOST, ACCOUNT, "state") == f"{HOST} {ACCOUNT}: task_failed: Unsupported parameters: x."


def test_a_line_that_was_told_already_stays_as_it_is():
    line = f"{HOST} {ACCOUNT}: busy: Another run. Let it finish"
    assert failure_line({"failed": True, "msg": line}, HOST, ACCOUNT, "", "Tell what has failed") == line


def test_without_a_host_it_begins_with_the_word():
    assert failure_line(BUSY, "", "") == "busy: Another run works with CXYZ001. Let it finish."
    assert failure_line({"failed": True, "msg": " : x"}, "", "") == "task_failed: : x."


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", f"{HOST} {ACCOUNT}: a\nb"])
def test_what_others_say_stays_on_the_line(text):
    line = failure_line({"error_code": "busy", "msg": text, "hint": text}, HOST, ACCOUNT)
    assert line.isprintable()
