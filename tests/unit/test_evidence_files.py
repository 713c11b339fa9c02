# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence on disk: written once a subject, whole after a power cut at any step, never with a private key."""

from __future__ import annotations

import base64
import os
import stat
from datetime import datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.dcass.sftp.plugins.module_utils._io.evidence import Evidence, accounts_on_record
from ansible_collections.dcass.sftp.plugins.module_utils._io.state_db import StateDb
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    PrivateKeyInPackage,
    StateDamaged,
    UnsafeRemoteName,
)
from tests.unit.crashing import cut_at, steps
from tests.unit.support import rsa_key

ME = "CXYZ001"
AT = datetime(2026, 11, 22, 8, tzinfo=timezone(timedelta(hours=8)))
FILES = {"CXYZ001.pub": b"public\n", "Result.20261122.080000.success.txt": b"Result: Success\n"}
FACTS = {"old_fingerprint": "5c:11", "uploads": 1, "rejected": False, "names": ["a", "b"]}


@pytest.fixture
def state_dir(tmp_path):
    return tmp_path / "state"


def evidence(state_dir, read_only=False, account=ME):
    return Evidence(StateDb(str(state_dir), read_only=read_only), str(state_dir), account)


def add(state_dir, subject, **more):
    evidence(state_dir).add(subject, AT, more.get("facts", FACTS), more.get("files", FILES))


def verified(state_dir):
    return evidence(state_dir, read_only=True).verify()


def anchors(state_dir):
    rows = StateDb(str(state_dir), read_only=True).rows("SELECT number FROM evidence ORDER BY number")
    return [row["number"] for row in rows]


def test_an_account_on_record_that_is_no_text_is_damage(state_dir):
    add(state_dir, "renewal 1 done")
    state = StateDb(str(state_dir))
    with state.transaction() as db:
        db.execute("UPDATE evidence SET account = x'00ff'")
    with pytest.raises(StateDamaged, match="evidence holds account"):
        accounts_on_record(state, str(state_dir))


def places(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_what_was_added_is_there_and_sound(state_dir):
    add(state_dir, "renewal 1 sent")
    add(state_dir, "renewal 1 done")
    assert verified(state_dir) == (2, [])
    first, second = evidence(state_dir, read_only=True).entries()
    assert (first.number, first.account, first.subject) == (1, ME, "renewal 1 sent")
    assert (first.at, first.facts, set(first.files)) == ("2026-11-22T08:00:00+08:00", FACTS, set(FILES))
    assert second.number == 2
    for name, content in FILES.items():
        assert (state_dir / "evidence" / ME / "0002" / name).read_bytes() == content


def test_a_subject_is_recorded_once(state_dir):
    add(state_dir, "renewal 1 done")
    before = places(state_dir)
    add(state_dir, "renewal 1 done", facts={"other": 1}, files={"other": b""})
    assert places(state_dir) == before
    assert evidence(state_dir).entries()[0].facts == FACTS


def test_accounts_have_chains_of_their_own(state_dir):
    add(state_dir, "renewal 1 done")
    evidence(state_dir, account="CXYZ002").add("renewal 1 done", AT, {}, {})
    assert evidence(state_dir, account="CXYZ002").verify() == (1, [])
    state = StateDb(str(state_dir))
    (state_dir / "evidence" / "notes").mkdir()
    assert accounts_on_record(state, str(state_dir)) == ["CXYZ001", "CXYZ002"]
    for path in sorted((state_dir / "evidence" / "CXYZ002").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (state_dir / "evidence" / "CXYZ002").rmdir()
    assert accounts_on_record(state, str(state_dir)) == ["CXYZ001", "CXYZ002"]
    assert evidence(state_dir, account="CXYZ002").verify() == (0, ["Entry 1 is gone."])


def test_reading_makes_nothing(state_dir):
    reader = evidence(state_dir, read_only=True)
    assert (reader.verify(), reader.entries()) == ((0, []), [])
    assert accounts_on_record(StateDb(str(state_dir), read_only=True), str(state_dir)) == []
    assert not state_dir.exists()


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=["umask 000", "umask 077"])
def test_modes_do_not_hang_on_the_umask(state_dir, umask):
    before = os.umask(umask)
    try:
        add(state_dir, "renewal 1 done")
    finally:
        os.umask(before)
    for path in [state_dir / "evidence", *(state_dir / "evidence").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640), path


def pem():
    kind = serialization.PrivateFormat.TraditionalOpenSSL
    return rsa_key().private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())


SECRETS = {
    "as a file": lambda: {"files": {"id_rsa": pem()}},
    "in base64 in a file": lambda: {"files": {"blob.txt": base64.b64encode(pem())}},
    "as a fact": lambda: {"facts": {"key": pem().decode()}},
    "without its frame, as a fact": lambda: {"facts": {"key": "".join(pem().decode().splitlines()[1:-1])}},
    "in a list of facts": lambda: {"facts": {"keys": ["x", pem().decode()]}},
    "as the name of a fact": lambda: {"facts": {pem().decode(): 1}},
    "as JSON Web Key": lambda: {"facts": {"key": '{"kty": "RSA", "d": "' + "x" * 40 + '"}'}},
}


