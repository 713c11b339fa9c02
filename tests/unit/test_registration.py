# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registration package: its members, and what it must never hold (§5, §3.2.2)."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadAccount,
    BadKeyType,
    BadPublicKey,
    BadTemplate,
    FingerprintMismatch,
    PrivateKeyInPackage,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private
from ansible_collections.dcass.sftp.plugins.module_utils._rules.registration import Template, package_members, remarks
from tests.unit.support import MAKERS, RFC_DSA_BODY, public_of, rsa_key, ssh2

ADDRESSES = ("192.0.2.31", "192.0.2.32")
FIRST, SECOND = (public_of(rsa_key(number=number)) for number in (0, 1))
KEYS = {"CXYZ001": rfc4716.write(FIRST, "one"), "CXYZ002": rfc4716.write(SECOND, "two")}
FORM = b"{customer_code};{address_1};{public_key_1};{address_2};{public_key_2}\r\n"


def build(keys=KEYS, fingerprints=None, template=None):
    return package_members("CXYZ", ADDRESSES, keys, fingerprints or {}, template)


def test_five_members_with_the_names_of_the_guide():
    members = build()
    assert list(members) == ["CXYZ.csv", "CXYZ001.pub", "CXYZ002.pub", "CXYZ001.fpt", "CXYZ002.fpt"]
    assert members["CXYZ001.pub"].decode() == KEYS["CXYZ001"]
    assert members["CXYZ002.fpt"].decode() == SECOND.fingerprint + "\n"


def test_the_address_template_names_both_addresses_and_both_keys():
    text = build()["CXYZ.csv"].decode()
    for value in (*ADDRESSES, "CXYZ001.pub", "CXYZ002.pub"):
        assert text.count(value) == 1


def test_an_own_template_is_filled_in():
    members = build(template=Template("addresses.csv", FORM))
    assert members["addresses.csv"] == b"CXYZ;192.0.2.31;CXYZ001.pub;192.0.2.32;CXYZ002.pub\r\n"
    assert len(members) == 5 and next(iter(members)) == "addresses.csv"


def test_a_template_of_an_office_program_is_taken_as_it_is():
    content = b"PK\x03\x04\xff\xfe{address_1}"
    assert build(template=Template("Form 7.xlsx", content))["Form 7.xlsx"] == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("form.csv", b"nothing filled in", id="names nothing"),
        pytest.param("form.csv", FORM.replace(b"{address_2}", b""), id="lacks an address"),
        pytest.param("form.csv", FORM.replace(b"{public_key_1}", b"{public_key_2}"), id="lacks a key file"),
        pytest.param("CXYZ001.pub", FORM, id="is called like a key"),
        pytest.param("CXYZ001.fpt", FORM, id="is called like a fingerprint"),
        pytest.param("CXYZ.zip", FORM, id="is called like the package"),
        pytest.param("../form.csv", FORM, id="is a path"),
        pytest.param("-form.csv", FORM, id="begins with a dash"),
        pytest.param("", FORM, id="has no name"),
    ],
)
def test_a_template_that_is_no_template_is_refused(name, content):
    with pytest.raises(BadTemplate):
        build(template=Template(name, content))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([], id="none"),
        pytest.param(["CXYZ001"], id="one"),
        pytest.param(["CABC002", "CXYZ001"], id="another participant's"),
        pytest.param(["CXYZ001", "CXYZ002", "CXYZ003"], id="three"),
        pytest.param(["CXYZ002", "cxyz001"], id="in small letters"),
    ],
)
def test_both_accounts_and_no_others_are_needed(names):
    with pytest.raises(BadAccount, match=f"CXYZ001 and CXYZ002; given: {', '.join(names) or 'none'}.$"):
        build(dict.fromkeys(reversed(names), KEYS["CXYZ001"]))


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        pytest.param(ssh2(RFC_DSA_BODY), BadKeyType, "ssh-dss, not RSA 2048", id="the guide's own DSA sample"),
        pytest.param(rfc4716.write(public_of(rsa_key(1024)), ""), BadKeyType, "RSA 1024", id="RSA 1024"),
        pytest.param(rfc4716.write(public_of(MAKERS["ssh-ed25519"]()), ""), BadKeyType, "ssh-ed25519", id="Ed25519"),
        pytest.param(KEYS["CXYZ001"][:-5], BadPublicKey, "CXYZ002", id="truncated"),
        pytest.param("", BadPublicKey, "CXYZ002", id="empty"),
        pytest.param(None, BadPublicKey, "CXYZ002", id="null, as a key that is yet to be made"),
        pytest.param("ssh-rsa AAAA x", BadPublicKey, "CXYZ002", id="OpenSSH's form"),
        pytest.param("\ud800", BadPublicKey, "half a surrogate pair", id="half a surrogate pair"),
        pytest.param("\ufeff" + KEYS["CXYZ001"], BadPublicKey, "byte order mark", id="a byte order mark"),
        pytest.param(KEYS["CXYZ001"].encode("utf-16"), BadPublicKey, "UTF-16", id="UTF-16"),
        pytest.param(KEYS["CXYZ001"], BadPublicKey, "^CXYZ001 and CXYZ002 have the same key", id="a key twice"),
        pytest.param(
            rfc4716.write(FIRST, "another comment"), BadPublicKey, "same key", id="the same key, another comment"
        ),
    ],
)
def test_a_key_that_the_exchange_would_refuse_is_refused_here(text, error, says):
    with pytest.raises(error, match=says):
        build({**KEYS, "CXYZ002": text})


