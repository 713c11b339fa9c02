# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever watches an account hears of each run: metrics, events, a webhook, and the exit code of a status run."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.client import Emulator, running
from tests.e2e.steered import ONE, TWO, Steered, last_lines

FRIDAY = "2018-05-04"
TOKEN = "s3cret-t0ken"
ACCOUNTS = {ONE: "CXYZ001", TWO: "CXYZ002"}


class Watched(Steered):
    """A participant that somebody watches."""

    def metrics(self, host: str) -> dict[str, float]:
        """What Prometheus would read of a workstation, without what is due."""
        text = (self.root / f"dcass-{ACCOUNTS[host]}.prom").read_text()
        lines = [line for line in text.splitlines() if line.startswith("dcass_") and "dcass_due" not in line]
        assert all(f'account="{ACCOUNTS[host]}"' in line for line in lines)
        return {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines}

    def events(self) -> list[dict[str, Any]]:
        """All events of both accounts, which share a file."""
        return [json.loads(line) for line in (self.root / "events.jsonl").read_text().splitlines()]


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes what is posted, or refuses it."""

    heard: list[tuple[str, dict[str, Any]]]
    status = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((self.path, json.loads(body)))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def hook() -> Iterator[tuple[str, type[Hook]]]:
    kind = type("Ours", (Hook,), {"heard": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{TOKEN}", kind
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("facility")) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, exchange: Emulator, hook: tuple[str, type[Hook]]) -> Watched:
    root: Path = tmp_path_factory.mktemp("watched")
    stage = Watched(root, exchange)
    stage.register()
    stage.at(f"{FRIDAY}T18:00")
    exchange.control.publish(date=FRIDAY)
    stage.tell(
        dcass_metrics_file=f"{root}/dcass-{{{{ dcass_account }}}}.prom",
        dcass_events_file=f"{root}/events.jsonl",
        dcass_webhook_url=hook[0],
    )
    return stage


def test_a_sync_leaves_metrics_and_tells_what_it_fetched_and_posts_nothing(
    stage: Watched, hook: tuple[str, type[Hook]]
) -> None:
    outcome = stage.play("dcass.sftp.sync_reports", "-vvvvv", log="sync")
    assert outcome.code == 0, outcome.output[-3000:]
    for host in ACCOUNTS:
        found = stage.metrics(host)
        assert found["dcass_last_attempt_success"] == 1
        assert found["dcass_key_days_left"] == 727
        assert found["dcass_last_good_sync_timestamp_seconds"] < found["dcass_sync_due_timestamp_seconds"]
        assert found["dcass_archive_free_bytes"] > 0
    (event,) = stage.events()
    assert (event["event"], event["account"], event["run"]) == ("synced", "CXYZ001", "sync")
    assert event["fetched"] > 10 and event["time"].startswith(FRIDAY)
    assert hook[1].heard == []
    assert TOKEN not in outcome.output and "PRIVATE KEY" not in outcome.output
    assert not any("can't be written" in line or "hears nothing" in line for line in outcome.output.splitlines())


def test_check_mode_writes_and_posts_nothing(stage: Watched, hook: tuple[str, type[Hook]]) -> None:
    (stage.root / "dcass-CXYZ001.prom").unlink()
    stage.play("dcass.sftp.sync_reports", "--check", "-e", "dcass_webhook_always=true", log="predicted")
    assert not (stage.root / "dcass-CXYZ001.prom").exists()
    assert hook[1].heard == []


def test_a_run_that_fails_is_told_everywhere(stage: Watched, exchange: Emulator, hook: tuple[str, type[Hook]]) -> None:
    before = len(stage.events())
    known_hosts = stage.folder(ONE) / "etc" / "known_hosts"
    sound = known_hosts.read_text()
    other = "AAAAB3NzaC1yc2EAAAABIwAAAIEA1on8gxCGJJWSRT4uOrR13mUaUk0hRf4RzxSZ1zRb"
    known_hosts.write_text("\n".join(f"{line.split()[0]} ssh-rsa {other}" for line in sound.splitlines()))
    outcome = stage.play("dcass.sftp.sync_reports", log="failing")
    known_hosts.write_text(sound)
    assert outcome.code != 0
    (line,) = last_lines(outcome)
    code = line.split(": ")[1]
    told = [event for event in stage.events()[before:] if event["account"] == "CXYZ001"]
    assert [event["code"] for event in told] == [code]
    assert stage.metrics(ONE)["dcass_last_attempt_success"] == 0
    assert stage.metrics(TWO)["dcass_last_attempt_success"] == 1
    (path, body) = hook[1].heard.pop()
    assert path == f"/{TOKEN}"
    assert (body["run"], body["matters"]) == ("sync", True)
    assert body["dcass_next_actions"]["accounts"]["CXYZ001"] == [line]


def test_the_status_ends_red_where_that_is_asked_for(stage: Watched, hook: tuple[str, type[Hook]]) -> None:
    green = stage.play("dcass.sftp.status", log="green")
    assert green.code == 0, green.output[-3000:]
    red = stage.play("dcass.sftp.status", "-e", "dcass_status_fail=at_once", log="red")
    assert red.code != 0
    failed = [entry["result"]["msg"] for entry in red.results if entry["how"] == "failed"]
    assert len(failed) == 1 and failed[0].startswith(f"{ONE} CXYZ001: status_at_once: Due at once: The last sync of")
    assert red.output.index("wanted") < red.output.index("status_at_once"), "the page comes first"
    wrong = stage.play("dcass.sftp.status", "-e", "dcass_status_fail=never", log="wrong")
    assert "it must be at_once, soon or a number of days from 0 to 3650." in wrong.output
    hook[1].heard.clear()


def test_a_renewal_is_told_and_a_webhook_that_refuses_changes_nothing(
    stage: Watched, hook: tuple[str, type[Hook]]
) -> None:
    stage.at(f"{FRIDAY}T18:30")  # the logins of before count no more
    hook[1].status = 500
    before = len(stage.events())
    outcome = stage.renew("-e", "dcass_renewal_force=true", "--limit", f"localhost,{TWO}", log="renewed")
    hook[1].status = 204
    assert outcome.code == 0, outcome.output[-3000:]
    assert "The webhook did not take what came of this run: it answered 500." in outcome.output
    assert TOKEN not in outcome.output
    (event,) = stage.events()[before:]
    assert (event["event"], event["account"]) == ("renewed", "CXYZ002")
    assert hook[1].heard.pop()[1]["dcass_renewals"]["accounts"]["CXYZ002"][0]["state"] == "renewed"


def test_what_can_t_be_written_is_told_and_fails_nothing(stage: Watched) -> None:
    nowhere = json.dumps(
        {"dcass_metrics_file": "/nowhere/{{ dcass_account }}.prom", "dcass_webhook_url": "http://127.0.0.1:9/"}
    )
    outcome = stage.play("dcass.sftp.sync_reports", "-e", nowhere, "--limit", f"localhost,{ONE}", log="nowhere")
    assert outcome.code == 0, outcome.output[-3000:]
    assert "The metrics can't be written" in outcome.output
    always = stage.play("dcass.sftp.sync_reports", "-e", nowhere, "-e", "dcass_webhook_always=true", log="nobody")
    assert always.code == 0
    assert "The webhook did not take what came of this run: there was no answer." in always.output
