# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timers of the role `schedule`: the times of README.md, sound units, and a page that reaches people."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from demo.rehearsal import CHECKOUT, Rehearsal
from tests.soak.cron import moments

ANSIBLE = Path(sys.executable).parent / "ansible-playbook"
LINES = ("sync_reports", "renew_keys", "status", "verify", "intraday")
FIRST = date(2026, 11, 30)  # a Monday
CRON = re.compile(r"^(\S+ \S+ \* \* \S+) +(\w+)(.*intraday)?", re.MULTILINE)
CALENDAR = re.compile(r"(\w{3})(?:\.\.(\w{3}))? \*-\*-\* (\d\d)(?:\.\.(\d\d))?:(\d\d)(?:/(\d+))?:00 Asia/Hong_Kong")
WEEK = "Mon Tue Wed Thu Fri Sat Sun".split()
WORDS = ["-e", "dcass_x='50 %s' $HOME \"ü\\n"]  # all that systemd would take for something of its own
SECRET = "services/T0P/S3CRET"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="the units of a machine are root's: to schedule wants root")


def cron_moments() -> dict[str, set[datetime]]:
    """When each line of README.md runs in two weeks."""
    found: dict[str, set[datetime]] = {}
    page = (CHECKOUT / "README.md").read_text().partition("## The schedule")[2].partition("\n## ")[0]
    for when, playbook, poll in CRON.findall(page):
        days = (FIRST + timedelta(days) for days in range(14))
        found.setdefault("intraday" if poll else playbook, set()).update(
            at for day in days for at in moments(when, day)
        )
    return found


def timer_moments(timer: str) -> set[datetime]:
    """The same for a timer: `Mon..Fri *-*-* 09..16:00/5:00 Asia/Hong_Kong`."""
    found: set[datetime] = set()
    for first, last, hour, until, minute, step in CALENDAR.findall(timer):
        days = range(WEEK.index(first) + 1, WEEK.index(last or first) + 2)
        minutes = f"*/{step}" if step else str(int(minute))
        when = f"{minutes} {int(hour)}{f'-{int(until)}' if until else ''} * * {days[0]}-{days[-1]}"
        found |= {at for ahead in range(14) for at in moments(when, FIRST + timedelta(ahead))}
    return found


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """An inventory in a folder with a space, a program in place of ansible-playbook, and one for sendmail."""
    root = tmp_path_factory.mktemp("the control node")
    stage = Rehearsal(root, ["127.0.0.1:1"], "")
    for name, script in {
        "ansible-playbook": 'echo "$@" >> asked; cat page 2>/dev/null || { echo "no answer"; exit 2; }',
        "sendmail": 'cat > mail; echo "$@" >> mail; exec sh -c "test ! -e no-mail"',
    }.items():
        (root / name).write_text(f"#!/bin/sh\ncd {shlex.quote(str(root))} || exit 9\n{script}\n")
        (root / name).chmod(0o755)
    (root / "units").mkdir()
    return stage


