# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a key file says of itself in its first bytes: its form, its cipher, how often its passphrase is hashed."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_forms import cipher_of, is_endless, other_form
from tests.unit.support import string

PBKDF2 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c\x30\x0e\x04"
OLDER = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03\x30\x0e\x04"  # PKCS#12's own
SCRYPT = b"\x2b\x06\x01\x04\x01\xda\x47\x04\x0b\x30\x1e\x04"
CAMELLIA = b"\x2a\x83\x08\x8c\x9a\x4b\x3d\x01\x01\x01"
ARIA = b"\x2a\x83\x1a\x8c\x9a\x6e\x01\x01"
SEED = b"\x2a\x83\x1a\x8c\x9a\x44\x01"


def pem(label: str, content: bytes) -> bytes:
    """A file of that label, in lines as everybody writes them."""
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), base64.encodebytes(content), label.encode())


def openssh(cipher: str, rounds: int = 24, magic: bytes = b"openssh-key-v1\0", size: int = 4) -> bytes:
    """The beginning of a private key file of OpenSSH's."""
    options = string(b"sixteen bytes of") + rounds.to_bytes(size, "big")
    return pem(
        "OPENSSH PRIVATE KEY", magic + string(cipher.encode()) + string(b"bcrypt") + string(options) + b"\0\0\0\1"
    )


def whole(number: int) -> bytes:
    """A whole number as DER writes it."""
    raw = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return bytes([2, len(raw)]) + raw


def pkcs8(function: bytes, *numbers: int, salt: bytes = b"eight of") -> bytes:
    """The beginning of a private key in PKCS#8 whose passphrase is hashed so."""
    after = b"".join(map(whole, numbers)) + b"\x30\x0c\x06\x08"
    return pem("ENCRYPTED PRIVATE KEY", b"\x30\x82\x05\x0e" + function + bytes([len(salt)]) + salt + after)


