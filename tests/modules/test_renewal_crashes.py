# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The crash matrix: key_renewal is killed at each of its deeds, and the next runs bring what it began to its end (§6).

A case is a participant re-registered, a run that SIGKILL ends at one deed (killing.py says what that is), and what
follows. A state is all that is left on disk and at the facility; what follows from the same state is gone through once.
Each story is killed once for each state that its deeds find. A plain renewal is also killed before each deed, and on
the network just after it as well, while the facility may be busy with it: that is always gone through.

So are renewals whose result is hostile, and such that go on by a clock that was set wrong meanwhile, or after a reboot.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import itertools
import multiprocessing
import os
import pathlib
import re
import shutil
import sqlite3
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate, load_private
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.renewal import State
from ansible_collections.dcass.sftp.plugins.modules import account_key, facility_info, key_renewal
from emulator.client import running
from tests.modules import killing
from tests.modules.support import WORKSTATIONS, Workstation, run_module, succeed, unmark

pytestmark = pytest.mark.skipif(killing.LACK is not None, reason=str(killing.LACK))

CODE, ACCOUNT, OTHER = "CXYZ", "CXYZ001", "CXYZ002"
REGISTERED = datetime(2024, 3, 4, 9, 0, tzinfo=HONG_KONG)  # a Monday; its last day is 2026-03-04
DUE = REGISTERED + timedelta(days=690)  # a Friday
UNREGISTERED = ("this is not a registered key", f"this is the key of {OTHER}")
MOST_RUNS = 4  # from a kill to the end of what it interrupted
AT_ONCE, RESULT_GRACE = 2, 600  # two processes go through the cases of a story, in at most 600 seconds
SHOWN = 5  # troubles
BOOTED = 20  # seconds since the kernel was started, when the run after a reboot begins


@dataclass(frozen=True)
class Template:
    """What each case begins with: the folders on the day of registration, the package, and the keys to be made."""

    root: pathlib.Path
    package: str
    keys: list[Any]
    others: Any


@dataclass(frozen=True)
class Desk:
    """What one of the processes works with: a facility of its own, and a folder in memory."""

    control: Any
    address: str
    known_hosts: str
    folders: pathlib.Path
    root: pathlib.Path


TEMPLATE: Template
DESK: Desk


