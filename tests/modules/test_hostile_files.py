# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever lies in the files that people bring, and whatever a library does with it, each module ends with a code."""

from __future__ import annotations

import base64
import os
import zipfile

import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.dcass.sftp.plugins.module_utils._flow import report_sync as sync
from ansible_collections.dcass.sftp.plugins.modules import key_fingerprint
from tests.modules.support import fail, run_module, succeed
from tests.unit.support import BEGIN, END, blob_of, rsa_key, ssh2, string

BODIES = [base64.b64encode(blob_of(rsa_key(number=number).public_key())).decode() for number in (0, 1)]
FIRST, SECOND = ("\n".join(body[at : at + 70] for at in range(0, len(body), 70)) for body in BODIES)
PRIVATE = rsa_key().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
MARK = b"\xef\xbb\xbf"
HALF = b"\xed\xa0\x80"  # of a surrogate pair
CORPUS = {
    "nothing": b"",
    "blanks": b" \t\r\n" * 50,
    "NULs": bytes(200),
    "any bytes": bytes(range(256)) * 3,
    "one letter beyond ASCII": "ssh-rsa AAAA…\n".encode(),
    "an umlaut for a host": "bör ssh-rsa AAAA\n".encode(),
    "UTF-16": ("\ufeff" + ssh2(FIRST)).encode("utf-16-le"),
    "UTF-16 without its mark": f"ssh-rsa {BODIES[0]}".encode("utf-16-be"),
    "UTF-32": ssh2(FIRST).encode("utf-32"),
    "a mark alone": MARK,
    "PuTTY's .ppk": b"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: aes256-cbc\n",
    "Dropbear's": string(b"ssh-rsa") + string(b"\1\0\1") + bytes(50),
    "DER": b"\x30\x82\x01\x22\x30\x0d" + bytes(200),
    "a certificate": b"ssh-rsa-cert-v01@openssh.com "
    + base64.b64encode(string(b"ssh-rsa-cert-v01@openssh.com") + bytes(200)),
    "X.509": b"-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----\n",
    "PEM cut short": PRIVATE[:400],
    "PEM damaged": PRIVATE[:300] + b"AAAA" + PRIVATE[304:],
    "PEM of nothing": b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    "Camellia": b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: CAMELLIA-256-CBC,00\n\nAAAA\n"
    b"-----END RSA PRIVATE KEY-----\n",
    "an OpenSSH key that says it has 2^32 ciphers": b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
    + base64.encodebytes(b"openssh-key-v1\0\xff\xff\xff\xff")
    + b"-----END OPENSSH PRIVATE KEY-----\n",
    "SSH2, headers alone": ssh2("", *["a: b"] * 1000).encode(),
    "SSH2, a header without an end": f"{BEGIN}\nComment: \\\n{END}\n".encode(),
    "SSH2 with escapes": ssh2("\x1b[2J\x1b]0;owned\x07", "Comment: \x9b31m").encode(),
    "SSH2, half a pair": ssh2(FIRST, "Comment: x").encode().replace(b"x", HALF, 1),
    "a marker alone": b"@revoked\n@cert-authority *\n@revoked * ssh-rsa\n",
    "hashes that are none": "|1|ä|ö ssh-rsa AAAA\n|1| ssh-rsa AAAA\n|1|a ssh-rsa\n".encode(),
}
EACH = pytest.mark.parametrize("data", [pytest.param(data, id=what) for what, data in CORPUS.items()])


def coded(name, **options):
    """Run a module; it succeeds, or fails with a code, a sentence of one line and a next step; nothing is shown raw."""
    result = run_module(name, **options)
    if result.get("failed"):
        assert (
            result["error_code"] not in ("internal_error", "error") and result["msg"].endswith(".") and result["hint"]
        )
        assert result["msg"].isprintable()
    return result


