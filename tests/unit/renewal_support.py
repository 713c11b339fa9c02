# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A facility in memory that keeps the guide's rules, its clock, and the two workstations of a participant.

The workstations run the real flow on real records. Everything that a run calls can be where the power goes.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import SimpleNamespace

from ansible_collections.dcass.sftp.plugins.module_utils._flow.key_renewal import renew, renewal_request
from ansible_collections.dcass.sftp.plugins.module_utils._flow.renewal_ports import RenewalPorts
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_files import KeyFiles
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import generate
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb, _connect
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_schema import migrate
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.account_status import relevant_renewal
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG, Calendar
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AuthenticationFailed,
    BadPublicKey,
    ConnectionLost,
    DcassError,
    LocalError,
    NoKey,
    Unreachable,
    UploadRefused,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEY_MANAGEMENT, LOGINS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_versions import version_name
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import Uptime
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import OF_RENEWAL
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Listing
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, PublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Listed
from tests.unit.crashing import PowerCut
from tests.unit.support import defaults, mpint, options, string

ACCOUNTS = ("CXYZ001", "CXYZ002")
MORE = {**defaults(OF_RENEWAL), "other_account": None, "compromised_fingerprint": None, "registered_on": None}
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def hong_kong(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HONG_KONG)


def false_key(number: int) -> PrivateKey:
    """A key pair that logs in here alone: its public half is a proper RSA 2048-bit blob, its private half a number."""
    blob = string(b"ssh-rsa") + mpint(65537) + mpint((1 << 2047) | (number << 1) | 1)
    return PrivateKey(PublicKey(blob, "ssh-rsa", 2048), False, number)


@functools.cache
def true_key(number: int) -> PrivateKey:
    """A real key pair, the same for the same number: making one takes long."""
    return generate()


