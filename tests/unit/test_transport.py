# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our client says in its first packet is the guide's list, in its order (§2.1), whatever paramiko it runs on."""

from __future__ import annotations

import base64
import socket
import struct
import threading

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from paramiko import Message, SSHException

from ansible_collections.dcass.sftp.plugins.module_utils._io.session import exchange_keys
from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import CertifiedKey, RsaKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import NoConnection, Unreachable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from tests.unit.support import options, public_of, rsa_key, string

KEX = [
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group-exchange-sha256",
]
HOST_KEYS = [
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
]
CIPHERS = ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr"]
MACS = ["hmac-sha2-512-96", "hmac-sha2-256"]
MARKERS = {"ext-info-c", "kex-strict-c-v00@openssh.com"}  # say what a client can do; no algorithms


class Listener:
    """Accepts one connection on a free port and handles it in a thread of its own."""

    def __init__(self, handle) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(10)
        self.address = Address("127.0.0.1", self._socket.getsockname()[1])
        self.result = None
        self._thread = threading.Thread(target=self._serve, args=(handle,), daemon=True)
        self._thread.start()

    def _serve(self, handle) -> None:
        connection = self._socket.accept()[0]
        with connection:
            connection.settimeout(10)
            self.result = handle(connection)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_error) -> None:
        self._thread.join(15)
        self._socket.close()


def reach(address: Address, **more):
    facility = settings_from(options(addresses=[str(address)], connect_timeout=5.0, **more))
    return exchange_keys(facility, facility.addresses[0])


def read_kexinit(connection: socket.socket) -> list[list[str]]:
    connection.sendall(b"SSH-2.0-listener\r\n")
    stream = connection.makefile("rb")
    while not stream.readline().startswith(b"SSH-2.0-"):
        pass
    size, padding = struct.unpack(">IB", stream.read(5))
    payload = stream.read(size - 1)[: size - 1 - padding]
    assert payload[0] == 20
    lists, at = [], 17
    for _list in range(10):
        length = struct.unpack(">I", payload[at : at + 4])[0]
        lists.append(payload[at + 4 : at + 4 + length].decode().split(",") if length else [])
        at += 4 + length
    return lists


def test_the_client_offers_the_guide_s_lists_and_nothing_else():
    with Listener(read_kexinit) as listener, pytest.raises(Unreachable):
        reach(listener.address)
    kex, host_keys, cipher_out, cipher_in, mac_out, mac_in, *compression, language_out, language_in = listener.result
    assert kex[: len(KEX)] == KEX and set(kex[len(KEX) :]) <= MARKERS
    assert host_keys == HOST_KEYS
    assert cipher_out == cipher_in == CIPHERS
    assert mac_out == mac_in == MACS
    assert compression == [["none"], ["none"]]
    assert language_out == language_in == []


def test_a_connection_comes_from_the_registered_address():
    with Listener(lambda connection: connection.getpeername()[0]) as listener, pytest.raises(Unreachable):
        reach(listener.address, source_address="127.0.10.31")
    assert listener.result == "127.0.10.31"


@pytest.mark.parametrize(
    "greeting",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", id="HTTP"),
        pytest.param(b"SSH-1.5-old\r\n", id="SSH 1"),
        pytest.param(b"SSH-2.0-x\r\n" + b"\0" * 64, id="zeros after the greeting"),
        pytest.param(b"SSH-2.0-x\r\n\xff\xff\xff\xff" + b"x" * 64, id="a packet of 4 GiB"),
        pytest.param(b"SSH-2.0-x\r\n\0\0\0\x0c\x04\x14" + b"x" * 10, id="a first packet cut short"),
    ],
)
def test_a_server_that_is_none_is_unreachable(greeting):
    with Listener(lambda connection: connection.sendall(greeting)) as listener, pytest.raises(NoConnection) as refused:
        reach(listener.address)
    assert refused.value.code in ("unreachable", "algorithm_mismatch")
    assert str(listener.address) in str(refused.value)


def test_a_server_that_says_nothing_is_given_up_in_time():
    release = threading.Event()
    with Listener(lambda connection: release.wait(10)) as listener:
        try:
            facility = settings_from(options(addresses=[str(listener.address)], connect_timeout=0.5))
            with pytest.raises(Unreachable):
                exchange_keys(facility, facility.addresses[0])
        finally:
            release.set()


def test_nobody_there():
    closed = socket.create_server(("127.0.0.1", 0))
    address = Address("127.0.0.1", closed.getsockname()[1])
    closed.close()
    with pytest.raises(Unreachable, match=str(address.port)):
        reach(address)


def test_a_source_address_that_this_host_does_not_have():
    with pytest.raises(Unreachable, match="192.0.2.31".replace(".", r"\.")):
        reach(Address("127.0.0.1", 9), source_address="192.0.2.31")


def test_an_rsa_key_signs_as_the_guide_asks():
    key = RsaKey(key=rsa_key())
    signature = key.sign_ssh_data(b"data", "ssh-rsa").asbytes()
    assert signature.startswith(string(b"ssh-rsa"))
    assert key.verify_ssh_sig(b"data", Message(signature))
    assert not key.verify_ssh_sig(b"other", Message(signature))


AUTHORITY, IMPOSTOR = (ed25519.Ed25519PrivateKey.generate() for _key in range(2))
P384 = ec.generate_private_key(ec.SECP384R1())


def certificate(kind=serialization.SSHCertificateType.HOST, host=P384, authority=AUTHORITY) -> bytes:
    built = (
        serialization.SSHCertificateBuilder()
        .public_key(host.public_key())
        .serial(1)
        .type(kind)
        .key_id(b"facility")
        .valid_principals([b"127.151.14.121"])
        .valid_after(0)
        .valid_before(1 << 40)
        .sign(authority)
    )
    return base64.b64decode(built.public_bytes().split()[1])


@pytest.mark.parametrize("host", [P384, rsa_key()], ids=["ECDSA", "RSA"])
def test_a_host_certificate_tells_who_signed_it_for_whom(host):
    shown = CertifiedKey(Message(certificate(host=host))).shown
    assert shown.blob == public_of(host).blob
    assert shown.certificate.authority == public_of(AUTHORITY).blob
    assert shown.certificate.principals == ("127.151.14.121",)
    assert (shown.certificate.valid_after, shown.certificate.valid_before) == (0, 1 << 40)


GENUINE = certificate()
FORGED = certificate(authority=IMPOSTOR).replace(public_of(IMPOSTOR).blob, public_of(AUTHORITY).blob)


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(FORGED, id="another's signature under the authority's name"),
        pytest.param(GENUINE[:-1] + bytes([GENUINE[-1] ^ 1]), id="a signature with one bit turned"),
        pytest.param(certificate().replace(b"127.151.14.121", b"127.152.14.121"), id="made out to another afterwards"),
        pytest.param(certificate(serialization.SSHCertificateType.USER), id="for a user"),
        pytest.param(certificate()[:-40], id="cut short"),
        pytest.param(public_of(P384).blob, id="no certificate at all"),
    ],
)
def test_a_false_host_certificate_is_refused(blob):
    with pytest.raises(SSHException):
        CertifiedKey(Message(blob))
