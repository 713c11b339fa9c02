# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""account_key's flow on real folders: an account gets its key once and keeps it, through any accident (§3.2)."""

from __future__ import annotations

import functools
import os
import shutil
import stat
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.dcass.sftp.plugins.module_utils._flow.account_key import key_request, make_key
from ansible_collections.dcass.sftp.plugins.module_utils._io import key_files
from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence
from ansible_collections.dcass.sftp.plugins.module_utils._io.journal import Journal
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_maintenance import KeyMaintenance
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import encode, load_private
from ansible_collections.dcass.sftp.plugins.module_utils._io.key_record import KeyRecord
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, DcassError, KeyExpired
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PrivateKey
from tests.unit.crashing import cut_at, steps
from tests.unit.support import MAKERS, public_of, rsa_key

ACCOUNT = Account("CXYZ001")
NOW = datetime(2026, 11, 22, 9, tzinfo=HONG_KONG)
OPTIONS = {
    "key_dir": "/etc/dcass-sftp/keys",
    "state_dir": "/var/lib/dcass-sftp",
    "account": "CXYZ001",
    "passphrase": None,
    "comment": None,
    "regenerate": "never",
    "registered_on": None,
    "run_by": "",
}


def a_key(number: int = 0, secret=None) -> PrivateKey:
    secret = secret or rsa_key(number=number)
    return PrivateKey(public_of(secret), False, secret)