class Case:
    """A participant from its registration on, and what key_renewal makes of workstation 1. Both clocks stand still."""

    def __init__(self) -> None:
        self.control, self.keys, self.now = DESK.control, iter(TEMPLATE.keys), REGISTERED
        self.ahead, self.boot, self.booted = timedelta(), "boot", 0.0
        self._folder = DESK.root / "case"
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(TEMPLATE.root / "ws1", self._folder, symlinks=True)
        unmark(self._folder / "state")
        (self._folder / "known_hosts").write_text(DESK.known_hosts)
        self.options = {
            **Workstation(self._folder, ACCOUNT, WORKSTATIONS[0]).options,
            "addresses": [DESK.address],
            "outside_hours": "skip",
        }
        self.first = self.in_force()
        self.control.fault_clear()
        if any(entry["account"] == ACCOUNT for entry in self.control.accounts()):
            self.control.forget(CODE)
        self.set(REGISTERED)
        self.since = self.control.status()["last_event"]
        self.control.register(TEMPLATE.package)
        self.set(DUE)

    def set(self, moment):
        self.now = moment
        self.control.clock_set(moment.isoformat(), hold=True)

    def step(self, ahead):
        """Set the workstation's clock so far ahead of the true time, which the facility has: no time passes."""
        self.ahead = ahead

    def reboot(self):
        """Start the workstation anew; it knows no more than that it has been running since."""
        self.boot, self.booted = "another boot", self.now.timestamp() - BOOTED

    def job(self, module="key_renewal", **more):
        """A run of a module at this moment, to be done in a process of its own."""
        more = {"result_timeout": 0, **more} if module == "key_renewal" else more
        key = next(self.keys)

        def work():
            for clocked in (key_renewal, facility_info):
                clocked.hong_kong_now = lambda: self.now + self.ahead
                clocked.uptime = lambda: Uptime(self.boot, self.now.timestamp() - self.booted)
            key_renewal.generate = lambda: key
            return run_module(module, **{**self.options, **more})

        return work

    def run(self, **more):
        return killing.apart(self.job(**more))

    def persist(self, ends=lambda told: not told.get("failed"), **more):
        """Run again, each time when the run before said, until one ends as hoped for."""
        for _again in range(MOST_RUNS):
            told = self.run(**more)
            if ends(told):
                return told
            assert told.get("retry_at"), told
            self.set(datetime.fromisoformat(told["retry_at"]) - self.ahead)
        raise AssertionError(f"{MOST_RUNS} runs were not enough: {told}")

    def register_anew(self):
        """Do as people do after a withdrawal: hand in a package with the account's new key (§5)."""
        [new] = [path for path in self.folder.iterdir() if (path / "id_rsa").exists() and not path.is_symlink()]
        package = DESK.root / f"{CODE}.zip"
        keys = {ACCOUNT: new / f"{ACCOUNT}.pub", OTHER: TEMPLATE.root / "ws2/keys" / OTHER / f"current/{OTHER}.pub"}
        public_keys = {account: path.read_text() for account, path in keys.items()}
        succeed(
            "registration_package",
            customer_code=CODE,
            workstation_addresses=list(WORKSTATIONS),
            public_keys=public_keys,
            dest=str(package),
        )
        self.control.register(package)

    def events(self, *kinds):
        return [event for event in self.control.events(since=self.since, account=ACCOUNT) if event["event"] in kinds]

    @property
    def folder(self):
        return self._folder / "keys" / ACCOUNT

    def state(self):
        return StateDb(self.options["state_dir"], read_only=True)

    def registered(self):
        """The keys that the facility lets in today: the day on which each came in, by fingerprint."""
        [account] = [entry for entry in self.control.accounts() if entry["account"] == ACCOUNT]
        return {key["fingerprint"]: key["valid_from"] for key in account["keys"]}

    def on_disk(self):
        """The fingerprint of each private key on disk, wherever it lies."""
        paths = [path for path in self.folder.rglob("id_rsa*") if "current" not in path.parts]
        return sorted(load_private(path.read_bytes(), None, str(path)).public.fingerprint for path in paths)

    def in_force(self):
        """The fingerprint of the key that `current` leads to."""
        return load_private((self.folder / "current" / "id_rsa").read_bytes(), None, "current").public.fingerprint

    def look(self):
        """A hash of all that is left, on disk and at the facility; nothing of it is touched."""
        copy = DESK.root / "look"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self._folder, copy, symlinks=True)
        with contextlib.closing(sqlite3.connect(copy / "state" / "state.sqlite3")) as db:
            found = [*db.iterdump()]  # SQLite has taken back what was half done
        found = [line for line in found if not line.startswith('INSERT INTO "marked"')]  # it tells times of files
        for path in sorted(copy.rglob("*")):
            if not path.name.startswith("state.sqlite3"):
                name = re.sub(r"(^|/)(\.[a-z]+-)[0-9a-f]{8}", r"\1\2", str(path.relative_to(copy)))
                found.append(f"{name} {path.lstat().st_mode:o} {_content(path)}")
        found += sorted(str(path) for path in DESK.folders.rglob("*"))
        found += [str(self.control.accounts()), f"{len(self.events('login'))} {len(self.events('upload'))}"]
        return hashlib.sha256("\n".join(found).encode()).hexdigest()


def _content(path):
    if path.is_symlink():
        return os.readlink(path)
    if path.name.startswith("id_rsa"):
        return str(path.stat().st_size)  # the same key is never written twice with the same bytes
    return str(path.read_bytes()) if path.is_file() else ""


def judge(case, outcome="renewed", keys=2, uploads=2, refused=0, dated=True, **options):
    """Whatever happened: one current key that logs in, none lost, nothing forbidden, all of it on record, and an end.

    ``keys`` is how many private keys there are to be on disk; ``uploads`` the most that there may have been, and
    ``refused`` the most logins by which it had to be found out that a key is not registered (any more). Where the
    exchange has told no day that can be believed and the clock was wrong, nobody can have ``dated`` the key right.
    """
    force, registered = case.in_force(), case.registered()
    renewal, known = Journal(case.state(), ACCOUNT).latest(), KeyRecord(case.state(), ACCOUNT).known()
    assert (renewal.state, renewal.new_fingerprint) == (State.DONE, force)
    assert not dated or known[force].registered_on.isoformat() == registered[force]
    assert (known[force].proven, known[force].last_day) == (True, None)
    assert all(facts.last_day for fingerprint, facts in known.items() if fingerprint != force and facts.registered_on)
    assert set(registered) <= set(case.on_disk()), "the private key of a registered key is lost"
    assert len(case.on_disk()) == keys
    assert [path.name for path in case.folder.iterdir() if path.name.startswith(".")] == []
    assert len(case.events("upload")) <= uploads
    chain = Evidence(case.state(), case.options["state_dir"], ACCOUNT)
    assert chain.verify()[1] == []
    subjects = [entry.subject for entry in chain.entries()]
    assert sorted(set(subjects)) == sorted(subjects)
    assert [subject for subject in subjects if subject.endswith(outcome)] == [f"renewal {renewal.id} {outcome}"]
    logins = len(case.events("login"))
    again = case.job(**options)()  # it starts no thread
    assert (again["state"], again["changed"], again.get("failed")) == ("current", False, None), again
    assert len(case.events("login")) == logins
    case.set(case.now + timedelta(minutes=6))
    assert "folders" in case.run(module="facility_info", login=True)
    assert len(case.events("login")) == logins + 1
    assert case.events("locked", "upload blocked") == []
    found_out = [event for event in case.events("login") if event["detail"].get("reason") in UNREGISTERED]
    assert len(found_out) <= refused
    assert [event for event in case.control.violations(since=case.since) if event not in found_out] == []