@pytest.mark.parametrize("secret", SECRETS)
def test_a_private_key_is_refused_and_nothing_is_written(state_dir, secret):
    with pytest.raises(PrivateKeyInPackage):
        add(state_dir, "renewal 1 done", **SECRETS[secret]())
    assert not (state_dir / "evidence").exists()
    assert verified(state_dir) == (0, [])


@pytest.mark.parametrize("name", ["../id", "a/b", "", ".", ".hidden", "a\nb"])
def test_a_name_that_leaves_the_folder_is_refused(state_dir, name):
    with pytest.raises(UnsafeRemoteName):
        add(state_dir, "renewal 1 done", files={name: b"x"})
    assert not (state_dir / "evidence").exists()


@pytest.mark.parametrize("next_subject", ["renewal 2 done", "renewal 3 done"], ids=["the same again", "another"])
def test_a_power_cut_at_any_step_is_sound_and_healed_by_the_next(tmp_path, next_subject):
    for step in steps():
        state_dir = tmp_path / f"at{step}"
        add(state_dir, "renewal 1 done")
        died = cut_at(step, lambda at=state_dir: add(at, "renewal 2 done"))
        count, faults = verified(state_dir)
        assert (count in (1, 2), faults) == (True, []), step
        add(state_dir, next_subject, files={"other.txt": b"x"})
        subjects = [entry.subject for entry in evidence(state_dir).entries()]
        assert subjects == ["renewal 1 done"] + ["renewal 2 done"] * (count == 2) + [next_subject] * (
            count == 1 or next_subject != "renewal 2 done"
        )
        assert verified(state_dir) == (len(subjects), [])
        assert anchors(state_dir) == list(range(1, len(subjects) + 1))
        if not died:
            break
    assert step > 12


def test_an_entry_without_its_anchor_is_sound_and_gets_it_with_the_next(state_dir):
    add(state_dir, "renewal 1 done")
    add(state_dir, "renewal 2 done")
    with StateDb(str(state_dir)).transaction() as db:
        db.execute("DELETE FROM evidence WHERE number = 2")
    assert verified(state_dir) == (2, [])
    add(state_dir, "renewal 2 done")
    assert anchors(state_dir) == [1, 2]


def test_new_evidence_is_kept_beside_damage_which_stays_told(state_dir):
    for number in (1, 2):
        add(state_dir, f"renewal {number} done")
    (state_dir / "evidence" / ME / "0002.json").unlink()
    assert verified(state_dir) == (1, ["Entry 2 is gone."])
    add(state_dir, "renewal 3 done")
    assert verified(state_dir) == (2, ["Entry 2 is gone."])
    assert [entry.number for entry in evidence(state_dir).entries()] == [1, 3]


def change(path, content):
    path.chmod(0o640)
    path.write_bytes(content)


def link(path, target):
    path.unlink()
    path.symlink_to(target)


# what a hand may do in the folder of two entries, and a piece of the sentence that tells it
HANDS = {
    "an edited entry": (lambda at: change(at / "0001.json", b"{}"), "Entry 1 was changed"),
    "a file edited": (lambda at: change(at / "0001" / "CXYZ001.pub", b"x"), "CXYZ001.pub of entry 1 was changed"),
    "a file removed": (lambda at: (at / "0001" / "CXYZ001.pub").unlink(), "CXYZ001.pub of entry 1 is gone"),
    "a file added": (lambda at: (at / "0001" / "more").write_text(""), "more lies with entry 1"),
    "an unknown key": (lambda at: (at / "notes").write_text(""), "'notes' is no part"),
    "a file for a folder": (lambda at: (at / "0003").write_text(""), "'0003' is no part"),
    "a folder for an entry": (lambda at: (at / "0003.json").mkdir(), "0003.json is no regular file"),
    "a link for an entry": (lambda at: link(at / "0002.json", at / "0001.json"), "is no regular file"),
    "a link for a file": (lambda at: link(at / "0001" / "CXYZ001.pub", "/etc/passwd"), "is no regular file"),
    "a pipe for a file": (lambda at: os.mkfifo(at / "0001" / "pipe"), "is no regular file"),
    "a folder among files": (lambda at: (at / "0001" / "more").mkdir(), "is no regular file"),
    "two entries exchanged": (
        lambda at: (
            (at / "0001.json").rename(at / "x"),
            (at / "0002.json").rename(at / "0001.json"),
            (at / "x").rename(at / "0002.json"),
        ),
        "Entry 1 was changed",
    ),
}


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_has_done_is_told(state_dir, hand):
    for number in (1, 2):
        add(state_dir, f"renewal {number} done")
    work, piece = HANDS[hand]
    work(state_dir / "evidence" / ME)
    before = places(state_dir)
    _count, faults = verified(state_dir)
    assert any(piece in fault for fault in faults), faults
    assert places(state_dir) == before
