# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What awx/ says agrees with the playbooks, with README's schedule, and with what the modules of awx.awx take."""

from __future__ import annotations

import importlib.util
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import KNOWN
from tests.awx.asked import saying
from tests.awx.refusals import CHECKS

ROOT = pathlib.Path(__file__).resolve().parents[2]
AWX, PLAYBOOKS = ROOT / "awx", ROOT / "playbooks"
README = (ROOT / "README.md").read_text()
# part of every other; what takes all workstations out of service; what makes timers of a machine
LEFT_OUT = {"check_inventory", "remove", "schedule"}
SOON_KNOWN = {"dcass_approved_by"}  # the answer of a survey, which no role reads yet
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
CRON = re.compile(r"^((?:[*\d][\d,/-]* +){2}\* \* \S+) +(\w+)(.*intraday)?", re.MULTILINE)
OF_AWX = "controller_host controller_username controller_password controller_oauthtoken validate_certs request_timeout"


class Loader(yaml.SafeLoader):
    """Reads what Ansible marks by tags of its own."""


Loader.add_multi_constructor("!", lambda loader, _tag, node: loader.construct_scalar(node))


def read(name: str) -> Any:
    return yaml.load((AWX / name).read_text(), Loader)


OBJECTS, VARS = read("objects.yml"), read("vars.yml")
TEMPLATES = {template["name"]: template for template in OBJECTS["dcass_awx_templates"]}
QUESTIONS = [(name, question) for name, its in TEMPLATES.items() for question in its.get("survey", ())]


def tasks(name: str) -> Iterator[dict[str, Any]]:
    """The tasks of a playbook that call a module of awx.awx."""
    for task in read(name)[0]["tasks"]:
        yield from (one for one in task.get("block", [task]) if any(key.startswith("awx.awx.") for key in one))


CALLS = [
    pytest.param(key.rpartition(".")[2], task[key], id=f"{name}, {task['name']}")
    for name in ("setup.yml", "teardown.yml")
    for task in tasks(name)
    for key in task
    if key.startswith("awx.awx.")
]


def options_of(module: str) -> set[str]:
    """The options of a module of awx.awx, by its documentation."""
    folder = importlib.util.find_spec("ansible_collections.awx.awx")
    assert folder is not None and folder.submodule_search_locations, "awx.awx is not in this environment"
    source = (pathlib.Path(folder.submodule_search_locations[0]) / "plugins/modules" / f"{module}.py").read_text()
    documented = re.search(r"^DOCUMENTATION = r?'''\n(.+?)'''", source, re.MULTILINE | re.DOTALL)
    assert documented, module
    return set(yaml.safe_load(documented[1])["options"])


def moments(rule: str) -> tuple[list[int], list[int], list[str]]:
    """Minutes, hours and days of a rule of AWX."""
    parts = dict(part.split("=") for part in rule.split(";"))
    assert set(parts) == {"BYDAY", "BYHOUR", "BYMINUTE"}, "AWX moves or refuses others"
    minutes, hours = ([int(each) for each in parts[name].split(",")] for name in ("BYMINUTE", "BYHOUR"))
    return minutes, hours, parts["BYDAY"].split(",")


def of_cron(line: str) -> tuple[list[int], list[int], list[str]]:
    """The same of a line of cron."""
    minute, hour, _day, _month, weekdays = line.split()
    first, _dash, last = weekdays.partition("-")
    return within(minute, 60), within(hour, 24), (DAYS[-1:] if first == "0" else DAYS[int(first) - 1 : int(last)])


def within(field: str, count: int) -> list[int]:
    numbers, _slash, step = field.partition("/")
    first, _dash, last = numbers.partition("-")
    if first == "*":
        return list(range(0, count, int(step or 1)))
    return list(range(int(first), int(last or first) + 1))


@pytest.mark.parametrize(("module", "given"), CALLS)
def test_each_field_is_one_that_the_module_knows(module: str, given: dict[str, Any]) -> None:
    assert set(given) <= options_of(module)


def test_no_task_says_where_awx_is_or_who_asks() -> None:
    assert [name for call in CALLS for name in call.values[1] if name in OF_AWX.split()] == []


def test_there_is_a_stub_for_each_playbook_that_people_run_and_a_template_for_each_stub() -> None:
    stubs = {path.stem for path in (AWX / "project").glob("*.yml")} - {"inventory"}
    assert stubs == {path.stem for path in PLAYBOOKS.glob("*.yml")} - LEFT_OUT
    assert {its["playbook"] for its in TEMPLATES.values()} == {f"{name}.yml" for name in stubs}