def withdraw(case):
    return case.persist(compromised_fingerprint=case.first)


def finish_withdrawal(case):
    told = withdraw(case)
    assert told["state"] == "pending"
    assert not (case.folder / "current" / "id_rsa").exists()
    case.register_anew()
    prove_withdrawal(case)


def prove_withdrawal(case):
    case.persist(**registered_anew(case))
    judge(case, "re-registered", keys=1, uploads=0, refused=2, **registered_anew(case))


def prove_after_a_daily_run(case):
    """Between kill and next try, the daily run comes, which knows nothing of the compromised key."""
    assert not case.run().get("failed")
    prove_withdrawal(case)


def registered_anew(case):
    return {"compromised_fingerprint": case.first, "registered_on": DUE.date().isoformat()}


def withdraw_and_register(case):
    withdraw(case)
    case.register_anew()


def renew_and_wait(case):
    """Renew, and let the old key's last day pass."""
    case.persist()
    case.set(DUE + timedelta(days=20))


def finish_destruction(case):
    case.persist()
    judge(case, keys=1, uploads=1)


def arm_no_result(case):
    case.control.fault_arm("no_result", account=ACCOUNT)


def draw_a_bad_key(case):
    """Let the key that is made be that of the other account, which the exchange rejects."""
    case.keys = itertools.repeat(TEMPLATE.others)


def be_rejected(case):
    """Renew with a bad key to the end, and let the weekend pass."""
    draw_a_bad_key(case)
    finish_rejection(case)


def finish_rejection(case):
    case.persist(ends=lambda told: told.get("error_code") == "renewal_rejected")
    assert case.in_force() == case.first
    case.keys = iter(TEMPLATE.keys)
    case.set(DUE + timedelta(days=3))


def renew(case, **expected):
    case.persist()
    judge(case, **expected)


def answered(fault="result_odd", **settings):
    """Let the exchange answer so."""
    return lambda case: case.control.fault_arm(fault, account=ACCOUNT, **settings)


def go_on(ahead=timedelta(), reboot=False, dated=True):
    """Go on by a clock that is wrong now, or after a reboot; then somebody sets the clock right."""

    def after(case):
        case.step(ahead)
        if reboot:
            case.reboot()
        told = case.persist(ends=lambda told: not told.get("failed") or told["error_code"] == "clock_wrong")
        assert told.get("failed") is None or ahead < timedelta(), told
        assert set(case.registered()) <= set(case.on_disk()), "the private key of a registered key is lost"
        case.step(timedelta())
        case.set(case.now + timedelta(minutes=6))
        renew(case, dated=dated)

    return after


@dataclass(frozen=True)
class Story:
    """What leads to the run that is killed, that run's options, and what follows, to the judgement."""

    after: Callable[[Case], Any]
    before: Callable[[Case], Any] = lambda case: None
    options: Callable[[Case], dict[str, Any]] = lambda case: {}


STORIES = {
    "a renewal": Story(after=renew),
    "a renewal without a result": Story(before=arm_no_result, after=renew),
    "a renewal that is rejected": Story(
        before=draw_a_bad_key, after=lambda case: (finish_rejection(case), renew(case, keys=3, uploads=3, refused=1))
    ),
    "a renewal after a rejection": Story(before=be_rejected, after=lambda case: renew(case, keys=3, uploads=3)),
    "a withdrawal": Story(options=lambda case: {"compromised_fingerprint": case.first}, after=finish_withdrawal),
    "a withdrawal's proof": Story(before=withdraw_and_register, options=registered_anew, after=prove_withdrawal),
    "a withdrawal's proof, then a daily run": Story(
        before=withdraw_and_register, options=registered_anew, after=prove_after_a_daily_run
    ),
    "a destruction": Story(before=renew_and_wait, after=finish_destruction),
}

