# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_key: what Ansible sees of it, and what OpenSSH says of its files (§3.2)."""

from __future__ import annotations

import os
import pathlib
import shutil
import stat
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import load_private, read_any
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from tests.modules.steering import present
from tests.modules.support import Workstation, fail, run_module, succeed

needs_openssh = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="this machine has no ssh-keygen")
UNFIT = {
    "RSA 1024": lambda: rsa.generate_private_key(65537, 1024),
    "RSA 4096": lambda: rsa.generate_private_key(65537, 4096),
    "ECDSA": lambda: ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture
def where(tmp_path):
    return {"account": "CXYZ001", "key_dir": str(tmp_path / "keys"), "state_dir": str(tmp_path / "state")}


def openssh(secret) -> bytes:
    return secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )


def tree(folder) -> dict:
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else None,
        )
        for path in folder.rglob("*")
    }


def test_a_key_is_made_once_and_check_mode_said_so(where, tmp_path):
    planned = succeed("account_key", **where, check=True, diff=True)
    assert planned["changed"] and planned["fingerprint"] is None and list(tmp_path.iterdir()) == []
    made = succeed("account_key", **where, diff=True)
    before = tree(tmp_path)
    assert made["changed"] and made["bits"] == 2048
    for check in (True, False):
        again = succeed("account_key", **where, check=check, diff=True)
        assert not again["changed"] and again["fingerprint"] == made["fingerprint"]
        assert again["diff"]["before"] == again["diff"]["after"]
    assert {path: facts for path, facts in tree(tmp_path).items() if path.startswith("keys")} == {
        path: facts for path, facts in before.items() if path.startswith("keys")
    }


def test_nothing_private_is_ever_shown(where, tmp_path):
    shown = []
    for more in ({}, {"passphrase": "s3cret words"}, {"passphrase": "s3cret words", "regenerate": "always"}):
        shown += [run_module("account_key", **where, **more, check=check, diff=True) for check in (True, False)]
    secret = (tmp_path / "keys" / "CXYZ001" / "current" / "id_rsa").read_text().splitlines()[5]
    assert not any(result.get("failed") for result in shown)
    assert "PRIVATE" not in str(shown) and "s3cret" not in str(shown) and secret not in str(shown)


@pytest.mark.parametrize("account", ["cxyz001", "CXYZ003", "CXYZ", "../001", ""])
def test_a_malformed_account_is_refused_before_anything(where, tmp_path, account):
    refused = fail("account_key", "bad_account", **{**where, "account": account})
    assert ("CXYZ001" in refused["msg"]) == (account == "cxyz001")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"registered_on": "22.11.2026"}, "bad_option", id="a day that is no date"),
        pytest.param({"owner": "nobody-of-that-name"}, "bad_option", id="a user that is none"),
        pytest.param({"group": "nobodies-of-that-name"}, "bad_option", id="a group that is none"),
        pytest.param({"comment": "two\nlines"}, "bad_option", id="a comment of two lines"),
    ],
)
def test_a_wrong_option_is_refused_before_anything(where, tmp_path, option, code):
    for check in (True, False):
        fail("account_key", code, **where, **option, check=check)
        assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("kind", UNFIT)
def test_an_unfit_key_is_refused_or_replaced_as_asked(where, tmp_path, kind):
    version = tmp_path / "keys" / "CXYZ001" / "20200101-unfit"
    version.mkdir(parents=True)
    (version / "id_rsa").write_bytes(openssh(UNFIT[kind]()))
    (version.parent / "current").symlink_to(version.name)
    before = tree(tmp_path / "keys")
    for check in (True, False):
        fail("account_key", "bad_key_type", **where, check=check)
        assert tree(tmp_path / "keys") == before
    assert succeed("account_key", **where, regenerate="invalid", check=True)["changed"]
    assert tree(tmp_path / "keys") == before
    assert succeed("account_key", **where, regenerate="invalid")["bits"] == 2048
    assert (version / "id_rsa").read_bytes() == before["CXYZ001/20200101-unfit/id_rsa"][1], "the old key is not kept"


def test_a_wrong_passphrase_replaces_nothing(where, tmp_path):
    succeed("account_key", **where, passphrase="right")
    before = tree(tmp_path / "keys")
    for regenerate in ("never", "invalid", "always"):
        for given in ({}, {"passphrase": "wrong"}):
            fail("account_key", "bad_passphrase", **where, **given, regenerate=regenerate)
    assert tree(tmp_path / "keys") == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_owner_and_group_are_put_right(where, tmp_path):
    succeed("account_key", **where)
    assert succeed("account_key", **where, owner="65534", group="65534", check=True)["changed"]
    assert succeed("account_key", **where, owner="65534", group="65534")["changed"]
    assert not succeed("account_key", **where, owner="65534", group="65534")["changed"]
    key = tmp_path / "keys" / "CXYZ001" / "current" / "id_rsa"
    assert (key.stat().st_uid, key.stat().st_gid, stat.S_IMODE(key.stat().st_mode)) == (65534, 65534, 0o600)


