# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a crypto policy of the host leaves of the libraries, tried with OpenSSL itself in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import encode, generate

HEAD = "openssl_conf = init\n[init]\nproviders = providers\nalg_section = algorithms\n"
# as on a FIPS host: what the wheels bring finds no module there that fips=yes would allow
FIPS = HEAD + "[providers]\nbase = base\n[base]\nactivate = 1\n[algorithms]\ndefault_properties = fips=yes\n"
RED_HATS = "openssl_conf = init\n[init]\nalg_section = algorithms\n[algorithms]\nrh-allow-sha1-signatures = no\n"
TRY = """
import json, sys
from ansible_collections.dcass.sftp.plugins.module_utils._io import crypto_policy, key_material, transport
def code(attempt):
    try:
        attempt()
    except Exception as error:
        return getattr(error, "code", type(error).__name__)
def connect():
    if transport.MISSING is not None:
        raise transport.MISSING
    crypto_policy.require_crypto()
key = sys.stdin.buffer.read()
found = [connect, key_material.generate, lambda: key_material.load_private(key, None, "It")]
print(json.dumps([code(attempt) for attempt in found]))
"""
FORBIDDEN = ["crypto_forbidden"] * 3


def found(text, tmp_path, program=TRY):
    """What a connection, a new key and a sound one come to where the environment names such settings."""
    (tmp_path / "openssl.cnf").write_text(text)
    place = {**os.environ, "OPENSSL_CONF": str(tmp_path / "openssl.cnf"), "PYTHONPATH": os.pathsep.join(sys.path)}
    words, key = [sys.executable, "-c", program], encode(generate(), None)
    done = subprocess.run(words, input=key, env=place, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        pytest.param(FIPS, FORBIDDEN, id="of a FIPS host"),
        pytest.param(RED_HATS, [None] * 3, id="Red Hat's word against SHA-1, which no other OpenSSL knows"),
        pytest.param("", [None] * 3, id="that say nothing"),
    ],
)
def test_settings_that_forbid_what_is_needed_are_named_before_a_login(settings, codes, tmp_path):
    assert found(settings, tmp_path) == codes


@pytest.mark.parametrize(
    ("spoilt", "codes"),
    [
        pytest.param(
            "import hashlib\ndef md5(*_, **__):\n    raise ValueError('unsupported')\nhashlib.md5 = md5\n",
            ["crypto_forbidden", None, None],
            id="a Python without MD5",
        ),
        pytest.param(
            "from cryptography.exceptions import UnsupportedAlgorithm\n"
            "from cryptography.hazmat.primitives import hashes\n"
            "class SHA1(hashes.SHA1):\n    name = 'sha0'\n"
            "hashes.SHA1 = SHA1\n",
            ["crypto_forbidden", None, "crypto_forbidden"],
            id="a library without signatures with SHA-1",
        ),
    ],
)
def test_a_library_that_is_built_without_is_named_as_well(spoilt, codes, tmp_path):
    assert found("", tmp_path, spoilt + TRY) == codes
