# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong inventory is refused, each mistake with one sentence, before anything changes."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from demo.rehearsal import CHECKOUT, Outcome, Rehearsal
from emulator.client import Emulator
from tests.e2e.steered import Steered, last_lines
from tests.e2e.test_for_awx import artifacts

CHECK = CHECKOUT / "playbooks" / "check_inventory.yml"
PLAYBOOKS = sorted({*(CHECKOUT / "playbooks").glob("*.yml")} - {CHECK})
# Mistakes within a pair, between two participants, in a value that all have, and in a template. Each has its sentence;
# tests/unit/test_inventory.py goes through all that there are.
OWN = {"dcass_config_dir": "/srv/etc/{{ inventory_hostname }}", "dcass_state_dir": "/srv/{{ inventory_hostname }}"}
WRONG = {
    "cp_cabc": {
        "vars": {"dcass_customer_code": "cabc"},
        "hosts": {f"cabc-{n}": {"dcass_workstation_address": f"127.0.11.{n}", **OWN} for n in (31, 32)},
    },
    "cp_cdef": {
        "vars": {"dcass_customer_code": "CDEF", "dcass_closed_days": ["{{ declared_closed }}"]},
        "hosts": {f"cdef-{n}": {"dcass_workstation_address": f"127.0.10.{n}", **OWN} for n in (32, 33)},
    },
}
WRONG["cp_cdef"]["hosts"]["cdef-32"]["dcass_state_dir"] = "/srv/cabc-32"
ONE_MACHINE = "cabc-32 (cp_cabc) and cdef-32 (cp_cdef) are this machine (ansible_connection: local)"
SENTENCES = [
    *(f"cdef-{n} has a dcass_closed_days that can't be worked out: 'declared_closed' is undefined" for n in (32, 33)),
    "cabc-31 has the dcass_customer_code 'cabc': write 'CABC'.",
    f"{ONE_MACHINE}, and share the dcass_state_dir '/srv/cabc-32': give each folders of its own.",
    "cxyz-ws1 (and 1 more) has the dcass_port '0': it must be a number from 1 to 65535.",
]


def refused(root: Path, *arguments: str) -> list[str]:
    """What a rollout says of an inventory whose first participant would be sound but for its port."""
    stage = Job(root, [], "", dcass_port=0)
    inventory = json.loads(stage.inventory.read_text())
    common = {name: value for name, value in inventory["cp_cxyz"]["vars"].items() if name.startswith("ansible_")}
    for group, its in WRONG.items():
        inventory[group] = {**its, "vars": {**common, **its["vars"]}}
    stage.inventory.write_text(json.dumps(inventory))
    outcome = stage.play("dcass.sftp.rollout", *arguments)
    assert (outcome.code, outcome.changed) == (2, 0), outcome.output
    assert not (stage.root / "hosts").exists()
    ((complaints,),) = [[entry["result"]["msg"]] for entry in outcome.results if entry["how"] == "failed"]
    assert outcome.asked == set()
    assert artifacts(outcome)["dcass_next_actions"]["accounts"] == {"all": complaints}
    assert all(line.startswith("wrong_inventory: ") for line in complaints)
    return [line.removeprefix("wrong_inventory: ") for line in complaints]


