# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CXXX.zip: the same bytes on every machine, and whatever may lie in its place (§5)."""

from __future__ import annotations

import io
import shutil
import subprocess
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._flow.registration_package import (
    build_package,
    package_request,
)
from ansible_collections.dcass.sftp.plugins.module_utils._io.package_file import (
    PackageFile,
    read_folder,
    read_template,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadInput,
    DcassError,
    FingerprintMismatch,
    LocalError,
    PrivateKeyInPackage,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.package_zip import pack, unpack
from ansible_collections.dcass.sftp.plugins.module_utils._rules.private_keys import refuse_private_inside
from tests.unit.support import public_of, rsa_key

KEYS = {f"CXYZ00{n}": rfc4716.write(public_of(rsa_key(number=n)), f"CXYZ00{n}") for n in (1, 2)}
PRIVATE = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n"
OPTIONS = {
    "customer_code": "CXYZ",
    "workstation_addresses": ["192.0.2.31", "192.0.2.32"],
    "public_keys": KEYS,
    "fingerprints": None,
}


def build(dest, plan_only=False, folder=None, template=None, **options) -> dict:
    request = package_request({**OPTIONS, **options}, folder, template)
    return build_package(request, PackageFile(str(dest), request.customer_code), plan_only)


def test_a_package_built_twice_is_the_same_to_the_byte(tmp_path):
    first, second = build(tmp_path / "a" / "CXYZ.zip"), build(tmp_path / "b" / "CXYZ.zip")
    assert first["changed"] and second["changed"]
    assert (tmp_path / "a" / "CXYZ.zip").read_bytes() == (tmp_path / "b" / "CXYZ.zip").read_bytes()
    assert first["sha256"] == second["sha256"] == sha256((tmp_path / "a" / "CXYZ.zip").read_bytes())


def test_its_bytes_do_not_change_from_release_to_release():
    """A package that is registered must be recognised by every later version: the digest is fixed for ever."""
    assert sha256(pack({"a": b"1", "b": b"2"})) == "abba080c92582d63232654caf7e671fcc0b40992dd809e155abd224886238e9c"


@pytest.mark.skipif(not shutil.which("unzip"), reason="this machine has no unzip")
def test_unzip_shows_five_members(tmp_path):
    path = build(str(tmp_path) + "/")["path"]
    listed = subprocess.run(["unzip", "-l", path], capture_output=True, text=True, check=True, timeout=20).stdout
    assert "5 files" in listed
    assert all(name in listed for name in ("CXYZ.csv", "CXYZ001.pub", "CXYZ002.pub", "CXYZ001.fpt", "CXYZ002.fpt"))
    subprocess.run(["unzip", "-tq", path], check=True, capture_output=True, timeout=20)


@pytest.mark.parametrize("there", ["nothing", "itself", "another", "damaged", "no zip", "empty"])
def test_a_plan_is_what_then_happens(tmp_path, there):
    path = tmp_path / "CXYZ.zip"
    if there == "itself":
        build(path)
    elif there == "another":
        build(path, workstation_addresses=["192.0.2.41", "192.0.2.42"])
    elif there == "damaged":
        path.write_bytes(deflated(b"x" * 500, spoil=True))
    elif there in ("no zip", "empty"):
        path.write_bytes(b"" if there == "empty" else b"this is no zip")
    before = path.read_bytes() if path.exists() else None
    planned = build(path, plan_only=True)
    assert (path.read_bytes() if path.exists() else None) == before
    done = build(path)
    assert planned == done
    assert done["changed"] == (there != "itself")
    assert not build(path)["changed"]


def test_the_diff_shows_public_material(tmp_path):
    diff = build(tmp_path / "CXYZ.zip")["diff"]
    assert "192.0.2.31" in diff["after"] and "BEGIN SSH2 PUBLIC KEY" in diff["after"]
    assert "PRIVATE" not in str(diff)


def test_the_name_is_the_guide_s(tmp_path):
    assert build(str(tmp_path))["path"] == str(tmp_path / "CXYZ.zip")
    assert build(str(tmp_path / "new") + "/")["path"] == str(tmp_path / "new" / "CXYZ.zip")
    for wrong in ("cxyz.zip", "package.zip", "CXYZ.ZIP"):
        with pytest.raises(BadInput, match=r"CXYZ\.zip"):
            build(tmp_path / wrong)


def deflated(content: bytes, spoil=False) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member.txt", content)
    data = bytearray(buffer.getvalue())
    if spoil:
        data[40:44] = b"\xff\xff\xff\xff"  # within the deflated stream
    return bytes(data)


@given(st.binary(max_size=80), st.integers(0, 700), st.booleans())
def test_unpacking_anything_gives_members_or_none(noise, at, compressed):
    whole = bytearray(deflated(b"text " * 40) if compressed else pack({"a.txt": b"x" * 60, "b.txt": b""}))
    whole[at : at + len(noise)] = noise
    for data in (noise, bytes(whole)):
        found = unpack(data)
        assert found is None or all(isinstance(content, bytes) for content in found.values())


def bomb(members: int, size: int, inside: bytes = b"") -> bytes:
    """A small zip of members that are large when they are unpacked."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"member{number}", inside or bytes(size))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bomb(60, 1 << 20), id="many members"),
        pytest.param(bomb(1, 60 << 20), id="a large member"),
        pytest.param(bomb(30, 0, bomb(3, 1 << 20)), id="zips in a zip, each small"),
    ],
)
def test_a_zip_that_is_larger_than_can_be_looked_through_is_refused_within_its_memory(data):
    tracemalloc.start()
    with pytest.raises(PrivateKeyInPackage, match="looked through"):
        refuse_private_inside("form.xlsx", data)
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 << 20


def test_what_is_packed_is_unpacked():
    members = {"CXYZ.csv": b"a\r\n", "CXYZ001.pub": KEYS["CXYZ001"].encode(), "leer": b""}
    assert unpack(pack(members)) == members
    assert list(unpack(pack(members))) == list(members)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    for name, text in KEYS.items():
        (folder / f"{name}.pub").write_text(text)
        (folder / f"{name}.fpt").write_text(rfc4716.read(text).key.fingerprint + "\n")
    return folder


def test_a_folder_gives_the_same_package(tmp_path, source):
    (source / "README.txt").write_text("notes")
    first = build(tmp_path / "a" / "CXYZ.zip", folder=read_folder(str(source)), public_keys=None)
    second = build(tmp_path / "b" / "CXYZ.zip", folder=read_folder(str(source) + "/"), public_keys=None)
    assert first["sha256"] == second["sha256"] == build(tmp_path / "CXYZ.zip")["sha256"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("id_rsa", PRIVATE, id="beside the keys"),
        pytest.param(".hidden", PRIVATE, id="in a hidden file"),
        pytest.param("old/keys/backup.txt", PRIVATE, id="in a folder below"),
        pytest.param("CXYZ001.pub", KEYS["CXYZ001"].encode() + PRIVATE, id="behind a public key"),
        pytest.param("CXYZ001.fpt", PRIVATE, id="as a fingerprint"),
        pytest.param("backup.zip", deflated(PRIVATE), id="in a zip"),
    ],
)
def test_a_private_key_anywhere_in_the_folder_is_refused_by_name(source, name, content):
    path = source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(PrivateKeyInPackage, match=path.name):
        read_folder(str(source))


def test_a_fingerprint_file_that_does_not_fit_is_refused(tmp_path, source):
    (source / "CXYZ002.fpt").write_text((source / "CXYZ001.fpt").read_text())
    with pytest.raises(FingerprintMismatch, match="CXYZ002"):
        build(tmp_path / "CXYZ.zip", folder=read_folder(str(source)))
    assert not (tmp_path / "CXYZ.zip").exists()


def test_a_folder_that_is_none_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for wrong in ("nowhere", "file"):
        with pytest.raises(DcassError):
            read_folder(str(tmp_path / wrong))


def test_templates(tmp_path):
    assert read_template(None) is None
    (tmp_path / "form.csv").write_bytes(b"{address_1}")
    found = read_template(str(tmp_path / "form.csv"))
    assert (found.name, found.content) == ("form.csv", b"{address_1}")
    with pytest.raises(LocalError):
        read_template(str(tmp_path / "nowhere.csv"))
    (tmp_path / "form.xlsx").write_bytes(deflated(PRIVATE))
    with pytest.raises(PrivateKeyInPackage, match=r"form\.xlsx"):
        read_template(str(tmp_path / "form.xlsx"))