def test_without_cryptography_the_library_is_named(where, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.asymmetric", None)
    refused = fail("account_key", "library_missing", **where)
    assert "cryptography" in refused["msg"]


def keygen(*arguments, **more) -> str:
    return subprocess.run(
        ["ssh-keygen", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=30, **more
    ).stdout


def many_keys(number):
    """So many different RSA keys of 2048 bits, quickly: each pair of a few primes makes one."""
    primes = []
    while len(primes) * (len(primes) - 1) // 2 < number:
        numbers = rsa.generate_private_key(65537, 2048).private_numbers()
        primes += [numbers.p, numbers.q]
    pairs = [(p, q) for at, p in enumerate(primes) for q in primes[:at]][:number]
    for p, q in pairs:
        d = pow(65537, -1, (p - 1) * (q - 1))
        yield rsa.RSAPrivateNumbers(
            p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(65537, p * q)
        ).private_key(unsafe_skip_rsa_key_validation=True)


@needs_openssh
def test_openssh_reads_our_files_and_agrees_on_200_fingerprints(tmp_path):
    listed, ours = [], []
    for number, secret in enumerate(many_keys(200)):
        line = secret.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        key = read_any(line, None, "key")
        path = tmp_path / "CXYZ001.pub"
        path.write_text(rfc4716.write(key, f"desk {number} {'x' * (number % 50)}"))
        converted = keygen("-i", "-m", "RFC4716", "-f", path).strip()
        assert converted == line.decode()
        listed.append(converted)
        ours.append(key.fingerprint_text)
    (tmp_path / "all").write_text("\n".join(listed) + "\n")
    theirs = [line.split()[1] for line in keygen("-l", "-E", "md5", "-f", tmp_path / "all").splitlines()]
    assert [b"MD5:" + text for text in ours] == [text.encode() + b"\n" for text in theirs]
    assert len(set(theirs)) == 200


@needs_openssh
def test_openssh_reads_the_private_key_and_says_the_same_of_it(where):
    made = succeed("account_key", **where, comment="desk 7")
    md5 = keygen("-l", "-E", "md5", "-f", made["private_key_path"]).split()
    assert (md5[0], md5[1], md5[-1]) == ("2048", "MD5:" + made["fingerprint"], "(RSA)")
    assert keygen("-l", "-E", "sha256", "-f", made["private_key_path"]).split()[1] == made["fingerprint_sha256"]
    derived = keygen("-y", "-f", made["private_key_path"]).split()[1]
    assert keygen("-i", "-m", "RFC4716", "-f", made["public_key_path"]).split()[1] == derived


@needs_openssh
@pytest.mark.parametrize(
    ("kind", "bits"), [("rsa", 1024), ("rsa", 2048), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521), ("ed25519", 256)]
)
def test_what_openssh_exports_is_read_back(tmp_path, kind, bits):
    path = tmp_path / "key"
    keygen("-q", "-t", kind, "-b", bits, "-N", "", "-f", path)
    found = rfc4716.read(keygen("-e", "-m", "RFC4716", "-f", path))
    assert found.key == load_private(path.read_bytes(), None, "key").public
    assert found.key.bits == bits and "from OpenSSH" in found.comment


@needs_openssh
def test_openssh_opens_a_key_with_its_passphrase(where):
    made = succeed("account_key", **where, passphrase="s3cret words")
    derived = keygen("-y", "-P", "s3cret words", "-f", made["private_key_path"])
    assert read_any(derived.encode(), None, "key").fingerprint == made["fingerprint"]
    wrong = subprocess.run(
        ["ssh-keygen", "-y", "-P", "wrong", "-f", made["private_key_path"]],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert wrong.returncode != 0


def test_a_key_that_is_lost_is_not_silently_replaced_while_the_exchange_knows_it(tmp_path):
    station = Workstation(tmp_path, "CXYZ001", "127.0.10.31")
    made = station.make_key()
    station.make_key(registered_on=present().date().isoformat())
    shutil.rmtree(tmp_path / "keys")
    told = fail("account_key", "key_in_use", **station.options)
    assert "backup" in told["hint"]
    assert station.make_key(regenerate="always")["fingerprint"] != made["fingerprint"]


def test_a_version_without_its_private_key_is_told_as_that(tmp_path):
    station = Workstation(tmp_path, "CXYZ001", "127.0.10.31")
    made = station.make_key()
    pathlib.Path(made["private_key_path"]).resolve().rename(tmp_path / "elsewhere")
    other = tmp_path / "keys/CXYZ001/20200101-00000000"
    other.mkdir()
    shutil.copy(tmp_path / "elsewhere", other / "id_rsa")
    told = fail("account_key", "ambiguous_key", **station.options)
    assert "has no private key" in told["msg"]
