# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet costs its control node: a sync where nothing is new beside a bare ping, in turn.

All workstations are this machine, so what a workstation does itself is in the figures, and so is the facility.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import pathlib
import re
import time
from datetime import datetime, timedelta, timezone
from typing import ClassVar

from emulator.client import running
from tests.e2e.steered import Steered
from tests.modules.support import succeed

CALLBACKS = pathlib.Path(__file__).with_name("callbacks")
HONG_KONG = timezone(timedelta(hours=8))
SYNC = "dcass.sftp.sync_reports"


class Fleet(Steered):
    """Registered participants whose first workstations hold what there is, and whose second ones know it."""

    ping: ClassVar = {}  # what else the play of a ping says

    def ready(self):
        """Do, in this process, what a rollout, a registration and a first sync leave behind."""
        play = {"hosts": "cp_*", "gather_facts": False, **self.ping, "tasks": [{"ansible.builtin.ping": {}}]}
        (self.root / "ping.yml").write_text(json.dumps([play]))
        self.whole = json.loads(self.inventory.read_text())
        for participant in self.whole.values():
            self._register(participant)
        self.facility.control.publish(scale=0.01)
        for participant in self.whole.values():
            self._sync(*participant["hosts"].values())

    def _register(self, participant):
        code, hosts = participant["vars"]["dcass_customer_code"], list(participant["hosts"].values())
        accounts = [f"{code}00{place}" for place in (1, 2)]
        made = [succeed("account_key", **_options(host, account)) for host, account in zip(hosts, accounts)]
        package = succeed(
            "registration_package",
            customer_code=code,
            workstation_addresses=[host["dcass_workstation_address"] for host in hosts],
            public_keys={account: key["public_key"] for account, key in zip(accounts, made)},
            dest=str(self.root / f"{code}.zip"),
        )
        self.facility.control.register(package["path"])
        for host, account in zip(hosts, accounts):
            host["dcass_account"] = account

    def _sync(self, first, second):
        known = {
            "addresses": self._variables["dcass_addresses"],
            "known_hosts": f"{first['dcass_config_dir']}/known_hosts",
            "source_address": first["dcass_workstation_address"],
            "outside_hours": "ignore",
            "dest": first["dcass_report_dir"],
        }
        assert succeed("report_sync", **_options(first, first["dcass_account"], **known))["downloaded"]

    def open_lines(self):
        """Open what stays open between two plays: here nothing does."""

    def take(self, participants):
        """Let the inventory be these participants alone."""
        self.inventory.write_text(json.dumps(dict(participants)))

    def run(self, playbook, *arguments):
        """Seconds of a play that changes nothing, and the most memory of the control node's own process in MB."""
        began = time.monotonic()
        outcome = self.play(playbook, *arguments, log="run")
        seconds = time.monotonic() - began
        assert outcome.code == 0, outcome.output[-3000:]
        assert set(re.findall(r"changed=(\d+)", outcome.output)) == {"0"}, outcome.output[-3000:]
        return seconds, int((self.root / "peak").read_text()) / 1024

    def environment(self):
        """As for any rehearsal, only that nobody looks on but one who tells the memory at the end."""
        own = {"ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS), "ANSIBLE_CALLBACKS_ENABLED": "peak"}
        return {**super().environment(), **own, "BENCH_PEAK": str(self.root / "peak")}


def _options(host, account, **more):
    return {
        "account": account,
        "key_dir": f"{host['dcass_config_dir']}/keys",
        "state_dir": host["dcass_state_dir"],
        **more,
    }


@contextlib.contextmanager
def fleet(root, hosts):
    """A fleet of so many workstations, and the facility that it meets."""
    with running(root / "facility") as facility:
        made = Fleet(root / "stage", facility, codes(hosts))
        made.ready()
        yield made


def codes(hosts):
    """Participants enough for so many workstations."""
    return [f"C{number:03}" for number in range(hosts // 2)]


def rows(made, sizes, forks=(5,)):
    """Yield for each of the sizes, (workstations, rounds), and of the forks what `row` measures.

    The sizes take turns with the fleet's members: each account may log in four times in five minutes (§4.3).
    """
    everybody = itertools.cycle(made.whole.items())
    for hosts, rounds in sizes:
        for number in forks:
            yield row(made, everybody, hosts, rounds, number)


def row(made, everybody, hosts, rounds, forks):
    """Seconds of a ping, of a sync with nothing new and of one while the facility is closed, round by round; and MB."""
    today = datetime.now(HONG_KONG).date()
    around = [(today + timedelta(days=shift)).isoformat() for shift in (-1, 0, 1)]
    closed = json.dumps({"dcass_outside_hours": "skip", "dcass_closed_days": around})
    plays = {
        "ping": (str(made.root / "ping.yml"),),
        "sync": (SYNC,),
        "closed": (SYNC, "--extra-vars", closed),
    }
    found = {"hosts": hosts, "forks": forks, "memory": {}, **{name: [] for name in plays}}
    for _round in range(rounds):
        made.take(itertools.islice(everybody, hosts // 2))
        made.open_lines()
        for name, words in plays.items():
            seconds, memory = made.run(*words, "--forks", str(forks))
            found[name].append(seconds)
            found["memory"][name] = max(memory, found["memory"].get(name, 0))
    return found


def logins(hosts, sizes, forks=(5,)):
    """How many logins the facility must have seen of a fleet that was made and measured."""
    return hosts // 2 + len(forks) * sum(size * rounds for size, rounds in sizes)
