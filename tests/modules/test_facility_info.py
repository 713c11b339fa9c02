# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""facility_info: reached or not, trusted or not, and never a login unless asked; all algorithms of §2.1 work."""

from __future__ import annotations

import asyncssh
import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import session
from tests.modules.support import Workstation, fail, new_state, run_module, succeed
from tests.servers.asyncssh_server import Servers, closed_port, known_hosts

KEX = ["curve25519-sha256@libssh.org", "ecdh-sha2-nistp521", "ecdh-sha2-nistp384", "ecdh-sha2-nistp256",
       "diffie-hellman-group-exchange-sha256"]  # fmt: skip
GCM = ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com"]
CTR = ["aes256-ctr", "aes192-ctr", "aes128-ctr"]
MACS = ["hmac-sha2-512-96", "hmac-sha2-256"]
CERTIFIED = ["ecdsa-sha2-nistp521", "ecdsa-sha2-nistp384"]  # RSA: test_openssh.py


@pytest.fixture(scope="module")
def host_key():
    return asyncssh.generate_private_key("ssh-rsa", key_size=2048)


@pytest.fixture(scope="module")
def other_key():
    return asyncssh.generate_private_key("ssh-rsa", key_size=2048)


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """A workstation with a key that the servers of this module let in."""
    ours = Workstation(tmp_path_factory.mktemp("ours"), "CXYZ001", "127.0.10.31")
    ours.public = asyncssh.import_public_key(ours.make_key()["public_key"]).export_public_key().decode()
    return ours


@pytest.fixture(scope="module")
def servers(tmp_path_factory, account):
    root = tmp_path_factory.mktemp("served")
    for folder in ("COMMON", "CXYZ", "KEY_MANAGEMENT"):
        (root / folder).mkdir()
    (root / "COMMON" / "RX.csv").write_bytes(b"report " * 20000)
    with Servers(root, account.public) as running:
        yield running


@pytest.fixture
def options(account, tmp_path):
    """The account's options, with a state of its own, so that each test has four logins."""
    return {**account.options, "state_dir": new_state(tmp_path / "state"), "known_hosts": str(tmp_path / "known_hosts")}


def trust(options, *lines) -> dict:
    with open(options["known_hosts"], "w") as file:
        file.write("".join(lines))
    return options


def look(options, *addresses, **more):
    return succeed("facility_info", **{**options, "addresses": list(addresses), **more})


def test_both_addresses_of_the_site_answer_and_nobody_logs_in(facility, workstation):
    for check in (False, True):
        found = succeed("facility_info", **workstation.options, check=check)
        assert not found["changed"] and len(found["addresses"]) == 2
        for told in found["addresses"]:
            assert told["reachable"] and told["error_code"] is None
            assert told["host_key_fingerprint"].startswith("SHA256:")
            assert told["offered"]["kex"][: len(KEX)] == KEX
            assert (told["offered"]["cipher"], told["offered"]["mac"]) == ([*GCM, *CTR], MACS)
            assert told["agreed"]["kex"] == KEX[0] and told["agreed"]["cipher"] == GCM[0]
            assert 0 < told["round_trip_ms"] < 5000
    assert facility.events("login") == []


def test_on_request_it_logs_in_once_and_counts_the_reports(facility, workstation):
    facility.publish(name="RX_AUDIT_20261120.csv", folder="COMMON", size=10)
    found = succeed("facility_info", **workstation.options, login=True)
    assert found["folders"] == {"COMMON": 1, workstation.code: 0, "KEY_MANAGEMENT": 0}
    assert found["connection"]["logins_left"] == 3
    assert len(facility.events("login")) == 1


@pytest.mark.parametrize("account_name", ["cxyz001", "CXYZ003"])
def test_a_malformed_account_is_refused_before_anything_connects(facility, workstation, account_name):
    before = facility.events("connect")
    fail("facility_info", "bad_account", **{**workstation.options, "account": account_name})
    assert facility.events("connect") == before


WORKS = [
    *[pytest.param({"kex_algs": [kex]}, ("kex", kex), id=kex) for kex in KEX],
    *[pytest.param({"encryption_algs": [gcm]}, ("cipher", gcm), id=gcm) for gcm in GCM],
    *[
        pytest.param({"encryption_algs": [ctr], "mac_algs": [mac]}, ("mac", mac), id=f"{ctr} with {mac}")
        for ctr in CTR
        for mac in MACS
    ],
]


