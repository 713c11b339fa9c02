# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_fingerprint's flow: name a key, compare, write the fingerprint file (§3.2.2)."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._flow.key_fingerprint import fingerprint as described
from ansible_collections.dcass.sftp.plugins.module_utils._io.files import read_if_there, write_file
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, FingerprintMismatch
from tests.unit.support import MAKERS, public_of, rsa_key

KEY = public_of(rsa_key())


def fingerprint(key, expected, dest, plan_only):
    return described(key, expected, dest, read_if_there, lambda path, text: write_file(path, text, 0o644), plan_only)


@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(KEY.fingerprint, id="MD5"),
        pytest.param(KEY.fingerprint.upper(), id="MD5 in capitals"),
        pytest.param("MD5:" + KEY.fingerprint, id="MD5 as OpenSSH writes it"),
        pytest.param(f'"{KEY.fingerprint}"\n', id="in quotes, as the guide shows one"),
        pytest.param(KEY.fingerprint_sha256, id="SHA-256"),
    ],
)
def test_the_expected_key_is_recognised(expected):
    assert fingerprint(KEY, expected, None, False)["matches"] is True


def test_without_an_expectation_nothing_is_claimed():
    result = fingerprint(public_of(MAKERS["ssh-ed25519"]()), None, None, False)
    assert (result["matches"], result["key_type"], result["bits"], result["changed"]) == (
        None,
        "ssh-ed25519",
        256,
        False,
    )


@pytest.mark.parametrize("expected", ["c1:b1:30:29:d7:b8:de:6c:97:77:10:d7:46:41:63:87", "SHA256:" + "A" * 43])
def test_another_key_is_refused_before_anything_is_written(tmp_path, expected):
    with pytest.raises(FingerprintMismatch) as refused:
        fingerprint(KEY, expected, str(tmp_path / "x.fpt"), False)
    assert refused.value.facts == {"fingerprint": KEY.fingerprint, "matches": False}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "expected", ["", "c1:b1", "SHA256:short", KEY.fingerprint + ":00", KEY.fingerprint.replace(":", "")]
)
def test_what_is_no_fingerprint_is_refused(expected):
    with pytest.raises(BadInput, match="expected"):
        fingerprint(KEY, expected, None, False)


def test_the_file_is_written_once(tmp_path):
    path = tmp_path / "CXYZ001.fpt"
    assert fingerprint(KEY, None, str(path), True)["changed"] and not path.exists()
    assert fingerprint(KEY, None, str(path), False)["changed"]
    assert path.read_text() == KEY.fingerprint + "\n"
    assert not fingerprint(KEY, None, str(path), False)["changed"]
    path.write_text("another\n")
    assert fingerprint(KEY, None, str(path), False)["diff"] == {
        "before": "another\n",
        "after": KEY.fingerprint + "\n",
    }
