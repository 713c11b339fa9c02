# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One login to the facility: reach an address, check its host key, spend one of the budget, authenticate."""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._io import fast_path, listing
from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline, Stage, Watch
from ansible_collections.dcass.sftp.plugins.module_utils._io.files import read_if_there
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import WINDOW, SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import (
    CERTIFICATES_FIRST,
    MISSING,
    FacilityTransport,
    RsaKey,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_SMALL_BYTES, MOST_UNANSWERED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    AlgorithmMismatch,
    AuthenticationFailed,
    ConnectionLost,
    DcassError,
    HostKeyMismatch,
    SecondStepWanted,
    Unreachable,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import KEX, LOGINS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import (
    HostKey,
    only_by_authority,
    require_pinned,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.limits import ANSWER_TIMEOUT, Allowance
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched, Listing, Outcome, Part
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import Settings
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, require_rsa_2048
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch, Listed

_PACKET_BYTES = 1 << 15
_NOTICES = 0.95  # of the time to connect

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Reached:
    """A finished key exchange with one address; nobody has logged in yet."""

    address: Address
    transport: Any
    host_key: HostKey
    round_trip_ms: float

    def __enter__(self) -> Reached:
        return self

    def __exit__(self, *_error: object) -> None:
        self.transport.close()

    def describe(self) -> dict[str, Any]:
        """What facility_info returns of an address that answered."""
        facts = self.facts()
        return {
            "reachable": True,
            "known_hosts_line": self.host_key.line(self.address),
            "host_key_fingerprint": facts["host_key_fingerprint"],
            "offered": self.transport.offered,
            "agreed": {name: facts[name] for name in ("kex", "cipher", "mac", "host_key_algorithm")},
            "round_trip_ms": self.round_trip_ms,
        }

    def facts(self) -> dict[str, Any]:
        """What was agreed, as modules return it."""
        transport = self.transport
        return {
            "address": str(self.address),
            "kex": next((name for name in KEX if name in transport.offered["kex"]), None),
            "cipher": transport.remote_cipher,
            "mac": None if "gcm" in transport.remote_cipher else transport.remote_mac,
            "host_key_algorithm": transport.host_key_type,
            "host_key_fingerprint": self.host_key.fingerprint,
            "round_trip_ms": self.round_trip_ms,
        }


class _InMemory(Part):
    """Where a small file goes that is not for the archive; of one that is not small nothing is kept."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.is_small = True

    def write(self, offset: int, data: memoryview) -> None:
        self.is_small = self.is_small and offset + len(data) <= MOST_SMALL_BYTES
        if not self.is_small:
            self.data.clear()
            return
        self.data += bytes(max(0, offset - len(self.data)))  # pieces come in any order
        self.data[offset : offset + len(data)] = data

    def abort(self) -> None:
        self.data.clear()


class Session:
    """A login in being, with at most ``window`` requests in flight."""

    def __init__(
        self, channel: SftpChannel, connection: dict[str, Any], window: int = WINDOW, watch: Watch | None = None
    ) -> None:
        self._connection = connection
        self._watch = watch
        self._channel = channel
        channel.window = window

    @property
    def connection(self) -> dict[str, Any]:
        """How it came about, and how the server has turned out to be, as modules return it."""
        handles = self._channel.handles
        return {**self._connection, "open_at_once": handles.most, "mixes_handles": handles.mixed}

    def within(self, seconds: float | None = None) -> AbstractContextManager[Stage]:
        """Let what is done meanwhile take so many seconds, by default those of one operation.

        Then the connection is broken off: what is under way raises ConnectionLost, and ``over`` of what this yields is
        true.
        """
        if self._watch is None:
            return contextlib.nullcontext(Stage.without_end())
        seconds = self._watch.patience if seconds is None else seconds
        return self._watch.within(seconds, f"The facility answers too slowly: {seconds:g} seconds were not enough.")

    def list(self, folders: Iterable[str]) -> Listing:
        """List the folders and all below them."""
        return listing.walk(self._channel, folders)

    def read(self, report: Listed) -> bytes | None:
        """Return a small file's content.

        None where it can't be read to its end, is empty but listed with content, or is not small.
        """
        found: bytes | None = None
        if report.size > MOST_SMALL_BYTES:
            return None
        for outcome in self.fetch([Fetch(report, report.name, "asked for")], lambda _item: _InMemory()):
            if isinstance(outcome, Fetched) and isinstance(outcome.part, _InMemory) and outcome.part.is_small:
                found = bytes(outcome.part.data)
        return found

    def upload(self, folder: str, name: str, content: bytes) -> None:
        """Upload a small file under its final name in one open, write and close, and nothing else (§2.1, §6).

        Raises UploadRefused where the facility would not open it: then nothing has arrived. ConnectionLost leaves
        open whether it has.
        """
        from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_upload

        sftp_upload.upload(self._channel, f"/{folder}/{name}", content)

    def fetch(self, items: Iterable[Fetch], begin: Callable[[Fetch], Part]) -> Generator[Outcome, None, None]:
        """Fetch reports, see ``pipeline.fetch``."""
        # imported where it is needed, as Ansible has a task compile all that it imports, each time
        from ansible_collections.dcass.sftp.plugins.module_utils._io import pipeline

        return pipeline.fetch(self._channel, items, begin)


def exchange_keys(settings: Settings, address: Address, deadline: Deadline | None = None) -> Reached:
    """Connect to one address and finish the key exchange (§2.1): no login is spent. Trusts nobody yet."""
    deadline = deadline or Deadline(settings.run_timeout)
    deadline.require()
    if MISSING is not None:
        raise MISSING
    import paramiko

    sock, round_trip_ms = connect(settings, address, min(settings.connect_timeout, deadline.left))
    transport = fast_path.open_transport(FacilityTransport, sock)
    if only_by_authority(_known_hosts(settings), address):
        transport.host_key_algorithms = CERTIFICATES_FIRST
    transport.watch_over(deadline, settings.operation_timeout)
    transport.handshake_timeout = settings.connect_timeout
    transport.banner_timeout = _NOTICES * settings.connect_timeout  # so that what it says instead of SSH can be told
    transport.channel_timeout = settings.operation_timeout
    transport.auth_timeout = min(settings.operation_timeout, ANSWER_TIMEOUT.total_seconds())  # the ledger counts on it
    try:
        transport.start_client(timeout=settings.connect_timeout)
        if not transport.initial_kex_done:
            raise TimeoutError("the key exchange took too long")
    except paramiko.ssh_exception.IncompatiblePeer as error:
        transport.close()
        if not transport.offered:
            raise Unreachable(f"{address} answers, but speaks no SSH 2: {error}.") from error
        missing = " and no ".join(transport.missing()) or "algorithm"
        raise AlgorithmMismatch(
            f"{address} has no {missing} in common with the facility's list.", offered=transport.offered
        ) from error
    except Exception as error:  # a broken or hostile server can make paramiko stumble over anything
        transport.close()
        raise Unreachable(
            f"{address} answers, but the key exchange failed: {str(error) or 'the connection was closed'}."
        ) from error
    return Reached(address, transport, transport.host_key.shown, round_trip_ms)


def require_trust(settings: Settings, address: Address, host_key: HostKey, now: datetime) -> None:
    """Return if known_hosts vouches for the host key; raise HostKeyUnknown, -Mismatch or -Revoked if not."""
    require_pinned(_known_hosts(settings), address, host_key, now)


def is_pinned_here(settings: Settings) -> bool:
    """Say whether known_hosts, where it is there, has the lines that are to be believed in place of it."""
    here = (read_if_there(settings.known_hosts) or b"").decode("utf-8", "replace")
    return settings.known_hosts_text is None or not here or _lines(here) == _lines(settings.known_hosts_text)


@contextlib.contextmanager
def log_in(
    settings: Settings,
    key: PrivateKey,
    ledger: Ledger,
    record: KeyRecord,
    purpose: str,
    clock: Clock,
    window: int = WINDOW,
    deadline: Deadline | None = None,
) -> Iterator[Session]:
    """Log in once and yield the session; a key that logs in is recorded as registered.

    The budget is asked before anything connects, and spent, on disk, just before the key is shown (§4.3).
    There is no second try: a login that failed counts like any other. All ends with the run's ``deadline``.
    """
    deadline = deadline or Deadline(settings.run_timeout)
    require_rsa_2048(key.public, f"The key of {settings.account}")
    ledger.require(LOGINS, settings.login_budget, clock())
    reached = _reach(settings, clock, deadline)
    transport, watch = reached.transport, reached.transport.watch
    try:
        _authenticate(settings, transport, key, ledger, purpose, clock)
        record.proven(key.public.fingerprint, clock())
        left = ledger.allowance(LOGINS, settings.login_budget, clock())
        channel = _open_channel(settings, transport)
        yield Session(channel, _connection(settings, reached, left), window, watch)
    except ConnectionLost as error:
        if transport.changed_host_key is not None:
            raise HostKeyMismatch(
                f"{reached.address} changed its host key within the session, to "
                f"{transport.changed_host_key.fingerprint}."
            ) from error
        if watch.error is not None:
            raise watch.error from error
        raise
    finally:
        transport.close()


def _reach(settings: Settings, clock: Clock, deadline: Deadline) -> Reached:
    """Try the site's addresses in order until one finishes the key exchange (§2.2, §7.1); its key must be pinned."""
    failures: list[DcassError] = []
    for address in settings.addresses:
        try:
            reached = exchange_keys(settings, address, deadline)
        except (Unreachable, AlgorithmMismatch) as error:
            failures.append(error)
            continue
        try:
            require_trust(settings, reached.address, reached.host_key, clock())
        except DcassError:
            reached.transport.close()
            raise
        return reached
    deadline.require()
    first = next((error for error in failures if isinstance(error, AlgorithmMismatch)), failures[-1])
    raise type(first)(" ".join(dict.fromkeys(str(error) for error in failures)), first.hint, **first.facts)


def _known_hosts(settings: Settings) -> str:
    if settings.known_hosts_text is not None:
        return settings.known_hosts_text
    return (read_if_there(settings.known_hosts) or b"").decode("utf-8", "replace")


def _lines(text: str) -> set[str]:
    """The lines that say anything."""
    return {line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")}


def _require_own(source: str, error: Exception) -> None:
    """Raise Unreachable, with the addresses that this workstation has, where the source is none of them."""
    from ansible_collections.dcass.sftp.plugins.module_utils._io.own_addresses import NOT_OWN, is_own, own_addresses

    if not is_own(source):
        raise Unreachable(
            f"This workstation does not have the address {source}; it has {', '.join(own_addresses())}.", hint=NOT_OWN
        ) from error


def connect(settings: Settings, address: Address, seconds: float) -> tuple[socket.socket, float]:
    """Return a connection from the registered address, and how many milliseconds it took, or raise Unreachable."""
    source = (settings.source_address, 0) if settings.source_address else None
    began = time.monotonic()
    try:
        sock = socket.create_connection((address.host, address.port), seconds, source)
    except (OSError, UnicodeError) as error:  # UnicodeError: a name that can't be one in DNS
        if getattr(error, "errno", None) == errno.EADDRNOTAVAIL and source:
            _require_own(source[0], error)
        why = getattr(error, "strerror", None) or error
        raise Unreachable(f"{address} can't be reached{_from(settings)}: {why}.") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # paramiko leaves it off; small requests would wait
    return sock, round((time.monotonic() - began) * 1000, 3)


def _authenticate(
    settings: Settings, transport: Any, key: PrivateKey, ledger: Ledger, purpose: str, clock: Clock
) -> None:
    import paramiko

    account = settings.account.name
    number = ledger.spend(LOGINS, settings.login_budget, purpose, clock())
    outcome = "lost"
    try:
        more = transport.auth_publickey(account, RsaKey(key=key.secret))
        outcome = "half accepted" if more else "accepted"
    except paramiko.AuthenticationException as error:
        if not transport.is_active() or "timeout" in str(error):
            raise ConnectionLost(
                f"The connection ended before the login of {account} was answered. The attempt counts as a login.",
                hint=AuthenticationFailed.hint,
            ) from error
        outcome = "refused"
        raise AuthenticationFailed(f"The facility refused the login of {account}{_from(settings)}.") from error
    except Exception as error:  # as in exchange_keys
        raise ConnectionLost(
            f"The connection broke while {account} logged in. The attempt counts as a login."
        ) from error
    finally:
        ledger.settle(number, outcome, clock())
    if more:
        raise SecondStepWanted(
            f"The facility took the key of {account}, and wants a second step after it: {', '.join(more)}. "
            "The attempt counts as a login."
        )


def _open_channel(settings: Settings, transport: Any) -> SftpChannel:
    seconds, watch = settings.operation_timeout, transport.watch
    why = f"The facility logged {settings.account} in but opened no SFTP session"
    late = f"{why} in {seconds:g} seconds."
    try:
        with watch.within(seconds, late):  # paramiko has waits without an end
            channel = transport.open_session(
                window_size=MOST_UNANSWERED, max_packet_size=_PACKET_BYTES, timeout=seconds
            )
        channel.settimeout(seconds)
        with watch.within(seconds, late):
            channel.invoke_subsystem("sftp")
    except Exception as error:  # as in exchange_keys
        raise ConnectionLost(f"{why}.") from error
    return SftpChannel(channel, watch)


def _connection(settings: Settings, reached: Reached, left: Allowance) -> dict[str, Any]:
    return {**reached.facts(), "site": settings.site, "logins_left": left.left}


def _from(settings: Settings) -> str:
    return f" from {settings.source_address}" if settings.source_address else ""
