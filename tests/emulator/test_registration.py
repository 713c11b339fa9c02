# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registration packages: what the exchange takes, and every reason for which it does not."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import asyncssh
import pytest

from emulator.client import Emulator, Refused
from emulator.registration import Refused as PackageRefused
from emulator.registration import check_package
from emulator.testing import KeyPair, package_members, write_package

Members = dict[str, bytes]


def _set(name: str, data: bytes) -> Callable[[Members], None]:
    return lambda members: members.__setitem__(name, data)


def _replace(name: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    return lambda members: members.__setitem__(name, members[name].replace(old, new))


def _drop(name: str) -> Callable[[Members], None]:
    return lambda members: members.__delitem__(name)


@pytest.fixture
def members(key_pairs: list[KeyPair]) -> Members:
    return package_members("CXYZ", key_pairs[0], key_pairs[1])


def _check(folder: Path, members: Members, name: str = "CXYZ.zip") -> list[str]:
    package = write_package(folder / "package", members)
    try:
        check_package(name, package.read_bytes())
    except PackageRefused as refusal:
        return refusal.reasons
    return []


def test_takes_a_faultless_package(tmp_path: Path, members: Members, key_pairs: list[KeyPair]) -> None:
    application = check_package("CXYZ.zip", write_package(tmp_path / "p", members).read_bytes())
    assert application.addresses == ("127.0.10.31", "127.0.10.32")
    assert {name: key.blob for name, key in application.keys.items()} == {
        "CXYZ001": key_pairs[0].blob,
        "CXYZ002": key_pairs[1].blob,
    }


@pytest.mark.parametrize(
    "layout",
    ["CXYZ001.pub 127.0.10.31\nCXYZ002.pub 127.0.10.32", "﻿IP;127.0.10.31;127.0.10.32\r\nCXYZ001.pub;CXYZ002.pub"],
)
def test_takes_any_layout_of_the_template(tmp_path: Path, members: Members, layout: str) -> None:
    del members["addresses.csv"]
    members["IP address template.txt"] = layout.encode()
    assert _check(tmp_path, members) == []


@pytest.mark.parametrize(
    "name", ["cxyz.zip", "CXYZ.ZIP", "DXYZ.zip", "CXYZW.zip", "CXY.zip", "CXYZ.zip.zip", "Cxyz.zip"]
)
def test_refuses_other_package_names(tmp_path: Path, members: Members, name: str) -> None:
    assert "not CXXX.zip" in _check(tmp_path, members, name)[0]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param(_drop("CXYZ001.pub"), "CXYZ001.pub is missing", id="no public key"),
        pytest.param(_drop("CXYZ002.fpt"), "CXYZ002.fpt is missing", id="no fingerprint"),
        pytest.param(_drop("addresses.csv"), "the IP address template is missing", id="no template"),
        pytest.param(_set("note.txt", b"hello"), "beside keys and fingerprints one", id="a sixth member"),
        pytest.param(_set("CXYZ001.fpt", b"00:" * 15 + b"00"), "CXYZ001.fpt says 00:00", id="another fingerprint"),
        pytest.param(_set("CXYZ001.fpt", b"SHA256:abc"), "does not hold 16 lower-case", id="no MD5"),
        pytest.param(
            lambda m: m.update({"CXYZ001.fpt": m["CXYZ001.fpt"].upper()}), "does not hold 16 lower-case", id="capitals"
        ),
        pytest.param(_set("CXYZ001.pub", b"ssh-rsa AAAA me"), "CXYZ001.pub does not begin", id="OpenSSH key file"),
        pytest.param(
            lambda m: m.update({"CXYZ002.pub": m["CXYZ001.pub"], "CXYZ002.fpt": m["CXYZ001.fpt"]}),
            "same public key",
            id="one key twice",
        ),
        pytest.param(_replace("addresses.csv", b"127.0.10.32", b"127.0.11.32"), "not in one subnet", id="two subnets"),
        pytest.param(
            _replace("addresses.csv", b"127.0.10.32", b"127.0.10.31"), "1 different workstation", id="equal addresses"
        ),
        pytest.param(
            _replace("addresses.csv", b"127.0.10.32", b"127.0.10.320"), "no workstation's IPv4", id="no address"
        ),
        pytest.param(
            _replace("addresses.csv", b"127.0.10.32", b"10.0.0.1,127.0.10.32"),
            "3 different workstation",
            id="three addresses",
        ),
        pytest.param(
            _replace("addresses.csv", b"CXYZ002.pub", b"key2.pub"), "does not name CXYZ002.pub", id="key not named"
        ),
        pytest.param(_set("addresses.csv", b"PK\x03\x04\xff\xfe"), "is not text", id="template a spreadsheet"),
        pytest.param(
            _set("addresses.csv", b"-----BEGIN OPENSSH PRIVATE KEY-----"), "private key material", id="private key, PEM"
        ),
        pytest.param(
            _replace("addresses.csv", b"workstation", b"PuTTY-User-Key-File-3: ssh-rsa"),
            "private key material",
            id="private key, PuTTY",
        ),
        pytest.param(_set("addresses.csv", b"x" * 300_000), "too large", id="too large"),
    ],
)
def test_refuses_with_the_reason(
    tmp_path: Path, members: Members, spoil: Callable[[Members], None], reason: str
) -> None:
    spoil(members)
    reasons = _check(tmp_path, members)
    assert any(reason in given for given in reasons), reasons


