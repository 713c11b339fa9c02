# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to AWX's REST interface, each with the status of AWX 24.6.1's answer, which the stand-in must give as well.

`{project}` and the like stand for the ids of what BASE makes first; what a request makes is taken away before the next.
"""

from __future__ import annotations

from typing import Any

Row = tuple[int, str, Any]  # the status of the answer, what is asked, and with which body

TEXT = {"id": "passphrase", "label": "Passphrase", "type": "string", "secret": True}
RULE = "DTSTART;TZID=Asia/Hong_Kong:20261101T070500 RRULE:FREQ=DAILY;INTERVAL=1"
EMAIL = {
    "host": "mail.example.org",
    "port": 25,
    "username": "",
    "password": "Rosebud",
    "use_tls": False,
    "use_ssl": False,
    "sender": "awx@example.org",
    "recipients": ["ops@example.org"],
    "timeout": 30,
}
QUESTION = {
    "question_name": "Why?",
    "question_description": "",
    "variable": "dcass_why",
    "type": "text",
    "required": True,
    "default": "",
    "min": 4,
    "max": 200,
}


def but(whole: dict[str, Any], *without: str, **other: Any) -> dict[str, Any]:
    """A copy with some entries left out, and others instead."""
    return {key: value for key, value in {**whole, **other}.items() if key not in without}


def asking(field: dict[str, Any]) -> dict[str, Any]:
    """A type of credential that asks for this."""
    return but(TYPE, inputs={"fields": [field]})


def injecting(injectors: dict[str, Any]) -> dict[str, Any]:
    """A type of credential that brings its input into a job this way."""
    return but(TYPE, injectors=injectors)


def survey(*questions: dict[str, Any]) -> dict[str, Any]:
    """A survey of these questions."""
    return {"name": "", "description": "", "spec": list(questions)}


ONE_OF = but(QUESTION, "min", "max", type="multiplechoice", choices="false\ntrue", default="false")
TYPE = {"name": "try type 2", "kind": "cloud", "inputs": {"fields": [TEXT]}, "injectors": {}}
CREDENTIAL = {"name": "try login 2", "organization": "{organization}", "credential_type": "{type}", "inputs": {}}
PROJECT = {"name": "try 2", "organization": "{organization}", "scm_type": "git", "scm_url": "https://git.example.org/a"}
SOURCE = {"name": "try", "inventory": "{inventory}", "source": "scm", "source_project": "{project}", "source_path": "i"}
TEMPLATE = {"name": "try 2", "inventory": "{inventory}", "project": "{project}", "playbook": "status.yml"}
NODE = {"identifier": "a", "unified_job_template": "{template}"}
SCHEDULE = {"name": "try", "unified_job_template": "{template}", "rrule": RULE}
NOTE = {
    "name": "try 2",
    "organization": "{organization}",
    "notification_type": "email",
    "notification_configuration": EMAIL,
}


def noting(configuration: dict[str, Any]) -> dict[str, Any]:
    """A notification with these settings."""
    return but(NOTE, notification_configuration=configuration)


def saying(messages: dict[str, Any]) -> dict[str, Any]:
    """A notification with these messages."""
    return but(NOTE, messages=messages)


def at(rule: str) -> dict[str, Any]:
    """A schedule by this rule."""
    return but(SCHEDULE, rrule=rule)


# what all others need: a name for its id, and the request that makes it
BASE: dict[str, tuple[str, dict[str, Any]]] = {
    "organization": ("organizations", {"name": "try"}),
    "other": ("organizations", {"name": "try other"}),
    "type": ("credential_types", but(TYPE, name="try type")),
    "credential": ("credentials", but(CREDENTIAL, name="try login", inputs={"passphrase": "Rosebud"})),
    "project": ("projects", but(PROJECT, name="try")),
    "manual": ("projects", but(PROJECT, "scm_url", name="try manual", scm_type="")),
    "inventory": ("inventories", {"name": "try", "organization": "{organization}"}),
    "environment": ("execution_environments", {"name": "try", "organization": "{organization}", "image": "example/b"}),
    "template": ("job_templates", but(TEMPLATE, name="try", ask_limit_on_launch=True)),
    "workflow": ("workflow_job_templates", {"name": "try", "organization": "{organization}"}),
    "node": ("workflow_job_template_nodes", {**NODE, "workflow_job_template": "{workflow}", "identifier": "first"}),
    "second": ("workflow_job_template_nodes", {**NODE, "workflow_job_template": "{workflow}", "identifier": "second"}),
    "note": ("notification_templates", but(NOTE, name="try")),
    "group": ("instance_groups", {"name": "try"}),
}

ROWS: dict[tuple[str, str], list[Row]] = {
    ("POST", "organizations"): [
        (201, "an organization", {"name": "try 2"}),
        (400, "an organization without a name", {}),
        (400, "an organization that is there", {"name": "try"}),
        (201, "a field that no organization has", {"name": "try 2", "colour": "red"}),
    ],
    ("POST", "instance_groups"): [
        (201, "an instance group", {"name": "try 2", "max_concurrent_jobs": 1}),
        (400, "an instance group with fewer than no jobs", {"name": "try 2", "max_concurrent_jobs": -1}),
        (400, "an instance group that is there", {"name": "try"}),
    ],
    ("POST", "credential_types"): [
        (201, "a type of credential", TYPE),
        (201, "a type of credential for networks", but(TYPE, kind="net")),
        (400, "a type of credential of AWX's own kind ssh", but(TYPE, kind="ssh")),
        (400, "a type of credential of AWX's own kind vault", but(TYPE, kind="vault")),
        (400, "a type of credential that is there", but(TYPE, name="try type")),
        (400, "an input with a key that AWX does not know", asking({**TEXT, "hint": "x"})),
        (400, "an input without a label", asking(but(TEXT, "label"))),
        (400, "an input of another type than string or boolean", asking(but(TEXT, type="int"))),
        (201, "an input of several lines", asking({**TEXT, "multiline": True})),
        (201, "an input that is required and not there", but(TYPE, inputs={"fields": [TEXT], "required": ["a"]})),
        (201, "an extra variable", injecting({"extra_vars": {"a": "{{ passphrase }}"}})),
        (400, "an extra variable of a field that is no input", injecting({"extra_vars": {"a": "{{ pass }}"}})),
        (
            201,
            "a file, and its name",
            injecting({"file": {"template": "{{ passphrase }}"}, "extra_vars": {"a": "{{ tower.filename }}"}}),
        ),
        (
            201,
            "two files, and their names",
            injecting(
                {
                    "file": {"template.a": "{{ passphrase }}", "template.b": "b"},
                    "extra_vars": {"a": "{{ tower.filename.a }}"},
                }
            ),
        ),
        (
            400,
            "a file without a name beside one with a name",
            injecting({"file": {"template.a": "a", "template": "b"}}),
        ),
        (400, "the name of a file that is not there", injecting({"extra_vars": {"a": "{{ tower.filename.a }}"}})),
        (201, "a variable of the environment", injecting({"env": {"DCASS_A": "{{ passphrase }}"}})),
        (400, "a variable of the environment that is Ansible's", injecting({"env": {"ANSIBLE_A": "{{ passphrase }}"}})),
        (400, "a way to inject that AWX does not know", injecting({"vars": {"a": "b"}})),
    ],
    ("DELETE", "credential_types/{type}"): [
        (403, "a type that has credentials, taken away", None),
    ],
    ("POST", "credentials"): [
        (201, "a credential", CREDENTIAL),
        (400, "a credential that is there", but(CREDENTIAL, name="try login")),
        (400, "a credential of nobody", but(CREDENTIAL, "organization")),
        (400, "a credential with an input that its type has not", but(CREDENTIAL, inputs={"word": "x"})),
        (
            400,
            "a machine's key that is none",
            but(CREDENTIAL, credential_type="{machine}", inputs={"ssh_key_data": "x"}),
        ),
    ],
    ("PATCH", "credentials/{credential}"): [
        (200, "a credential's secret, unchanged", {"inputs": {"passphrase": "$encrypted$"}}),
    ],
    ("POST", "execution_environments"): [
        (201, "an execution environment", {"name": "try 2", "image": "a.example/b:1", "pull": "missing"}),
        (400, "an execution environment without an image", {"name": "try 2"}),
        (400, "an execution environment that is there", {"name": "try", "image": "a.example/b:1"}),
        (
            400,
            "an execution environment that is had often",
            {"name": "try 2", "image": "a.example/b:1", "pull": "often"},
        ),
    ],
    ("PATCH", "execution_environments/{environment}"): [
        (400, "an execution environment given to others", {"organization": "{other}"}),
    ],
    ("POST", "projects"): [
        (201, "a project", PROJECT),
        (
            201,
            "a project from an archive",
            but(PROJECT, name="try 3", scm_type="archive", scm_url="https://git.example.org/a.tar.gz"),
        ),
        (400, "a project without an address", but(PROJECT, "scm_url")),
        (400, "a project of an unknown kind", but(PROJECT, scm_type="cvs")),
        (400, "a project that is there", but(PROJECT, name="try")),
        (201, "a project with the name of another organization's", but(PROJECT, name="try", organization="{other}")),
    ],
    ("GET", "projects/{project}/playbooks"): [
        (200, "the playbooks of a project", None),
    ],
    ("POST", "projects/{manual}/update"): [
        (405, "a sync of a manual project", {}),
    ],
    ("POST", "inventories"): [
        (201, "an inventory", {"name": "try 2", "organization": "{organization}"}),
        (400, "an inventory of nobody", {"name": "try 2"}),
        (400, "an inventory that is there", {"name": "try", "organization": "{organization}"}),
        (201, "an inventory with the name of another organization's", {"name": "try", "organization": "{other}"}),
    ],
    ("POST", "inventory_sources"): [
        (201, "a source of an inventory", SOURCE),
        (400, "a source from a manual project", but(SOURCE, source_project="{manual}")),
        (400, "a source without its project", but(SOURCE, "source_project")),
        (400, "a source of an unknown kind", but(SOURCE, source="file")),
        (400, "a source without an inventory", but(SOURCE, "inventory")),
    ],
    ("POST", "job_templates"): [
        (201, "a job template", TEMPLATE),
        (400, "a job template that is there", but(TEMPLATE, name="try")),
        (201, "a job template with a field that none has", but(TEMPLATE, colour="red")),
        (400, "a job template for a playbook that the project has not", but(TEMPLATE, playbook="nothing.yml")),
        (400, "a job template without a playbook", but(TEMPLATE, "playbook")),
        (400, "a job template without a project", but(TEMPLATE, "project")),
        (400, "a job template without an inventory", but(TEMPLATE, "inventory")),
        (201, "a job template that asks for its inventory", but(TEMPLATE, "inventory", ask_inventory_on_launch=True)),
        (400, "a job template with forks fewer than none", but(TEMPLATE, forks=-1)),
        (400, "a job template that says too much", but(TEMPLATE, verbosity=6)),
        (400, "a job template of an unknown kind", but(TEMPLATE, job_type="test")),
        (400, "a job template with variables that are none", but(TEMPLATE, extra_vars="- a")),
        (201, "a job template with variables", but(TEMPLATE, extra_vars='{"a": 1}')),
        (201, "a job template whose organization is named", but(TEMPLATE, organization="{other}")),
        (201, "a job template in three slices", but(TEMPLATE, job_slice_count=3)),
        (201, "a job template in no slice", but(TEMPLATE, job_slice_count=0)),
    ],
    ("POST", "job_templates/{template}/credentials"): [
        (204, "a credential of a job template", {"id": "{credential}"}),
        (400, "a credential of a job template that is none", {"id": 99999}),
    ],
    ("POST", "job_templates/{template}/notification_templates_error"): [
        (204, "a notification of a job template", {"id": "{note}"}),
        (204, "a notification that a job template has not, taken off", {"id": "{note}", "disassociate": True}),
    ],
    ("POST", "job_templates/{template}/instance_groups"): [
        (204, "an instance group of a job template", {"id": "{group}"}),
    ],
    ("POST", "job_templates/{template}/survey_spec"): [
        (200, "a survey", survey(QUESTION, but(ONE_OF, variable="b"))),
        (400, "a survey without a name", but(survey(QUESTION), "name")),
        (400, "a survey without a description", but(survey(QUESTION), "description")),
        (400, "a survey without questions", survey()),
        (400, "a survey that is a list", [QUESTION]),
        *(
            (
                400 if key in ("question_name", "variable", "type", "required") else 200,
                f"a question without {key}",
                survey(but(QUESTION, key)),
            )
            for key in QUESTION
        ),
        (400, "a question of an unknown kind", survey(but(QUESTION, type="word"))),
        (400, "a question twice", survey(QUESTION, QUESTION)),
        (400, "a question that is required by a word", survey(but(QUESTION, required="yes"))),
        (400, "a question whose bound is a word", survey(but(QUESTION, min="4"))),
        (200, "a question without a bound", survey(but(QUESTION, min=None, max=None))),
        (400, "a question whose default is null", survey(but(QUESTION, default=None))),
        (200, "a question whose default is too short", survey(but(QUESTION, default="a"))),
        (400, "a question whose default is a number", survey(but(QUESTION, default=1))),
        (200, "a question with a key that AWX does not know", survey(but(QUESTION, hint="x"))),
        (200, "a choice", survey(ONE_OF)),
        (200, "a choice from a list", survey(but(ONE_OF, choices=["false", "true"]))),
        (400, "a choice among nothing", survey(but(ONE_OF, "choices"))),
        (400, "a choice whose default is none of them", survey(but(ONE_OF, default="maybe"))),
        (400, "a choice whose default is no text", survey(but(ONE_OF, default=False))),
    ],
    ("POST", "job_templates/{template}/launch"): [
        (201, "a launch", {}),
        (201, "a launch with a limit, which it asks for", {"limit": "cp_cxyz"}),
        (201, "a launch with variables that it does not ask for", {"extra_vars": {"a": 1}}),
        (201, "a launch in slices that it does not ask for", {"job_slice_count": 2}),
    ],
    ("POST", "workflow_job_templates"): [
        (201, "a workflow", {"name": "try 2", "organization": "{organization}"}),
        (400, "a workflow that is there", {"name": "try", "organization": "{organization}"}),
    ],
    ("POST", "workflow_job_template_nodes"): [
        (201, "a node", {**NODE, "workflow_job_template": "{workflow}"}),
        (400, "a node that is there", {**NODE, "workflow_job_template": "{workflow}", "identifier": "first"}),
        (400, "a node of no workflow", NODE),
    ],
    ("POST", "workflow_job_template_nodes/{node}/success_nodes"): [
        (204, "a node that leads to another", {"id": "{second}"}),
        (400, "a node that leads to itself", {"id": "{node}"}),
    ],
    ("PATCH", "workflow_job_template_nodes/{node}"): [
        (200, "a node with a limit, which its template asks for", {"limit": "a"}),
        (400, "a node with variables that its template does not ask for", {"extra_data": {"a": 1}}),
    ],
    ("POST", "schedules"): [
        (201, "a schedule", SCHEDULE),
        (400, "a schedule without a template", but(SCHEDULE, "unified_job_template")),
        (201, "a schedule in lists of hours", at(RULE + ";BYDAY=MO,TU;BYHOUR=9,10;BYMINUTE=0,5;BYSECOND=0")),
        (400, "a schedule without an interval", at(RULE.replace(";INTERVAL=1", ""))),
        (400, "a schedule in seconds", at(RULE.replace("DAILY", "SECONDLY"))),
        (400, "a schedule of first Mondays", at(RULE.replace("DAILY", "MONTHLY") + ";BYDAY=1MO")),
        (400, "a schedule with an exception", at(RULE + " EXDATE:20261225T000000Z")),
        (400, "a schedule with one day more", at(RULE + " RDATE:20261225T000000Z")),
        (201, "a schedule with a rule of exceptions", at(RULE + " EXRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=SU")),
        (400, "a schedule of a thousand runs", at(RULE + ";COUNT=1000")),
        (400, "a schedule with two ends", at(RULE + ";COUNT=9;UNTIL=20271101T000000Z")),
        (400, "a schedule without a beginning", at("RRULE:FREQ=DAILY;INTERVAL=1")),
        (400, "a schedule without a time zone", at(RULE.replace(";TZID=Asia/Hong_Kong", ""))),
        (201, "a schedule in UTC", at(RULE.replace(";TZID=Asia/Hong_Kong:20261101T070500", ":20261101T070500Z"))),
        (400, "a schedule in a time zone that is none", at(RULE.replace("Hong_Kong", "Atlantis"))),
        (400, "a schedule without a rule", at(RULE.partition(" ")[0])),
        (201, "a schedule with a limit, which its template asks for", but(SCHEDULE, limit="cp_cxyz")),
        (400, "a schedule with variables that its template does not ask for", but(SCHEDULE, extra_data={"a": 1})),
        (400, "a schedule in slices that its template does not ask for", but(SCHEDULE, job_slice_count=2)),
    ],
    ("POST", "notification_templates"): [
        (201, "a notification", NOTE),
        (400, "a notification that is there", but(NOTE, name="try")),
        (400, "a notification of nobody", but(NOTE, "organization")),
        (400, "a notification of an unknown kind", but(NOTE, notification_type="pigeon")),
        (400, "a notification without a setting", noting(but(EMAIL, "sender"))),
        (201, "a notification with a setting that its kind has not", noting({**EMAIL, "colour": "red"})),
        (400, "a notification whose port is a text", noting({**EMAIL, "port": "25"})),
        (201, "a notification with a message", saying({"error": {"message": "a", "body": "{{ job.artifacts }}"}})),
        (400, "a notification with a message for what never happens", saying({"perhaps": {"message": "a"}})),
        (400, "a notification with a message of two lines", saying({"error": {"message": "a\nb"}})),
        (400, "a notification with a message that is no template", saying({"error": {"message": "{{ job. }}"}})),
        (400, "a notification with a variable that jobs have not", saying({"error": {"message": "{{ job.colour }}"}})),
    ],
    ("GET", "job_templates/?colour=red"): [
        (400, "a search by a field that is none", None),
    ],
    ("GET", "job_templates/99999"): [
        (404, "what is not there", None),
    ],
    ("DELETE", "job_templates/99999"): [
        (404, "what is not there, taken away", None),
    ],
    ("DELETE", "instance_groups/{controlplane}"): [
        (403, "AWX's own group of instances, taken away", None),
    ],
}
