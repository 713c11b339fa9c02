# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody may have the private key of CXYZ001: from the first minute to the proof that it is worth nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import Any

import asyncssh
import pytest

from demo.rehearsal import Outcome
from emulator.client import running
from tests.e2e.steered import ONE, TWO, Steered, last_lines, told

DAY, CONFIRMED = "2026-11-23", "2026-11-25"  # a Monday and a Wednesday


def compromised(stage: Steered, fingerprint: str, *arguments: str, log: str) -> Outcome:
    """Run the playbook for a key."""
    key = f"--extra-vars=dcass_compromised={fingerprint}"
    return stage.play("dcass.sftp.compromised_key", key, *arguments, log=log)


def said(outcome: Outcome, task: str) -> str:
    """What a task told people, all lines of all hosts."""
    told_ = [entry["result"].get("msg") for entry in outcome.results if entry["task"] == task]
    return " ".join(" ".join(lines) if isinstance(lines, list) else lines for lines in told_ if lines)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steered]:
    """A participant whose inventory tells the day of its registration, as inventories do."""
    root = tmp_path_factory.mktemp("compromised")
    with running(root / "facility") as facility:
        stage = Steered(root / "stage", facility, dcass_outside_hours="skip")
        stage.register("2026-11-02")
        stage.tell(dcass_registered_on="2026-11-02")
        stage.at(f"{DAY}T10:00")
        yield stage


def fingerprints(stage: Steered, account: str = "CXYZ001") -> list[str]:
    """The keys that the exchange has of an account, the latest last."""
    (known,) = [entry for entry in stage.facility.control.accounts() if entry["account"] == account]
    return [key["fingerprint"] for key in known["keys"]]


@pytest.fixture(scope="module")
def story(stage: Steered) -> dict[str, Any]:
    """The whole story; its tests look at it afterwards."""
    (key,) = fingerprints(stage)
    private = asyncssh.read_private_key(stage.key(ONE))
    story: dict[str, Any] = {"key": key, "other": stage.key(TWO).read_bytes()}
    story["malformed"] = compromised(stage, key.upper(), log="malformed")
    story["nobody's"] = compromised(stage, ":".join(["00"] * 16), log="nobodys")
    stage.power(ONE, on=False)
    story["not asked"] = compromised(stage, key, log="not_asked")
    stage.power(ONE, on=True)
    before = stage.key(ONE)
    story["foretold"] = compromised(stage, key, "--check", log="foretold")
    story["untouched"] = stage.key(ONE) == before
    stage.power(TWO, on=False)
    story["alone"] = compromised(stage, key, log="alone")
    stage.power(TWO, on=True)
    story["key after it"] = stage.key(ONE)
    story["withdrawn"] = compromised(stage, key, log="withdrawn")
    story["new key"] = stage.key(ONE)
    package = stage.root / "registration" / "CXYZ.zip"
    story["package"] = {name: zipfile.ZipFile(package).read(name) for name in zipfile.ZipFile(package).namelist()}
    story["repeated"] = compromised(stage, key, log="repeated")
    story["morning"] = stage.renew(log="morning")
    story["spent before"] = stage.spent("CXYZ001")
    stage.at(f"{CONFIRMED}T10:00")
    confirmed = f"--extra-vars=dcass_registered_on={CONFIRMED}"
    story["too early"] = compromised(stage, key, confirmed, log="too_early")
    stage.at(f"{CONFIRMED}T11:00")
    stage.facility.control.register(package)
    story["spent"] = stage.spent("CXYZ001")
    story["proven"] = compromised(stage, key, confirmed, log="proven")
    story["spent after"] = stage.spent("CXYZ001")
    story["proven again"] = compromised(stage, key, confirmed, log="proven_again")
    story["spent in the end"] = stage.spent("CXYZ001")
    story["violations"] = stage.facility.control.violations()
    stage.at(f"{CONFIRMED}T12:00")
    story["old key logs in"] = stage.logs_in("CXYZ001", private)
    story["new key logs in"] = stage.logs_in("CXYZ001", asyncssh.read_private_key(stage.key(ONE)))
    story["afterwards"] = stage.play("dcass.sftp.register", log="afterwards")
    return story


def test_a_malformed_fingerprint_is_refused_before_anything_is_asked(story: dict[str, Any]) -> None:
    outcome = story["malformed"]
    assert outcome.code == 2
    assert outcome.of("account_info") == {}
    assert outcome.complaints[0].startswith("bad_option: Say which key is compromised: -e dcass_compromised=")


def test_a_key_that_nobody_has_is_refused_and_nothing_withdrawn(story: dict[str, Any]) -> None:
    outcome = story["nobody's"]
    assert (outcome.code, outcome.changed) == (2, 0)
    (line,) = last_lines(outcome)
    assert line == (
        f"{ONE} CXYZ001: not_withdrawn: None of {ONE}, {TWO} has the key {':'.join(['00'] * 16)}, so nothing was "
        "withdrawn. Compare it with the fingerprints that account_info tells."
    )
    assert outcome.of("key_renewal") == {}


def test_a_workstation_that_was_not_asked_is_not_said_to_have_no_such_key(story: dict[str, Any]) -> None:
    outcome = story["not asked"]
    assert (outcome.code, outcome.changed) == (2, 0)
    gone, refused = last_lines(outcome)
    assert gone.startswith(f"{ONE} CXYZ001: host_unreachable: ")
    assert refused.startswith(
        f"{TWO} CXYZ002: not_withdrawn: Nothing was withdrawn: the key {story['key']} is not on {TWO}, and {ONE} could "
        "not be asked. "
    )


