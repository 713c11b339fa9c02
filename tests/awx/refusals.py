# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX refuses of each kind of object, as far as people who set it up for dcass.sftp meet it."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import jinja2
import jinja2.sandbox
import yaml

Row = Mapping[str, Any]
EVENTS = ("started", "success", "error", "workflow_approval")
EMAIL = {
    "host": str,
    "port": int,
    "username": str,
    "password": str,
    "use_tls": bool,
    "use_ssl": bool,
    "sender": str,
    "recipients": list,
    "timeout": int,
}
OF_JOBS = "id name url status artifacts started finished elapsed job_explanation launch_type limit playbook".split()
QUESTIONS = "text textarea password multiplechoice multiselect integer float".split()
INPUT = {"id", "label", "help_text", "type", "format", "choices", "secret", "multiline", "default", "ask_at_runtime"}


class Refused(Exception):
    """A request is answered with this status and body."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(body)
        self.status, self.body = status, body


def refuse(if_so: object, field: str, why: str) -> None:
    """Answer that a field can't be so."""
    if if_so:
        raise Refused(400, {field: [why]})


def _of(row: Row, field: str, *values: object) -> None:
    refuse(row[field] not in values, field, f'"{row[field]}" is not a valid choice.')


def _instance_group(_awx: Any, row: Row, _before: Row) -> None:
    refuse(row["max_concurrent_jobs"] < 0, "max_concurrent_jobs", "Ensure this value is greater than or equal to 0.")


def _credential_type(_awx: Any, row: Row, _before: Row) -> None:
    refuse(row["kind"] not in ("cloud", "net"), "kind", f"Must be 'cloud' or 'net', not {row['kind']}")
    fields = row["inputs"].get("fields", [])
    for field in fields:
        refuse(set(field) - INPUT, "inputs", "Additional properties are not allowed")
        refuse({"id", "label"} - set(field), "inputs", "a required property")
        refuse(field.get("type", "string") not in ("string", "boolean"), "inputs", "not 'string' or 'boolean'")
    injectors = row["injectors"]
    refuse(set(injectors) - {"file", "env", "extra_vars"}, "injectors", "Additional properties are not allowed")
    refuse(
        any(name.startswith("ANSIBLE_") for name in injectors.get("env", {})), "injectors", "ANSIBLE_ is not allowed"
    )
    files = injectors.get("file", {})
    refuse(len(files) > 1 and "template" in files, "injectors", "Must use multi-file syntax")
    names: Any = "a" if "template" in files else SimpleNamespace(**{name.partition(".")[2]: "a" for name in files})
    known = {**{field["id"]: "a" for field in fields}, "tower": SimpleNamespace(filename=names)}
    strict = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for text in (text for kind in injectors.values() for text in kind.values()):
        try:
            strict.from_string(text).render(known)
        except jinja2.TemplateError as reason:
            refuse(True, "injectors", f"uses an undefined field ({reason})")


def _credential(awx: Any, row: Row, _before: Row) -> None:
    refuse(row["organization"] is None, "detail", "Missing 'user', 'team', or 'organization'.")
    fields = awx.find("credential_types", row["credential_type"])["inputs"].get("fields", [])
    refuse(set(row["inputs"]) - {field["id"] for field in fields}, "inputs", "Additional properties are not allowed")
    key = row["inputs"].get("ssh_key_data", "")
    refuse(key and "-----BEGIN " not in key, "inputs", "Invalid certificate or key")


def _environment(_awx: Any, row: Row, before: Row) -> None:
    _of(row, "pull", "", "always", "missing", "never")
    moved = before and before["organization"] not in (None, row["organization"])
    refuse(moved, "organization", "Cannot change the organization of an execution environment")


def _project(_awx: Any, row: Row, _before: Row) -> None:
    _of(row, "scm_type", "", "git", "svn", "archive", "insights")
    refuse(row["scm_type"] and not row["scm_url"], "scm_url", "SCM URL is required.")


def _source(awx: Any, row: Row, _before: Row) -> None:
    _of(row, "source", "scm", "constructed", "ec2", "gce", "vmware")
    refuse(row["source"] != "scm" and row["source_project"], "detail", "Cannot set source_project if not SCM type.")
    refuse(row["source"] == "scm" and not row["source_project"], "source_project", "Project required")
    project = awx.find("projects", row["source_project"]) if row["source_project"] else {"scm_type": "git"}
    refuse(not project["scm_type"], "source_project", "Cannot use manual project for SCM-based inventory.")


def _template(awx: Any, row: Row, _before: Row) -> None:
    _of(row, "job_type", "run", "check", "scan")
    _of(row, "verbosity", *range(6))
    refuse(row["forks"] < 0, "forks", "Ensure this value is greater than or equal to 0.")
    refuse(not row["project"], "project", "Job Templates must have a project assigned.")
    refuse(not row["playbook"], "playbook", "Must select playbook for project.")
    project = awx.find("projects", row["project"])
    there = awx.playbooks() if project["status"] == "successful" else []
    refuse(row["playbook"] not in there, "playbook", "Playbook not found for project.")
    asked = row["inventory"] or row["ask_inventory_on_launch"]
    refuse(not asked, "inventory", "You must either set a default value or ask to prompt on launch.")
    variables = yaml.safe_load(row["extra_vars"]) if isinstance(row["extra_vars"], str) else row["extra_vars"]
    refuse(variables and not isinstance(variables, dict), "extra_vars", "is not a dictionary")