# What a renewal is answered with. Each is about a key that was imported, whatever it says.
HOSTILE = {
    "a result of another day": answered(called="Result.20200101.000000.{word}.txt"),
    "a result of a day to come": answered(called="Result.20990101.000000.{word}.txt"),
    "a result that speaks of a private key": answered(more="Note: never upload your PRIVATE KEY."),
    "a result in UTF-16": answered(encoding="utf-16"),
    "a result in capitals": answered(file=f"{ACCOUNT}.PUB", more="SUCCESS"),
    "a failed result of another name": answered(called="Result.20260123.090000.failed.txt", file=f"{OTHER}.pub"),
    "a result that can't be read": answered("read_refused", path="/KEY_MANAGEMENT/Result.*"),
}
UNDATED = (
    "a result of another day",
    "a result of a day to come",
    "a failed result of another name",
    "a result that can't be read",
)
# What happens between the run that is killed and those that follow. All lead to hours of a business day.
MEANWHILE = {
    "the clock 3 days ahead": {"ahead": timedelta(days=3)},
    "the clock 20 days ahead": {"ahead": timedelta(days=20)},
    "the clock 3 days behind": {"ahead": -timedelta(days=3)},
    "the clock 21 days behind": {"ahead": -timedelta(days=21)},
    "a reboot": {"reboot": True},
    "a reboot, 20 days ahead": {"ahead": timedelta(days=20), "reboot": True},
    "a reboot, 21 days behind": {"ahead": -timedelta(days=21), "reboot": True},
}
STORIES.update({answer: Story(before=before, after=renew) for answer, before in HOSTILE.items()})
STORIES.update({f"a renewal, {what}": Story(after=go_on(**how)) for what, how in MEANWHILE.items()})
BOTH = [f"{answer}, {what}" for answer, what in zip(HOSTILE, reversed(MEANWHILE))]
STORIES.update(
    {
        name: Story(before=HOSTILE[answer], after=go_on(**how, dated=answer not in UNDATED))
        for name, answer, how in zip(BOTH, HOSTILE, reversed(MEANWHILE.values()))
    }
)

A_PHASE = pytest.mark.long("the other stories go through the same phases: upload, result, rejection, withdrawal, proof")
EACH_DEED = pytest.mark.long("the same renewal is killed once for each state")
VARIANTS = ("a renewal without a result", "a renewal after a rejection", "a withdrawal's proof, then a daily run")
WHOLE = pytest.mark.long(f"{BOTH[0]!r}; tests/unit/test_hostile_results.py and tests/modules/test_ledger_losses.py")
LATER = [*HOSTILE, *(f"a renewal, {what}" for what in MEANWHILE), *BOTH[1:]]
MARKS = {**dict.fromkeys(VARIANTS, A_PHASE), **dict.fromkeys(LATER, WHOLE)}
CASES = [
    *(pytest.param(name, False, id=name, marks=[MARKS[name]] if name in MARKS else []) for name in STORIES),
    pytest.param("a renewal", True, id="a renewal, at each deed", marks=EACH_DEED),
]


def begin(story):
    """A new case, led up to the run that is to be killed, and that run."""
    case = Case()
    story.before(case)
    return case, case.job(**story.options(case))


def count(name):
    """The deeds of a run that nobody kills, and the state before each."""
    story, states = STORIES[name], []
    case, job = begin(story)
    seen = killing.watched(job, before_each=lambda: states.append(case.look()))
    story.after(case)
    return seen.deeds, states


@dataclass(frozen=True)
class Point:
    """Where to kill: just before the so-many-th deed of that name, or just ``after`` it.

    Not the so-many-th of all: how many pieces the network's bytes go out in differs from run to run.
    """

    deed: str
    nth: int
    after: bool = False

    def __str__(self):
        return f"{'after' if self.after else 'before'} {self.deed}, number {self.nth}"

    def is_reached(self, deeds):
        return plain(deeds[-1]) == self.deed and sum(plain(deed) == self.deed for deed in deeds) == self.nth


def points_of(deeds, states, each):
    """Kill at each deed, and just after those on the network, too; or at the first one of each state."""
    named = [plain(deed) for deed in deeds]
    points = [Point(deed, named[: at + 1].count(deed)) for at, deed in enumerate(named)]
    if not each:
        return [points[states.index(state)] for state in dict.fromkeys(states)]
    return [
        one
        for point in points
        for one in (point, *([replace(point, after=True)] if killing.is_on_the_net(point.deed) else []))
    ]


