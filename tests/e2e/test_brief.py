# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback dcass.sftp.brief with tasks that are none of ours; test_story.py and test_renewal.py have ours."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.rehearsal import CHECKOUT

Finished = subprocess.CompletedProcess[str]
CORES = {"2.17": CHECKOUT / ".build" / "envs" / "core-2.17" / "bin", "2.19": Path(sys.executable).parent}
HOSTS = ("well", "also", "broken", "loop", "hidden", "rescued", "gone")
PLAYBOOK = CHECKOUT / "tests" / "e2e" / "brief.yml"
GONE = "gone: host_unreachable: "
HIDDEN = "the output has been hidden due to the fact that 'no_log: true' was specified for this result"
BRING_IT_UP = "Look whether it is up and lets this control node in by ssh, then run the playbook again."
ENDS = [
    "broken: task_failed: Break: non-zero return code. its last words.",
    "loop: task_failed: Break in a loop: non-zero return code.",
    f"hidden: task_failed: Hide something: {HIDDEN}.",
    "rescued CXYZ002: busy: It is busy. Wait.",
]


def command(core: str, folder: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """The playbook of this folder on hosts of the control node, one of which does not answer; and its environment."""
    if not (CORES[core] / "ansible-playbook").exists():
        pytest.skip(f"there is no environment with ansible-core {core}: tools/environments.py core-2.17")
    silence = folder / "silence"
    silence.write_text("#!/bin/sh\necho 'No route to host' >&2\nexit 255\n")
    silence.chmod(0o755)
    local = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    away = {"ansible_connection": "ssh", "ansible_ssh_executable": str(silence), "ansible_ssh_retries": 0}
    hosts = {name: away if name == "gone" else local for name in HOSTS}
    (folder / "hosts.yml").write_text(json.dumps({"all": {"hosts": hosts, "vars": {"place": str(folder)}}}))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHONPATH"))}
    ours = {"ANSIBLE_STDOUT_CALLBACK": "dcass.sftp.brief", "ANSIBLE_HOME": str(folder / "ansible"), "PWD": str(folder)}
    words = [str(CORES[core] / "ansible-playbook"), "-i", str(folder / "hosts.yml"), str(PLAYBOOK), *arguments]
    return words, {**kept, **ours, "ANSIBLE_NOCOLOR": "1"}


def played(core: str, folder: Path, *arguments: str) -> Finished:
    """A whole run."""
    words, place = command(core, folder, *arguments)
    done = subprocess.run(words, env=place, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (2, 4), done.stdout + done.stderr
    return done


@pytest.fixture(scope="module", params=CORES)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run of each core in which about all goes wrong that can."""
    return played(request.param, tmp_path_factory.mktemp("brief"), "--diff")


def test_tasks_that_are_none_of_ours_are_told_with_their_failures_last(
    shown: Finished,
) -> None:
    lines = shown.stdout.splitlines()
    end = next(number for number, line in enumerate(lines) if re.match(r"  \d+ s, changed=", line))
    gone = f"{GONE}Failed to connect to the host via ssh: No route to host. {BRING_IT_UP}"
    assert lines[:5] == [str(PLAYBOOK), "  one", "  two", "  well CXYZ001: held", "      and more"]
    assert "  well: It is nothing. (ignored)" in lines
    assert "  Would change: Warn of something: also, well" in lines  # which is in check mode in any case
    assert lines[end].endswith(", failed=5")
    assert sorted(lines[end + 1 :]) == sorted([*ENDS, gone])


def test_a_failure_that_nobody_wrote_for_people_is_shown_in_full(shown: Finished) -> None:
    (broken,) = re.findall(r"(?m)^fatal: \[broken\]: FAILED! => (.+)$", shown.stdout)
    assert json.loads(broken)["rc"] == 7
    assert json.loads(broken)["stderr_lines"] == ["early", "its last words"]
    (item,) = re.findall(r"(?m)^failed: \[loop\] \(item=5\) => (.+)$", shown.stdout)
    assert json.loads(item)["stdout"] == "5"
    assert not re.findall(r"(?m)^fatal: \[(rescued|gone|well)\]", shown.stdout)


def test_what_no_log_hides_stays_hidden(shown: Finished) -> None:
    assert "secret" not in shown.stdout + shown.stderr


def test_a_warning_is_told_once_and_what_differs_below_its_task(shown: Finished) -> None:
    said = " ".join((shown.stdout + shown.stderr).split())  # Ansible folds what is long
    assert said.count("[WARNING]: The input password appears not to have been hashed") == 1
    assert re.search(r"(?m)^  well: Change something\n--- before\n\+\+\+ after: .+\n@@ .+\n\+new$", shown.stdout)


def test_check_mode_tells_what_would_change(tmp_path: Path) -> None:
    done = played("2.19", tmp_path, "--check", "--limit=well,broken,rescued")
    assert "  Would change: Change something: broken, well" in done.stdout.splitlines()
    assert done.stdout.startswith(f"{PLAYBOOK} --check\n")


def test_whoever_asks_for_more_gets_what_ansible_says_by_itself(tmp_path: Path) -> None:
    arguments = ("-v", "--limit=well,rescued", "--check")
    talkative, usual = played("2.19", tmp_path, *arguments).stdout, default("2.19", tmp_path, *arguments)
    assert "PLAY RECAP" in talkative
    assert sorted(talkative.splitlines()) == sorted(usual.splitlines())


def default(core: str, folder: Path, *arguments: str) -> str:
    """What Ansible's own callback says of the same run."""
    words, place = command(core, folder, *arguments)
    place["ANSIBLE_STDOUT_CALLBACK"] = "ansible.builtin.default"
    return subprocess.run(words, env=place, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_what_has_failed_is_told_where_a_run_is_broken_off(tmp_path: Path) -> None:
    words, place = command("2.19", tmp_path, "--limit=well,rescued", "-e", "waits=true")
    with subprocess.Popen(
        words, env=place, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        for _moment in range(600):  # until all before it is said: Ansible may hang if a worker is broken off saying it
            if (tmp_path / "waits").exists() or run.poll() is not None:
                break
            time.sleep(0.1)
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        said = "".join(run.stdout or ())
    rest = said.partition("[WARNING]: The input password")[2]  # of the task before it waits
    assert rest.splitlines()[-1] == "rescued CXYZ002: busy: It is busy. Wait."
    assert rest.count("rescued") == 1