class Webhook(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    posted: ClassVar[list[tuple[str, str]]] = []
    answer: ClassVar[int] = 200

    def do_POST(self) -> None:
        text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"]
        type(self).posted.append((self.path, text))
        self.send_response(type(self).answer)
        self.end_headers()


@pytest.fixture(scope="module")
def webhook() -> Iterator[str]:
    """Somebody who takes the page, at an address that is a secret."""
    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{SECRET}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def units(stage: Rehearsal, webhook: str) -> dict[str, str]:
    """The units, as talkative as Ansible gets; none of them, and nothing that is said, holds the secret."""
    given = {
        "dcass_schedule_lines": LINES,
        "dcass_schedule_ansible_playbook": str(stage.root / "ansible-playbook"),
        "dcass_schedule_arguments": WORDS,
        "dcass_schedule_collections_path": "/srv/100% ours:/usr/share",
        "dcass_schedule_mail": "ops@example.com",
        "dcass_schedule_webhook_url": webhook,
        "schedule_sendmail": str(stage.root / "sendmail"),
        "schedule_units": str(stage.root / "units"),
        "schedule_folder": str(stage.root / "told"),
    }
    (stage.root / "given.json").write_text(json.dumps(given))
    options = ("-vvvvv", "--diff", "-e", f"@{stage.root / 'given.json'}")
    outcome = stage.play(str(CHECKOUT / "tests/e2e/schedule.yml"), *options, log="units")
    assert outcome.code == 0, outcome.output[-3000:]
    found = {path.name: path.read_text() for path in (stage.root / "units").iterdir()}
    assert SECRET not in outcome.output + "".join(found.values())
    return found


def test_one_line_one_inventory_and_one_word_may_be_given_as_a_text(stage: Rehearsal, tmp_path: Path) -> None:
    given = {
        "dcass_schedule_lines": "renew_keys",
        "dcass_schedule_inventory": str(stage.inventory),
        "dcass_schedule_arguments": "--forks=20",
        "schedule_units": str(tmp_path),
        "schedule_folder": str(tmp_path / "told"),
    }
    outcome = stage.play(str(CHECKOUT / "tests/e2e/schedule.yml"), "-e", json.dumps(given), log="texts")
    assert outcome.code == 0, outcome.output
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        "told",
        "dcass-sftp-renew_keys.timer",
        "dcass-sftp-renew_keys.service",
        "dcass-sftp-status@.service",
    }
    service = (tmp_path / "dcass-sftp-renew_keys.service").read_text()
    assert f'"-i" "{stage.inventory}" "--forks=20" "dcass.sftp.renew_keys"' in service


@pytest.mark.parametrize("line", LINES)
def test_the_timers_run_at_the_times_of_the_readme(units: dict[str, str], line: str) -> None:
    expected = cron_moments()
    assert sorted(expected) == sorted(LINES)
    assert timer_moments(units[f"dcass-sftp-{line}.timer"]) == expected[line]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
@pytest.mark.parametrize("line", LINES)
def test_systemd_reads_the_times_as_we_do(units: dict[str, str], line: str) -> None:
    given = re.findall("OnCalendar=(.+)", units[f"dcass-sftp-{line}.timer"])
    command = ["systemd-analyze", "calendar", "--base-time=2026-11-29 16:00:00 UTC", "--iterations=960", *given]
    place = {**os.environ, "TZ": "America/New_York", "LC_ALL": "C"}
    said = subprocess.run(command, env=place, capture_output=True, text=True, check=True).stdout
    in_utc = {datetime.fromisoformat(f"{moment}+00:00") for moment in re.findall(r"(\d{4}-\d\d-\d\d \S+) UTC", said)}
    expected = timer_moments(units[f"dcass-sftp-{line}.timer"])
    assert {moment for moment in in_utc if moment <= max(expected)} == expected


def test_a_missed_sync_or_renewal_is_made_up_for_and_a_poll_is_not(units: dict[str, str]) -> None:
    kept = {line: "Persistent=true" in units[f"dcass-sftp-{line}.timer"] for line in LINES}
    assert kept == {line: line not in ("status", "intraday") for line in LINES}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_has_nothing_to_say_against_the_units(stage: Rehearsal, units: dict[str, str]) -> None:
    paths = [str(stage.root / "units" / name).replace("status@.", "status@x.") for name in units]
    place = {**os.environ, "SYSTEMD_UNIT_PATH": f"{stage.root / 'units'}:"}
    said = subprocess.run(["systemd-analyze", "verify", *paths], env=place, capture_output=True, text=True)
    assert [line for line in said.stderr.splitlines() if "dcass" in line] == []