class Job(Rehearsal):
    """Workstations whose runs show what they leave in the artifacts of a job."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ANSIBLE_SHOW_CUSTOM_STATS": "true"}


def test_all_mistakes_are_told_at_once_and_no_host_is_asked_or_changed(tmp_path: Path) -> None:
    assert refused(tmp_path) == SENTENCES


def test_where_nobody_is_right_that_takes_part_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    assert refused(tmp_path, "--limit=cp_cxyz") == SENTENCES


@pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda path: path.stem)
def test_every_playbook_begins_with_the_check(playbook: Path) -> None:
    assert yaml.safe_load(playbook.read_text())[0]["ansible.builtin.import_playbook"] == CHECK.name


def test_the_check_may_be_run_alone_and_asks_no_host(tmp_path: Path) -> None:
    outcome = Rehearsal(tmp_path, [], "").play("dcass.sftp.check_inventory")
    assert (outcome.code, outcome.changed) == (0, 0), outcome.output
    assert set(outcome.recap) == {"localhost"}


def test_the_order_pairs_hosts_with_accounts_and_a_host_may_say_otherwise(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    by_default = {"dcass_key_comment": "made by {{ dcass_service_user }}"}  # the check cannot see it
    swapped = {"cxyz-ws1": {"dcass_account": "CXYZ002"}, "cxyz-ws2": {"dcass_account": "CXYZ001"}}
    stage.write_inventory(by_default, **swapped)
    outcome = stage.play("dcass.sftp.register", "--check")
    told = {e["host"]: e["result"]["msg"] for e in outcome.results if e["task"] == "Show the fingerprint"}
    assert told["cxyz-ws1"].startswith("CXYZ002: there was no key")
    assert told["cxyz-ws2"].startswith("CXYZ001: there was no key")


def test_a_passphrase_that_was_left_empty_makes_no_key_without_one(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "", dcass_passphrase=None)
    outcome = stage.play("dcass.sftp.register", "--check")
    assert outcome.code == 2
    assert outcome.complaints
    for complaint in outcome.complaints:  # ansible-core 2.17 refuses it itself, by its type
        assert re.search("dcass_passphrase(?: is set and has no value|' is of type <class 'NoneType'>)", complaint)


def test_folders_that_only_the_roles_can_compare_are_refused_before_they_are_made(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    inventory = json.loads(stage.inventory.read_text())
    for its in inventory["cp_cxyz"]["hosts"].values():
        its.pop("dcass_state_dir")
        its["dcass_report_dir"] = "{{ dcass_state_dir }}"
    stage.inventory.write_text(json.dumps(inventory))
    outcome = stage.play("dcass.sftp.rollout", "--check")
    assert outcome.code == 2
    assert all("dcass_report_dir must differ" in complaint for complaint in outcome.complaints)


def test_a_bare_workstation_is_told_to_be_rolled_out_first(tmp_path: Path) -> None:
    outcome = Rehearsal(tmp_path, [], "").play("dcass.sftp.sync_reports")
    assert outcome.code == 2
    assert all(complaint.endswith("Run ansible-playbook dcass.sftp.rollout first.") for complaint in outcome.complaints)
    assert sorted(outcome.complaints) == last_lines(outcome)
    assert len(outcome.complaints) == 2


def test_the_page_also_tells_of_workstations_of_which_none_can_say_anything(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    dead = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    stage.write_inventory(**{"cxyz-ws1": dead, "cxyz-ws2": {}})
    outcome = stage.play("dcass.sftp.status")
    page = outcome.lines("Show what is due next")
    told = "\n".join(page)
    assert outcome.code == 2
    assert {host for host, counts in outcome.recap.items() if counts["failures"]} == {"cxyz-ws1", "cxyz-ws2"}
    assert "Connection refused" in told.partition("cxyz-ws2  CXYZ002")[0]
    assert told.endswith("Run ansible-playbook dcass.sftp.rollout first.")
    assert [line.split()[:3] for line in last_lines(outcome)] == [
        ["cxyz-ws1", "CXYZ001:", "host_unreachable:"],
        ["cxyz-ws2", "CXYZ002:", "not_rolled_out:"],
    ]


MALFORMED = "bad_option: Say which key is compromised: -e dcass_compromised=FINGERPRINT, "
NOT_SWITCHED = "bad_option: Nothing was switched. Say what, why and who, and confirm it. Missing: dcass_switch_to, "
NOBODY = "no_workstation: No workstation is within the limit '{}', so that nothing would be done. "
NO_WORD = pytest.mark.long("the others are refused by the same tasks")


@pytest.mark.parametrize(
    ("playbook", "arguments", "begins"),
    [
        pytest.param(
            "sync_reports",
            ["-e", "dcass_hosts=cp_cxzy"],
            "no_workstation: The inventory has no host for dcass_hosts: 'cp_cxzy'. ",
            id="a pattern without a host",
        ),
        pytest.param("sync_reports", ["--limit=localhost"], NOBODY.format("localhost"), id="the control node alone"),
        pytest.param("rollout", ["--limit=bastion"], NOBODY.format("bastion"), id="another host alone"),
        pytest.param(
            "status",
            ["--limit=cxyz-ws1", "-e", "dcass_hosts=cxyz-ws2"],
            NOBODY.format("cxyz-ws1"),
            id="another workstation alone",
            marks=NO_WORD,
        ),
        pytest.param("compromised_key", ["-e", "dcass_compromised=5c"], MALFORMED, id="no fingerprint"),
        pytest.param("adopt", [], "bad_option: Say where the files lie: -e dcass_adopt_from=FOLDER, ", id="no folder"),
        pytest.param("acknowledge", [], "bad_option: Say what is closed, of which day, and why: ", id="no word"),
        pytest.param("switch_site", [], NOT_SWITCHED, id="no order to switch", marks=NO_WORD),
        pytest.param(
            "remove",
            ["-e", '{"dcass_remove_data": true, "dcass_four_eyes": true}'],
            "not_approved: Nobody has approved this: ",
            id="nobody's approval",
            marks=NO_WORD,
        ),
    ],
)
def test_a_run_that_is_refused_as_a_whole_has_its_code_and_leaves_it_to_the_job(
    tmp_path: Path, playbook: str, arguments: list[str], begins: str
) -> None:
    stage = Job(tmp_path, [], "")
    inventory = json.loads(stage.inventory.read_text())
    inventory["all"] = {"hosts": {"localhost": {"ansible_connection": "local"}, "bastion": {}}}
    stage.inventory.write_text(json.dumps(inventory))
    outcome = stage.play(f"dcass.sftp.{playbook}", *arguments)
    assert (outcome.code, outcome.changed, outcome.asked) == (2, 0, set()), outcome.output
    (line,) = outcome.complaints
    assert line.startswith(begins) and line.endswith((".", "'"))
    assert artifacts(outcome)["dcass_next_actions"] == {"total": 1, "accounts": {"all": [line]}}


def test_a_limit_that_names_the_control_node_alone_keeps_nobody_from_the_schedule_or_the_check(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    inventory = json.loads(stage.inventory.read_text())
    inventory["all"] = {"hosts": {"localhost": {"ansible_connection": "local"}}}
    stage.inventory.write_text(json.dumps(inventory))
    assert stage.play("dcass.sftp.check_inventory", "--limit=localhost").code == 0
    outcome = stage.play("dcass.sftp.schedule", "--limit=localhost", "--check", "-e", "dcass_schedule_state=absent")
    assert "no_workstation" not in outcome.output
    assert outcome.recap["localhost"]["ok"] > 2, outcome.output


SILENT = {"ansible_connection": "ssh", "ansible_ssh_executable": "{{ inventory_dir }}/nobody_answers"}
LINES = [
    f"{host} {account}: host_unreachable: Failed to connect to the host via ssh: No route to host. Look whether it is "
    "up and lets this control node in by ssh, then run the playbook again."
    for host, account in (("cxyz-ws1", "CXYZ001"), ("cxyz-ws2", "CXYZ002"))
]

NO_PACKAGE = (
    "cxyz-ws1 CXYZ001: no_package: CXYZ.zip was not built: cp_cxyz is registered with the keys of both its "
    "workstations, and cxyz-ws2 gave none. Let cxyz-ws1 and cxyz-ws2 take part in one run."
)


def silence(root: Path, says: str = "exit 255") -> None:
    """Put an ssh there that ends as it does where nobody answers, only sooner."""
    root.mkdir(exist_ok=True)
    (root / "nobody_answers").write_text(f"#!/bin/sh\n{says}\n")
    (root / "nobody_answers").chmod(0o755)


def told_by(outcome: Outcome) -> list[str]:
    """The lines at the end, and that nothing but them is red."""
    assert outcome.code == 2, outcome.output
    assert not any(counts["unreachable"] for counts in outcome.recap.values()), outcome.output
    return last_lines(outcome)


ALIKE = pytest.mark.long("the others begin and end as these two do; below a participant is down in a registration")


@pytest.mark.parametrize(
    "playbook",
    ["rollout", "preflight", pytest.param("register", marks=ALIKE), pytest.param("remove", marks=ALIKE)],
)
def test_a_workstation_that_does_not_answer_is_told_in_a_line_like_any_other(tmp_path: Path, playbook: str) -> None:
    stage = Rehearsal(tmp_path, ["127.151.0.1:9"], "", dcass_package_dir=str(tmp_path / "packages"))
    silence(tmp_path, "echo 'No route to host' >&2; exit 255")
    stage.write_inventory(**{"cxyz-ws1": SILENT, "cxyz-ws2": SILENT})
    assert told_by(stage.play(f"dcass.sftp.{playbook}", "--check", log="both")) == LINES
    stage.write_inventory(**{"cxyz-ws1": SILENT, "cxyz-ws2": {}})
    gone, *others = told_by(stage.play(f"dcass.sftp.{playbook}", "--check", log="one"))
    assert gone == LINES[0]
    its_own = {"register": ["no_package:"], "preflight": ["unreachable:"]}  # which looks, also in check mode
    assert [line.split()[2] for line in others] == its_own.get(playbook, [])
    assert not (tmp_path / "packages").exists()


def test_a_workstation_that_is_lost_on_the_way_is_told_as_well(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    silence(tmp_path, f"test -e {tmp_path}/once && exit 255; touch {tmp_path}/once")
    stage.write_inventory(**{"cxyz-ws1": SILENT, "cxyz-ws2": {}})
    outcome = stage.play("dcass.sftp.remove", "--check")
    assert outcome.code == 2, outcome.output
    (line,) = last_lines(outcome)
    assert line.startswith("cxyz-ws1 CXYZ001: host_unreachable: It stopped answering in the middle of the run. Look ")


@pytest.mark.parametrize("playbook", ["remove", "sync_reports", "renew_keys", pytest.param("status", marks=ALIKE)])
def test_one_whose_way_cannot_be_worked_out_is_a_mistake_of_its_own_and_its_partner_stands_in(
    tmp_path: Path, playbook: str
) -> None:
    stage = Rehearsal(tmp_path, [], "")
    stage.write_inventory(**{"cxyz-ws1": {"ansible_host": "{{ nothing_has_this_name }}"}, "cxyz-ws2": {}})
    outcome = stage.play(f"dcass.sftp.{playbook}", "--check")
    assert outcome.code == 2, outcome.output
    line = last_lines(outcome)[0]
    assert line.startswith("cxyz-ws1 CXYZ001: wrong_inventory: cxyz-ws1 has an ansible_host that can't be worked out: ")
    assert "'nothing_has_this_name' is undefined" in line
    assert line.endswith("Correct the inventory. Nothing was done on this workstation.")
    assert outcome.asked == {"cxyz-ws2"}


def test_one_whose_way_to_root_cannot_be_worked_out_is_told_and_the_run_is_red(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    stage.write_inventory(**{"cxyz-ws1": {"ansible_shell_type": "{{ nothing_has_this_name }}"}, "cxyz-ws2": {}})
    outcome = stage.play("dcass.sftp.remove", "--check")
    assert outcome.code == 2, outcome.output
    assert re.search(r"cxyz-ws1 \S+: task_failed: .*'nothing_has_this_name' is undefined", outcome.output)


def test_no_package_is_built_where_one_of_the_pair_gives_no_key(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "", dcass_package_dir=str(tmp_path / "packages"))
    outcome = stage.play("dcass.sftp.register", "--limit=cxyz-ws1", "--check")
    assert told_by(outcome) == [NO_PACKAGE]
    assert not (tmp_path / "packages").exists()


def test_a_participant_whose_workstation_is_down_keeps_no_other_from_its_package(
    tmp_path: Path, facility: Emulator
) -> None:
    stage = Steered(tmp_path / "stage", facility, codes=("CABC", "CXYZ"))
    stage.power("cxyz-ws2", on=False)
    assert told_by(stage.play("dcass.sftp.register")) == [NO_PACKAGE, LINES[1]]
    assert [path.name for path in (stage.root / "registration").iterdir()] == ["CABC.zip"]


def test_a_second_person_is_asked_for_where_the_rules_of_any_participant_want_one(
    tmp_path: Path, facility: Emulator
) -> None:
    stage = Steered(tmp_path, facility, codes=("CABC", "CXYZ"))
    inventory = json.loads(stage.inventory.read_text())
    inventory["cp_cxyz"]["vars"]["dcass_four_eyes"] = True  # and nothing is said of the first
    stage.inventory.write_text(json.dumps(inventory))
    outcome = stage.play("dcass.sftp.renew_keys", "-e", "dcass_renewal_force=true", log="for all")
    assert outcome.code == 2
    assert any("Nobody has approved this" in complaint for complaint in outcome.complaints), outcome.output
    inventory["cp_cxyz"]["vars"]["dcass_port"] = 0  # who is passed over asks for nothing
    stage.inventory.write_text(json.dumps(inventory))
    outcome = stage.play("dcass.sftp.renew_keys", "-e", "dcass_renewal_force=true", log="for one")
    assert not any("Nobody has approved this" in complaint for complaint in outcome.complaints), outcome.output


def test_a_limit_keeps_no_playbook_from_looking_at_the_inventory(tmp_path: Path, facility: Emulator) -> None:
    stage = Steered(tmp_path, facility, codes=("CABC", "CXYZ"))
    order = ("-e", "dcass_switch_to=secondary dcass_switch_why=drill dcass_switch_who=Chan dcass_switch_confirmed=true")
    outcome = stage.play("dcass.sftp.switch_site", "--limit=cp_cxyz", "-e", "awx_job_id=7", *order)
    assert (outcome.code, outcome.changed) == (2, 0), outcome.output
    assert "have no dcass_account, and AWX keeps no order of hosts" in outcome.output
    assert outcome.asked == set()


def test_localhost_within_the_limit_keeps_nobody_from_hearing_who_is_left_out(
    tmp_path: Path, facility: Emulator
) -> None:
    stage = Steered(tmp_path, facility)
    outcome = stage.play("dcass.sftp.status", "--limit=localhost,cxyz-ws2")
    assert "cp_cxyz takes part with cxyz-ws2 alone, without cxyz-ws1" in outcome.output


def test_the_line_of_a_host_key_that_is_not_pinned_stands_alone(tmp_path: Path, facility: Emulator) -> None:
    stage = Steered(tmp_path, facility)
    shutil.copy(CHECKOUT / "roles/workstation/files/requirements.txt", stage.root / "venv")
    stage.tell(dcass_known_hosts=[])
    outcome = stage.play("dcass.sftp.preflight", "--limit=cxyz-ws1")
    (host, port), *_others = facility.addresses
    key = next(line for line in facility.known_hosts.splitlines() if line.startswith(f"[{host}]:{port} "))
    assert f'(item={host}:{port}) => {{\n    "msg": "{key}"\n}}' in outcome.output


def test_whoever_may_not_become_another_user_is_told_which_line_of_sudoers_is_missing(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "")
    stage.write_inventory({"dcass_manage_system": True, "ansible_become_exe": "/bin/false"})
    for host in ("cxyz-ws1", "cxyz-ws2"):
        (stage.folder(host) / "venv").mkdir(parents=True)
        (stage.folder(host) / "venv" / "requirements.txt").touch()
    first, second = told_by(stage.play("dcass.sftp.register", "--check"))
    for line, begin in ((first, "cxyz-ws1 CXYZ001"), (second, "cxyz-ws2 CXYZ002")):
        assert line.startswith(f"{begin}: no_sudo: ") and " ALL=(dcass) NOPASSWD: ALL'" in line


def test_a_loop_tells_why_its_item_has_failed(tmp_path: Path) -> None:
    stage = Rehearsal(tmp_path, [], "", dcass_report_dir="/proc/version")  # which nobody can remove
    inventory = json.loads(stage.inventory.read_text())
    for its in inventory["cp_cxyz"]["hosts"].values():
        its.pop("dcass_report_dir")
    stage.inventory.write_text(json.dumps(inventory))
    first, _second = told_by(stage.play("dcass.sftp.remove", "-e", "dcass_remove_data=true"))
    told = f"{LINES[0].partition(':')[0]}: task_failed: Remove keys, state and reports as well, for good: "
    assert first.startswith(told)
    assert "nlinking failed" in first