class Clock:
    """Moves when told to, and with each step of the facility by a second; and so does the clock since the boot."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.wrong = timedelta()
        self.boot, self._started = "first", now - DAY

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def step(self, span: timedelta) -> None:
        """Set the clock on the wall wrong, or right: no time passes."""
        self.now += span
        self.wrong += span

    def reboot(self) -> None:
        """Start the machine anew, which takes no time."""
        self.boot, self._started = f"{self.boot}+", self.now - self.wrong

    def uptime(self) -> Uptime:
        return Uptime(self.boot, (self.now - self.wrong - self._started).total_seconds())


@dataclass(frozen=True)
class Answer:
    """What the exchange makes of an upload: ``imported`` and ``told`` after that long, None never."""

    imported: timedelta | None = timedelta()
    told: timedelta | None = timedelta()
    reason: str | None = None  # of a rejection
    name: str = "Result.{at:%Y%m%d.%H%M%S}.{word}.txt"
    dated: timedelta = timedelta()  # how much ahead the clock is by which the exchange dates it, and counts
    about: str = "{account}.pub"
    more: str = ""  # what else its text says
    encoding: str = "utf-8"


AT_ONCE = Answer()
SWALLOWED = Answer(imported=None, told=None)
UNTOLD = Answer(told=None)
REJECTED = Answer(imported=None, reason="the file is not SSH2")


@dataclass(frozen=True)
class Mood:
    """How the facility is just now."""

    reachable: bool = True
    lets_in: bool = True
    takes_uploads: bool = True
    drops_at: int | None = None  # the connection is gone at the so-many-th step from now on: login, list, read, upload
    drops_late: bool = False  # after the step has had its effect
    answer: Answer = AT_ONCE


@dataclass
class Books:
    """What the facility keeps of one account."""

    keys: dict[str, date] = field(default_factory=dict)  # fingerprint: last day (§6.1)
    logins: list[datetime] = field(default_factory=list)
    uploads: list[datetime] = field(default_factory=list)
    accepted: set[str] = field(default_factory=set)  # the keys that have logged in
    results: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)  # name: text, visible from
    waiting: list[tuple[datetime, datetime, str]] = field(default_factory=list)  # import at, uploaded at, fingerprint


class FakeFacility:
    """The guide's rules, counted from what clients do; ``violations`` holds what it forbids."""

    def __init__(self, clock: Clock, calendar: Calendar | None = None) -> None:
        self.clock, self.calendar = clock, calendar or Calendar()
        self.be(Mood())
        self.books = {name: Books() for name in ACCOUNTS}
        self.violations: list[str] = []
        self.published: list[int] = []  # times of reports
        self.made: dict[str, int] = {}  # times of results

    def be(self, mood: Mood) -> None:
        """From now on be like this; steps count from here."""
        self.mood, self._steps = mood, 0

    def register(self, account: str, fingerprint: str, day: date) -> None:
        """Registration (§5): this key alone."""
        self.books[account].keys = {fingerprint: day + timedelta(days=730)}
        self.books[account].waiting = []

    def valid(self, account: str, day: date | None = None) -> set[str]:
        """The fingerprints of the keys that log in now, or on another day."""
        self.settle(account)
        day = day or self.clock().date()
        return {fingerprint for fingerprint, last in self.books[account].keys.items() if day <= last}

    def settle(self, account: str) -> None:
        """Import what is due, in the order in which it came (§6.1)."""
        books, now = self.books[account], self.clock()
        while books.waiting and books.waiting[0][0] <= now:
            _at, uploaded, fingerprint = books.waiting.pop(0)
            last = uploaded.date() + timedelta(days=13)
            books.keys = {known: min(day, last) for known, day in books.keys.items() if day >= uploaded.date()}
            books.keys[fingerprint] = uploaded.date() + timedelta(days=730)

    def step(self, account: str, effect):
        """One step of a session, unless the line is cut at it."""
        self.clock.sleep(1)
        self.settle(account)
        self._steps += 1
        if self.mood.drops_at is None or self._steps < self.mood.drops_at:
            return effect()
        if self.mood.drops_late and self._steps == self.mood.drops_at:
            effect()
        raise ConnectionLost("The connection is gone.")

    def log_in(self, account: str, fingerprint: str) -> None:
        self.step(account, lambda: self._log_in(self.books[account], account, fingerprint))

    def _log_in(self, books: Books, account: str, fingerprint: str) -> None:
        now = self.clock()
        books.logins.append(now)
        if sum(now - moment < timedelta(minutes=5) for moment in books.logins[-6:]) >= 5:
            self.violations.append(f"§4.3: {account} made a fifth login within five minutes, at {now}")
        if not self.calendar.at(now).is_open:
            self.violations.append(f"§4.1: {account} logged in while the facility is closed, at {now}")
        if not self.mood.lets_in or fingerprint not in self.valid(account):
            raise AuthenticationFailed(f"The facility refused the login of {account}.")
        books.accepted.add(fingerprint)

    def listing(self, account: str) -> dict[str, bytes]:
        now = self.clock()
        results = self.books[account].results
        return {name: text for name, (text, seen) in results.items() if seen <= now < seen + timedelta(days=10)}

    def upload(self, account: str, name: str, content: bytes) -> None:
        books, now = self.books[account], self.clock()
        if not self.mood.takes_uploads:
            raise UploadRefused("Permission denied")
        books.uploads.append(now)
        if sum(now - moment < HOUR for moment in books.uploads[-6:]) >= 5:
            self.violations.append(f"§6.3: {account} uploaded a fifth key within an hour, at {now}")
        if name != f"{account}.pub" or b"PRIVATE" in content:
            self.violations.append(f"§6: {account} uploaded {name}")
        try:
            fingerprint, reason = rfc4716.read(content.decode()).key.fingerprint, self.mood.answer.reason
        except BadPublicKey as error:
            fingerprint, reason = "", str(error)
        if reason is None and (fingerprint in self.valid(account) or fingerprint in self._awaited(account)):
            reason = "this key is in use already"
        answer = self.mood.answer
        first = max([now, *(at for at, _uploaded, _key in books.waiting)])  # one after the other
        if reason is None and answer.imported is not None:
            books.waiting.append((max(first, now + answer.imported), now + answer.dated, fingerprint))
            self.settle(account)
        if answer.told is not None:
            self._tell(account, max(first, now + answer.told), reason)

    def _awaited(self, account: str) -> set[str]:
        return {fingerprint for _at, _uploaded, fingerprint in self.books[account].waiting}

    def _tell(self, account: str, at: datetime, reason: str | None) -> None:
        answer, results = self.mood.answer, self.books[account].results
        dated = at + answer.dated
        word = "failed" if reason else "success"
        while (name := answer.name.format(at=dated, word=word)) in results:
            dated += SECOND
        lines = [
            f"File Name     : {answer.about.format(account=account)}",
            f"Import Date   : {dated:%Y-%m-%d %H:%M:%S}",
        ]
        lines += [f"Error Reason  : {reason}"] if reason else []
        lines += [answer.more] if answer.more else []
        results[name] = ("\r\n".join(lines).encode(answer.encoding), at)
        self.made[name] = int(dated.timestamp())