@pytest.mark.parametrize("path", sorted((AWX / "project").glob("*.yml")), ids=lambda path: path.stem)
def test_a_stub_imports_its_playbook_and_nothing_else(path: pathlib.Path) -> None:
    if path.stem == "inventory":
        hosts = [
            host
            for group in yaml.safe_load(path.read_text())["all"]["children"].values()
            for host in group["hosts"].values()
        ]
        assert [host["dcass_account"][-3:] for host in hosts] == ["001", "002"] * 2, "AWX keeps no order of hosts"
        return
    (play,) = yaml.safe_load(path.read_text())
    assert play["ansible.builtin.import_playbook"] == f"dcass.sftp.{path.stem}"
    assert set(play) == {"name", "ansible.builtin.import_playbook"}


def test_the_schedules_are_those_of_the_readme() -> None:
    told = [
        (of_cron(when), f"{what}{' intraday' if intraday else ''}") for when, what, intraday in CRON.findall(README)
    ]
    ours = [(moments(its["rule"]), its["template"]) for its in OBJECTS["dcass_awx_schedules"]]
    assert len(ours) == 6
    assert sorted(ours) == sorted(told)
    assert OBJECTS["dcass_awx_rule"].startswith("DTSTART;TZID=Asia/Hong_Kong:")
    assert OBJECTS["dcass_awx_rule"].endswith("RRULE:FREQ=DAILY;INTERVAL=1")


def test_schedules_and_nodes_name_templates_that_there_are() -> None:
    named = {its["template"] for its in [*OBJECTS["dcass_awx_schedules"], *OBJECTS["dcass_awx_nodes"]]}
    assert named <= set(TEMPLATES)
    assert OBJECTS["dcass_awx_workflow"] not in TEMPLATES, "its jobs would be taken for slices"


def test_a_node_comes_after_those_that_it_names() -> None:
    seen: set[str] = set()
    for node in OBJECTS["dcass_awx_nodes"]:
        assert {name for kind in ("always", "success", "failure") for name in node.get(kind, ())} <= seen
        seen.add(node["identifier"])


@pytest.mark.parametrize(
    ("template", "question"), QUESTIONS, ids=lambda value: value if isinstance(value, str) else value["variable"]
)
def test_the_answer_to_a_question_is_a_variable_that_is_read(template: str, question: dict[str, Any]) -> None:
    assert question["variable"] in KNOWN | {"dcass_hosts"} | SOON_KNOWN
    assert question["type"] in ("text", "multiplechoice")
    assert isinstance(question["required"], bool) and isinstance(question["default"], str)
    assert isinstance(question.get("min", 0), int) and isinstance(question.get("max", 0), int)
    if question["type"] == "multiplechoice":
        assert question["default"] in question["choices"].splitlines()


def test_what_templates_set_are_variables_that_are_read() -> None:
    assert {name for its in TEMPLATES.values() for name in its.get("extra_vars", ())} <= KNOWN


def test_a_switch_has_to_be_meant() -> None:
    (question,) = (one for _name, one in QUESTIONS if one["variable"] == "dcass_switch_confirmed")
    assert question["default"] == "false"


def test_the_one_file_that_people_edit_has_each_variable_that_the_others_ask_for() -> None:
    text = "".join((AWX / name).read_text() for name in ("setup.yml", "teardown.yml", "objects.yml"))
    registered = set(re.findall(r"register: (dcass_awx_\w+)", text))
    defined = set(re.findall(r"^ *(dcass_awx_\w+):", text, re.MULTILINE))
    assert set(re.findall(r"\bdcass_awx_\w+", text)) == set(VARS) | registered | defined
    assert set(VARS).isdisjoint(defined | registered)


def test_each_variable_that_people_edit_is_explained() -> None:
    for block in re.split(r"\n\n", (AWX / "vars.yml").read_text())[1:]:
        assert block.startswith("#"), block


def test_what_the_pages_tell_to_write_into_a_message_awx_takes() -> None:
    pages = "".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md")))
    told = set(re.findall(r"\{\{ job\..+? \}\}", pages))
    assert len(told) > 1
    for text in told:
        CHECKS["notification_templates"](None, saying({"error": {"message": "a", "body": text}}), {})


def test_no_file_that_people_edit_has_a_secret_of_its_own() -> None:
    secrets = {name for name in VARS if re.search("password|passphrase|key|secret", name)}
    assert {name for name in secrets if not name.endswith("_file")} == {"dcass_awx_passphrase_by"}
    assert VARS["dcass_awx_notification"]["password"] == ""


def test_a_passphrase_comes_by_file_or_as_a_variable_that_the_collection_reads() -> None:
    ways = OBJECTS["dcass_awx_passphrase_injectors"]
    assert set(ways) == {"file", "extra_vars"}
    assert {name for way in ways.values() for name in way["extra_vars"]} <= KNOWN
    fields = {field["id"] for field in OBJECTS["dcass_awx_passphrase_inputs"]["fields"]}
    assert set(ways["file"]["file"]) == {f"template.{field}" for field in fields}
    assert all(field["secret"] for field in OBJECTS["dcass_awx_passphrase_inputs"]["fields"])