def test_fingerprints_that_fit_pass_and_one_that_does_not_is_refused():
    right = {"CXYZ001": FIRST.fingerprint + "\n", "CXYZ002": SECOND.fingerprint}
    assert build(fingerprints=right) == build()
    with pytest.raises(FingerprintMismatch, match="CXYZ002"):
        build(fingerprints={**right, "CXYZ002": FIRST.fingerprint})
    with pytest.raises(FingerprintMismatch):
        build(fingerprints={"CXYZ001": ""})


@pytest.mark.parametrize("name", ["cxyz001", "CXYZ003", "CABC001"])
def test_a_fingerprint_for_nobody_s_key_is_refused(name):
    with pytest.raises(BadAccount, match=name):
        build(fingerprints={name: FIRST.fingerprint})


def pem(form, protection=None, key=None, encoding=serialization.Encoding.PEM) -> bytes:
    protection = protection or serialization.NoEncryption()
    return (key or rsa_key()).private_bytes(encoding, getattr(serialization.PrivateFormat, form), protection)


def public_bytes(encoding) -> bytes:
    return rsa_key().public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


SECRET = serialization.BestAvailableEncryption(b"s3cret")
PRIVATE = [
    pytest.param(pem("OpenSSH"), id="OpenSSH"),
    pytest.param(pem("OpenSSH", SECRET), id="OpenSSH with a passphrase"),
    pytest.param(pem("PKCS8"), id="PKCS#8"),
    pytest.param(pem("PKCS8", SECRET), id="PKCS#8 with a passphrase"),
    pytest.param(pem("TraditionalOpenSSL"), id="PKCS#1"),
    pytest.param(pem("TraditionalOpenSSL", SECRET), id="PKCS#1 with a passphrase"),
    pytest.param(pem("TraditionalOpenSSL", key=MAKERS["ecdsa-sha2-nistp256"]()), id="an EC key"),
    pytest.param(b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n", id="PuTTY"),
    pytest.param("PuTTY-User-Key-File-3: ssh-rsa\n".encode("utf-16"), id="PuTTY, as Windows Notepad saves it"),
    pytest.param(b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nAAAA\n", id="SSH Tectia"),
    pytest.param(pem("PKCS8").replace(b"\n", b"\r\n"), id="with CRLF"),
    pytest.param(pem("PKCS8").lower(), id="in small letters"),
    pytest.param(b"dear exchange,\n\n" + pem("PKCS8") + b"\nregards\n", id="in the middle of a letter"),
    pytest.param(KEYS["CXYZ001"].encode() + pem("OpenSSH"), id="behind a public key"),
    pytest.param(b"".join(pem("OpenSSH").splitlines()[1:-1]), id="OpenSSH without its head, on one line"),
    pytest.param(b"\n".join(pem("OpenSSH").splitlines()[1:-1]), id="OpenSSH without its head"),
    pytest.param(base64.b64decode(b"".join(pem("OpenSSH").splitlines()[1:-1])), id="OpenSSH in binary"),
    pytest.param(pem("PKCS8").decode().encode("utf-16"), id="as Windows Notepad saves it"),
    pytest.param(pem("PKCS8").decode().encode("utf-16-be"), id="in UTF-16 the other way round"),
    pytest.param(
        b"".join(pem("PKCS8").splitlines()[1:-1]).decode().encode("utf-16"), id="PKCS#8 without its head, from Notepad"
    ),
    pytest.param(pem("PKCS8", encoding=serialization.Encoding.DER), id="PKCS#8 in binary"),
    pytest.param(pem("TraditionalOpenSSL", encoding=serialization.Encoding.DER), id="PKCS#1 in binary"),
]


@pytest.mark.parametrize("content", PRIVATE)
def test_a_private_key_is_refused_in_any_form(content):
    with pytest.raises(PrivateKeyInPackage, match="notes"):
        refuse_private("notes", content)
    with pytest.raises(PrivateKeyInPackage):
        build(template=Template("form.dat", content))


@pytest.mark.parametrize("content", [p for p in PRIVATE if p.id in ("OpenSSH", "PuTTY", "behind a public key")])
def test_a_private_key_in_place_of_a_public_one_is_refused(content):
    with pytest.raises(PrivateKeyInPackage):
        build({**KEYS, "CXYZ002": content.decode()})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(KEYS["CXYZ001"].encode(), id="an SSH2 public key"),
        pytest.param(FIRST.fingerprint.encode(), id="a fingerprint"),
        pytest.param(public_bytes(serialization.Encoding.PEM), id="a PEM public key"),
        pytest.param(public_bytes(serialization.Encoding.DER), id="a binary public key"),
        pytest.param(b"Please keep your keys private.", id="talk about keys"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_public_material_passes(content):
    refuse_private("notes", content)


def test_only_a_public_key_s_long_line_is_remarked_on():
    long = ssh2(RFC_DSA_BODY, 'Comment: "' + "x" * 70 + '"').encode()
    assert remarks({"form.csv": b"x" * 200, "CXYZ001.pub": build()["CXYZ001.pub"]}) == []
    (told,) = remarks({"CXYZ001.pub": build()["CXYZ001.pub"], "CXYZ002.pub": long})
    assert told.startswith("CXYZ002.pub has a header of more than 72 bytes on a line")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82", id="PKCS#1, long"),
        pytest.param(b"\x30\x81\xa4\x02\x01\x00\x02\x81", id="PKCS#1, short"),
        pytest.param(b"\x30\x77\x02\x01\x01\x04\x20", id="SEC 1"),
        pytest.param(
            base64.encodebytes(b"x" * 57 + b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82" + b"y" * 57),
            id="PKCS#1 on the second line of base64",
        ),
        pytest.param(b"> b3BlbnNzaC1rZXktdjE", id="OpenSSH, as far as all of them are the same"),
        pytest.param(b'{"kty":"RSA","d" : "' + b"a" * 20 + b'"}', id="a JSON web key"),
    ],
)
def test_a_private_key_is_known_by_its_first_bytes(content):
    with pytest.raises(PrivateKeyInPackage):
        refuse_private("notes", content)


def test_all_that_a_template_lacks_is_told():
    with pytest.raises(BadTemplate, match=r"'form.csv' lacks 192\.0\.2\.32, CXYZ002\.pub\."):
        build(template=Template("form.csv", b"CXYZ;{address_1};{public_key_1}"))


def test_a_long_text_for_a_fingerprint_is_shown_by_its_beginning():
    with pytest.raises(FingerprintMismatch, match=f"'{'x' * 119}…', is not that of its key, {FIRST.fingerprint}"):
        build(fingerprints={"CXYZ001": "x" * 200})


def test_a_private_key_is_known_where_a_letter_quotes_it_line_by_line():
    lines = [base64.b64encode(part) for part in (b"x" * 44 + b"openssh", b"-key-v1" + b"y" * 44)]
    with pytest.raises(PrivateKeyInPackage):
        refuse_private("notes", b"> " + b"\n> ".join(lines))


def test_the_template_of_our_own_has_a_line_for_each_thing():
    assert build()["CXYZ.csv"].decode().split("\r\n") == [
        "customer_code,item,value",
        "CXYZ,workstation IP address 1,192.0.2.31",
        "CXYZ,workstation IP address 2,192.0.2.32",
        "CXYZ,public key file 1,CXYZ001.pub",
        "CXYZ,public key file 2,CXYZ002.pub",
        "",
    ]
