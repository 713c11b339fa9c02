# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_fingerprint: any key, any form; wrong ones refused before a file is written (§3.2.2)."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from tests.modules.support import fail, run_module, succeed
from tests.unit.support import RFC_DSA_BODY, RFC_DSA_MD5, ssh2

SAMPLE = ssh2(RFC_DSA_BODY, "Comment: SSH KEY")


@pytest.fixture(scope="module")
def secret():
    return rsa.generate_private_key(65537, 2048)


def private(secret, passphrase=None) -> str:
    protection: object = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    return secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection).decode()


def test_the_guide_s_own_sample():
    found = succeed("key_fingerprint", content=SAMPLE, expected=RFC_DSA_MD5)
    assert (found["key_type"], found["bits"], found["matches"], found["changed"]) == ("ssh-dss", 1024, True, False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(SAMPLE[:300], "bad_public_key", id="truncated"),
        pytest.param(SAMPLE.replace("BEGIN SSH2", "BEGIN SSH3"), "bad_public_key", id="another first line"),
        pytest.param(SAMPLE.replace("xbET", "xb*T"), "bad_public_key", id="corrupt"),
        pytest.param(SAMPLE.replace("\nW6To", "W6To"), "bad_public_key", id="a line of 140 bytes"),
        pytest.param("hello", "bad_public_key", id="no key"),
        pytest.param("", "bad_public_key", id="nothing"),
        pytest.param("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "bad_private_key", id="damaged"),
    ],
)
def test_what_is_no_key_is_refused_before_anything(tmp_path, content, code):
    dest = tmp_path / "x.fpt"
    fail("key_fingerprint", code, content=content, dest=str(dest))
    assert not dest.exists()


@pytest.mark.parametrize(
    "mangled", [SAMPLE.replace("\n", "\r\n"), SAMPLE.replace("\n", "  \n")], ids=["CRLF", "blanks"]
)
def test_what_mail_does_to_a_file_is_forgiven(tmp_path, mangled):
    path = tmp_path / "key.pub"
    path.write_bytes(mangled.encode())
    assert succeed("key_fingerprint", path=str(path))["fingerprint"] == RFC_DSA_MD5


def test_a_line_too_long_is_named_by_its_number():
    refused = fail("key_fingerprint", "bad_public_key", content=SAMPLE.replace("\nW6To", "W6To"))
    assert "Line 3" in refused["msg"]


def test_the_fingerprint_file_is_written_once_and_check_mode_said_so(tmp_path):
    dest = tmp_path / "CXYZ001.fpt"
    planned = succeed("key_fingerprint", content=SAMPLE, dest=str(dest), check=True, diff=True)
    assert planned["changed"] and not dest.exists()
    assert planned == succeed("key_fingerprint", content=SAMPLE, dest=str(dest), diff=True)
    assert dest.read_text() == RFC_DSA_MD5 + "\n"
    assert not succeed("key_fingerprint", content=SAMPLE, dest=str(dest))["changed"]


def test_another_key_than_expected_fails_with_what_was_found(tmp_path):
    dest = tmp_path / "x.fpt"
    other = "c1:b1:30:29:d7:b8:de:6c:97:77:10:d7:46:41:63:87"
    refused = fail("key_fingerprint", "fingerprint_mismatch", content=SAMPLE, expected=other, dest=str(dest))
    assert (refused["fingerprint"], refused["matches"]) == (RFC_DSA_MD5, False)
    assert not dest.exists()
    fail("key_fingerprint", "bad_option", content=SAMPLE, expected="no fingerprint")


def test_a_private_key_tells_its_fingerprint_and_nothing_else(secret):
    text = private(secret, "s3cret words")
    fail("key_fingerprint", "bad_passphrase", content=text)
    fail("key_fingerprint", "bad_passphrase", content=text, passphrase="wrong")
    found = succeed("key_fingerprint", content=text, passphrase="s3cret words", diff=True)
    assert found["key_type"] == "ssh-rsa" and found["bits"] == 2048
    assert "s3cret" not in str(found) and text.splitlines()[3] not in str(found)
    assert found["fingerprint"] == succeed("key_fingerprint", content=private(secret))["fingerprint"]


def test_other_kinds_are_named():
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    found = succeed("key_fingerprint", content=line)
    assert (found["key_type"], found["bits"], found["matches"]) == ("ssh-ed25519", 256, None)


def test_a_file_that_is_not_there_is_named(tmp_path):
    refused = fail("key_fingerprint", "local_error", path=str(tmp_path / "nowhere.pub"))
    assert "nowhere.pub" in refused["msg"]


def test_one_source_is_needed():
    assert run_module("key_fingerprint")["failed"]
    assert run_module("key_fingerprint", path="/x", content="x")["failed"]
