# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States in which a status was once green or dumb: each is told, by its word, how soon, and a line for people."""

from __future__ import annotations

import html
import json
import pathlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from ansible_collections.dcass.sftp.plugins.filter.status_fail import status_fail
from ansible_collections.dcass.sftp.plugins.filter.status_html import status_html
from ansible_collections.dcass.sftp.plugins.filter.status_page import status_page
from ansible_collections.dcass.sftp.plugins.module_utils._io import session, transport
from ansible_collections.dcass.sftp.plugins.module_utils._io.archive import Archive
from ansible_collections.dcass.sftp.plugins.module_utils._io.manifest import Manifest
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.retention import Outstanding
from ansible_collections.dcass.sftp.plugins.modules import account_info, report_sync
from tests.modules.steering import present
from tests.modules.support import Facility, Workstation, fail, run_module
from tests.page import fleet
from tests.page.pages import page_of

WEDNESDAY = timedelta(days=5)  # after the Friday on which tests are: Monday and Tuesday have passed


@dataclass
class World:
    """A participant's first workstation, and how an operator looks at it."""

    facility: Facility
    ours: Workstation
    monkeypatch: pytest.MonkeyPatch
    asked: dict[str, Any] = field(default_factory=dict)  # of account_info, more than each look asks
    row: dict[str, Any] = field(default_factory=dict)  # of the page
    later: timedelta = timedelta(0)

    @property
    def private_key(self) -> pathlib.Path:
        return next(pathlib.Path(self.ours.options["key_dir"]).glob("*/*/id_rsa"))

    @property
    def sync_options(self) -> dict[str, Any]:
        return {**self.ours.options, "dest": self.ours.dest}

    def look(self) -> dict[str, Any]:
        now = present() + self.later
        self.monkeypatch.setattr(account_info, "hong_kong_now", lambda: now)
        asked = {
            "dest": self.ours.dest,
            "control_time": now.timestamp(),
            "metrics_file": str(self.metrics),
            **self.asked,
        }
        return run_module("account_info", **{**self.ours.options, **asked})

    @property
    def metrics(self) -> pathlib.Path:
        return self.ours.root.parent / "dcass.prom"

    def ends_red(self, known: dict[str, Any], limit: str) -> bool:
        """Whether a status run of this workstation alone does: that it could not say what it knows is always red."""
        row = {"participant": "cp", "account": self.ours.account, "site": "primary", **self.row}
        return bool(known.get("failed") or status_fail({**row, "known": known}, limit, "ws1"))

    def rows(self, known: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """What the role status makes its pages of."""
        failure = f"{known['error_code']}: {known['msg']}" if known.get("failed") else ""
        known = {**known, "warnings": []}  # Ansible has them in a form of its own
        row = {"participant": "cp", "account": self.ours.account, "site": "primary", **self.row}
        error_code = known.get("error_code", "")
        return {"ws1": {**row, "known": known, "failure": failure, "error_code": error_code}}

    def page(self, known: dict[str, Any]) -> list[str]:
        (event,) = status_page(self.rows(known))
        return event["lines"]

    def page_in_a_browser(self, known: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Its figures, and what is on it to read."""
        written = present() + self.later
        figures = json.loads(status_html(self.rows(known), written.timestamp(), [fleet.INVENTORY]))
        shown = re.sub(r"<[^>]*>", " ", page_of(self.rows(known), written))
        return figures, " ".join(html.unescape(shown).split())


def nothing(world: World) -> None:
    """All is well."""


def old_sync(world: World) -> None:
    world.later = timedelta(days=500)


def dead_cron(world: World) -> None:
    world.later = WEDNESDAY


def unreadable_key(world: World) -> None:
    world.private_key.chmod(0o644)


def missing_library(world: World) -> None:
    missing = ImportError("No module named 'paramiko'", name="paramiko")
    world.monkeypatch.setattr(transport, "MISSING", missing)
    world.monkeypatch.setattr(session, "MISSING", missing)


def failed_sync(world: World) -> None:
    world.monkeypatch.setattr(session, "MISSING", ImportError("No module named 'paramiko'", name="paramiko"))
    fail("report_sync", "library_missing", **world.sync_options)


def missing_passphrase(world: World) -> None:
    world.ours.make_key(passphrase="s3cret words")


def lost_reports(world: World) -> None:
    today = present().date()
    state = StateDb(world.ours.options["state_dir"])
    lost = Outstanding("expected", "*RX_AUDIT*", today - timedelta(days=12), today)
    Manifest(state, Account(world.ours.account)).record_outstanding([lost])
    state.close()


def spent_budget(world: World) -> None:
    world.asked["login_budget"] = 1


def expired_key(world: World) -> None:
    world.later = timedelta(days=731)


def pending_renewal(world: World) -> None:
    world.facility.control.fault_arm("drop_after_upload", 1, account=world.ours.account)
    fail("key_renewal", "connection_lost", **world.ours.options, force=True)


def state_gone(world: World) -> None:
    shutil.rmtree(world.ours.options["state_dir"])


def damaged_state(world: World) -> None:
    path = pathlib.Path(world.ours.options["state_dir"], "state.sqlite3")
    path.write_bytes(path.read_bytes()[:5000])


def other_accounts_key(world: World) -> None:
    world.ours.options["account"] = world.ours.account[:4] + "002"


def full_disk(world: World) -> None:
    world.monkeypatch.setattr(Archive, "room", lambda _self: 1000)


def wrong_clock(world: World) -> None:
    world.asked["control_time"] = (present() + timedelta(days=730)).timestamp()


def archive_in_the_way(world: World) -> None:
    shutil.rmtree(world.ours.dest, ignore_errors=True)
    pathlib.Path(world.ours.dest).write_text("a file")


def unwritable_state(world: World) -> None:
    lock = pathlib.Path(world.ours.options["state_dir"], f"{world.ours.account}.lock")
    lock.unlink()
    lock.mkdir()


def sync_of_a_clock_ahead(world: World) -> None:
    """A year ahead then, and put right since; the schedule is dead."""
    world.later = timedelta(days=364)
    now = present() + world.later
    world.monkeypatch.setattr(report_sync, "hong_kong_now", lambda: now)
    world.facility.control.clock_set(now.isoformat())
    run_module("report_sync", **world.sync_options)
    world.later = WEDNESDAY


def switched_site(world: World) -> None:
    world.row["switch"] = {
        "site": "secondary",
        "since": "2026-11-20T08:00:00+08:00",
        "who": "Chan",
        "why": "circular 7",
    }


def calendar_ends(world: World) -> None:
    world.later = timedelta(days=395)  # 20 December 2027


@pytest.mark.parametrize(
    ("make", "code", "urgency", "words"),
    [
        pytest.param(nothing, None, "none", "sync ok", id="all is well"),
        pytest.param(old_sync, "sync_overdue", "at_once", "schedule runs", id="the last sync is of last year"),
        pytest.param(dead_cron, "sync_overdue", "at_once", "schedule runs", id="cron is dead"),
        pytest.param(unreadable_key, "key_unusable", "at_once", "bad_private_key", id="a key that no run can read"),
        pytest.param(missing_library, "libraries_unusable", "at_once", "paramiko", id="a library that is missing"),
        pytest.param(failed_sync, "run_failed", "at_once", "library_missing", id="the last sync failed"),
        pytest.param(missing_passphrase, "key_unusable", "at_once", "bad_passphrase", id="no passphrase"),
        pytest.param(lost_reports, "reports_lost", "at_once", "dcass.sftp.acknowledge", id="reports are lost"),
        pytest.param(spent_budget, "login_budget_spent", "soon", "the next one fits at", id="no login left"),
        pytest.param(expired_key, "key_expired", "at_once", "Re-register", id="an expired key"),
        pytest.param(pending_renewal, "renewal_under_way", "at_once", "renew_keys", id="a renewal under way"),
        pytest.param(state_gone, "key_unknown", "at_once", "Restore the state", id="the state is gone"),
        pytest.param(damaged_state, "state_damaged", None, "state_damaged", id="the state is damaged"),
        pytest.param(other_accounts_key, "other_account_here", None, "holds the key of", id="another account's key"),
        pytest.param(full_disk, "disk_low", "at_once", "Make room", id="the disk is full"),
        pytest.param(wrong_clock, "clock_off", "at_once", "730 days behind", id="a wrong clock"),
        pytest.param(archive_in_the_way, "archive_unusable", "at_once", "is no folder", id="a file for an archive"),
        pytest.param(unwritable_state, "state_unusable", "at_once", "is no regular file", id="a state to read alone"),
        pytest.param(sync_of_a_clock_ahead, "sync_overdue", "at_once", "schedule runs", id="a sync of the future"),
        pytest.param(switched_site, None, "none", "Switched to the secondary site", id="another site"),
        pytest.param(calendar_ends, "calendar_ends", "at_once", "2027", id="the calendar ends"),
    ],
)
def test_each_state_is_told(
    facility: Facility,
    workstation: Workstation,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[World], None],
    code: str | None,
    urgency: str | None,
    words: str,
) -> None:
    workstation.make_key(registered_on=present().date().isoformat())
    workstation.sync()
    world = World(facility, workstation, monkeypatch)
    make(world)
    known = world.look()
    codes = [known["error_code"]] if known.get("failed") else [due["code"] for due in known["due"]]
    assert code in codes if code else codes == []
    assert known.get("urgency") == urgency
    lines = world.page(known)
    assert any(words in line for line in lines), lines
    wanted = next(line for line in lines if line.startswith("ws1 ")).rstrip()
    assert wanted.endswith("at once") == (urgency in ("at_once", None))
    assert world.ends_red(known, "at_once") == (urgency in ("at_once", None))
    assert world.ends_red(known, "soon") == (make is not nothing)
    metrics = world.metrics.read_text()
    assert (f'code="{code}"' in metrics) if code else ("dcass_due" not in metrics)
    assert ('urgency="at_once"' in metrics) == (urgency in ("at_once", None))
    figures, shown = world.page_in_a_browser(known)
    # people have to bring a site back one day, which is no workstation's own to say
    wanted_there = "site_switched" if make is switched_site else code
    assert [one["code"] for one in figures["actions"]].count(wanted_there) == (wanted_there is not None)
    assert all(one["sentence"] in shown and one["command"] in shown for one in figures["actions"])
    assert figures["urgency"] == ("soon" if make is switched_site else urgency or "at_once")