@pytest.mark.parametrize(("limits", "agreed"), WORKS)
def test_every_algorithm_of_the_guide_carries_reports(servers, options, tmp_path, host_key, limits, agreed):
    address = servers.start(host_key, **limits)
    trust(options, known_hosts(address, host_key))
    done = succeed("report_sync", **options, addresses=[address], dest=str(tmp_path / "reports"))
    assert (tmp_path / "reports" / "COMMON" / "RX.csv").read_bytes() == b"report " * 20000
    assert done["connection"][agreed[0]] == agreed[1]
    assert done["connection"]["host_key_algorithm"] == "ssh-rsa"


STRANGE = [
    pytest.param({"kex_algs": ["diffie-hellman-group14-sha256", "curve25519-sha256"]}, id="key exchange"),
    pytest.param({"encryption_algs": ["chacha20-poly1305@openssh.com", "aes256-cbc"]}, id="ciphers"),
    pytest.param({"encryption_algs": CTR, "mac_algs": ["hmac-sha1", "hmac-sha2-256-etm@openssh.com"]}, id="MACs"),
]


@pytest.mark.parametrize("limits", STRANGE)
def test_no_algorithm_in_common_is_told_without_a_login(servers, options, tmp_path, host_key, limits):
    address, before = servers.start(host_key, **limits), servers.logins
    trust(options, known_hosts(address, host_key))
    refused = fail("facility_info", "algorithm_mismatch", **options, addresses=[address])
    [told] = refused["addresses"]
    assert told["reachable"] and told["error_code"] == "algorithm_mismatch" and told["offered"]
    fail("report_sync", "algorithm_mismatch", **options, addresses=[address], dest=str(tmp_path / "reports"))
    assert servers.logins == before
    assert succeed("account_info", **options)["logins"]["used"] == 0


@pytest.mark.parametrize(
    ("marker", "pinned", "code"),
    [
        pytest.param(None, None, "host_key_unknown", id="no entry"),
        pytest.param("", "other", "host_key_mismatch", id="another key"),
        pytest.param("@revoked", "host", "host_key_revoked", id="revoked"),
        pytest.param("@cert-authority", "host", "host_key_unknown", id="an authority is no host key"),
    ],
)
def test_a_host_that_is_not_trusted_gets_no_login(
    servers, options, tmp_path, host_key, other_key, marker, pinned, code
):
    address, before = servers.start(host_key), servers.logins
    if marker is not None:
        trust(options, known_hosts(address, {"host": host_key, "other": other_key}[pinned], marker))
    if code == "host_key_unknown":
        [told] = look(options, address)["addresses"]
        assert (told["reachable"], told["error_code"]) == (True, code)
    else:
        fail("facility_info", code, **options, addresses=[address], check=True)
        fail("facility_info", code, **options, addresses=[address])
    refused = fail("report_sync", code, **options, addresses=[address], dest=str(tmp_path / "reports"))
    assert "SHA256:" in refused["msg"]
    assert servers.logins == before and not (tmp_path / "reports").exists()
    known = succeed("account_info", **options)
    assert known["logins"]["used"] == 0
    kinds = ["sync"] if code == "host_key_unknown" else ["sync", "login"]
    assert [(run["what"], run["error_code"]) for run in known["runs"]] == [(kind, code) for kind in kinds]


def test_a_strange_host_key_beside_a_sound_one_is_on_record(servers, options, tmp_path, host_key, other_key):
    sound, strange = servers.start(host_key), servers.start(host_key)
    trust(options, known_hosts(sound, host_key), known_hosts(strange, other_key))
    told = succeed("facility_info", **options, addresses=[sound, strange])["addresses"]
    assert [one["error_code"] for one in told] == [None, "host_key_mismatch"]
    (run,) = succeed("account_info", **options, events_file=str(tmp_path / "events"))["runs"]
    assert (run["what"], run["error_code"]) == ("login", "host_key_mismatch")
    assert '"event": "host_key_changed"' in (tmp_path / "events").read_text()