def go_through(name, points):
    """Kill at each point, and go on from each state that is new; return what was killed, gone through, and wrong."""
    story, states, told = STORIES[name], set(), []
    for at in points:
        case, job = begin(story)
        seen = killing.watched(job, at.is_reached, at.after)
        point = {"at": at, "killed": seen.killed, "trouble": None}
        state = None if at.after else case.look()
        point["followed"] = state not in states
        if point["followed"]:
            states |= {state} - {None}
            try:
                story.after(case)
            except Exception:
                point["trouble"] = traceback.format_exc()
        told.append(point)
    return told


@pytest.fixture(scope="module")
def in_memory():
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="module")
def template(in_memory):
    root = in_memory / "template"
    first, second = (Workstation(root / f"ws{at}", f"{CODE}00{at}", WORKSTATIONS[at - 1]) for at in (1, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_key, "hong_kong_now", lambda: REGISTERED)
        public_keys = {place.account: place.make_key()["public_key"] for place in (first, second)}
        first.make_key(registered_on=REGISTERED.date().isoformat())
    package = succeed(
        "registration_package",
        customer_code=CODE,
        workstation_addresses=list(WORKSTATIONS),
        public_keys=public_keys,
        dest=str(root / f"{CODE}.zip"),
    )
    others = load_private((root / "ws2/keys" / OTHER / "current/id_rsa").read_bytes(), None, OTHER)
    return Template(root, package["path"], [generate() for _key in range(20)], others)


@pytest.fixture(scope="module")
def processes(in_memory, template):
    """The processes that go through cases. They begin as copies of this one, with all that it has imported."""
    global TEMPLATE
    TEMPLATE = template
    context = multiprocessing.get_context("fork")
    desks = context.SimpleQueue()
    with contextlib.ExitStack() as stack:
        for number in range(AT_ONCE):
            root = in_memory / f"desk{number}"
            emulator = stack.enter_context(running(root / "facility"))
            host, port = emulator.addresses[0]
            folders = pathlib.Path(emulator.root) / "folders"
            desks.put(Desk(emulator.control, f"{host}:{port}", emulator.known_hosts, folders, root))
        yield stack.enter_context(context.Pool(AT_ONCE, sit_down, [desks]))


def sit_down(desks):
    """Begin such a process. Testing the primes of each key that is read would take most of its time."""
    global DESK
    DESK = desks.get()
    gc.freeze()  # what is imported stays shared with the processes to come
    load = serialization.load_ssh_private_key
    serialization.load_ssh_private_key = functools.partial(load, unsafe_skip_rsa_key_validation=True)


@pytest.mark.parametrize(("name", "each"), CASES)
def test_whatever_is_killed_comes_to_its_end(processes, capsys, record_property, name, each):
    began = time.monotonic()
    deeds, states = processes.apply_async(count, [name]).get(RESULT_GRACE)
    points = points_of(deeds, states, each)
    size = 48 if each else 6  # neighbours leave the same state: the fewer borders between blocks, the fewer repetitions
    blocks = [(name, points[at : at + size]) for at in range(0, len(points), size)]
    told = [*itertools.chain(*processes.starmap_async(go_through, blocks, chunksize=1).get(RESULT_GRACE))]

    killed, followed = sum(point["killed"] for point in told), sum(point["followed"] for point in told)
    kinds = Counter(kind_of(deed) for deed in deeds)
    summary = (
        f"{name}: {len(deeds)} deeds ({', '.join(f'{number} {kind}' for kind, number in kinds.most_common())}), "
        f"{len(set(states))} states; {killed} kills, {followed} gone through, {time.monotonic() - began:.0f} s"
    )
    record_property("crash matrix", summary)
    with capsys.disabled():
        print(f"\n{summary}")
    trouble = [point for point in told if point["trouble"]]
    assert not trouble, f"{len(trouble)} of {len(told)} kills:\n" + "\n".join(
        f"{point['at']}:\n{point['trouble']}" for point in trouble[:SHOWN]
    )
    if each:
        assert {plain(deed) for deed in deeds} - {point["at"].deed for point in told if point["killed"]} == set()


def kind_of(deed):
    if killing.is_on_the_net(deed):
        return "on the network"
    return "in the database" if "state.sqlite3" in deed or deed.endswith("/state") else "on other files"


def plain(deed):
    """A deed without what differs from run to run: random names, numbers of sockets, the process's own folder."""
    return re.sub(r"desk\d|-[0-9a-f]{8}\b|\[\d+\]", "", deed)
