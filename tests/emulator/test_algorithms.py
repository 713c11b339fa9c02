# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key exchange offers what §2.1 lists, in its order, and each of these works alone."""

import asyncio
import socket
import subprocess
from pathlib import Path

import asyncssh
import pytest
from asyncssh.packet import NameList, SSHPacket, UInt32

from emulator.client import Emulator
from emulator.testing import KeyPair

KEY_EXCHANGES = [
    "curve25519-sha256@libssh.org", "ecdh-sha2-nistp521", "ecdh-sha2-nistp384", "ecdh-sha2-nistp256",
    "diffie-hellman-group-exchange-sha256",
]  # fmt: skip
CIPHERS = ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr"]
MACS = ["hmac-sha2-512-96", "hmac-sha2-256"]
HOST_KEYS = [
    "ssh-rsa", "ssh-rsa-cert-v01@openssh.com", "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
]  # fmt: skip


def _read_exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data)) or pytest.fail("the server hung up")
    return data


def test_first_packet_lists_exactly_these(facility: Emulator) -> None:
    with socket.create_connection(facility.addresses[0], 5) as connection:
        connection.sendall(b"SSH-2.0-probe\r\n")
        banner = b""
        while not banner.endswith(b"\n"):
            banner += _read_exactly(connection, 1)
        length = int.from_bytes(_read_exactly(connection, 4), "big")
        packet = _read_exactly(connection, length)
    payload = SSHPacket(packet[1 : length - packet[0]])
    assert payload.get_byte() == 20
    payload.get_bytes(16)
    lists = [[name.decode() for name in payload.get_namelist()] for _ in range(10)]
    assert lists == [KEY_EXCHANGES, HOST_KEYS, CIPHERS, CIPHERS, MACS, MACS, ["none"], ["none"], [], []]


@pytest.mark.parametrize("name", KEY_EXCHANGES)
def test_each_key_exchange_works(facility: Emulator, name: str) -> None:
    _exchange(facility, kex_algs=[name])


@pytest.mark.parametrize("name", CIPHERS)
def test_each_cipher_works(participant, name: str) -> None:
    assert participant.try_login(encryption_algs=[name])


@pytest.mark.parametrize("name", MACS)
def test_each_mac_works(participant, name: str) -> None:
    assert participant.try_login(encryption_algs=["aes128-ctr"], mac_algs=[name])


@pytest.mark.parametrize("name", HOST_KEYS)
def test_each_host_key_kind_works(participant, name: str) -> None:
    trusted = participant.facility.known_hosts if name == "ssh-rsa" else participant.facility.host_ca
    assert participant.try_login(server_host_key_algs=[name], known_hosts=asyncssh.import_known_hosts(trusted))


@pytest.mark.parametrize(
    "offer",
    [
        {"kex_algs": ["diffie-hellman-group14-sha1"]},
        {"encryption_algs": ["aes128-cbc"]},
        {"encryption_algs": ["chacha20-poly1305@openssh.com"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha1"]},
        {"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-sha2-256-etm@openssh.com"]},
        {"server_host_key_algs": ["rsa-sha2-512"]},
        {"server_host_key_algs": ["ssh-ed25519"]},
    ],
    ids=str,
)
def test_anything_else_finds_no_agreement(facility: Emulator, offer: dict[str, list[str]]) -> None:
    with pytest.raises((asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost)):
        _exchange(facility, **offer)


def test_an_offer_without_any_listed_algorithm_is_a_violation(facility: Emulator, eventually) -> None:
    # By hand: a client hangs up as soon as it sees that nothing fits, and its offer may never be read.
    lists = [NameList([name]) for name in (b"diffie-hellman-group14-sha1", b"ssh-rsa")]
    lists += [NameList([name]) for name in (b"aes128-ctr", b"aes128-ctr", b"hmac-sha1", b"hmac-sha1", b"none", b"none")]
    payload = b"".join([b"\x14", bytes(16), *lists, NameList([]), NameList([]), bytes(5)])
    padding = 16 - (len(payload) + 5) % 8
    before = len(facility.control.violations())
    with socket.create_connection(facility.addresses[0], 5) as connection:
        connection.sendall(b"SSH-2.0-probe\r\n" + UInt32(len(payload) + padding + 1) + bytes([padding]) + payload)
        connection.sendall(bytes(padding))
        while connection.recv(4096):
            pass
    [event] = eventually(lambda: facility.control.violations()[before:])
    assert event["violation"].startswith("§2.1: no listed algorithm offered")


def _exchange(facility: Emulator, **offer: list[str]) -> None:
    async def run() -> None:
        host, port = facility.addresses[0]
        settings = {"server_host_key_algs": ["ssh-rsa"], **offer}
        options = await asyncssh.SSHClientConnectionOptions.construct(known_hosts=None, username="x", **settings)
        try:
            async with asyncssh.connect(host, port, options=options, client_keys=None, agent_path=None):
                pytest.fail("logged in without a key")
        except asyncssh.PermissionDenied:
            pass

    asyncio.run(run())


@pytest.mark.usefixtures("openssh")
def test_openssh_agrees(participant, tmp_path: Path, key_pairs: list[KeyPair]) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(participant.facility.known_hosts)
    host, port = participant.facility.addresses[1]
    options = {
        "UserKnownHostsFile": known_hosts, "GlobalKnownHostsFile": "/dev/null", "HostKeyAlgorithms": "ssh-rsa",
        "PubkeyAcceptedAlgorithms": "ssh-rsa", "BindAddress": "127.0.10.32", "BatchMode": "yes",
        "KexAlgorithms": ",".join(KEY_EXCHANGES), "Ciphers": ",".join(CIPHERS), "MACs": "hmac-sha2-256",
    }  # fmt: skip
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    command = [
        "ssh",
        "-F",
        "none",
        "-vv",
        *flags,
        "-i",
        key_pairs[0].path,
        "-p",
        str(port),
        "-s",
        f"{participant.account}@{host}",
        "sftp",
    ]
    said = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20, check=False
    ).stderr
    assert "kex: algorithm: curve25519-sha256@libssh.org" in said
    assert "kex: host key algorithm: ssh-rsa" in said
    assert "server-sig-algs=<ssh-rsa>" in said
    assert [event["detail"]["outcome"] for event in participant.events("login")] == ["accepted"]
