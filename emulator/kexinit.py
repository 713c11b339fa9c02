# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client proposed in its key exchange, and what follows from it (§2.1)."""

from dataclasses import dataclass

from asyncssh.packet import PacketDecodeError, SSHPacket

from emulator import algorithms

_MARKERS = {"ext-info-c", "kex-strict-c-v00@openssh.com"}  # announce extensions, are no algorithms


@dataclass(frozen=True)
class KexInit:
    """The client's names, in its order of preference."""

    key_exchanges: list[str]
    host_keys: list[str]
    ciphers: list[str]
    macs: list[str]

    @classmethod
    def read(cls, kexinit: bytes) -> "KexInit | None":
        """Read a client's first key exchange message; None where there was none that could be read."""
        try:
            packet = SSHPacket(kexinit)
            packet.get_bytes(17)  # the message number and the cookie
            lists = [[name.decode("ascii", "replace") for name in packet.get_namelist()] for _ in range(8)]
        except PacketDecodeError:
            return None
        key_exchanges = [name for name in lists[0] if name not in _MARKERS]
        return cls(key_exchanges, lists[1], lists[2], lists[4])

    def agreed(self) -> dict[str, str | None]:
        """The client's first choices among what the facility has, by which SSH agrees."""
        return {
            "kex": _first(self.key_exchanges, algorithms.KEY_EXCHANGES),
            "host_key": _first(self.host_keys, algorithms.HOST_KEYS),
            "cipher": (cipher := _first(self.ciphers, algorithms.CIPHERS)),
            "mac": cipher if cipher and "gcm" in cipher else _first(self.macs, algorithms.MACS),
        }

    def unlisted(self) -> list[str]:
        """The names that the guide does not have."""
        offered = [*self.key_exchanges, *self.host_keys, *self.ciphers, *self.macs]
        listed = {*algorithms.KEY_EXCHANGES, *algorithms.HOST_KEYS, *algorithms.CIPHERS, *algorithms.MACS}
        return [name for name in offered if name not in listed]


def _first(offered: list[str], listed: tuple[str, ...]) -> str | None:
    return next((name for name in offered if name in listed), None)