@EACH
def test_key_fingerprint_takes_any_file(data, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(data)
    for passphrase in (None, "s3cret"):
        assert coded("key_fingerprint", path=str(path), passphrase=passphrase).get("failed") or HALF in data
    coded("key_fingerprint", content=data.decode("utf-8", "surrogateescape"))
    coded("key_fingerprint", content=ssh2(FIRST), expected=data.decode("utf-8", "replace"))


@EACH
def test_account_key_takes_any_file_where_its_own_should_be(data, tmp_path):
    options = {"account": "CXYZ001", "key_dir": str(tmp_path / "keys"), "state_dir": str(tmp_path / "state")}
    succeed("account_key", **options)
    current = tmp_path / "keys" / "CXYZ001" / "current"
    for name in ("CXYZ001.pub", "CXYZ001.fpt"):
        before = (current / name).read_bytes()
        (current / name).write_bytes(data)
        coded("account_info", **options)
        assert coded("account_key", **options)["changed"]
        assert (current / name).read_bytes() == before
    (current / "id_rsa").write_bytes(data)
    for name in ("account_info", "account_key", "key_renewal", "report_sync"):
        more = {"dest": str(tmp_path / "reports")} if name == "report_sync" else {}
        refused = coded(name, **options, outside_hours="ignore", passphrase="s3cret", addresses=["127.0.0.1:9"], **more)
        assert name == "account_info" or refused["error_code"] in ("bad_private_key", "bad_passphrase"), refused


@EACH
def test_registration_package_takes_any_file(data, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "CXYZ001.pub").write_text(ssh2(FIRST, "Comment: CXYZ001"))
    (source / "CXYZ002.pub").write_bytes(data)
    order = {"customer_code": "CXYZ", "workstation_addresses": ["192.0.2.31", "192.0.2.32"], "dest": f"{tmp_path}/"}
    assert coded("registration_package", **order, source=str(source))["failed"]
    keys = {"CXYZ001": ssh2(FIRST), "CXYZ002": data.decode("utf-8", "surrogateescape")}
    assert coded("registration_package", **order, public_keys=keys)["failed"]
    (source / "CXYZ002.pub").write_text(ssh2(SECOND, "Comment: CXYZ002"))
    (source / "CXYZ002.fpt").write_bytes(data)
    assert coded("registration_package", **order, source=str(source))["failed"]
    coded("registration_package", **order, public_keys={**keys, "CXYZ002": ssh2(SECOND)},
          fingerprints={"CXYZ001": data.decode("utf-8", "surrogateescape")})  # fmt: skip


@EACH
def test_nonsense_in_known_hosts_is_passed_over_or_told(data, workstation, facility):
    """Before the server's own line it does not matter; alone it vouches for nobody, and no login is spent."""
    path = workstation.root / "known_hosts"
    good = path.read_bytes()
    path.write_bytes(data)
    known = coded("facility_info", **workstation.options)
    assert known["addresses"][0]["error_code"] in ("host_key_unknown", "local_error")
    for name in ("report_sync", "key_renewal"):
        more = {"dest": workstation.dest} if name == "report_sync" else {"force": True}
        assert coded(name, **workstation.options, **more)["failed"]
    assert facility.events("login") == []
    unreadable = b"\0" in data or b"@revoked *" in data
    path.write_bytes(data + b"\n" + good)
    if unreadable:
        fail("report_sync", "local_error", **workstation.options, dest=workstation.dest)
    else:
        workstation.sync()


@pytest.mark.parametrize("made", [MARK, b"# by hand\r\n"], ids=["the mark of UTF-8", "a comment with CRLF"])
def test_known_hosts_as_windows_leaves_it(workstation, made):
    path = workstation.root / "known_hosts"
    path.write_bytes(made + path.read_bytes().replace(b" ", b"\t").replace(b"\n", b"\r\n").rstrip())
    workstation.sync()


class Panic(BaseException):
    """What a library in another language raises: no Exception."""


SECRET = "correct horse battery"


@pytest.mark.parametrize(
    "raised",
    [
        pytest.param(ValueError(f"can't use {SECRET}"), id="an error that quotes the passphrase"),
        pytest.param(Panic("called `Option::unwrap()` on a `None` value\x1b[2J"), id="a panic"),
        pytest.param(OverflowError("Python int too large to convert to SQLite INTEGER"), id="a number too large"),
        pytest.param(RecursionError(), id="too deep"),
        pytest.param(RuntimeError(PRIVATE.decode()), id="an error that quotes a key"),
    ],
)
def test_whatever_is_raised_has_a_code_and_tells_no_secret(monkeypatch, raised):
    def stumble(*_arguments):
        raise raised

    monkeypatch.setattr(key_fingerprint, "read_any", stumble)
    refused = fail("key_fingerprint", "internal_error", content=ssh2(FIRST), passphrase=SECRET)
    assert type(raised).__name__ in refused["msg"] and "Report" in refused["hint"]
    assert SECRET not in str(refused) and PRIVATE.splitlines()[3].decode() not in str(refused)
    assert "\x1b" not in refused["msg"]


def test_a_result_that_can_t_be_told_has_a_code(monkeypatch):
    monkeypatch.setattr(key_fingerprint, "fingerprint", lambda *_a, **_k: {"changed": False, "what": object()})
    fail("key_fingerprint", "internal_error", content=ssh2(FIRST))


def test_what_was_done_until_then_is_told(monkeypatch, workstation, facility):
    facility.publish()
    whole = sync._fetch

    def stumble(*arguments):
        whole(*arguments)
        raise OverflowError("a size beyond all measure")

    monkeypatch.setattr(sync, "_fetch", stumble)
    refused = fail("report_sync", "internal_error", **workstation.options, dest=workstation.dest)
    assert refused["downloaded"] and "OverflowError: a size beyond all measure" in refused["msg"]
    assert {"missing", "expiring", "lost"} <= set(refused)
    monkeypatch.undo()
    assert workstation.sync()["unchanged"] >= len(refused["downloaded"])


def test_an_address_that_is_not_the_workstation_s_is_told_with_those_that_it_has(workstation):
    refused = fail(
        "report_sync", "unreachable", **{**workstation.options, "source_address": "192.0.2.31"}, dest=workstation.dest
    )
    assert refused["msg"].startswith("This workstation does not have the address 192.0.2.31; it has ")
    assert "127.0.0.1" in refused["msg"] and refused["msg"].count("192.0.2.31") == 1
    assert "dcass_workstation_address" in refused["hint"]


@pytest.fixture
def order(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for account, body in (("CXYZ001", FIRST), ("CXYZ002", SECOND)):
        (source / f"{account}.pub").write_text(ssh2(body, f'Comment: "{account}"'))
    return {
        "customer_code": "CXYZ",
        "workstation_addresses": ["192.0.2.31", "192.0.2.32"],
        "source": str(source),
        "dest": str(tmp_path / "out" / "CXYZ.zip"),
    }


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(ssh2(SECOND, "Comment: x").replace("\n", "\r\n").encode(), id="CRLF"),
        pytest.param(ssh2(SECOND, "Comment: x").rstrip("\n").encode(), id="no last newline"),
        pytest.param(ssh2(SECOND, "Comment: x").encode().replace(b" x\n", " 結算部\n".encode("big5")), id="Big5"),
        pytest.param(ssh2(SECOND, "Comment: 結算部").encode(), id="UTF-8"),
        pytest.param(ssh2(SECOND, f'Comment: "{"x" * 200}"').encode(), id="a long comment"),
    ],
)
def test_a_key_goes_into_the_package_as_the_bytes_that_were_given(order, given):
    path = os.path.join(order["source"], "CXYZ002.pub")
    with open(path, "wb") as file:
        file.write(given)
    built = succeed("registration_package", **order)
    assert zipfile.ZipFile(built["path"]).read("CXYZ002.pub") == given
    assert any("CXYZ002.pub" in str(warning) for warning in built.get("warnings", [])) == (b"x" * 200 in given)
    if given.decode("utf-8", "replace") == given.decode("utf-8", "ignore"):
        order.pop("source")
        keys = {"CXYZ001": ssh2(FIRST, 'Comment: "CXYZ001"'), "CXYZ002": given.decode()}
        assert succeed("registration_package", **order, public_keys=keys)["sha256"] == built["sha256"]


