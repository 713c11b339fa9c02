# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints as people bring them, and as OpenSSH and PuTTYgen write them (§3.2.2)."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.fingerprints import is_of
from tests.unit.support import public_of, rsa_key

KEY = public_of(rsa_key())
MD5, SHA256 = KEY.fingerprint, KEY.fingerprint_sha256
FORMS = {
    "as the exchange writes it": MD5,
    "in capitals": MD5.upper(),
    "in quotation marks": f'"{MD5}"',
    "in single ones": f"'{MD5}'",
    "in quotation marks, with blanks": f"' {MD5} '",
    "in those of an office program": f"\u201c{MD5}\u201d",
    "with blanks and a line end": f"  {MD5}\r\n",
    "with MD5: before it": f"MD5:{MD5}",
    "with md5: before it": f"md5:{MD5.upper()}",
    "with a byte order mark": f"\ufeff{MD5}",
    "ssh-keygen's line": f"2048 MD5:{MD5} ops@trade01 (RSA)",
    "ssh-keygen's line, no comment": f"2048 MD5:{MD5} no comment (RSA)",
    "an old ssh-keygen's line": f"2048 {MD5} ops@trade01 (RSA)",
    "PuTTYgen's line": f"ssh-rsa 2048 {MD5}",
    "PuTTYgen's line with a comment": f"ssh-rsa 2048 {MD5} rsa-key-20261128",
    "PuTTYgen's line in quotation marks": f'"ssh-rsa 2048 {MD5}"',
    "SHA-256": SHA256,
    "SHA-256, padded": f"{SHA256}=",
    "ssh-keygen's line with SHA-256": f"2048 {SHA256} ops@trade01 (RSA)",
    "PuTTYgen's line with SHA-256": f"ssh-rsa 2048 {SHA256} rsa-key-20261128",
}


@pytest.mark.parametrize("given", [pytest.param(given, id=what) for what, given in FORMS.items()])
def test_a_fingerprint_is_recognised_and_another_is_not(given):
    assert is_of(KEY, given) is True
    assert is_of(public_of(rsa_key(number=1)), given) is False


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="nothing"),
        pytest.param('""', id="quotation marks"),
        pytest.param("2048", id="bits alone"),
        pytest.param("ssh-rsa 2048", id="kind and bits alone"),
        pytest.param(MD5[:-3], id="15 octets"),
        pytest.param(f"{MD5}:00", id="17 octets"),
        pytest.param(MD5.replace(":", ""), id="without colons"),
        pytest.param(f"comment {MD5}", id="behind something else"),
        pytest.param(f"X{MD5}X", id="between letters"),
        pytest.param(f"ops@{MD5} 2048", id="within a comment"),
        pytest.param(SHA256[:-1], id="SHA-256 cut short"),
        pytest.param("2048 " * 100_000, id="much of nothing"),
    ],
)
def test_what_is_no_fingerprint_is_told_as_that(given):
    assert is_of(KEY, given) is None


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="this machine has no ssh-keygen")
@pytest.mark.parametrize("hash_", ["md5", "sha256"])
def test_what_ssh_keygen_prints_is_recognised(hash_, tmp_path):
    path = tmp_path / "key.pub"
    path.write_text(openssh_line("a comment (of two)"))
    command = ["ssh-keygen", "-l", "-E", hash_, "-f", str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout
    assert is_of(KEY, said) is True


@pytest.mark.skipif(not shutil.which("puttygen"), reason="this machine has no puttygen (Debian: putty-tools)")
@pytest.mark.parametrize("hash_", ["md5", "sha256"])
def test_what_puttygen_prints_is_recognised(hash_, tmp_path):
    path = tmp_path / "key.pub"
    path.write_text(rfc4716.write(KEY, "rsa-key-20261128"))
    command = ["puttygen", "-l", "-E", hash_, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout
    assert is_of(KEY, said) is True


def openssh_line(comment):
    import base64

    return f"ssh-rsa {base64.b64encode(KEY.blob).decode()} {comment}\n"
