# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With the programs everybody knows: a real sshd as the facility, and a person's sftp with our key (§2.1)."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.modules.support import Workstation, fail, new_state, succeed
from tests.servers.openssh import OpenSshServer

needs_sshd = pytest.mark.skipif(OpenSshServer.why_not() is not None, reason=str(OpenSshServer.why_not()))
ACCOUNT = "CXYZ001"


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    """A workstation and its key, in the form in which sshd wants it authorised."""
    workstation = Workstation(tmp_path_factory.mktemp("ours"), ACCOUNT, "127.0.10.31")
    made = workstation.make_key()
    workstation.private = made["private_key_path"]
    workstation.public = keygen("-i", "-m", "RFC4716", "-f", made["public_key_path"]).strip()
    return workstation


@pytest.fixture
def options(ours, tmp_path):
    state = {"state_dir": new_state(tmp_path / "state"), "known_hosts": str(tmp_path / "known_hosts")}
    return {**ours.options, **state}


def keygen(*arguments) -> str:
    return subprocess.run(
        ["ssh-keygen", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=30
    ).stdout


def trust(options, text) -> None:
    with open(options["known_hosts"], "w") as file:
        file.write(text)


@needs_sshd
def test_reports_come_from_a_real_sshd_limited_to_the_guide_s_algorithms(ours, options, tmp_path):
    reports = {f"COMMON/RX{number:02}_20261120.csv": b"%d;" % number * 9000 * number for number in range(12)}
    with OpenSshServer(ACCOUNT, ours.public) as sshd:
        for path, content in reports.items():
            sshd.put(path, content, mtime=1_790_000_000)
        trust(options, sshd.known_hosts)
        options.update(addresses=[sshd.address], dest=str(tmp_path / "reports"))
        first = succeed("report_sync", **options)
        second = succeed("report_sync", **options)
        assert sshd.logins() == 2
    assert {path: (tmp_path / "reports" / path).read_bytes() for path in reports} == reports
    assert len(first["downloaded"]) == 12 and first["refused"] == []
    assert (second["bytes"], second["changed"], second["unchanged"]) == (0, False, 12)
    assert first["connection"]["host_key_algorithm"] == "ssh-rsa"
    assert first["connection"]["cipher"] == "aes256-gcm@openssh.com"


@needs_sshd
def test_a_real_sshd_is_looked_at_without_a_login_and_with_one(ours, options):
    with OpenSshServer(ACCOUNT, ours.public) as sshd:
        trust(options, sshd.known_hosts)
        [told] = succeed("facility_info", **options, addresses=[sshd.address])["addresses"]
        line = keygen("-l", "-E", "sha256", "-f", sshd.home / "host_key.pub")
        assert told["host_key_fingerprint"] in line and sshd.logins() == 0
        found = succeed("facility_info", **options, addresses=[sshd.address], login=True)
        assert found["folders"] == {"COMMON": 0, "CXYZ": 0, "KEY_MANAGEMENT": 0}
        assert sshd.logins() == 1


@needs_sshd
def test_a_key_that_a_real_sshd_does_not_know_is_refused(ours, options, tmp_path):
    keygen("-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "other")
    with OpenSshServer(ACCOUNT, (tmp_path / "other.pub").read_text().strip()) as sshd:
        trust(options, sshd.known_hosts)
        fail("report_sync", "authentication_failed", **options, addresses=[sshd.address], dest=str(tmp_path / "r"))
        assert sshd.logins() == 0
    assert succeed("account_info", **options)["logins"]["used"] == 1


@needs_sshd
@pytest.mark.parametrize(
    ("kind", "bits", "algorithm"),
    [
        ("rsa", 2048, "ssh-rsa-cert-v01@openssh.com"),
        ("ecdsa", 384, "ecdsa-sha2-nistp384-cert-v01@openssh.com"),
        ("ecdsa", 521, "ecdsa-sha2-nistp521-cert-v01@openssh.com"),
    ],
)
def test_a_certified_sshd_is_trusted_through_its_authority(ours, options, tmp_path, kind, bits, algorithm):
    authority, key = tmp_path / "authority", tmp_path / "host"
    keygen("-q", "-t", "ed25519", "-N", "", "-f", authority)
    keygen("-q", "-t", kind, "-b", bits, "-N", "", "-f", key)
    keygen("-q", "-s", authority, "-I", "facility", "-h", "-n", "127.151.14.131", f"{key}.pub")
    more = f"HostKey {key}\nHostCertificate {key}-cert.pub"
    public = (tmp_path / "authority.pub").read_text()
    with OpenSshServer(ACCOUNT, ours.public, host_key_algorithms=algorithm, more=more) as sshd:
        host, port = sshd.address.split(":")
        options["addresses"] = [sshd.address]
        trust(options, f"@cert-authority [{host}]:{port} {public}")
        found = succeed("facility_info", **options, login=True)
        assert found["connection"]["host_key_algorithm"] == algorithm
        trust(options, f"@cert-authority [{host}]:{port} {public}@revoked * {public}")
        fail("facility_info", "host_key_revoked", **options)
        trust(options, "")
        [told] = succeed("facility_info", **options)["addresses"]
        assert told["error_code"] == "host_key_unknown"
        assert sshd.logins() == 1


@pytest.mark.skipif(not shutil.which("sftp"), reason="this machine has no sftp")
def test_a_person_s_sftp_logs_in_with_the_key_that_account_key_made(facility, workstation, tmp_path):
    facility.publish(name="RX_AUDIT_20261120.csv", folder=workstation.code, size=5000)
    options = {
        "UserKnownHostsFile": workstation.options["known_hosts"],
        "GlobalKnownHostsFile": "/dev/null",
        "HostKeyAlgorithms": "ssh-rsa",
        "PubkeyAcceptedAlgorithms": "ssh-rsa",
        "BindAddress": workstation.options["source_address"],
        "IdentitiesOnly": "yes",
        "IdentityFile": f"{workstation.options['key_dir']}/{workstation.account}/current/id_rsa",
    }
    host, port = workstation.options["addresses"][0].split(":")
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    said = subprocess.run(
        ["sftp", "-F", "none", "-P", port, *flags, "-b", "-", f"{workstation.account}@{host}"],
        input=f"ls /\nget /{workstation.code}/RX_AUDIT_20261120.csv {tmp_path}/\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert all(folder in said.stdout for folder in ("COMMON", workstation.code, "KEY_MANAGEMENT"))
    assert (tmp_path / "RX_AUDIT_20261120.csv").stat().st_size == 5000
    assert [event["detail"]["outcome"] for event in facility.events("login")] == ["accepted"]
