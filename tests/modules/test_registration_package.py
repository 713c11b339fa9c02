# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registration_package: CXXX.zip from public material only, or a reason (§5, §7)."""

from __future__ import annotations

import zipfile

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import read_any
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from tests.modules.support import fail, run_module, succeed
from tests.unit.support import RFC_DSA_BODY, ssh2

PRIVATE = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"
MEMBERS = ["CXYZ.csv", "CXYZ001.pub", "CXYZ002.pub", "CXYZ001.fpt", "CXYZ002.fpt"]


def public_text(secret) -> str:
    line = secret.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return rfc4716.write(read_any(line, None, "key"), "a key")


def rsa_text(bits=2048) -> str:
    modulus = (1 << (bits - 1)) | 1
    line = (
        rsa.RSAPublicNumbers(65537, modulus)
        .public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    )
    return rfc4716.write(read_any(line, None, "key"), "a key")


GOOD = {f"CXYZ00{n}": public_text(rsa.generate_private_key(65537, 2048)) for n in (1, 2)}


@pytest.fixture
def order(tmp_path):
    return {
        "customer_code": "CXYZ",
        "workstation_addresses": ["192.0.2.31", "192.0.2.32"],
        "public_keys": GOOD,
        "dest": str(tmp_path / "out" / "CXYZ.zip"),
    }


def test_a_package_is_built_once_and_check_mode_said_so(order, tmp_path):
    planned = succeed("registration_package", **order, check=True, diff=True)
    assert planned["changed"] and not (tmp_path / "out").exists()
    built = succeed("registration_package", **order, diff=True)
    assert built["members"] == MEMBERS and {key: built[key] for key in planned} == planned
    assert zipfile.ZipFile(built["path"]).namelist() == MEMBERS
    assert "PRIVATE" not in built["diff"]["after"]
    again = succeed("registration_package", **order)
    assert not again["changed"] and again["sha256"] == built["sha256"]
    assert succeed("registration_package", **{**order, "dest": str(tmp_path / "CXYZ.zip")})["sha256"] == built["sha256"]


ED25519, ECDSA = public_text(ed25519.Ed25519PrivateKey.generate()), public_text(ec.generate_private_key(ec.SECP384R1()))
LONG = GOOD["CXYZ002"].replace("\nAAAAB3", "\n" + "AAAAB3").splitlines()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        pytest.param(ssh2(RFC_DSA_BODY), "bad_key_type", id="DSA, the guide's sample"),
        pytest.param(rsa_text(1024), "bad_key_type", id="RSA 1024"),
        pytest.param(rsa_text(4096), "bad_key_type", id="RSA 4096"),
        pytest.param(ECDSA, "bad_key_type", id="ECDSA"),
        pytest.param(ED25519, "bad_key_type", id="Ed25519"),
        pytest.param(GOOD["CXYZ002"][:200], "bad_public_key", id="truncated"),
        pytest.param(GOOD["CXYZ002"].replace("AAAAB3", "AAAAB4"), "bad_public_key", id="corrupt"),
        pytest.param(GOOD["CXYZ002"].replace("SSH2", "SSH1"), "bad_public_key", id="another first line"),
        pytest.param("\n".join([*LONG[:2], LONG[2] + LONG[3], *LONG[4:]]), "bad_public_key", id="a line of 140 bytes"),
        pytest.param(GOOD["CXYZ001"], "bad_public_key", id="the same key twice"),
        pytest.param(None, "bad_public_key", id="null"),
        pytest.param(GOOD["CXYZ002"] + PRIVATE, "private_key_in_package", id="with a private key behind it"),
    ],
)
def test_a_key_that_the_exchange_would_refuse(order, tmp_path, key, code):
    order["public_keys"] = {**GOOD, "CXYZ002": key}
    for check in (True, False):
        refused = fail("registration_package", code, **order, check=check)
        assert "CXYZ002" in refused["msg"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mangle", [("\n", "\r\n"), ("\n", "  \n")], ids=["CRLF", "trailing blanks"])
def test_what_mail_does_to_a_key_is_forgiven(order, mangle):
    order["public_keys"] = {**GOOD, "CXYZ002": GOOD["CXYZ002"].replace(*mangle)}
    assert succeed("registration_package", **order)["changed"]


@pytest.mark.parametrize(
    ("option", "code"),
    [
        pytest.param({"workstation_addresses": ["192.0.2.31", "192.0.3.32"]}, "subnet_mismatch", id="two subnets"),
        pytest.param(
            {"workstation_addresses": ["192.0.2.31", "192.0.2.31"]}, "subnet_mismatch", id="one address twice"
        ),
        pytest.param({"workstation_addresses": ["192.0.2.31"]}, "subnet_mismatch", id="one workstation"),
        pytest.param({"customer_code": "cxyz"}, "bad_account", id="a code in small letters"),
        pytest.param({"customer_code": "CXYZ001"}, "bad_account", id="an account as the code"),
        pytest.param({"public_keys": {"CXYZ001": GOOD["CXYZ001"]}}, "bad_account", id="one key"),
        pytest.param(
            {"fingerprints": {"CXYZ001": "00:" * 15 + "00"}}, "fingerprint_mismatch", id="a false fingerprint"
        ),
        pytest.param({"fingerprints": {"cxyz001": "00:" * 15 + "00"}}, "bad_account", id="a fingerprint for nobody"),
        pytest.param({"dest": "package.zip"}, "bad_option", id="another name"),
        pytest.param({"address_template": "/nowhere/form.csv"}, "local_error", id="a template that is not there"),
    ],
)
def test_a_wrong_option_is_refused_before_anything(order, tmp_path, option, code):
    fail("registration_package", code, **{**order, **option})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_serves_as_well_but_not_with_a_private_key_in_it(order, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for account, text in GOOD.items():
        (source / f"{account}.pub").write_text(text)
    wanted = succeed("registration_package", **order)["sha256"]
    order.update(source=str(source), dest=str(tmp_path / "CXYZ.zip"))
    order.pop("public_keys")
    (source / "id_rsa").write_text(PRIVATE)
    refused = fail("registration_package", "private_key_in_package", **order)
    assert "id_rsa" in refused["msg"] and "AAAA" not in str(refused)
    assert not (tmp_path / "CXYZ.zip").exists()
    (source / "id_rsa").unlink()
    assert succeed("registration_package", **order)["sha256"] == wanted


def test_a_changed_package_shows_what_changes(order):
    succeed("registration_package", **order)
    order["workstation_addresses"] = ["192.0.2.31", "192.0.2.33"]
    changed = succeed("registration_package", **order, diff=True)
    assert changed["changed"] and "192.0.2.32" in changed["diff"]["before"] and "192.0.2.33" in changed["diff"]["after"]


def test_keys_or_a_folder_are_needed(order, tmp_path):
    assert run_module("registration_package", **order, source=str(tmp_path))["failed"]
    order.pop("public_keys")
    assert run_module("registration_package", **order)["failed"]