def test_lists_all_reasons_at_once(tmp_path: Path, members: Members) -> None:
    del members["CXYZ001.pub"]
    members["CXYZ002.fpt"] = b"nonsense"
    members["addresses.csv"] = b"127.0.10.31"
    assert len(_check(tmp_path, members)) == 5


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip at all", b"PK\x03\x04" + bytes(200)])
def test_refuses_what_is_no_zip(data: bytes) -> None:
    with pytest.raises(PackageRefused, match="not a readable zip"):
        check_package("CXYZ.zip", data)


def test_a_damaged_package_is_refused_or_read_and_nothing_else(tmp_path: Path, members: Members) -> None:
    whole = write_package(tmp_path / "package", members).read_bytes()
    dice = random.Random(4716)
    refused = 0
    for _ in range(2000):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 2, 8))):
            damaged[dice.randrange(len(whole))] = dice.randrange(256)
        try:
            check_package("CXYZ.zip", bytes(damaged))
        except PackageRefused:
            refused += 1
    assert refused > 1500


def test_a_der_private_key_is_found(tmp_path: Path, members: Members, key_pairs: list[KeyPair]) -> None:
    from cryptography.hazmat.primitives import serialization as forms

    private = forms.load_ssh_private_key(key_pairs[2].path.read_bytes(), None)
    members["addresses.csv"] = private.private_bytes(
        forms.Encoding.DER, forms.PrivateFormat.PKCS8, forms.NoEncryption()
    )
    assert any("private key material" in reason for reason in _check(tmp_path, members))


def test_a_refused_package_changes_nothing(facility: Emulator, tmp_path: Path, key_pairs: list[KeyPair]) -> None:
    members = package_members("CNEW", key_pairs[0], key_pairs[1]) | {"CNEW002.fpt": b"wrong"}
    with pytest.raises(Refused) as refusal:
        facility.control.register(write_package(tmp_path / "CNEW.zip", members))
    assert refusal.value.reasons == [
        "CNEW002.fpt does not hold 16 lower-case hexadecimal octets with colons between them"
    ]
    assert not any(entry["customer_code"] == "CNEW" for entry in facility.control.accounts())


def test_registering_anew_replaces_keys_and_addresses(
    facility: Emulator, participant, tmp_path: Path, key_pairs: list[KeyPair]
) -> None:
    assert participant.try_login()
    moved = package_members(participant.code, key_pairs[2], key_pairs[3], ("127.0.10.41", "127.0.10.42"))
    facility.control.register(write_package(tmp_path / f"{participant.code}.zip", moved))
    assert not participant.try_login()
    assert not participant.try_login(source="127.0.10.41"), "the key of before opens nothing more"
    assert not participant.try_login(key=key_pairs[2])
    assert participant.try_login(key=key_pairs[2], source="127.0.10.41")


@pytest.mark.parametrize("forgotten", [False, True], ids=["anew", "forgotten"])
def test_a_session_ends_with_its_registration(facility: Emulator, participant, enrol, forgotten: bool) -> None:
    async def outlive(client: asyncssh.SFTPClient) -> None:
        report = await client.open(f"/{participant.code}/OLD.csv", "rb", block_size=None)
        upload = await client.open(f"/KEY_MANAGEMENT/{participant.account}.pub", "wb")
        if forgotten:
            await asyncio.to_thread(facility.control.forget, participant.code)
        await asyncio.to_thread(enrol, facility, participant.code)
        for operation in (
            report.read(10, 0),
            report.stat(),
            upload.write(b"more"),
            client.listdir("/COMMON"),
            client.open("/KEY_MANAGEMENT/again.pub", "wb"),
        ):
            with pytest.raises(asyncssh.SFTPPermissionDenied):
                await operation
        await upload.close()

    facility.control.publish(name="OLD.csv", folder=participant.code, size=100)
    participant.sftp(outlive)
    assert participant.events("upload") == []
    assert participant.events("denied") == [], "nobody can be blamed for it"
    assert participant.try_login()


def test_keys_are_valid_for_730_days(tmp_path: Path, members: Members) -> None:
    from datetime import date

    from emulator.registry import RegisteredKey

    application = check_package("CXYZ.zip", write_package(tmp_path / "p", members).read_bytes())
    key = RegisteredKey.from_today(application.keys["CXYZ001"], date(2020, 3, 1))
    assert key.last_day == date(2022, 3, 1)
    assert [key.valid_on(date(2022, 3, day)) for day in (1, 2)] == [True, False]
