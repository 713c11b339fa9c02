# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key blobs: every kind and size that a participant could send by mistake (§3.2.1), and fingerprints (§3.2.2)."""

from __future__ import annotations

import hashlib
import re

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadKeyType, BadPublicKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey, parse_blob, require_rsa_2048
from tests.unit.support import MAKERS, blob_of, mpint, public_of, refusal, rsa_key, string

BITS = {"ssh-rsa": 2048, "ssh-dss": 1024, "ssh-ed25519": 256}
GOOD = mpint(65537) + mpint((1 << 2047) | 1)


@pytest.mark.parametrize("key_type", MAKERS)
def test_every_kind_is_recognised(key_type):
    key = public_of(MAKERS[key_type]())
    assert (key.key_type, key.bits) == (key_type, BITS.get(key_type) or int(key_type[-3:]))


@pytest.mark.parametrize("key_type", [kind for kind in MAKERS if kind != "ssh-rsa"])
def test_other_kinds_are_refused_by_name(key_type):
    with pytest.raises(BadKeyType, match=f"{key_type}, not RSA 2048"):
        require_rsa_2048(public_of(MAKERS[key_type]()))


@pytest.mark.parametrize("bits", [1024, 2040, 2047, 2049, 3072, 4096])
def test_other_sizes_are_refused_by_number(bits):
    key = parse_blob(blob_of(rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) | 1).public_key()))
    with pytest.raises(BadKeyType, match=f"RSA {bits}, not RSA 2048"):
        require_rsa_2048(key)


def test_rsa_2048_passes():
    key = public_of(rsa_key())
    assert require_rsa_2048(key) is key


def test_fingerprints_are_those_of_the_blob():
    key = public_of(rsa_key())
    assert key.fingerprint.replace(":", "") == hashlib.md5(key.blob).hexdigest()
    assert re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){15}", key.fingerprint)
    assert re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", key.fingerprint_sha256)


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0\0", id="less than a length"),
        pytest.param(b"\0\0\0\0", id="an empty name"),
        pytest.param(string(b"ssh-rsa"), id="a name without numbers"),
        pytest.param(string(b"ssh-rsa") + mpint(65537), id="no modulus"),
        pytest.param(string(b"ssh-rsa") + GOOD + string(b"x"), id="a field too many"),
        pytest.param(string(b"ssh-rsa") + GOOD + b"\0", id="a byte too many"),
        pytest.param((string(b"ssh-rsa") + GOOD)[:-1], id="a byte too few"),
        pytest.param(string(b"ssh-rsa") + mpint(65537) + b"\xff\xff\xff\xff" + b"x", id="a field of 4 GiB"),
        pytest.param(string(b"ssh-rsa") + mpint(65537) + string(b""), id="modulus zero"),
        pytest.param(string(b"ssh-rsa") + mpint(65537) + string(b"\x80" + b"\1" * 255), id="a negative modulus"),
        pytest.param(string(b"ssh-rsa") + mpint(65537) + mpint(1 << 2047), id="an even modulus"),
        pytest.param(string(b"ssh-rsa") + mpint(1) + mpint((1 << 2047) | 1), id="exponent one"),
        pytest.param(string(b"ssh-rsa") + mpint(65536) + mpint((1 << 2047) | 1), id="an even exponent"),
        pytest.param(string(b"ssh-ed25519") + string(b"x" * 31), id="half an Ed25519 key"),
        pytest.param(string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + string(b"x"), id="another curve inside"),
        pytest.param(string(b"ecdsa-sha2-nistp999") + string(b"nistp999") + string(b"x"), id="a curve unheard of"),
        pytest.param(string(b"ssh-rsa") + mpint(0) + mpint((1 << 2047) | 1), id="exponent zero"),
        pytest.param(string(b"ssh-ed25519") + string(b"x" * 32) * 2, id="two Ed25519 keys"),
        pytest.param(string(b"ecdsa-sha2-nistp256") + string(b"nistp256"), id="a curve without a point"),
        pytest.param(string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\x02x"), id="a compressed point"),
        pytest.param(string(b"ssh-dss") + mpint(1) * 3, id="DSA with a number too few"),
        pytest.param(string(b"ssh-dss") + mpint(1) * 3 + string(b""), id="DSA with a zero"),
        pytest.param(string(b"\xff\xfe") + GOOD, id="a name that is no text"),
        pytest.param(string(b"ssh-rot13") + GOOD, id="a kind unheard of"),
    ],
)
def test_a_broken_blob_is_refused(blob):
    with pytest.raises(BadPublicKey):
        parse_blob(blob)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_end_in_a_key_or_a_sentence(noise, cut):
    for blob in (noise, public_of(rsa_key()).blob[:cut] + noise):
        refused = refusal(parse_blob, blob)
        assert refused.isprintable() if refused else parse_blob(blob).blob == blob


def test_a_private_key_shows_nothing_of_its_secret():
    assert "s3cret" not in repr(PrivateKey(public_of(rsa_key()), True, "s3cret"))


def test_an_exponent_may_be_three():
    assert parse_blob(string(b"ssh-rsa") + mpint(3) + mpint((1 << 2047) | 1)).bits == 2048


def test_a_kind_of_key_is_told_by_its_first_letters():
    assert refusal(parse_blob, string(b"x" * 41)) == f"'{'x' * 40}' is not a known kind of public key."
    certificate = refusal(parse_blob, string(b"y" * 61 + b"-cert-v01@openssh.com"))
    assert certificate == f"This is an OpenSSH certificate ({'y' * 60}), and no key."


def test_an_empty_key_is_called_empty():
    assert refusal(parse_blob, b"") == "The public key is empty."


def test_a_refused_key_is_named_after_its_account():
    key = public_of(rsa_key(1024))
    assert refusal(require_rsa_2048, key) == "The key is RSA 1024, not RSA 2048."
    assert refusal(require_rsa_2048, key, "The key of CXYZ001") == "The key of CXYZ001 is RSA 1024, not RSA 2048."