class FakeSession:
    """One login in being."""

    def __init__(self, facility: FakeFacility, account: str) -> None:
        self._facility, self._account = facility, account
        self.connection = {"address": "127.151.14.121:10022", "logins_left": 3}

    def within(self, _seconds=None):
        return contextlib.nullcontext(SimpleNamespace(over=False))

    def list(self, folders) -> Listing:
        if KEY_MANAGEMENT not in folders:
            return Listing(
                [Listed("COMMON", f"RX{number}.csv", 1, made) for number, made in enumerate(self._facility.published)]
            )
        names = self._facility.step(self._account, lambda: self._facility.listing(self._account))
        return Listing(
            [Listed(KEY_MANAGEMENT, name, len(text), self._facility.made.get(name)) for name, text in names.items()]
        )

    def read(self, report: Listed) -> bytes | None:
        return self._facility.step(self._account, lambda: self._facility.listing(self._account).get(report.name))

    def upload(self, folder: str, name: str, content: bytes) -> None:
        assert folder == KEY_MANAGEMENT
        self._facility.step(self._account, lambda: self._facility.upload(self._account, name, content))


class FalseKeyFiles:
    """The key folder of one account, in memory; a private key never leaves a version but by ``destroy``."""

    def __init__(self, account: str) -> None:
        self.account, self.current, self.kept = Account(account), None, {}

    def comment(self) -> str:
        return str(self.account)

    def _key(self, version: str) -> PrivateKey:
        version = self.current if version == "current" else version
        if version not in self.kept:
            raise NoKey(f"{self.account} has no key {version}.")
        return self.kept[version]

    def load_to_log_in(self, _passphrase, version: str = "current") -> PrivateKey:
        return self._key(version)

    def public(self) -> PublicKey:
        return self._key("current").public

    def require_pair(self, key: PrivateKey) -> None:
        assert key == self._key("current")

    def made_on(self) -> date:
        return datetime.strptime(self.current.partition("-")[0], "%Y%m%d").date()

    def has(self, version: str) -> bool:
        return version in self.kept

    def make(self, key: PrivateKey, _comment: str, _passphrase, day: date) -> str:
        name = version_name(key, day)
        assert name not in self.kept
        self.kept[name] = key
        return name

    def switch(self, version: str) -> None:
        assert version in self.kept
        self.current = version

    def content(self, name: str, version: str) -> bytes:
        if version not in {*self.kept, "current"}:
            raise LocalError(f"{name} of {version} is not there.")
        public = self._key(version).public
        if name == self.account.fingerprint_name:
            return public.fingerprint.encode() + b"\n"
        return rfc4716.write(public, self.account.name).encode()

    def fingerprints(self) -> dict[str, str]:
        return {version: key.public.fingerprint for version, key in self.kept.items() if version != self.current}

    def destroy(self, version: str) -> None:
        assert version != self.current
        del self.kept[version]

    def sweep(self) -> None:
        """There are no leftovers in memory."""

    def held(self) -> set[str]:
        """The fingerprints of all private keys that are on disk."""
        return {key.public.fingerprint for key in self.kept.values()}


class FalseEvidence:
    """Keeps each subject once."""

    def __init__(self) -> None:
        self.kept: dict[str, dict] = {}

    def add(self, subject: str, _at: datetime, facts: dict, _files: dict, _foreign: dict | None = None) -> None:
        self.kept.setdefault(subject, facts)


class MemoryState(StateDb):
    """The real state, on no disk."""

    def _open(self):
        db = _connect(":memory:")
        migrate(db, self._path)
        return db


