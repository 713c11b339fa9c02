# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IPv4 addresses that this workstation has, to be told where the registered one is not among them (§7)."""

from __future__ import annotations

import array
import fcntl
import socket
import struct

NOT_OWN = (
    "Give the workstation the address that the exchange has registered for it, or set dcass_workstation_address to the "
    "one that it has. No login was spent."
)
_LIST = 0x8912  # SIOCGIFCONF of Linux
_MOST, _ENTRY = 256, 40  # entries, and the bytes of one; the address stands at its 21st byte


def is_own(address: str) -> bool:
    """Say whether a connection could come from that address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 0))
        except OSError:
            return False
    return True


def own_addresses() -> list[str]:
    """Return the addresses as the system lists them, those of the loopback interface last; or that it tells none."""
    entries = array.array("B", bytes(_MOST * _ENTRY))
    asked = struct.pack("iL", len(entries), entries.buffer_info()[0])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            size = struct.unpack("iL", fcntl.ioctl(sock.fileno(), _LIST, asked))[0]
    except OSError:
        return ["none"]
    data = entries.tobytes()[:size]
    found = [socket.inet_ntoa(data[at + 20 : at + 24]) for at in range(0, len(data), _ENTRY)]
    return sorted(dict.fromkeys(found), key=lambda address: address.startswith("127.")) or ["none"]
