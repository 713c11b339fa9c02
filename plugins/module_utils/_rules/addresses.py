# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the facility is reached (§2.2, §7.1) and from where (§7)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, SubnetMismatch
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import SITES, SUBNET_OCTETS, WORKSTATIONS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import PORT

_HOST_AND_PORT = re.compile(r"(\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(:(?P<port>[0-9]{1,5}))?\Z")


@dataclass(frozen=True)
class Address:
    """One host and TCP port of the facility."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def facility_addresses(site: str, given: Sequence[str] | None, port: int) -> tuple[Address, ...]:
    """Return the addresses to try in order: those given, else the guide's two for the site (§7.1)."""
    PORT.require(port)
    return tuple(_address(text, port) for text in (given or SITES[site]))


def workstation_pair(addresses: Sequence[str]) -> tuple[str, str]:
    """Return a participant's two workstation addresses, or raise SubnetMismatch (§5, §7)."""
    if len(addresses) != WORKSTATIONS:
        raise SubnetMismatch(f"A participant registers two workstation addresses; {len(addresses)} are given.")
    first, second = (workstation_address(text) for text in addresses)
    if first == second:
        raise SubnetMismatch(f"Both workstations have the address {first}.")
    if first.packed[:SUBNET_OCTETS] != second.packed[:SUBNET_OCTETS]:
        raise SubnetMismatch(f"{first} and {second} are not in one subnet: their first three octets differ.")
    return str(first), str(second)


def workstation_address(text: str) -> ipaddress.IPv4Address:
    """Return what can be the address of one workstation, or raise SubnetMismatch (§7)."""
    try:
        address = ipaddress.IPv4Address(text.strip())
    except ValueError:
        raise SubnetMismatch(f"'{text}' is not an IPv4 address of a workstation.") from None
    if address.packed[0] in (0, 255) or address.is_multicast or address.packed[3] in (0, 255):
        raise SubnetMismatch(f"{address} can't be the address of a workstation.")
    return address


def _address(text: str, default_port: int) -> Address:
    found = _HOST_AND_PORT.match(text.strip())
    if not found:
        raise BadInput(f"'{text}' is not an address: write HOST or HOST:PORT.")
    port = int(found["port"] or default_port)
    if PORT.complaint(port):
        raise BadInput(f"'{text}': {port} is not a TCP port.")
    return Address(found["ipv6"] or found["host"], port)