def test_a_key_with_a_mark_is_refused_by_name(order):
    path = os.path.join(order["source"], "CXYZ002.pub")
    with open(path, "wb") as file:
        file.write(MARK + ssh2(SECOND).encode())
    assert "BOM" in fail("registration_package", "bad_public_key", **order)["msg"]


@pytest.mark.parametrize(
    "form", ['"{}"', "MD5:{}", "{}\r\n", "\ufeff{}", "2048 MD5:{} ops (RSA)", "ssh-rsa 2048 {} ops"]
)
def test_fingerprints_come_in_any_usual_form(order, form):
    md5 = succeed("key_fingerprint", content=ssh2(FIRST))["fingerprint"]
    with open(os.path.join(order["source"], "CXYZ001.fpt"), "w", newline="") as file:
        file.write(form.format(md5.upper()))
    assert zipfile.ZipFile(succeed("registration_package", **order)["path"]).read("CXYZ001.fpt") == f"{md5}\n".encode()


def test_a_package_that_was_there_is_kept_beside(order, tmp_path):
    first = succeed("registration_package", **order)
    assert first["kept"] is None and not succeed("registration_package", **order)["changed"]
    submitted = (tmp_path / "out" / "CXYZ.zip").read_bytes()
    os.utime(tmp_path / "out" / "CXYZ.zip", (1795147200, 1795147200))  # 2026-11-20 12:00 in Hong Kong
    for last, name in (("33", "CXYZ.20261120-120000.zip"), ("34", "CXYZ.20261120-120000.2.zip")):
        order["workstation_addresses"] = ["192.0.2.31", f"192.0.2.{last}"]
        before = (tmp_path / "out" / "CXYZ.zip").read_bytes()
        planned = succeed("registration_package", **order, check=True)
        assert planned["kept"] == str(tmp_path / "out" / name) and not os.path.exists(planned["kept"])
        built = succeed("registration_package", **order)
        assert built["kept"] == planned["kept"] and name in str(built["warnings"])
        assert (tmp_path / "out" / name).read_bytes() == before
        os.utime(tmp_path / "out" / "CXYZ.zip", (1795147200, 1795147200))
    assert (tmp_path / "out" / "CXYZ.20261120-120000.zip").read_bytes() == submitted


@pytest.mark.parametrize("comment", ["x" * 61, "報表", "a\nb"], ids=["61 letters", "not ASCII", "two lines"])
def test_a_comment_that_not_every_reader_takes_is_refused(tmp_path, comment):
    refused = fail("account_key", "bad_option", account="CXYZ001", key_dir=str(tmp_path), comment=comment)
    assert "comment" in refused["msg"] and "dcass_key_comment" in refused["hint"]