class Fuse:
    """Lets the power go at the n-th call; from then on nothing is done any more."""

    def __init__(self) -> None:
        self.left: int | None = None

    def burn(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left <= 0:
                raise PowerCut

    def on(self, target):
        """The same thing, with each of its methods on this fuse."""
        return _Fused(target, self)


class _Fused:
    def __init__(self, target, fuse: Fuse) -> None:
        self._target, self._fuse = target, fuse

    def __getattr__(self, name):
        found = getattr(self._target, name)
        if not callable(found):
            return found

        def call(*arguments, **more):
            self._fuse.burn()
            return found(*arguments, **more)

        self.__dict__[name] = call
        return call


@dataclass
class Told:
    """What one run came to: what it returned, or the code and facts of its error; None where the power went."""

    result: dict | None
    code: str | None
    logins: int
    uploads: int

    def __getitem__(self, name: str):
        return self.result[name]


class Workstation:
    """One of a participant's two machines with its account: the real flow and records. ``root`` puts all on disk."""

    def __init__(self, facility: FakeFacility, account: str, root=None) -> None:
        self.facility, self.clock, self.account, self.root = facility, facility.clock, account, root
        self.fuse, self.warnings = Fuse(), []
        self.state = StateDb(str(root / "state")) if root else MemoryState("/nowhere")
        self.files = KeyFiles(str(root / "keys"), Account(account)) if root else FalseKeyFiles(account)
        self.evidence = Evidence(self.state, str(root / "state"), account) if root else FalseEvidence()
        self.record, self.journal = KeyRecord(self.state, account), Journal(self.state, account)
        self.ledger = Ledger(self.state, account)
        self._numbers = itertools.count(1)
        self._tools = self._made_tools(self.state, self.evidence)

    def register(self, day: date) -> str:
        """People register a new key (§5), which then logs in for the first time."""
        key = self.generate()
        self.files.switch(self.files.make(key, self.account, None, day))
        self.record.made(key.public.fingerprint, day)
        self.record.registered(key.public.fingerprint, day)
        self.record.superseded(key.public.fingerprint, day - DAY)
        self.facility.register(self.account, key.public.fingerprint, day)
        self.books.accepted.add(key.public.fingerprint)
        return key.public.fingerprint

    @property
    def books(self) -> Books:
        return self.facility.books[self.account]

    @property
    def current(self) -> str:
        """The fingerprint of the current key."""
        return self.files.public().fingerprint

    @property
    def renewal(self):
        return self.journal.latest()

    def generate(self) -> PrivateKey:
        # a key of one account is never another's: odd numbers here, even ones there
        number = 2 * next(self._numbers) + int(self.account[-1])
        return true_key(number) if self.root else false_key(number)

    def told(self, known: bool = True) -> dict:
        """What account_info tells the play of this account; nothing where nobody could ask."""
        if not known:
            return {"account": self.account, "state": None, "uploaded_on": None}
        renewal = relevant_renewal(self.journal.latest(), self.current)
        day = renewal.uploaded_on if renewal else None
        state = renewal.state.value if renewal else "none"
        return {"account": self.account, "state": state, "uploaded_on": day.isoformat() if day else None}

    def run(self, check: bool = False, other: Workstation | None = None, known: bool = True, **more) -> Told:
        """One run of key_renewal; ``other`` is the workstation of the other account, as the play asks it before."""
        logins, uploads = len(self.books.logins), len(self.books.uploads)
        told = other.told(known) if other else None
        shared = {key: more.pop(key) for key in ("login_budget", "outside_hours", "closed_days") if key in more}
        shared.update(account=self.account)
        request = renewal_request({**options(**shared), **MORE, "other_account": told, **more})
        tools = self._tools
        if check and self.root:
            state = StateDb(str(self.root / "state"), read_only=True)
            tools = self._made_tools(state, Evidence(state, str(self.root / "state"), self.account))
        result, code = None, None
        with contextlib.suppress(PowerCut):
            try:
                result = renew(request, tools, plan_only=check)
            except DcassError as error:
                result, code = {**error.facts, "msg": str(error), "hint": error.hint}, error.code
        self.fuse.left = None
        return Told(result, code, len(self.books.logins) - logins, len(self.books.uploads) - uploads)

    def _made_tools(self, state: StateDb, evidence) -> RenewalPorts:
        on, account = self.fuse.on, self.account
        ledger, record = on(Ledger(state, account)), on(KeyRecord(state, account))
        return RenewalPorts(
            files=on(self.files),
            record=record,
            journal=on(Journal(state, account)),
            ledger=ledger,
            evidence=on(evidence),
            warning_days=lambda: self.warnings,
            log_in=lambda key, purpose: self._log_in(ledger, record, key, purpose),
            generate=self.generate,
            clock=self.clock,
            sleep=self.clock.sleep,
            uptime=self.clock.uptime,
        )

    @contextlib.contextmanager
    def _log_in(self, ledger, record, key: PrivateKey, purpose: str):
        """One login as the session makes it: the budget asked, spent and settled, the key recorded as proven."""
        ledger.require(LOGINS, 4, self.clock())
        if not self.facility.mood.reachable:
            raise Unreachable("The facility can't be reached.")
        number = ledger.spend(LOGINS, 4, purpose, self.clock())
        outcome = "lost"
        try:
            self.fuse.burn()
            self.facility.log_in(self.account, key.public.fingerprint)
            outcome = "accepted"
        except AuthenticationFailed:
            outcome = "refused"
            raise
        finally:
            ledger.settle(number, outcome, self.clock())
        record.proven(key.public.fingerprint, self.clock())
        yield self.fuse.on(FakeSession(self.facility, self.account))


class Participant:
    """Both accounts, each on its own workstation, registered on a day (or two), and the facility."""

    def __init__(self, registered: date, second: date | None = None, root=None, calendar: Calendar | None = None):
        self.clock = Clock(datetime(registered.year, registered.month, registered.day, 8, tzinfo=HONG_KONG))
        self.facility = FakeFacility(self.clock, calendar)
        self.first, self.second = (
            Workstation(self.facility, account, root / account if root else None) for account in ACCOUNTS
        )
        self.first.register(registered)
        self.second.register(second or registered)
