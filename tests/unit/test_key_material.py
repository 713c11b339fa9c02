# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading keys in every form, with and without passphrase."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import x25519

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import (
    encode,
    generate,
    load_private,
    read_any,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadKeyType,
    BadPassphrase,
    BadPrivateKey,
    BadPublicKey,
)
from tests.unit.support import MAKERS, public_of, rsa_key

SECRET = "пароль 報表 s3cret"
FORMS = ["OpenSSH", "PKCS8", "TraditionalOpenSSL"]


def private_file(key, form="OpenSSH", passphrase=None) -> bytes:
    protection: object = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    return key.private_bytes(serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), protection)


def public_files(key) -> dict[str, bytes]:
    public = key.public_key()
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    ssh2 = rfc4716.write(public_of(key), "a comment").encode()
    return {
        "SSH2": ssh2,
        "SSH2 with CRLF": ssh2.replace(b"\n", b"\r\n"),
        "SSH2 after a blank line": b"\n" + ssh2,
        "OpenSSH": line,
        "OpenSSH with a comment": line + b" me@here and more\n",
        "PEM": pem,
        "PEM after a blank line": b"\n" + pem,
    }


def test_a_new_key_is_what_the_exchange_takes():
    key = generate()
    assert (key.public.key_type, key.public.bits, key.encrypted) == ("ssh-rsa", 2048, False)
    assert key.secret.private_numbers().public_numbers.e == 65537
    assert generate().public != key.public


def test_a_private_key_has_no_repr():
    key = load_private(private_file(rsa_key()), None, "key")
    assert (
        "secret" not in repr(key)
        and "PRIVATE" not in repr(key)
        and str(key.secret.private_numbers().d) not in repr(key)
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("protected", "given"),
    [
        pytest.param(None, None, id="none, none needed"),
        pytest.param(None, SECRET, id="one given, none needed"),
        pytest.param(SECRET, SECRET, id="the right one"),
    ],
)
def test_a_private_key_is_read(form, protected, given):
    key = load_private(private_file(rsa_key(), form, protected), given, "key")
    assert (key.public, key.encrypted) == (public_of(rsa_key()), protected is not None)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("given", [None, "", "wrong"], ids=["none", "an empty one", "a wrong one"])
def test_without_the_right_passphrase_it_is_not(form, given):
    with pytest.raises(BadPassphrase, match="the key of CXYZ001"):
        load_private(private_file(rsa_key(), form, SECRET), given, "the key of CXYZ001")


# 16 bytes in place of a key, whose passphrase is wanted once: quick to try, and good for nothing
PADDED_BY_CHANCE = b"""-----BEGIN ENCRYPTED PRIVATE KEY-----
MGowVgYJKoZIhvcNAQUNMEkwKAYJKoZIhvcNAQUMMBsECBFa85z9HHewAgEBMAwG
CCqGSIb3DQIJBQAwHQYJYIZIAWUDBAEqBBDqKl0hYH6qcRMzE6GVQqlDBBAAAQID
BAUGBwgJCgsMDQ4P
-----END ENCRYPTED PRIVATE KEY-----
"""


@pytest.mark.parametrize("given", ["wrong 84", "wrong 85", "wrong 253"])
def test_a_wrong_passphrase_that_decrypts_to_something_by_chance_is_a_wrong_passphrase(given):
    with pytest.raises(BadPassphrase, match="the passphrase is wrong, or the file is damaged"):
        load_private(PADDED_BY_CHANCE, given, "the key of CXYZ001")


WHOLE = private_file(rsa_key())


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"hello\n", id="a greeting"),
        pytest.param(WHOLE[:200], id="cut short"),
        pytest.param(WHOLE.replace(b"-----END", b"-----"), id="without its end"),
        pytest.param(WHOLE[:1000] + b"AAAA" + WHOLE[1004:], id="four letters changed"),
        pytest.param(private_file(rsa_key(), "PKCS8")[:300], id="PKCS#8 cut short"),
        pytest.param(b"\xff\xfe" * 50, id="bytes"),
        pytest.param(public_files(rsa_key())["PEM"], id="a public key"),
        pytest.param(public_files(rsa_key())["SSH2"], id="an SSH2 public key"),
        pytest.param(b"PuTTY-User-Key-File-3: ssh-rsa\n", id="PuTTY's form"),
    ],
)
def test_what_is_no_private_key_is_refused(data):
    for passphrase in (None, SECRET):
        with pytest.raises(BadPrivateKey):
            load_private(data, passphrase, "key")


@pytest.mark.parametrize("passphrase", [None, SECRET])
def test_what_is_written_is_read_back(passphrase):
    key = load_private(WHOLE, None, "key")
    data = encode(key, passphrase)
    assert data.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----")
    again = load_private(data, passphrase, "key")
    assert (again.public, again.encrypted) == (key.public, passphrase is not None)


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.filterwarnings("ignore:SSH DSA key support is deprecated")
def test_any_key_in_any_public_form_is_read(kind):
    for form, data in public_files(MAKERS[kind]()).items():
        assert read_any(data, None, form) == public_of(MAKERS[kind]()), form


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if kind != "ssh-dss"])
@pytest.mark.parametrize(("form", "passphrase"), [("OpenSSH", None), ("PKCS8", SECRET)])
def test_any_private_key_tells_its_public_half(kind, form, passphrase):
    assert read_any(private_file(MAKERS[kind](), form, passphrase), passphrase, "key") == public_of(MAKERS[kind]())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param(b"", BadPublicKey, id="nothing"),
        pytest.param(b"ssh-rsa", BadPublicKey, id="one word"),
        pytest.param(b"ssh-rsa AAAA", BadPublicKey, id="a blob cut short"),
        pytest.param(b"ssh-rsa !!!!", BadPublicKey, id="no base64"),
        pytest.param(
            public_files(rsa_key())["OpenSSH"].replace(b"ssh-rsa", b"ssh-dss"), BadPublicKey, id="a false name"
        ),
        pytest.param(public_files(rsa_key())["PEM"][:100], BadPublicKey, id="PEM cut short"),
        pytest.param(public_files(rsa_key())["SSH2"][:100], BadPublicKey, id="SSH2 cut short"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", BadPublicKey, id="a certificate"
        ),
        pytest.param(b"\xff\xd8\xff\xe0" * 20, BadPublicKey, id="a picture"),
        pytest.param(private_file(x25519.X25519PrivateKey.generate(), "PKCS8"), BadKeyType, id="a key of no SSH kind"),
        pytest.param(
            x25519.X25519PrivateKey.generate()
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
            BadKeyType,
            id="a public key of no SSH kind",
        ),
    ],
)
def test_what_is_no_key_is_refused(data, error):
    with pytest.raises(error):
        read_any(data, None, "key")
