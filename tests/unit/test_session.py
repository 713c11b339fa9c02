# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One login, on this paramiko, with each algorithm of §2.1: to the rehearsal facility and to a real sshd."""

from __future__ import annotations

import base64
import contextlib
from datetime import datetime, timedelta

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import session, transport
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.ledger import Ledger
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import guide, rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import AuthenticationFailed, LoginBudgetSpent
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import LOGINS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.outcomes import Fetched
from ansible_collections.dcass.sftp.plugins.module_utils._rules.package_zip import pack
from ansible_collections.dcass.sftp.plugins.module_utils._rules.registration import package_members
from ansible_collections.dcass.sftp.plugins.module_utils._rules.settings import settings_from
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import Fetch
from tests.servers.openssh import OpenSshServer
from tests.unit.rehearsal import PYTHON, Rehearsal
from tests.unit.sftp_server import MemoryPart
from tests.unit.support import options, public_of, rsa_key

ADDRESSES = ("127.0.10.31", "127.0.10.32")
REPORT = "RX_AUDIT_20261120.csv"
NOW = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
GCM, CTR = guide.CIPHERS[:2], guide.CIPHERS[2:]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    if not PYTHON.exists():
        pytest.skip("the rehearsal facility needs the checkout's .venv ('make venv')")
    with Rehearsal(tmp_path_factory.mktemp("facility")) as running:
        texts = {f"CXYZ00{number}": rfc4716.write(public_of(rsa_key(number=number)), "") for number in (1, 2)}
        running.ask("POST", "/registrations?name=CXYZ.zip", pack(package_members("CXYZ", ADDRESSES, texts, {}, None)))
        running.ask("POST", "/reports", {"name": REPORT, "folder": "COMMON", "size": 300_000})
        yield running


def log_in(address: str, known_hosts: str, tmp_path, number=1, account="CXYZ001"):
    """Log in once with a fresh state of its own."""
    (tmp_path / "known_hosts").write_text(known_hosts)
    facility = settings_from(
        options(
            account=account,
            addresses=[address],
            source_address=ADDRESSES[0],
            known_hosts=str(tmp_path / "known_hosts"),
        )
    )
    state = StateDb(str(tmp_path / "state"))
    key = PrivateKey(public_of(rsa_key(number=number)), False, rsa_key(number=number))
    ledger, record = Ledger(state, account), KeyRecord(state, account)
    return session.log_in(facility, key, ledger, record, "test", lambda: NOW, window=16)


def fetch_all(entered: session.Session) -> dict[str, bytes]:
    listing = entered.list(["COMMON"])
    items = [Fetch(report, report.name, "new") for report in listing.reports]
    outcomes = list(entered.fetch(items, MemoryPart))
    assert all(isinstance(outcome, Fetched) for outcome in outcomes)
    return {outcome.item.report.name: bytes(outcome.part.content) for outcome in outcomes}


def only(monkeypatch, attribute: str, *names: str) -> None:
    monkeypatch.setattr(transport.FacilityTransport, attribute, names)


LIMITS = [
    *[pytest.param({"_preferred_kex": [kex]}, {"kex": kex}, id=kex) for kex in guide.KEX],
    *[pytest.param({"_preferred_ciphers": [gcm]}, {"cipher": gcm, "mac": None}, id=gcm) for gcm in GCM],
    *[
        pytest.param(
            {"_preferred_ciphers": [ctr], "_preferred_macs": [mac]}, {"cipher": ctr, "mac": mac}, id=f"{ctr} with {mac}"
        )
        for ctr, mac in zip(CTR, [*guide.MACS, guide.MACS[0]])
    ],
]


@pytest.mark.parametrize(("limits", "agreed"), LIMITS)
def test_each_algorithm_carries_a_report(rehearsal, tmp_path, monkeypatch, limits, agreed):
    for attribute, names in limits.items():
        only(monkeypatch, attribute, *names)
    monkeypatch.setattr(session, "KEX", limits.get("_preferred_kex", guide.KEX))
    rehearsal.ask("PUT", "/clock", {"advance": "10m"})
    with log_in(rehearsal.address, "".join(rehearsal.host_keys), tmp_path) as entered:
        assert {name: entered.connection[name] for name in agreed} == agreed
        assert entered.connection["host_key_algorithm"] == "ssh-rsa"
        content = fetch_all(entered)[REPORT]
    assert content == (rehearsal.root / "folders" / "COMMON" / REPORT).read_bytes()


@pytest.mark.parametrize("algorithm", guide.HOST_KEYS)
def test_each_kind_of_host_key_is_verified(rehearsal, tmp_path, monkeypatch, algorithm):
    monkeypatch.setattr(transport.FacilityTransport, "host_key_algorithms", (algorithm,))
    monkeypatch.setattr(session, "CERTIFICATES_FIRST", (algorithm,))
    rehearsal.ask("PUT", "/clock", {"advance": "10m"})
    known = rehearsal.authorities if "-cert-" in algorithm else rehearsal.host_keys
    with log_in(rehearsal.address, "".join(known), tmp_path) as entered:
        assert entered.connection["host_key_algorithm"] == algorithm
        assert REPORT in fetch_all(entered)


def test_a_host_pinned_by_its_authority_alone_is_asked_for_its_certificate(rehearsal, tmp_path):
    rehearsal.ask("PUT", "/clock", {"advance": "10m"})
    with log_in(rehearsal.address, "".join(rehearsal.authorities), tmp_path) as entered:
        assert entered.connection["host_key_algorithm"] == "ssh-rsa-cert-v01@openssh.com"


def test_a_login_is_counted_whatever_comes_of_it(rehearsal, tmp_path):
    rehearsal.ask("PUT", "/clock", {"advance": "10m"})
    known = "".join(rehearsal.host_keys)
    for number, error in ((1, None), (2, AuthenticationFailed), (1, None), (2, AuthenticationFailed)):
        with contextlib.ExitStack() as stack:
            if error:
                stack.enter_context(pytest.raises(error))
            stack.enter_context(log_in(rehearsal.address, known, tmp_path, number))
    before = len(rehearsal.ask("GET", "/events?event=connect", None))
    with pytest.raises(LoginBudgetSpent), log_in(rehearsal.address, known, tmp_path):
        pass
    assert len(rehearsal.ask("GET", "/events?event=connect", None)) == before
    ledger = Ledger(StateDb(str(tmp_path / "state"), read_only=True), "CXYZ001")
    assert ledger.allowance(LOGINS, 4, NOW).used == 4
    assert ledger.allowance(LOGINS, 4, NOW + timedelta(minutes=6)).used == 0


@pytest.mark.skipif(OpenSshServer.why_not() is not None, reason=str(OpenSshServer.why_not()))
def test_a_real_sshd_limited_to_ssh_rsa_lets_this_paramiko_in(tmp_path):
    blob = base64.b64encode(public_of(rsa_key(number=1)).blob).decode()
    with OpenSshServer("CUNI001", "ssh-rsa " + blob) as sshd:
        sshd.put("COMMON/" + REPORT, b"report;" * 50_000)
        with log_in(sshd.address, sshd.known_hosts, tmp_path, account="CUNI001") as entered:
            assert fetch_all(entered) == {REPORT: b"report;" * 50_000}
        assert sshd.logins() == 1
