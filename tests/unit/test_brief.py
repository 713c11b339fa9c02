# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback `brief` makes of results; that Ansible calls it so is shown in tests/e2e/test_brief.py."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.plugin_utils import _brief as rules
from ansible_collections.dcass.sftp.plugins.plugin_utils._some import some

ONE, TWO = "cxyz-ws1", "cxyz-ws2"
TOLD = f"{ONE} CXYZ001: busy: Another run holds CXYZ001. Let it finish."
GONE = {"unreachable": True, "msg": "Failed to connect to the host via ssh: No route to host"}


def said(text):
    """A failure whose words are for people."""
    return {"msg": text}, "Tell what has failed", True


def met(result, task="Copy it"):
    """A failure of any other task."""
    return result, task, False


@pytest.mark.parametrize(
    ("failures", "lines"),
    [
        pytest.param([(ONE, *said(TOLD)), (ONE, *said(TOLD))], [TOLD], id="told twice"),
        pytest.param(
            [(ONE, *met(GONE)), (ONE, *said(f"{ONE} CXYZ001: host_unreachable: It is off."))],
            [f"{ONE} CXYZ001: host_unreachable: It is off."],
            id="unreachable, then told by ours",
        ),
        pytest.param(
            [(ONE, *met(GONE)), (ONE, *met(GONE)), (TWO, *met(GONE))],
            [
                f"{host}: host_unreachable: {GONE['msg']}. Look whether it is up and lets this control node in by ssh, "
                "then run the playbook again."
                for host in (ONE, TWO)
            ],
            id="unreachable in each task",
        ),
        pytest.param(
            [
                (ONE, *met({"msg": "No space left", "stderr": "a\ncp: it is full"})),
                (ONE, *said(f"{ONE} CXYZ001: task_failed: Copy it: No space left. cp: it is full.")),
            ],
            [f"{ONE} CXYZ001: task_failed: Copy it: No space left. cp: it is full."],
            id="a task of Ansible's own, then told by ours",
        ),
        pytest.param(
            [(ONE, *met({"msg": "No space left"})), (ONE, *met({"msg": "No space left"}, "Move it"))],
            [f"{ONE}: task_failed: Copy it: No space left.", f"{ONE}: task_failed: Move it: No space left."],
            id="two tasks of Ansible's own",
        ),
        pytest.param(
            [(ONE, *met({"censored": "the output has been hidden"}))],
            [f"{ONE}: task_failed: Copy it: the output has been hidden."],
            id="no_log",
        ),
        pytest.param(
            [("", *said(["One is wrong.", "Two is wrong."]))], ["One is wrong.", "Two is wrong."], id="the run"
        ),
        pytest.param([(ONE, *said("It is full."))], [f"{ONE}: It is full."], id="words without a code"),
        pytest.param(
            [(ONE, *said("a\x1b[31mb")), (TWO, *said("a"))], [f"{ONE}: a\\x1b[31mb", f"{TWO}: a"], id="an escape"
        ),
    ],
)
def test_each_failure_has_one_line(failures, lines):
    kept = rules.Failures()
    for host, *failure in failures:
        kept.add(host, *failure)
    assert kept.take() == lines
    assert kept.take() == [], "told already"


@pytest.mark.parametrize(
    ("line", "tells"),
    [
        (TOLD, True),
        ("CXYZ001: busy: Another run works with CXYZ001.", False),
        (f"{ONE} CXYZ001: the key is there and fit", False),
        (f"    {TOLD}", False),
    ],
)
def test_a_line_that_is_a_failure_is_kept_for_the_end(line, tells):
    kept = rules.Failures()
    assert rules.is_failure(line) is tells
    if tells:
        kept.add_line("", line)
        kept.add(ONE, *said(line))
        assert kept.take() == [line]


@pytest.mark.parametrize(
    ("host", "result", "lines"),
    [
        pytest.param(ONE, {"msg": "CXYZ001: held"}, [f"{ONE} CXYZ001: held"], id="a line that begins with the account"),
        pytest.param(ONE, {"msg": f"{ONE}: held"}, [f"{ONE}: held"], id="a line that begins with the host"),
        pytest.param(
            ONE, {"msg": f"{ONE}0: held"}, [f"{ONE}: {ONE}0: held"], id="a line that begins with another host"
        ),
        pytest.param(ONE, {"msg": "held"}, [f"{ONE}: held"], id="any other line"),
        pytest.param(
            ONE, {"msg": ["a", "    b", "", "c"]}, [f"{ONE}: a", "    b", "    c"], id="lines that belong together"
        ),
        pytest.param("", {"msg": ["CXYZ001: a", "b"]}, ["CXYZ001: a", "b"], id="for all hosts"),
        pytest.param(ONE, {"msg": "a\nb\x1b[0m"}, [f"{ONE}: a", "    b\\x1b[0m"], id="lines, and an escape"),
        pytest.param(ONE, {"msg": {"b": 1, "a": [2]}}, [ONE + ': {"a": [2], "b": 1}'], id="a table"),
        pytest.param(
            ONE, {"x": [1], "changed": False, "_ansible_verbose_always": True}, [f"{ONE}: x: [1]"], id="a variable"
        ),
        pytest.param(ONE, {"censored": "hidden", "changed": False}, [f"{ONE}: censored: hidden"], id="no_log"),
    ],
)
def test_what_a_task_shows(host, result, lines):
    assert rules.with_host(host, rules.lines_of(result)) == lines


@pytest.mark.parametrize(
    ("action", "message", "speaks"),
    [
        pytest.param("ansible.builtin.fail", "It is full.", True, id="fail"),
        pytest.param("assert", "It is full.", True, id="assert, by its short name"),
        pytest.param("ansible.builtin.assert", "Assertion failed", False, id="assert without words"),
        pytest.param("ansible.builtin.fail", "Failed as requested from task", False, id="fail without words"),
        pytest.param("ansible.builtin.fail", None, False, id="fail with no_log"),
        pytest.param("ansible.builtin.command", "non-zero return code", False, id="a command"),
        pytest.param("dcass.sftp.report_sync", "It is busy.", False, id="a module of ours"),
    ],
)
def test_only_words_for_people_speak_for_themselves(action, message, speaks):
    assert rules.speaks_for_itself(action, {"msg": message} if message else {}) is speaks


@pytest.mark.parametrize(
    ("seconds", "changed", "failed", "is_empty", "line"),
    [
        (2.4, 1, 0, False, "2 s, changed=1"),
        (61, 0, 3, False, "61 s, changed=0, failed=3"),
        (0.2, 0, 0, True, "0 s; no host had anything to do"),
    ],
)
def test_the_last_line(seconds, changed, failed, is_empty, line):
    assert rules.summary(seconds, changed, failed, is_empty) == line


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "w000"),
        (3, "w000, w001, w002"),
        (4, "w000, w001, w002 and 1 more"),
        (400, "w000, w001, w002 and 397 more"),
    ],
)
def test_of_many_the_first_are_named(count, words):
    hosts = [f"w{number:03}" for number in range(count)]
    assert some(hosts) == words
    assert rules.would_change("Copy it", hosts[::-1]) == f"Would change: Copy it: {words}"