def _prompts(awx: Any, row: Row, _before: Row) -> None:
    template = awx.find("unified_job_templates", row["unified_job_template"]) if row["unified_job_template"] else {}
    refuse(row["extra_data"] and not template.get("ask_variables_on_launch"), "extra_data", "not allowed on launch")
    for name in ("limit", "job_slice_count"):
        may = template.get(f"ask_{name}_on_launch")
        refuse(row[name] is not None and not may, name, "Field is not configured to prompt on launch.")


def _schedule(awx: Any, row: Row, before: Row) -> None:
    rule = row["rrule"]
    starts = re.findall(r"DTSTART(?:;TZID=([^:;]+))?:\d{8}T\d{6}(Z?)", rule)
    refuse(len(starts) != 1, "rrule", "Valid DTSTART required in rrule.")
    ((zone, utc),) = starts
    refuse(not zone and not utc, "rrule", "DTSTART cannot be a naive datetime.")
    refuse(zone and zone not in zoneinfo.available_timezones(), "rrule", "A valid TZID must be provided")
    refuse("RRULE:" not in rule, "rrule", "One or more rule required in rrule.")
    refuse(re.search("EXDATE:|RDATE:", rule), "rrule", "EXDATE and RDATE not allowed in rrule.")
    for one in re.findall(r"RULE:(\S*)", rule):
        refuse("INTERVAL" not in one, "rrule", "INTERVAL required in rrule")
        refuse("SECONDLY" in one, "rrule", "SECONDLY is not supported")
        refuse(re.search(r"BYDAY=\d", one), "rrule", "BYDAY with numeric prefix not supported")
        refuse("COUNT" in one and "UNTIL" in one, "rrule", "RRULE may not contain both COUNT and UNTIL")
        refuse(any(int(most) > 999 for most in re.findall(r"COUNT=(\d+)", one)), "rrule", "COUNT > 999 is unsupported")
    _prompts(awx, row, before)


def _notification(_awx: Any, row: Row, _before: Row) -> None:
    kinds = "awssns email grafana irc mattermost pagerduty rocketchat slack twilio webhook".split()
    _of(row, "notification_type", *kinds)
    settings = row["notification_configuration"]
    if row["notification_type"] == "email":
        refuse(set(EMAIL) - {"timeout"} - set(settings), "__all__", "Missing required fields")
        wrong = [name for name, kind in EMAIL.items() if name in settings and type(settings[name]) is not kind]
        refuse(wrong, "__all__", f"Configuration field {wrong} incorrect type")
    for event, message in (row["messages"] or {}).items():
        refuse(event not in EVENTS, "messages", f"Event '{event}' invalid")
        _message(message or {})


def _message(message: Row) -> None:
    refuse("\n" in (message.get("message") or ""), "messages", "Messages cannot contain newlines")
    job = SimpleNamespace(**{**dict.fromkeys(OF_JOBS, "a"), "artifacts": {}})
    strict = jinja2.sandbox.ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)
    for text in filter(None, message.values()):
        try:
            strict.from_string(text).render(job=job, url="https://awx.example.org", job_metadata="{}")
        except jinja2.TemplateError as reason:
            refuse(True, "messages", f"Unable to render message '{text}': {reason}")


def check_survey(survey: Row) -> None:
    """Refuse a survey that AWX refuses."""
    for field in ("name", "description", "spec"):
        refuse(field not in survey, "error", f"Field '{field}' is missing from survey spec.")
    refuse(not survey["spec"], "error", "'spec' doesn't contain any items.")
    seen = set()
    for number, question in enumerate(survey["spec"]):
        for field in ("type", "question_name", "variable", "required"):
            refuse(field not in question, "error", f"'{field}' missing from survey question {number}")
        refuse(question["variable"] in seen, "error", "'variable' duplicated")
        seen.add(question["variable"])
        _question(question)


def _question(question: Row) -> None:
    refuse(question["type"] not in QUESTIONS, "error", "not one of the allowed question types.")
    refuse(not isinstance(question["required"], bool), "error", "'required' expected to be boolean.")
    default = question.get("default", "")
    kind = {"integer": int, "float": (int, float)}.get(question["type"], str)
    refuse(default != "" and not isinstance(default, kind), "error", f"Default value {default} of another type.")
    bounds = [question.get(name) for name in ("min", "max")]
    refuse(any(bound is not None and type(bound) is not int for bound in bounds), "error", "limit to be integer.")
    if question["type"].startswith("multi"):
        choices = question.get("choices") or ""
        refuse(not choices, "error", "must specify choices.")
        listed = choices.splitlines() if isinstance(choices, str) else choices
        wanted = default.splitlines() if question["type"] == "multiselect" else [default]
        refuse(default and set(wanted) - set(listed), "error", "Default choice must be answered from the choices.")


CHECKS: dict[str, Callable[[Any, Row, Row], None]] = {
    "instance_groups": _instance_group,
    "credential_types": _credential_type,
    "credentials": _credential,
    "execution_environments": _environment,
    "projects": _project,
    "inventory_sources": _source,
    "job_templates": _template,
    "workflow_job_template_nodes": _prompts,
    "schedules": _schedule,
    "notification_templates": _notification,
}
