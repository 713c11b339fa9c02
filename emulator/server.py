# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SSH side: the guide's algorithms, login by registered key, SFTP, and nothing else (§2.1, §3)."""

import asyncio
from collections import OrderedDict
from typing import Any, cast

import asyncssh
from asyncssh.packet import PacketDecodeError, SSHPacket

from emulator import algorithms
from emulator.connection import Connection
from emulator.facility import Facility
from emulator.faults import Faults
from emulator.filesystem import AccountView
from emulator.gate import Verdict
from emulator.kexinit import KexInit

SSH_VERSION = "DCASS_rehearsal"


class SshSession(asyncssh.SSHServer):
    """One connection and what is known of who is behind it."""

    def __init__(self, facility: Facility) -> None:
        self.facility = facility
        self.source = ""
        self.account: str | None = None
        self._offered: set[tuple[str, bytes]] = set()
        self._promised: str | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Note who called."""
        peer, here = conn.get_extra_info("peername"), conn.get_extra_info("sockname")
        self.source = peer[0] if peer else "gone already"
        self.facility.events.record("connect", source=self.source, address=f"{here[0]}:{here[1]}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end, and why where it was not the client's ordinary farewell."""
        if self._promised:
            self._refuse(self._promised, "the client was asked for a signature and left", "§3.2")
        weak = self.facility.faults.find("weak_algorithms") is not None  # then it is the facility's own doing
        unlisted = isinstance(exc, asyncssh.KeyExchangeFailed) and not weak
        self.facility.events.record(
            "disconnect",
            account=self.account,
            source=self.source,
            violation=f"§2.1: no listed algorithm offered ({exc})" if unlisted else None,
            reason=str(exc) if exc else None,
        )

    def public_key_auth_supported(self) -> bool:
        """Public keys are the only way in (§3.2)."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Asked after `admits` has agreed; the signature is still to be verified."""
        return True

    def admits(self, account: str, key: bytes, signature_algorithm: str | None) -> bool:
        """Decide on a key that is offered (no signature yet) or used; a refused key counts once a connection."""
        verdict = self.facility.gate.judge(account, key, self.source)
        if not verdict.accepted:
            if (account, key) not in self._offered:
                self._offered.add((account, key))
                self._promised = None
                self.facility.gate.note_refused(account, self.source, verdict)
            return False
        if signature_algorithm is None:
            self._promised = account
        elif signature_algorithm != algorithms.USER_KEY:
            self._refuse(account, f"signed with {signature_algorithm}, not {algorithms.USER_KEY}", "§2.1")
            return False
        return True

    def tries_without_key(self, account: str, method: str) -> None:
        """Note an attempt by password or the like: it counts as any other (§4.3)."""
        self.facility.gate.note_refused(
            account, self.source, self.facility.gate.judge_method(account, method, self.source)
        )

    def signed_in(self, account: str, valid: bool, offer: KexInit | None) -> None:
        """Note how a signed request ended, and what key exchange had agreed on before it."""
        if not valid:
            self._refuse(account, "the signature does not belong to the key", "§3.2")
            return
        self._promised, self.account = None, account
        detail = {**offer.agreed(), "unlisted": offer.unlisted()} if offer else {}
        self.facility.gate.note_accepted(account, self.source, **detail)

    def _refuse(self, account: str, reason: str, section: str) -> None:
        self._promised = None
        self.facility.gate.note_refused(account, self.source, Verdict(False, reason, section))