def test_without_the_other_workstation_the_key_is_withdrawn_and_both_lines_are_told(story: dict[str, Any]) -> None:
    outcome = story["alone"]
    assert outcome.code == 2
    assert outcome.of("key_renewal")[ONE]["changed"]
    assert "Operator: tell the exchange" in said(outcome, "Say what people do at once")
    refused, gone = last_lines(outcome)
    assert gone.startswith(f"{TWO} CXYZ002: host_unreachable: ")
    assert refused == (
        f"{ONE} CXYZ001: no_package: CXYZ.zip was not built: cp_cxyz is registered with the keys of both its "
        f"workstations, and {TWO} gave none. Let {ONE} and {TWO} take part in one run."
    )
    assert story["key after it"] == story["new key"], "the next run builds the package with the key that was made"


def test_check_mode_foretells_the_withdrawal_and_leaves_the_key(story: dict[str, Any]) -> None:
    assert story["foretold"].code == 0, story["foretold"].output
    assert story["untouched"]
    foretold, done = (told(story[run]) for run in ("foretold", "withdrawn"))
    assert foretold == done
    assert foretold[ONE][0] == "pending"
    assert "Nothing is withdrawn now." in story["foretold"].output
    assert "Operator: tell the exchange" not in story["foretold"].output


def test_the_key_is_put_out_of_use_at_once_and_the_other_account_left_alone(
    story: dict[str, Any], stage: Steered
) -> None:
    outcome = story["withdrawn"]
    assert outcome.code == 0, outcome.output
    results = outcome.of("key_renewal")
    assert not any(results[host]["changed"] for host in (ONE, TWO)), "it was withdrawn while the other one was down"
    assert stage.key(TWO).read_bytes() == story["other"]
    assert story["spent before"] == (0, 0), "nothing is proven by logging in with a compromised key"


def test_the_package_holds_the_new_key_and_the_current_one_of_the_other_account(story: dict[str, Any]) -> None:
    members, results = story["package"], story["withdrawn"].of("key_renewal")
    assert members["CXYZ001.fpt"].decode().strip() == results[ONE]["new_fingerprint"]
    assert results[ONE]["new_fingerprint"] != story["key"]
    assert members["CXYZ001.pub"].decode() == results[ONE]["public_key"]
    assert members["CXYZ002.pub"].decode() == results[TWO]["public_key"]


def test_people_are_told_who_does_what(story: dict[str, Any]) -> None:
    at_once, next_ = (
        said(story["withdrawn"], task) for task in ("Say what people do at once", "Say what people do next")
    )
    for who in ("Operator: ", "Security officer: ", "The exchange: "):
        assert at_once.count(who) == 1, at_once
    assert story["key"] in at_once
    assert "Client Connect" in next_
    assert f"-e dcass_compromised={story['key']} -e dcass_registered_on=DAY" in next_


def test_it_is_safe_to_repeat(story: dict[str, Any]) -> None:
    outcome = story["repeated"]
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert told(outcome) == told(story["withdrawn"])


def test_meanwhile_the_morning_run_only_says_that_it_waits(story: dict[str, Any]) -> None:
    assert (story["morning"].code, story["morning"].changed) == (0, 0), story["morning"].output
    assert told(story["morning"])[ONE] == (
        "pending",
        "the compromised key is withdrawn; the new one waits for its registration",
    )


def test_a_registration_that_is_not_there_yet_proves_nothing(story: dict[str, Any]) -> None:
    outcome = story["too early"]
    assert outcome.code == 2
    assert outcome.of("key_renewal")[ONE]["error_code"] == "authentication_failed"
    assert said(outcome, "Say what is proven") == ""
    assert story["spent"] == (1, 0)


def test_the_new_key_works_and_the_compromised_one_does_not(story: dict[str, Any]) -> None:
    outcome = story["proven"]
    assert outcome.code == 0, outcome.output
    assert told(outcome)[ONE] == ("renewed", f"re-registered on {CONFIRMED}")
    proof = said(outcome, "Say what is proven")
    assert f"{story['proven'].of('key_renewal')[ONE]['new_fingerprint']} logs in" in proof
    assert f"refuses the compromised one, {story['key']}" in proof
    assert (story["old key logs in"], story["new key logs in"]) == (False, True)


def test_the_proof_costs_two_logins_and_is_made_once(story: dict[str, Any]) -> None:
    before, after = story["spent"], story["spent after"]
    assert (after[0] - before[0], after[1] - before[1]) == (2, 0)
    assert story["spent in the end"] == after
    assert (story["proven again"].code, story["proven again"].changed) == (0, 0)
    told_ = told(story["proven again"])[ONE]
    assert told_[0] == "current"
    assert told_[1].startswith("the compromised key was replaced by ")


def test_the_facility_objected_only_to_the_two_keys_that_it_had_to_refuse(story: dict[str, Any]) -> None:
    assert [violation["event"] for violation in story["violations"]] == ["login", "login"]


def test_the_inventory_may_go_on_telling_the_first_registration(story: dict[str, Any]) -> None:
    assert (story["afterwards"].code, story["afterwards"].complaints) == (0, [])