def test_a_login_with_a_key_that_does_not_load_is_on_record(options, tmp_path):
    keys = tmp_path / "keys" / options["account"] / "20261101-0a1b2c3d"
    keys.mkdir(parents=True)
    (keys / "id_rsa").write_text("no key")
    (keys.parent / "current").symlink_to(keys.name)
    asked = {**options, "key_dir": str(tmp_path / "keys")}
    code = run_module("facility_info", **asked, login=True, addresses=["127.0.0.1:1"])["error_code"]
    (run,) = succeed("account_info", **asked)["runs"]
    assert (run["what"], run["error_code"]) == ("login", code)


@pytest.mark.parametrize(
    ("pinned", "warns"),
    [
        pytest.param("host", False, id="the workstation has the same"),
        pytest.param(None, False, id="the workstation has none yet"),
        pytest.param("other", True, id="the workstation has another key"),  # last: in one process warnings stay
    ],
)
def test_lines_that_are_given_count_and_the_workstation_s_own_are_told_where_they_differ(
    servers, options, host_key, other_key, pinned, warns
):
    address = servers.start(host_key)
    if pinned:
        trust(options, "# of a rollout\n", known_hosts(address, {"host": host_key, "other": other_key}[pinned]))
    lines = known_hosts(address, host_key).splitlines()
    told = succeed("facility_info", **options, addresses=[address], known_hosts_lines=lines)
    assert told["addresses"][0]["error_code"] is None
    assert any("rollout writes it" in str(warning) for warning in told.get("warnings", [])) == warns


def test_where_there_is_no_state_a_look_leaves_none(servers, options, tmp_path, host_key, other_key):
    address = servers.start(host_key)
    trust(options, known_hosts(address, other_key))
    fail("facility_info", "host_key_mismatch", **{**options, "state_dir": str(tmp_path / "none")}, addresses=[address])
    assert not (tmp_path / "none").exists()


def test_a_host_key_of_another_kind_is_no_algorithm_in_common(servers, options):
    key = asyncssh.generate_private_key("ssh-ed25519")
    address = servers.start(key)
    fail("facility_info", "algorithm_mismatch", **trust(options, known_hosts(address, key)), addresses=[address])


@pytest.mark.parametrize("kind", CERTIFIED)
def test_a_certified_host_is_trusted_through_its_authority(servers, options, tmp_path, other_key, kind):
    key = asyncssh.generate_private_key(kind)
    certificate = other_key.generate_host_certificate(key, "facility", principals=["127.151.14.121"])
    address = servers.start(key, certificate)
    trust(options, known_hosts(address, other_key, "@cert-authority"))
    [told] = look(options, address)["addresses"]
    assert told["error_code"] is None
    assert told["agreed"]["host_key_algorithm"] == kind + "-cert-v01@openssh.com"
    assert succeed("report_sync", **options, addresses=[address], dest=str(tmp_path / "reports"))["changed"]
    trust(options, known_hosts(address, key, "@cert-authority"))
    assert look(options, address)["addresses"][0]["error_code"] == "host_key_unknown"


def test_the_first_address_is_down_and_the_second_is_used_with_one_login(servers, options, tmp_path, host_key):
    first, second, before = closed_port(), servers.start(host_key), servers.logins
    trust(options, known_hosts(second, host_key))
    done = succeed("report_sync", **options, addresses=[first, second], dest=str(tmp_path / "reports"))
    assert (done["connection"]["address"], done["connection"]["logins_left"]) == (second, 3)
    assert servers.logins == before + 1
    down, up = look(options, first, second)["addresses"]
    assert (down["reachable"], down["error_code"], up["reachable"], up["error_code"]) == (
        False, "unreachable", True, None,
    )  # fmt: skip


def test_the_facility_is_down(options, tmp_path):
    addresses = [closed_port(), closed_port()]
    refused = fail("facility_info", "unreachable", **options, addresses=addresses)
    assert [told["error_code"] for told in refused["addresses"]] == ["unreachable"] * 2
    fail("report_sync", "unreachable", **options, addresses=addresses, dest=str(tmp_path / "reports"))
    assert succeed("account_info", **options)["logins"]["used"] == 0


def test_without_paramiko_the_library_is_named(options, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "MISSING", ImportError("No module named 'paramiko'", name="paramiko"))
    for name, more in (("facility_info", {}), ("report_sync", {"dest": str(tmp_path / "reports")})):
        assert "paramiko" in fail(name, "library_missing", **options, addresses=[closed_port()], **more)["msg"]
    assert not (tmp_path / "reports").exists()