def cut_short(*numbers: bytes) -> bytes:
    """A key in PKCS#8 that ends with these numbers of scrypt."""
    content = SCRYPT + b"\x08eight of" + b"".join(numbers)
    return pem("ENCRYPTED PRIVATE KEY", content.rjust(len(content) // 3 * 3 + 3, b"\x30"))  # no padding at its end


@pytest.mark.parametrize(
    ("data", "what", "private"),
    [
        pytest.param(b"PuTTY-User-Key-File-3: ssh-rsa\n", "PuTTY's own format", True, id="PuTTY"),
        pytest.param(b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", "ssh.com", True, id="Tectia"),
        pytest.param(b"SSH PRIVATE KEY FILE FORMAT 1.1\n", "SSH 1", True, id="SSH 1"),
        pytest.param(string(b"ssh-rsa") + string(b"\1\0\1"), "Dropbear", True, id="Dropbear"),
        pytest.param(b"\x30\x82\x04\xa4\x02\x01\0", "DER", False, id="in binary, of whatever kind"),
        pytest.param(b"-----BEGIN CERTIFICATE-----\n", "X.509", False, id="a certificate"),
        pytest.param(b"-----BEGIN CERTIFICATE REQUEST-----\n", "request", False, id="a request for one"),
        pytest.param(b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n", "PGP", False, id="PGP"),
    ],
)
def test_a_form_that_is_no_key_here_is_named_and_private_ones_are_known(data, what, private):
    form = other_form(data)
    assert form is not None
    assert what in form.what and form.private is private


@pytest.mark.parametrize(("blank", "is_seen"), [(4096 - 20, True), (4096 - 19, False)], ids=["within", "beyond"])
def test_what_a_file_is_stands_in_its_first_4096_bytes(blank, is_seen):
    data = b"\n" * blank + b"PuTTY-User-Key-File-3: ssh-rsa\n"
    assert (other_form(data) is not None) is is_seen
    assert cipher_of(b"\n" * (4096 - 13) + b"DEK-Info: AES") == "AES"
    assert cipher_of(b"\n" * (4096 - 12) + b"DEK-Info: AES") == "AE"


@pytest.mark.parametrize(
    ("data", "cipher"),
    [
        pytest.param(openssh("aes256-ctr"), "aes256-ctr", id="OpenSSH"),
        pytest.param(openssh("none"), None, id="OpenSSH, not protected"),
        pytest.param(openssh(""), None, id="OpenSSH, without a word"),
        pytest.param(openssh("c" * 64), "c" * 64, id="OpenSSH, a long name"),
        pytest.param(openssh("c" * 65), "c" * 64, id="OpenSSH, a longer one"),
        pytest.param(openssh("aes256-ctr", magic=b"openssh-key-v2\0"), None, id="another version of OpenSSH's"),
        pytest.param(openssh("\xe9"), "\ufffd\ufffd", id="a name that is none"),
        pytest.param(b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n", "AES-128-CBC", id="the old PEM"),
        pytest.param(pem("ENCRYPTED PRIVATE KEY", b"\x30\x30" + CAMELLIA + b"\x02"), "Camellia", id="PKCS#8"),
        pytest.param(pem("ENCRYPTED PRIVATE KEY", b"\x30\x30" + ARIA + b"\x04\x10\0"), "ARIA", id="PKCS#8, of Korea"),
        pytest.param(pem("ENCRYPTED PRIVATE KEY", b"\x30\x30" + SEED + b"\x04\x10\0"), "SEED", id="PKCS#8, an older"),
        pytest.param(pem("ENCRYPTED PRIVATE KEY", b"\x30\x30\x06"), None, id="PKCS#8, a cipher that all know"),
        pytest.param(pem("RSA PRIVATE KEY", CAMELLIA), None, id="not protected"),
    ],
)
def test_a_private_key_file_tells_its_cipher(data, cipher):
    assert cipher_of(data) == cipher


@pytest.mark.parametrize(
    ("data", "endless"),
    [
        pytest.param(openssh("aes256-ctr", 24), False, id="as ssh-keygen writes"),
        pytest.param(openssh("aes256-ctr", 4000), False, id="half a minute of bcrypt"),
        pytest.param(openssh("aes256-ctr", 4001), True, id="more than that"),
        pytest.param(openssh("aes256-ctr", 2**32 - 1), True, id="without end"),
        pytest.param(openssh("aes256-ctr", 24 * 256 + 255, size=5), False, id="with something behind its rounds"),
        pytest.param(openssh("aes256-ctr", 16, size=3), False, id="cut short within its rounds"),
        pytest.param(pkcs8(PBKDF2, 2048), False, id="as openssl writes"),
        pytest.param(pkcs8(PBKDF2, 5_000_000), False, id="seconds of PBKDF2"),
        pytest.param(pkcs8(PBKDF2, 5_000_000, 32), False, id="... for a key of 32 bytes"),
        pytest.param(pkcs8(PBKDF2, 5_000_001), True, id="more than that"),
        pytest.param(pkcs8(OLDER, 5_000_001), True, id="in an older form"),
        pytest.param(pkcs8(PBKDF2, 5_000_001, salt=b""), True, id="without a salt"),
        pytest.param(pkcs8(PBKDF2), False, id="cut short behind the salt"),
        pytest.param(pkcs8(SCRYPT, 1 << 14, 8, 1), False, id="as openssl writes with -scrypt"),
        pytest.param(pkcs8(SCRYPT, 1 << 14, 8, 16), False, id="seconds of scrypt"),
        pytest.param(pkcs8(SCRYPT, 1 << 14, 8, 16, 32), False, id="... for a key of 32 bytes"),
        pytest.param(pkcs8(SCRYPT, 1 << 14, 8, 17), True, id="more than that"),
        pytest.param(pkcs8(SCRYPT, (1 << 21) + 1, 1, 1), True, id="more memory than there is"),
        pytest.param(pem("PRIVATE KEY", b"\x30"), False, id="not protected"),
        pytest.param(cut_short(whole(1 << 21), whole(1), whole(2)), True, id="with nothing behind its numbers"),
        pytest.param(cut_short(whole((1 << 21) + 1), b"\x02\x05"), True, id="cut short within its numbers"),
    ],
)
def test_a_passphrase_that_is_hashed_for_ever_is_known_before(data, endless):
    assert is_endless(data) is endless