@pytest.mark.parametrize("line", ["sync_reports", "renew_keys", "intraday"])
def test_a_word_reaches_ansible_as_it_was_given(stage: Rehearsal, units: dict[str, str], line: str) -> None:
    unit = units[f"dcass-sftp-{line}.service"]
    command = re.search("^ExecStart=(.+)$", unit, re.MULTILINE)
    assert command is not None
    assert all(not part for part in re.split(r"%%|\$\$|[^%$]", command[1])), "a single % or $ is systemd's"
    as_json = command[1].replace("%%", "%").replace("$$", "$").replace('" "', '", "')
    words = json.loads(f"[{as_json}]")
    inventory, playbook = str(stage.inventory), "renew_keys" if line == "renew_keys" else "sync_reports"
    poll = ["-e", "dcass_report_scope=intraday"] if line == "intraday" else []
    ansible = [str(stage.root / "ansible-playbook"), "-i", inventory, *WORDS]
    assert words == ["/usr/bin/flock", inventory, *ansible, f"dcass.sftp.{playbook}", *poll]
    assert f"WorkingDirectory={stage.root}\n" in unit
    assert 'Environment="ANSIBLE_COLLECTIONS_PATH=/srv/100%% ours:/usr/share"\n' in unit
    assert ("ExecCondition=" in unit) == (line == "intraday")


def tell(stage: Rehearsal, of: str, page: str = "", answer: int = 200) -> subprocess.CompletedProcess[str]:
    """Send the page as a unit would."""
    Webhook.posted, Webhook.answer = [], answer
    (stage.root / "page").unlink(missing_ok=True)
    if page:
        (stage.root / "page").write_text(page)
    command = [str(ANSIBLE), "-i", "localhost,", str(stage.root / "told" / "tell.yml"), "-e", f"schedule_of={of}"]
    done = subprocess.run([*command, "-vvvvv"], env=stage.environment(), capture_output=True, text=True)
    assert SECRET not in done.stdout + done.stderr
    return done


def test_where_it_is_sent_is_read_by_that_user_alone(stage: Rehearsal, units: dict[str, str]) -> None:
    settings = stage.root / "told" / "settings.json"
    assert (settings.stat().st_mode & 0o777, SECRET in settings.read_text()) == (0o600, True)


def test_the_page_goes_to_the_mailbox_and_the_webhook(stage: Rehearsal, units: dict[str, str]) -> None:
    done = tell(stage, "sync_reports", page="cxyz-ws1 is down\nöffnet um sieben\n")
    assert done.returncode == 0, done.stdout[-3000:]
    head, _empty, body = (stage.root / "mail").read_text().partition("\n\n")
    assert head.splitlines()[:2] == ["To: ops@example.com", "Subject: dcass-sftp: sync_reports has failed"]
    assert body.split("\n")[:2] == ["cxyz-ws1 is down", "öffnet um sieben"]
    assert body.endswith("\n-i -t\n")
    text = "dcass-sftp: sync_reports has failed\ncxyz-ws1 is down\nöffnet um sieben"
    assert Webhook.posted == [(f"/{SECRET}", text)]
    assert (stage.root / "asked").read_text().endswith(" dcass.sftp.status\n")


def test_a_red_status_is_sent_and_stays_red(stage: Rehearsal, units: dict[str, str]) -> None:
    done = tell(stage, "status")
    assert (done.returncode, "The status is red." in done.stdout + done.stderr) == (2, True)
    assert Webhook.posted == [(f"/{SECRET}", "dcass-sftp: status\nno answer")]


def test_what_could_not_be_sent_is_told(stage: Rehearsal, units: dict[str, str]) -> None:
    (stage.root / "no-mail").touch()
    done = tell(stage, "status", "all is well", answer=403)
    (stage.root / "no-mail").unlink()
    output = done.stdout + done.stderr
    assert done.returncode == 2
    assert "The page was not sent by mail" in output
    assert "The page was not posted: " in output and "403" in output


@AS_ROOT
@pytest.mark.parametrize(
    ("mode", "name", "told"),
    [
        pytest.param(0o644, "vault-password", "no_schedule: ", id="others may read it"),
        pytest.param(0o600, "nowhere/vault-password", "no_schedule: There is no", id="it is not there"),
    ],
)
def test_a_vault_s_password_that_is_not_safe_is_refused(stage: Rehearsal, mode: int, name: str, told: str) -> None:
    path = stage.root / "vault-password"
    path.write_text("secret\n")
    path.chmod(mode)
    given = f"dcass_schedule_vault_password_file='{stage.root / name}'"
    outcome = stage.play("dcass.sftp.schedule", "--check", "-e", given)
    assert outcome.code == 2
    assert told in outcome.output and str(stage.root / name) in outcome.output
