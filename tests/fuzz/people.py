# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people can bring: key files of all kinds, known_hosts, fingerprints, packages, inventories, options."""

from __future__ import annotations

import base64
import functools
import itertools
import json
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed448, x25519

from ansible_collections.dcass.sftp.plugins.module_utils._flow.pair import copies_from
from ansible_collections.dcass.sftp.plugins.module_utils._io import key_material
from ansible_collections.dcass.sftp.plugins.module_utils._rules import (
    brought,
    fingerprints,
    key_forms,
    package_zip,
    private_keys,
    registration,
    rfc4716,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import overlay
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadPublicKey, Unreachable
from ansible_collections.dcass.sftp.plugins.module_utils._rules.fingerprints import is_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import (
    HostCertificate,
    HostKey,
    flaw_of,
    only_by_authority,
    require_pinned,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import parse_blob, require_rsa_2048
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import CHECKS
from tests.fuzz.reading import Reader, text_of
from tests.fuzz.target import ACCOUNT, NOW, Target, noise
from tests.unit.support import MAKERS, RFC_DSA_BODY, blob_of, options, public_of, rsa_key, ssh2

ADDRESS = Address("127.151.14.121", 10022)
PASSPHRASE = "for the fuzz"
_NO_PASSPHRASE = serialization.NoEncryption()


@functools.cache
def blobs() -> list[bytes]:
    return [public_of(make()).blob for make in MAKERS.values()]


def lines() -> list[bytes]:
    """Public keys as OpenSSH writes them."""
    return [parse_blob(blob).key_type.encode() + b" " + base64.b64encode(blob) + b" x" for blob in blobs()]


def host_lines() -> Sequence[bytes]:
    named = [b"[127.151.14.121]:10022 " + line for line in lines()]
    hashed = b"|1|" + base64.b64encode(b"salt" * 5) + b"|" + base64.b64encode(b"hash" * 5) + b" " + lines()[0]
    marked = [b"@revoked * " + lines()[1], b"@cert-authority 127.151.*,!127.151.14.122 " + lines()[0]]
    return [*named, hashed, *marked, b"\n".join([b"# pinned", *named, hashed, *marked, b""])]


def ssh2_files() -> list[bytes]:
    bodies = [base64.encodebytes(blob).decode().rstrip() for blob in blobs()]
    files = [ssh2(body, 'Comment: "x"', "Subject: a\\", "b") for body in (RFC_DSA_BODY, *bodies)]
    return [*(file.encode() for file in files), rfc4716.write(public_of(rsa_key()), "CXYZ001").encode()]


def public_files() -> Sequence[bytes]:
    pems = [make().public_key() for make in MAKERS.values()]
    pems += [x25519.X25519PrivateKey.generate().public_key(), ed448.Ed448PrivateKey.generate().public_key()]
    return [*lines(), *ssh2_files(), *map(_public_pem, pems), b"text above\n" + _public_pem(rsa_key().public_key())]


def _public_pem(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@functools.cache
def private_files() -> Sequence[bytes]:
    pem, (openssh, pkcs8, old) = serialization.Encoding.PEM, _FORMATS
    keys = [rsa_key(), *(make() for kind, make in MAKERS.items() if kind != "ssh-rsa")]
    found = [key.private_bytes(pem, form, _NO_PASSPHRASE) for key in keys for form in (openssh, pkcs8)]
    found += [rsa_key().private_bytes(pem, old, _NO_PASSPHRASE), *OTHER_PROGRAMS]
    return [*found, x25519.X25519PrivateKey.generate().private_bytes(pem, pkcs8, _NO_PASSPHRASE)]


_FORMATS = (
    serialization.PrivateFormat.OpenSSH,
    serialization.PrivateFormat.PKCS8,
    serialization.PrivateFormat.TraditionalOpenSSL,
)
OTHER_PROGRAMS = (
    b"PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: none\r\nComment: x\r\nPublic-Lines: 1\r\nAAAA\r\n",
    b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAA\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n",
    b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0\0\0\0",
    b"\0\0\0\7ssh-rsa\0\0\0\3\1\0\1",
    b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n",
)


@functools.cache
def encrypted_files() -> Sequence[bytes]:
    """Protected by as little work as their formats allow."""
    pem, (openssh, pkcs8, old) = serialization.Encoding.PEM, _FORMATS
    quick = openssh.encryption_builder().kdf_rounds(1).build(PASSPHRASE.encode())
    usual = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    keys = [rsa_key(1024), MAKERS["ecdsa-sha2-nistp256"](), MAKERS["ssh-ed25519"]()]
    found = [key.private_bytes(pem, openssh, quick) for key in keys]
    return [*found, *(key.private_bytes(pem, pkcs8, usual) for key in keys), keys[0].private_bytes(pem, old, usual)]


def known_hosts(data: bytes) -> None:
    text = data.decode("utf-8", "replace")  # as a session reads it
    only_by_authority(text, ADDRESS)
    certificate = HostCertificate(blobs()[0], ("127.151.14.121",), 0, 2**64 - 1)
    require_pinned(text, ADDRESS, HostKey(blobs()[1], certificate if data[:1] < b"\x40" else None), NOW)


def known_hosts_line(data: bytes) -> None:
    flaw_of(text_of(data))
    CHECKS["dcass_known_hosts"](text_of(data))


def ssh2_file(data: bytes) -> None:
    text = brought.text_of(data, "the file", BadPublicKey)
    rfc4716.has_long_lines(data)
    rfc4716.can_be_written(rfc4716.read(text).comment)


def blob(data: bytes) -> None:
    key = parse_blob(data)
    assert len(key.fingerprint) == 47 and key.fingerprint_sha256
    require_rsa_2048(key)


def fingerprint(data: bytes) -> None:
    is_of(public_of(rsa_key()), text_of(data))
    fingerprints.is_of(public_of(rsa_key()), brought.text_of(data, "the file", BadPublicKey))


def key_form(data: bytes) -> None:
    key_forms.other_form(data)
    key_forms.cipher_of(data)
    key_forms.is_endless(data)


def public_key(data: bytes) -> None:
    key_material.read_any(data, None, "the key")


def private_key(data: bytes) -> None:
    key_material.load_private(data, None, "the key")


def encrypted_key(data: bytes) -> None:
    key_material.load_private(data, PASSPHRASE, "the key")


def host_certificate(data: bytes) -> None:
    """What paramiko stumbles over becomes `unreachable` in `exchange_keys`, unless it is no Exception."""
    from paramiko.message import Message

    from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import CertifiedKey, RsaKey

    for kind in (CertifiedKey, RsaKey):
        try:
            assert kind(Message(data)).shown.blob
        except Exception as error:
            raise Unreachable(str(error)) from None


def package(data: bytes) -> None:
    reader = Reader(data)
    given = [reader.piece(2000) for _key in range(2)]
    template = registration.Template(reader.text(12), reader.piece(400)) if reader.one_in(2) else None
    keys = {"CXYZ001": given[0], "CXYZ002": given[1] if reader.one_in(3) else ssh2_files()[-1]}
    pair = ("127.0.1.1", "127.0.1.2")
    members = registration.package_members("CXYZ", pair, keys, {"CXYZ001": reader.text(99)}, template)
    registration.remarks(members)
    assert package_zip.unpack(package_zip.pack(members)) == members


def package_samples() -> Sequence[bytes]:
    files = ssh2_files()
    with_sizes = [len(file).to_bytes(2, "big") + file for file in files]
    return [*(one + two for one, two in itertools.pairwise(with_sizes)), *noise()]


def zip_file(data: bytes) -> None:
    package_zip.unpack(data)
    private_keys.refuse_private_inside("the file", data)


def zips() -> Sequence[bytes]:
    plain = package_zip.pack({"CXYZ.csv": b"a,b\r\n" * 9, "CXYZ001.pub": ssh2_files()[-1]})
    return [plain, package_zip.pack({"inner.zip": plain, "x": b""}), package_zip.pack({})]


def inventory(data: bytes) -> None:
    from ansible_collections.dcass.sftp.plugins.plugin_utils._verdict import verdict

    reader = Reader(data)
    hosts = {name: {"dcass_customer_code": "CXYZ", "dcass_workstation_address": f"127.0.1.{name[2:]}"} for name in _WS}
    for _variable in range(reader.below(8)):
        name = reader.choice(sorted(CHECKS)) if reader.below(4) else f"dcass_{reader.text(12)}"
        value = reader.value() if reader.below(3) else [reader.text(60)]
        hosts[reader.choice(_WS)][name] = value
    groups = {"cp_cxyz": _WS[: 1 + reader.below(2)], "CP-" + reader.text(5): _WS[:1]}
    for sentence in verdict({**hosts, "localhost": {}}, groups, _WS)["sentences"]:
        assert sentence.isprintable() or not sentence.isascii()


_WS = ["ws1", "ws2"]


def calendar(data: bytes) -> None:
    reader = Reader(data)
    days = [reader.text(12) if reader.one_in(3) else f"2026-11-{reader.below(40):02}" for _day in range(6)]
    found = overlay(days[:3], days[3:])
    found.at(NOW)
    found.warning(NOW.date())


def option(data: bytes) -> None:
    reader = Reader(data)
    given = options()
    for _option in range(1 + reader.below(4)):
        name = reader.choice(sorted(given))
        was = given[name]
        if isinstance(was, float):
            given[name] = float(reader.choice(("nan", "inf", "-1", "0", "1e-300", "7", "86401")))
        elif isinstance(was, int):
            given[name] = reader.number()
        elif isinstance(was, list):
            given[name] = [reader.text(30) for _item in range(reader.below(4))]
        elif name not in ("site", "outside_hours"):
            given[name] = reader.text(200)
    settings = settings_from(given)
    assert not settings.passphrase or settings.passphrase.encode("utf-8")


def partner(data: bytes) -> None:
    reader = Reader(data)
    entries = [
        {
            "path": reader.choice(("COMMON/", "CXYZ/", "", "KEY_MANAGEMENT/")) + reader.text(30),
            "size": reader.number(),
            "mtime": reader.choice((None, reader.number())),
        }
        for _entry in range(1 + reader.below(3))
    ]
    for copy in copies_from(entries, ACCOUNT):
        assert ".." not in copy.path.split("/") and json.dumps(copy.path)


TARGETS = (
    Target("known_hosts", known_hosts, host_lines),
    Target("known_hosts lines", known_hosts_line, host_lines),
    Target("SSH2 files", ssh2_file, ssh2_files),
    Target("key blobs", blob, blobs),
    Target("fingerprints", fingerprint, lambda: _fingerprints()),
    Target("forms of key files", key_form, lambda: [*private_files(), *encrypted_files()]),
    Target("public keys", public_key, public_files),
    Target("private keys", private_key, private_files),
    Target("protected keys", encrypted_key, encrypted_files, seconds=60, examples=60),
    Target("host certificates", host_certificate, lambda: certificates()),
    Target("registration packages", package, package_samples),
    Target("zip files", zip_file, zips),
    Target("inventories", inventory, noise),
    Target("calendars", calendar, noise),
    Target("options", option, noise),
    Target("what a partner holds", partner, noise),
)


def _fingerprints() -> Sequence[bytes]:
    key = public_of(rsa_key())
    told = (key.fingerprint, "MD5:" + key.fingerprint.upper(), key.fingerprint_sha256)
    whole = [f"2048 {told[1]} a comment (RSA)", f"ssh-rsa 2048 {told[0]} comment", f'"{told[0]}"']
    return [word.encode() for word in (*told, *whole)]


@functools.cache
def certificates() -> Sequence[bytes]:
    """Host certificates of each kind that the facility may have."""
    found = []
    for kind in ("ssh-rsa", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"):
        made = (
            serialization.SSHCertificateBuilder()
            .public_key(MAKERS[kind]().public_key())
            .type(serialization.SSHCertificateType.HOST)
            .valid_for_all_principals()
            .valid_after(0)
            .valid_before(2**64 - 1)
            .key_id(b"facility")
            .sign(MAKERS["ecdsa-sha2-nistp384"]())
        )
        found.append(base64.b64decode(made.public_bytes().split()[1]))
    return [*found, blob_of(rsa_key().public_key())]