class Host:
    """A workstation's key and state folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "keys" / "CXYZ001"
        self.current = self.folder / "current"

    def run(self, plan_only=False, generated=1, **options) -> dict:
        request = key_request({**OPTIONS, **options})
        state = StateDb(str(self.root / "state"), read_only=plan_only)
        files, record = KeyMaintenance(str(self.root / "keys"), ACCOUNT), KeyRecord(state, "CXYZ001")
        evidence, renewal = Evidence(state, str(self.root / "state"), "CXYZ001"), Journal(state, "CXYZ001").latest()
        return make_key(request, files, record, evidence, renewal, lambda: a_key(generated), NOW, plan_only)

    def put(self, secret, passphrase=None) -> None:
        """Lay down a version as an earlier run would have, holding this private key."""
        files = KeyMaintenance(str(self.root / "keys"), ACCOUNT)
        files.switch(files.make(a_key(secret=secret), "CXYZ001", passphrase, NOW.date()))

    def proven(self) -> None:
        state = StateDb(str(self.root / "state"))
        KeyRecord(state, "CXYZ001").proven(public_of(rsa_key()).fingerprint, NOW)

    def tree(self) -> dict:
        found = {}
        for path in sorted(self.root.rglob("*")):
            facts = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            found[str(path.relative_to(self.root))] = (stat.S_IMODE(facts.st_mode), facts.st_uid, content)
        return found

    def check(self) -> None:
        """The current version is whole: three files, their modes, one key."""
        assert self.current.is_symlink() and os.sep not in os.readlink(self.current)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in self.current.iterdir()}
        assert modes == {"id_rsa": 0o600, "CXYZ001.pub": 0o644, "CXYZ001.fpt": 0o644}
        private = load_private((self.current / "id_rsa").read_bytes(), None, "key").public
        assert rfc4716.read((self.current / "CXYZ001.pub").read_text()).key == private
        assert (self.current / "CXYZ001.fpt").read_text() == private.fingerprint + "\n"
        assert private.bits == 2048

    def versions(self) -> list[str]:
        return [path.name for path in self.folder.iterdir() if not path.is_symlink()]


@pytest.fixture
def host(tmp_path) -> Host:
    return Host(tmp_path)


_loaded = functools.lru_cache(maxsize=None)(serialization.load_ssh_private_key)


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch):
    """Writing a key and proving it sound takes a tenth of a second: do both once for each."""
    monkeypatch.setattr(serialization, "load_ssh_private_key", _loaded)
    monkeypatch.setattr(key_files, "encode", lambda key, passphrase: _encoded(key.secret, passphrase))


@functools.cache
def _encoded(secret, passphrase) -> bytes:
    return encode(PrivateKey(public_of(secret), False, secret), passphrase)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=["umask 000", "umask 022", "umask 077"])
def test_a_missing_key_is_made_once(host, umask):
    before = os.umask(umask)
    try:
        first, second = host.run(), host.run(generated=2)
    finally:
        os.umask(before)
    assert first["changed"] and first["reason"] == "there was no key"
    assert not second["changed"], second["reason"]
    assert {key: value for key, value in first.items() if key not in ("changed", "reason", "diff")} == {
        key: value for key, value in second.items() if key not in ("changed", "reason", "diff")
    }
    host.check()
    for folder in (host.folder, host.root / "keys", host.folder / host.versions()[0]):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o750


def test_it_returns_what_can_be_shown_and_nothing_else(host):
    result = host.run(passphrase="s3cret")
    key = public_of(rsa_key(number=1))
    assert (result["fingerprint"], result["fingerprint_sha256"], result["bits"]) == (
        key.fingerprint,
        key.fingerprint_sha256,
        2048,
    )
    assert result["public_key"] == Path(result["public_key_path"]).read_text()
    assert Path(result["fingerprint_path"]).read_text() == key.fingerprint + "\n"
    assert Path(result["private_key_path"]).name == "id_rsa"
    assert "PRIVATE" not in str(result) and "s3cret" not in str(result)


def damaged(host: Host) -> None:
    host.put(rsa_key())
    (host.current / "id_rsa").write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n")
    os.chmod(host.current / "id_rsa", 0o600)


def without_link(host: Host) -> None:
    host.put(rsa_key())
    host.current.unlink()


def two_versions(host: Host) -> None:
    host.put(rsa_key())
    host.put(rsa_key(number=2))
    host.current.unlink()


def spoiled(name: str, content: bytes):
    def spoil(host: Host) -> None:
        host.put(rsa_key())
        (host.current / name).write_bytes(content)

    return spoil


def without(name: str):
    def remove(host: Host) -> None:
        host.put(rsa_key())
        (host.current / name).unlink()

    return remove


def open_to_all(host: Host) -> None:
    host.put(rsa_key())
    os.chmod(host.current / "id_rsa", 0o644)


def registered(host: Host) -> None:
    host.put(rsa_key())
    host.proven()


def registered_and_damaged(host: Host) -> None:
    damaged(host)
    host.proven()


def dangling(host: Host) -> None:
    host.folder.mkdir(parents=True)
    host.current.symlink_to("20200101-gone")


STATES = {
    "absent": lambda host: None,
    "fit": lambda host: host.put(rsa_key()),
    "RSA 1024": lambda host: host.put(rsa_key(1024)),
    "Ed25519": lambda host: host.put(MAKERS["ssh-ed25519"]()),
    "ECDSA": lambda host: host.put(MAKERS["ecdsa-sha2-nistp384"]()),
    "damaged": damaged,
    "with a passphrase": lambda host: host.put(rsa_key(), "s3cret"),
    "without its link": without_link,
    "two versions without link": two_versions,
    "link to nowhere": dangling,
    "without .pub": without("CXYZ001.pub"),
    "without .fpt": without("CXYZ001.fpt"),
    "another .pub": spoiled("CXYZ001.pub", rfc4716.write(public_of(rsa_key(number=3)), "x").encode()),
    "broken .pub": spoiled("CXYZ001.pub", b"---- BEGIN"),
    "another .fpt": spoiled("CXYZ001.fpt", b"00\n"),
    "open to all": open_to_all,
    "registered": registered,
    "registered and damaged": registered_and_damaged,
}
MADE, KEPT, REPAIRED = "made", "kept", "mended"
EXPECTED = {  # state: what never, invalid and always make of it
    "absent": (MADE, MADE, MADE),
    "fit": (KEPT, KEPT, MADE),
    "RSA 1024": ("bad_key_type", MADE, MADE),
    "Ed25519": ("bad_key_type", MADE, MADE),
    "ECDSA": ("bad_key_type", MADE, MADE),
    "damaged": ("bad_private_key", MADE, MADE),
    "with a passphrase": ("bad_passphrase", "bad_passphrase", "bad_passphrase"),
    "without its link": (REPAIRED, REPAIRED, REPAIRED),
    "two versions without link": ("ambiguous_key",) * 3,
    "link to nowhere": (MADE, MADE, MADE),
    "without .pub": (REPAIRED, REPAIRED, MADE),
    "without .fpt": (REPAIRED, REPAIRED, MADE),
    "another .pub": (REPAIRED, REPAIRED, MADE),
    "broken .pub": (REPAIRED, REPAIRED, MADE),
    "another .fpt": (REPAIRED, REPAIRED, MADE),
    "open to all": (REPAIRED, REPAIRED, MADE),
    "registered": (KEPT, KEPT, "key_in_use"),
    "registered and damaged": ("bad_private_key", "key_in_use", "key_in_use"),
}


def outcome(host: Host, **options):
    """What a run comes to: a code, or whether it changed and which fingerprint it ends with."""
    try:
        result = host.run(**options)
    except DcassError as refused:
        return refused.code
    return result["changed"]


@pytest.mark.parametrize("regenerate", ["never", "invalid", "always"])
@pytest.mark.parametrize("state", STATES)
def test_what_becomes_of_a_key(host, tmp_path, state, regenerate):
    STATES[state](host)
    StateDb(str(tmp_path / "state")).close()
    before = host.tree()
    expected = EXPECTED[state][["never", "invalid", "always"].index(regenerate)]
    planned = outcome(host, plan_only=True, regenerate=regenerate)
    assert host.tree() == before, "check mode changed something"
    old = public_of(rsa_key()).fingerprint
    done = outcome(host, regenerate=regenerate)
    assert done == planned, "check mode did not predict the run"
    if expected in (MADE, KEPT, REPAIRED):
        assert done is (expected != KEPT)
        host.check()
        again = host.run(plan_only=True)
        assert not again["changed"]
        assert again["fingerprint"] == (public_of(rsa_key(number=1)).fingerprint if expected == MADE else old)
    else:
        assert done == expected
        assert host.tree() == before, "a refused run changed something"


def test_a_replaced_key_is_kept_beside(host):
    host.put(rsa_key())
    old = (host.current / "id_rsa").read_bytes()
    host.run(regenerate="always")
    assert len(host.versions()) == 2
    assert old in [(host.folder / name / "id_rsa").read_bytes() for name in host.versions()]


@pytest.mark.parametrize(
    ("protected", "given", "expected"),
    [
        pytest.param("s3cret", "s3cret", False, id="the right one"),
        pytest.param("s3cret", "other", "bad_passphrase", id="a wrong one"),
        pytest.param("s3cret", None, "bad_passphrase", id="none"),
        pytest.param(None, "s3cret", True, id="one for a key without: it is protected"),
    ],
)
def test_passphrases(host, protected, given, expected):
    host.put(rsa_key(), protected)
    before = host.tree()
    for regenerate in ("never", "invalid"):
        assert outcome(host, plan_only=True, passphrase=given, regenerate=regenerate) == expected
    assert host.tree() == before
    assert outcome(host, passphrase=given) == expected
    key = load_private((host.current / "id_rsa").read_bytes(), "s3cret", "key")
    assert (key.public, key.encrypted) == (public_of(rsa_key()), True)
    assert outcome(host, passphrase="s3cret") is False


def test_a_new_key_is_protected_from_the_start(host):
    host.run(passphrase="s3cret")
    assert load_private((host.current / "id_rsa").read_bytes(), "s3cret", "key").encrypted


@pytest.mark.parametrize("comment", ["desk 7", "", 'the "old" desk', "it's", "x" * 60, "back\\slash\\"])
def test_a_comment_is_written_once(host, comment):
    assert host.run(comment=comment)["changed"]
    again = host.run(comment=comment)
    assert not again["changed"], again["reason"]
    changed = host.run(comment="another")
    assert changed["changed"] and rfc4716.read(changed["public_key"]).comment == "another"
    assert not host.run()["changed"], "without the option the comment stays"


@pytest.mark.parametrize("comment", ["x" * 1100, "two\nlines", "\x1b[2J"], ids=["too long", "two lines", "an escape"])
@pytest.mark.parametrize("state", ["absent", "fit"])
def test_a_comment_that_cannot_be_written_is_refused_before_anything(host, state, comment):
    STATES[state](host)
    before = host.tree()
    for plan_only in (True, False):
        with pytest.raises(DcassError):
            host.run(plan_only=plan_only, comment=comment)
        assert {path: facts for path, facts in host.tree().items() if not path.startswith("state")} == before


def test_the_day_of_registration_is_noted_once_and_guards_the_key(host):
    host.run()
    assert host.run(plan_only=True, registered_on="2026-11-22")["changed"]
    assert host.run(registered_on="2026-11-22")["changed"]
    assert not host.run(registered_on="2026-11-22")["changed"]
    assert outcome(host, regenerate="always") == "key_in_use"
    state = StateDb(str(host.root / "state"), read_only=True)
    facts = KeyRecord(state, "CXYZ001").known()[public_of(rsa_key(number=1)).fingerprint]
    assert (facts.made_on, facts.registered_on) == (date(2026, 11, 22), date(2026, 11, 22))


@pytest.mark.parametrize("day", ["22.11.2026", "2026-02-30", "soon"])
def test_a_day_of_registration_that_is_none_is_refused(day):
    with pytest.raises(BadInput, match="registered_on"):
        key_request({**OPTIONS, "registered_on": day})


def test_the_account_is_spelled_in_capitals():
    with pytest.raises(DcassError, match="CXYZ001"):
        key_request({**OPTIONS, "account": "cxyz001"})


@pytest.mark.parametrize("state", ["absent", "RSA 1024", "without its link", "another .pub", "open to all"])
def test_a_power_cut_at_any_step_heals_at_the_next_run(tmp_path, state):
    for step in steps():
        host = Host(tmp_path / f"at{step}")
        STATES[state](host)
        died = cut_at(step, lambda host=host: host.run(regenerate="invalid"))
        outcome_now = host.run(regenerate="invalid", generated=2)
        host.check()
        assert outcome_now["fingerprint"]
        assert not host.run(regenerate="invalid", generated=3)["changed"]
        assert not [name for name in host.versions() if name.startswith(".")], "something unfinished was left"
        if not died:
            break
        shutil.rmtree(host.root)
    assert step > 5


def test_a_folder_in_the_link_s_place_is_told_not_removed(host):
    host.current.mkdir(parents=True)
    (host.current / "notes").write_text("mine")
    with pytest.raises(DcassError, match="current"):
        host.run()
    assert (host.current / "notes").read_text() == "mine"


def test_encoding_keeps_the_key():
    key = a_key()
    assert load_private(encode(key, None), None, "key").public == key.public


def test_a_registration_that_is_over_is_no_circle(host):
    """An inventory that still names the day of an expired key lets another one be made, and goes on naming it."""
    long_ago = (NOW - timedelta(days=800)).date()
    host.put(rsa_key())
    KeyRecord(StateDb(str(host.root / "state")), "CXYZ001").registered(public_of(rsa_key()).fingerprint, long_ago)
    made = host.run(regenerate="always", registered_on=long_ago.isoformat())
    assert made["changed"] and made["reason"].startswith("replaced")
    again = host.run(registered_on=long_ago.isoformat())
    assert (again["changed"], again["fingerprint"]) == (False, made["fingerprint"])


def test_a_key_whose_last_day_is_past_is_told_before_a_login(host):
    record = KeyRecord(StateDb(str(host.root / "state")), "CXYZ001")
    record.registered("aa:bb", NOW.date() - timedelta(days=731))
    with pytest.raises(KeyExpired, match="dcass_try_expired_key=true"):
        record.require_alive("aa:bb", NOW.date())
    record.require_alive("aa:bb", NOW.date() - timedelta(days=1))
    record.require_alive("another", NOW.date())