class FacilityConnection(Connection):
    """asyncssh's connection, made stricter where its options do not reach, and faulty where that is armed."""

    def __init__(self, options: asyncssh.SSHServerConnectionOptions, faults: Faults) -> None:
        self._deaf = faults.trigger("hang_in_key_exchange") is not None
        drop = faults.trigger("drop_connection")
        self._bytes_left = drop.number("after") if drop else None
        self._faults = faults
        self._opened = 0
        super().__init__(asyncio.get_running_loop(), options)

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Take what the client sends, unless deaf."""
        if not self._deaf:
            super().data_received(data, datatype)

    def _send(self, data: bytes) -> None:
        if self._bytes_left is None:
            super()._send(data)
            return
        super()._send(data[: self._bytes_left])
        self._bytes_left -= len(data)
        if self._bytes_left <= 0:
            self.hang_up()

    def _send_ext_info(self) -> None:
        if not self._faults.trigger("no_extension_info"):
            super()._send_ext_info()

    async def reload_config(self) -> None:
        """No configuration files here: spare each login the reading of the host keys."""

    def create_server_channel(self, *how: Any, **more: Any) -> "asyncssh.SSHServerChannel[Any]":
        """Open a channel; the second meets its fault."""
        self._opened += 1
        if self._opened > 1 and self._faults.trigger("one_channel", account=self._username):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "One channel a connection")
        return super().create_server_channel(*how, **more)

    # The key exchange list is the guide's: not even the marker of 'strict key exchange' is added to it, so that must
    # not be practised either when a client proposes it.

    def _get_extra_kex_algs(self) -> list[bytes]:
        return []

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, False if name == "_strict_kex" else value)

    async def _finish_userauth(self, begin_auth: bool, method: bytes, packet: SSHPacket) -> None:
        if method not in (b"none", b"publickey"):  # to ask which methods there are (none) is no attempt
            cast(SshSession, self._owner).tries_without_key(self._username, method.decode("ascii", "replace"))
        await super()._finish_userauth(begin_auth, method, packet)

    async def validate_public_key(self, username: str, key_data: bytes, msg: bytes, signature: bytes) -> bool:
        """Let the facility decide first; then verify the signature, if this is one."""
        session = cast(SshSession, self._owner)
        if self._faults.trigger("hang_in_authentication", account=username):
            await asyncio.Event().wait()
        if not session.admits(username, key_data, _signature_algorithm(signature) if msg else None):
            return False
        valid = await super().validate_public_key(username, key_data, msg, signature)
        if msg:
            session.signed_in(username, valid, KexInit.read(self._client_kexinit))
        return valid


async def make_options(
    facility: Facility, host_keys: "OrderedDict[bytes, asyncssh.SSHKeyPair]"
) -> asyncssh.SSHServerConnectionOptions:
    """Connection options for one site."""
    weak = facility.faults.find("weak_algorithms") is not None
    options: asyncssh.SSHServerConnectionOptions = await asyncssh.SSHServerConnectionOptions.construct(
        server_factory=lambda: SshSession(facility),
        server_host_keys=[pair for algorithm, pair in host_keys.items() if b"-cert-" not in algorithm],
        kex_algs=list(algorithms.WEAK_KEY_EXCHANGES if weak else algorithms.KEY_EXCHANGES),
        encryption_algs=list(algorithms.WEAK_CIPHERS if weak else algorithms.CIPHERS),
        mac_algs=list(algorithms.WEAK_MACS if weak else algorithms.MACS),
        compression_algs=None,
        signature_algs=[algorithms.USER_KEY],
        server_version=SSH_VERSION,
        sftp_factory=lambda channel: _open_view(facility, channel),
        allow_scp=False,
        allow_pty=False,
        agent_forwarding=False,
        x11_forwarding=False,
        gss_host=None,
    )
    options.server_host_keys = host_keys  # asyncssh would offer each RSA key under the SHA-2 names as well
    return options


def _open_view(facility: Facility, channel: "asyncssh.SSHServerChannel[bytes]") -> AccountView:
    session = cast(SshSession, channel.get_connection().get_owner())
    if session.account is None:
        raise asyncssh.SFTPPermissionDenied("Permission denied")
    return AccountView(channel, facility, session.account, session.source)


def _signature_algorithm(signature: bytes) -> str:
    try:
        return SSHPacket(signature).get_string().decode("ascii", "replace")
    except PacketDecodeError:
        return "nothing readable"
