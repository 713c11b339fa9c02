# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run in this process, as Ansible would run them, against a rehearsal facility of the test's own."""

from __future__ import annotations

import functools
import importlib
import io
import json
import os
import pathlib
from contextlib import redirect_stdout

import pytest
import yaml

pytest.importorskip("ansible.module_utils.testing", reason="modules need ansible-core 2.19")
from ansible.module_utils.testing import patch_module_args

from ansible_collections.dcass.sftp.plugins.module_utils import _glue
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.specs import FACILITY
from ansible_collections.dcass.sftp.plugins.plugin_utils._shipping import checked, installed_code

CHECKED = os.environ.get("DCASS_CHECKED") == "1"  # the other way of running a module, where it can be had
OF_ANSIBLE = set("changed failed skipped msg warnings diff invocation deprecations".split())
OF_ANSIBLE |= set("owner group uid gid mode size state secontext".split())  # what it adds where there is a path
MODULES = "ansible_collections.dcass.sftp.plugins.modules"
WORKSTATIONS = ("127.0.10.31", "127.0.10.32")


def taken(name, options):
    """Leave out shared options that a module does not take, as Ansible does with what is set for an action group."""
    own = importlib.import_module(f"{MODULES}.{name}").OPTIONS
    return {option: value for option, value in options.items() if option in own or option not in FACILITY}


def run_module(name, check=False, diff=False, **options):
    """Run a module with these options and return what it returned."""
    module = importlib.import_module(f"{MODULES}.{name}")
    arguments = {**taken(name, options), "_ansible_check_mode": check, "_ansible_diff": diff}
    result = _run_as_checked(name, module.main, arguments) if CHECKED else None
    result = result or _run_as_sent(module.main, arguments)
    untold = list(undocumented(result, documented(name), result.get("failed", False)))
    assert untold == [], f"the documentation of {name} does not tell {', '.join(untold)}"
    return result


def _run_as_sent(main, arguments):
    output = io.StringIO()
    with patch_module_args(arguments), redirect_stdout(output), pytest.raises(SystemExit):
        main()
    return json.loads(output.getvalue())


def _run_as_checked(name, main, arguments):
    """Run it as where its code lies on a workstation, and its options are checked elsewhere; None where they aren't."""
    module = checked.check(name, json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
    if module is None:
        return None
    output = io.StringIO()
    _glue.given = json.loads(json.dumps(module.given()))  # what travels is text
    try:
        with redirect_stdout(output), pytest.raises(SystemExit):
            main()
    finally:
        _glue.given = None
    return json.loads(module.result(installed_code.ended(output.getvalue())))


@functools.cache
def documented(name):
    """What a module's documentation says that it returns."""
    return yaml.safe_load(importlib.import_module(f"{MODULES}.{name}").RETURN)


def undocumented(result, pages, is_failure=False):
    """What a module has returned and does not document. A failure may tell more: what people need to look into it."""
    for name, value in result.items():
        page = pages.get(name) or next((page for other, page in pages.items() if other.isupper()), None)
        if page is None and name not in OF_ANSIBLE and not is_failure:
            yield name
        for one in value if isinstance(value, list) else [value]:
            if page and isinstance(one, dict) and "contains" in page:
                yield from (f"{name}.{below}" for below in undocumented(one, page["contains"]))


def succeed(name, **options):
    result = run_module(name, **options)
    assert not result.get("failed"), result
    return result


def fail(name, code, **options):
    """Run a module that must fail with that code, a sentence and a next step; return what it returned."""
    result = run_module(name, **options)
    assert result.get("failed"), result
    assert result["error_code"] == code
    assert result["msg"].strip()
    assert result["hint"].strip()
    return result


class Facility:
    """A running emulator from one test's point of view. ``forgiven`` names violations that the test provokes."""

    def __init__(self, emulator):
        self.addresses, self.known_hosts = emulator.addresses, emulator.known_hosts
        self.control, self.forgiven = emulator.control, ()
        self._folders = pathlib.Path(emulator.root) / "folders"
        self._began = self.control.status()["last_event"]

    def events(self, *kinds):
        """The events since the test began, of these kinds or of all."""
        events = self.control.events(since=self._began)
        return [event for event in events if not kinds or event["event"] in kinds]

    def violations(self):
        return self.control.violations(since=self._began)

    def publish(self, **order):
        return self.control.publish(**order)

    def put(self, folder, name, content=b"report"):
        """Lay a report into a folder under a name that the facility itself would never give one."""
        place = os.path.join(os.fsencode(self._folders), folder.encode(), *name.encode().split(b"/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(content)

    def clear(self):
        """Take all reports away, for the next test."""
        for report in self._folders.rglob("*"):
            if report.is_file():
                report.unlink()


def new_state(path):
    """A state that was never any other: without it, a key that is there tells that a state has vanished."""
    StateDb(str(path)).close()
    return str(path)


def unmark(state_dir):
    """Take a copied state for the one that it is a copy of: as one of before there were markers."""
    for marker in pathlib.Path(state_dir).glob("*.ledger.json"):
        marker.unlink()
    state = StateDb(str(state_dir))
    with state.transaction() as db:
        db.execute("DELETE FROM marked")
    state.close()


class Workstation:
    """One workstation's folders, and its share of the shared options."""

    def __init__(self, root, account, source, facility=None):
        self.root, self.account, self.code = root, account, account[:4]
        self.dest = str(root / "reports")
        self.options = {
            "account": account,
            "source_address": source,
            "key_dir": str(root / "keys"),
            "state_dir": str(root / "state"),
            "known_hosts": str(root / "known_hosts"),
            "outside_hours": "ignore",
        }
        if facility:
            self.point_at(facility)

    def point_at(self, facility, site="primary"):
        addresses = [f"{host}:{port}" for host, port in facility.addresses]
        half = len(addresses) // 2
        self.options["addresses"] = addresses[:half] if site == "primary" else addresses[half:]
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "known_hosts").write_text(facility.known_hosts)

    def make_key(self, **more):
        return succeed("account_key", **{**self.options, **more})

    def sync(self, **more):
        return succeed("report_sync", **{**self.options, "dest": self.dest, **more})


class Participant:
    """A participant with two workstations, registered with a facility."""

    def __init__(self, root, facility, customer_code="CXYZ"):
        self.root, self.facility, self.customer_code = root, facility, customer_code
        self.workstations = [
            Workstation(root / f"ws{number}", f"{customer_code}00{number}", source, facility)
            for number, source in enumerate(WORKSTATIONS, 1)
        ]

    def register(self):
        keys = {w.account: w.make_key()["public_key"] for w in self.workstations}
        package = succeed(
            "registration_package",
            customer_code=self.customer_code,
            workstation_addresses=list(WORKSTATIONS),
            public_keys=keys,
            dest=str(self.root / f"{self.customer_code}.zip"),
        )
        self.facility.control.register(package["path"])
        return self
