# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two data centres: their addresses, and that only the active one answers (§2.2, §7.1)."""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from emulator.facility import SITES, Facility
from emulator.hostkeys import HostKeys
from emulator.server import FacilityConnection, make_options

DEFAULT_LISTEN = ("127.151.14.121:10022", "127.151.14.122:10022", "127.152.14.121:10022", "127.152.14.122:10022")
_ROOMS = [
    ipaddress.IPv4Network(network) for network in ("127.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
]


class BadAddress(ValueError):
    """A listen address that cannot be read or is not on this machine, with the reason."""


@dataclass
class Address:
    """One address of a site; port 0 becomes the kernel's choice when it is first bound."""

    site: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `HOST:PORT` or `primary=HOST:PORT`; 127.152.* is the secondary site unless said otherwise."""
        site, named, place = text.rpartition("=")
        host, _, port = place.rpartition(":")
        if not named:
            site = SITES[1] if host.startswith("127.152.") else SITES[0]
        if site not in SITES or not host or not port.isdecimal() or int(port) > 65535:
            raise BadAddress(f"{text!r} is not HOST:PORT, primary=HOST:PORT or secondary=HOST:PORT")
        if not _is_for_rehearsals(host):
            raise BadAddress(f"{host} is neither a loopback nor a documentation address: a rehearsal stays in its room")
        return cls(site, host, int(port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def known_hosts_name(self) -> str:
        """How a known_hosts file writes the address."""
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"


class Sites:
    """Listens on the active site's addresses; the other site's are kept bound, so that they refuse connections."""

    def __init__(self, facility: Facility, addresses: Iterable[Address]) -> None:
        self._facility = facility
        self._host_keys = HostKeys(facility.root / "host-keys")
        self.addresses = list(addresses)
        self._reserved = {id(address): _bind(address) for address in self.addresses}
        self._servers: dict[int, asyncio.Server] = {}
        self._connections: list[FacilityConnection] = []
        self._answering = facility.site
        self._refreshing = asyncio.Lock()

    async def refresh(self) -> None:
        """Let exactly the addresses answer that should by now, with the keys and algorithms of the day.

        One refresh at a time, and each looks afresh at what is wanted: whichever orders crossed, the last one is right.
        """
        async with self._refreshing:
            site, faults = self._facility.site, self._facility.faults
            hosts = [address.host for address in self.addresses if address.site == site]
            host_keys = self._host_keys.of_site(site, hosts, changed=faults.find("host_key_changed") is not None)
            self._options = await make_options(self._facility, host_keys)
            wanted = [address for address in self.addresses if address.site == site and not self._is_refused(address)]
            self._stop_listening([address for address in self.addresses if address not in wanted])
            if site != self._answering:
                self._hang_up()
            self._answering = site
            for address in wanted:
                await self._listen(address)

    def _hang_up(self) -> None:
        for connection in self._connections:
            connection.hang_up()

    def _is_refused(self, address: Address) -> bool:
        fault = self._facility.faults.find("refuse_tcp")
        return fault is not None and fnmatchcase(address.host, str(fault.settings["address"]))

    async def _listen(self, address: Address) -> None:
        if id(address) not in self._servers:
            reserved = self._reserved.pop(id(address), None) or _bind(address)
            loop = asyncio.get_running_loop()
            self._servers[id(address)] = await loop.create_server(self._connected, sock=reserved, backlog=128)

    def _stop_listening(self, addresses: Iterable[Address]) -> None:
        for address in addresses:
            if id(address) in self._servers:
                self._servers.pop(id(address)).close()
            if id(address) not in self._reserved:
                self._reserved[id(address)] = _bind(address)

    def _connected(self) -> asyncio.Protocol:
        if self._facility.faults.trigger("hang_before_banner"):
            return asyncio.Protocol()
        connection = FacilityConnection(self._options, self._facility.faults)
        self._connections = [known for known in self._connections if not known.is_closed()]
        self._connections.append(connection)
        return connection

    def known_hosts(self) -> list[str]:
        """One known_hosts line for each address of both sites."""
        return [f"{address.known_hosts_name} {self._host_keys.public_line(address.site)}" for address in self.addresses]

    def authority(self) -> str:
        """The known_hosts line that trusts the facility's certificate authority for all its addresses."""
        names = ",".join(address.known_hosts_name for address in self.addresses)
        return f"@cert-authority {names} {self._host_keys.authority_line()}"

    def close(self) -> None:
        """Stop listening and end all connections."""
        for server in self._servers.values():
            server.close()
        self._hang_up()
        for reserved in self._reserved.values():
            reserved.close()


def _is_for_rehearsals(host: str) -> bool:
    # Documentation addresses exist on no network but a laboratory's own, such as one of network namespaces.
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return any(address in network for network in _ROOMS)


def _bind(address: Address) -> socket.socket:
    # Bound but not listening: the kernel refuses whoever connects, and nobody else can take the port.
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        reserved.bind((address.host, address.port))
    except OSError as problem:
        reserved.close()
        raise BadAddress(f"cannot listen on {address}: {problem.strerror}") from None
    address.port = reserved.getsockname()[1]
    return reserved
