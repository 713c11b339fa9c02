# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for AWX's REST interface, as far as awx/setup.yml and awx/teardown.yml go; it refuses what AWX refuses.

It runs no job: what is launched has ended when it is looked at, and a project that is read has the playbooks of one
folder. What it may answer is held to AWX 24.6.1 by test_standin.py.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from tests.awx.refusals import CHECKS, Refused, check_survey

HIDDEN = "$encrypted$"
SECRETS = {"password", "token", "authorization_key"}  # in the settings of a notification
PATIENCE = 3  # requests that still see an inventory after it was taken away: AWX does so in the background
WHEN = "2026-11-28T00:00:00Z"
Row = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of objects: its fields with what they are unless given, which must be given, and what tells two apart."""

    fields: Mapping[str, Any]
    needs: tuple[str, ...] = ("name",)
    alike: tuple[str, ...] = ("name", "organization")
    with_it: tuple[str, ...] = ()  # fields whose object takes it along when it goes; others are left empty
    lists: tuple[str, ...] = ()


LINKS = {  # fields and lists, and the kind of what is in them
    "organization": "organizations",
    "credential_type": "credential_types",
    "credential": "credentials",
    "execution_environment": "execution_environments",
    "default_environment": "execution_environments",
    "project": "projects",
    "source_project": "projects",
    "inventory": "inventories",
    "workflow_job_template": "workflow_job_templates",
    "unified_job_template": "unified_job_templates",
    "credentials": "credentials",
    "galaxy_credentials": "credentials",
    "instance_groups": "instance_groups",
    "instances": "instances",
    "labels": "labels",
    **{f"notification_templates_{event}": "notification_templates" for event in ("started", "success", "error")},
    **{f"{way}_nodes": "workflow_job_template_nodes" for way in ("success", "failure", "always")},
}
NOTES = tuple(name for name in LINKS if name.startswith("notification_templates_"))
PROMPTS = {"extra_data": {}, "limit": None, "job_slice_count": None, "inventory": None, "execution_environment": None}
ASKS = {f"ask_{what}_on_launch": False for what in ("limit", "verbosity", "job_type", "job_slice_count", "inventory")}
OF_JOBS = {
    "job_type": "run",
    "inventory": None,
    "project": None,
    "playbook": "",
    "forks": 0,
    "limit": "",
    "verbosity": 0,
    "extra_vars": "",
    "job_tags": "",
    "skip_tags": "",
    "timeout": 0,
    "use_fact_cache": False,
    "diff_mode": False,
    "organization": None,
    "execution_environment": None,
    "become_enabled": False,
    "allow_simultaneous": False,
    "job_slice_count": 1,
    "survey_enabled": False,
    "prevent_instance_group_fallback": False,
    **ASKS,
    "ask_variables_on_launch": False,
    "ask_credential_on_launch": False,
    "scm_branch": "",
    "status": "never",
}
OF_PROJECTS = {
    "organization": None,
    "scm_type": "",
    "scm_url": "",
    "scm_branch": "",
    "credential": None,
    "status": "never",
    "default_environment": None,
    "scm_update_on_launch": False,
    "scm_update_cache_timeout": 0,
    "timeout": 0,
    "allow_override": False,
    "local_path": "",
    "scm_clean": False,
    "scm_track_submodules": False,
}
OF_SOURCES = {
    "inventory": None,
    "source": "",
    "source_project": None,
    "source_path": "",
    "execution_environment": None,
    "overwrite": False,
    "overwrite_vars": False,
    "update_on_launch": False,
    "update_cache_timeout": 0,
    "credential": None,
    "source_vars": "",
    "verbosity": 1,
    "status": "never",
}
KINDS = {
    "organizations": Kind(
        {"max_hosts": 0, "default_environment": None}, alike=("name",), lists=("galaxy_credentials",)
    ),
    "instances": Kind({"hostname": ""}),
    "instance_groups": Kind(
        {"max_concurrent_jobs": 0, "max_forks": 0, "credential": None}, alike=("name",), lists=("instances",)
    ),
    "credential_types": Kind(
        {"kind": "cloud", "inputs": {}, "injectors": {}, "managed": False}, ("name", "kind"), ("name", "kind")
    ),
    "credentials": Kind(
        {"organization": None, "credential_type": None, "inputs": {}},
        ("name", "credential_type"),
        ("name", "organization", "credential_type"),
        ("organization",),
    ),
    "execution_environments": Kind(
        {"organization": None, "image": "", "pull": "", "credential": None, "managed": False},
        ("name", "image"),
        ("name",),
        ("organization",),
    ),
    "projects": Kind(OF_PROJECTS, lists=NOTES),
    "inventories": Kind(
        {
            "organization": None,
            "variables": "",
            "kind": "",
            "pending_deletion": False,
            "prevent_instance_group_fallback": False,
        },
        ("name", "organization"),
        with_it=("organization",),
        lists=("instance_groups",),
    ),
    "inventory_sources": Kind(
        OF_SOURCES, ("name", "inventory"), ("name", "inventory"), ("inventory", "source_project"), NOTES
    ),
    "job_templates": Kind(OF_JOBS, lists=("credentials", "instance_groups", "labels", *NOTES)),
    "workflow_job_templates": Kind(
        {"organization": None, "inventory": None, "extra_vars": "", "allow_simultaneous": False, "status": "never"},
        lists=(*NOTES, "labels"),
    ),
    "workflow_job_template_nodes": Kind(
        {
            "identifier": "",
            "workflow_job_template": None,
            "unified_job_template": None,
            "all_parents_must_converge": False,
            **PROMPTS,
        },
        ("workflow_job_template",),
        ("identifier", "workflow_job_template"),
        ("workflow_job_template",),
        ("success_nodes", "failure_nodes", "always_nodes", "credentials", "instance_groups", "labels"),
    ),
    "schedules": Kind(
        {"unified_job_template": None, "rrule": "", "enabled": True, **PROMPTS},
        ("name", "unified_job_template", "rrule"),
        ("name", "unified_job_template"),
        ("unified_job_template",),
        ("credentials", "instance_groups", "labels"),
    ),
    "notification_templates": Kind(
        {"organization": None, "notification_type": "", "notification_configuration": {}, "messages": None},
        ("name", "organization", "notification_type"),
        with_it=("organization",),
    ),
    "jobs": Kind(
        {
            "status": "successful",
            "failed": False,
            "event_processing_finished": True,
            "unified_job_template": None,
            "limit": "",
        }
    ),
    "project_updates": Kind({"status": "successful", "project": None}),
    "labels": Kind({}),
}
LAUNCHED = ("projects", "inventory_sources", "job_templates", "workflow_job_templates")  # the unified job templates
MANAGED = (("Machine", "ssh"), ("Source Control", "scm"), ("Container Registry", "registry"), ("Vault", "vault"))
KEYS = {"id": "ssh_key_data", "label": "Key", "type": "string", "secret": True, "multiline": True}
TEXTS = ({"id": name, "label": name, "type": "string"} for name in ("username", "host", "become_method"))
INPUTS = [*TEXTS, {"id": "password", "label": "Password", "type": "string", "secret": True}, KEYS]
INPUTS.append({"id": "verify_ssl", "label": "Verify", "type": "boolean"})


class Awx:
    """All objects, by kind and id, and what may be done with them."""

    def __init__(self, project: pathlib.Path, token: str) -> None:
        self.project, self.token = project, token
        self.ids = itertools.count(1)
        self.rows: dict[str, dict[int, Row]] = {kind: {} for kind in KINDS}
        self.lists: dict[tuple[int, str], list[int]] = {}
        self.surveys: dict[int, Any] = {}  # by their template's id
        self.going: dict[int, int] = {}  # inventories that were taken away, and for how long they are still seen
        self.own: set[int] = set()  # of AWX itself
        for name, kind in MANAGED:
            self.add("credential_types", {"name": name, "kind": kind, "inputs": {"fields": INPUTS}, "managed": True})
        self.add("instance_groups", {"name": "controlplane"})
        self.add("instances", {"hostname": "node1"})
        self.own = {row["id"] for kind in self.rows.values() for row in kind.values()}

    def add(self, kind: str, body: Row) -> Row:
        """Make an object, unasked."""
        key = next(self.ids)
        fields = {name: json.loads(json.dumps(value)) for name, value in KINDS[kind].fields.items()}
        name = {"name": "", "description": ""} if kind not in ("instances", "workflow_job_template_nodes") else {}
        one = {"workflow_job_templates": "workflow_job_template", "inventories": "inventory"}.get(kind, kind[:-1])
        links = {"id": key, "type": one, "url": f"/api/v2/{kind}/{key}/", "related": {}, "summary_fields": {}}
        row = {**links, "created": WHEN, "modified": WHEN, "finished": WHEN, **name, **fields}
        row.update((field, value) for field, value in body.items() if field in row)
        self.rows[kind][key] = row
        row["related"] = {part: f"{row['url']}{part}/" for part in ("survey_spec", "launch", "update", "stdout")}
        return row

    def find(self, kind: str, key: Any) -> Row:
        """An object of a kind, or the answer that there is none."""
        row = self.all(kind).get(int(key)) if str(key).isdigit() else None
        if row is None:
            raise Refused(404, {"detail": "Not found."})
        return row

    def all(self, kind: str) -> dict[int, Row]:
        """The objects of a kind; all that can be launched are one, too."""
        if kind == "unified_job_templates":
            return {key: row for one in LAUNCHED for key, row in self.rows[one].items()}
        if kind not in self.rows:
            raise Refused(404, {"detail": "Not found."})
        return self.rows[kind]

    def search(self, kind: str, query: Mapping[str, str]) -> list[Row]:
        """The objects of a kind that a query asks for; a field that the kind has not is refused."""
        known = {"id", "name", "type", "description"} | set(KINDS[kind].fields if kind in KINDS else {"organization"})
        asked = {key: value for key, value in query.items() if key not in ("page", "page_size", "order_by")}
        for key in asked:
            if key.removeprefix("or__").partition("__")[0] not in known:
                raise Refused(400, {"detail": f"there is no field named {key}"})

        def has(row: Row, path: str, value: str) -> bool:
            field, _, rest = path.partition("__")
            if rest == "in":
                return str(row[field]) in value.split(",")
            if rest:
                return row[field] is not None and has(self.find(LINKS[field], row[field]), rest, value)
            return str(row.get(field)) == value

        either = {key[4:]: value for key, value in asked.items() if key.startswith("or__")}
        both = {key: value for key, value in asked.items() if not key.startswith("or__")}
        found = [row for row in self.all(kind).values() if all(has(row, *pair) for pair in both.items())]
        return [row for row in found if not either or any(has(row, *pair) for pair in either.items())]

    def make(self, kind: str, body: Row) -> Row:
        """Make what is asked for, if AWX would."""
        missing = [field for field in KINDS[kind].needs if body.get(field) in (None, "")]
        if missing:
            raise Refused(400, {field: ["This field is required."] for field in missing})
        row = {**KINDS[kind].fields, **body}
        self.judge(kind, row, {})
        made = self.add(kind, body)
        if kind == "job_templates":  # it belongs to whom its project belongs to
            made["organization"] = self.find("projects", made["project"])["organization"]
        if kind == "projects" and made["scm_type"]:
            made["status"] = "successful"
        return made

    def change(self, kind: str, row: Row, body: Row) -> Row:
        """Change what is asked for, if AWX would; a secret that is sent back hidden stays as it is."""
        new = {field: revealed(value, row.get(field)) for field, value in body.items() if field in row}
        self.judge(kind, {**row, **new}, row)
        organization = row.get("organization")
        row.update(new)
        if kind == "job_templates":
            row["organization"] = organization
        return row

    def judge(self, kind: str, row: Row, before: Row) -> None:
        """Refuse what AWX refuses of any object, and of this kind."""
        for field in KINDS[kind].fields:
            if field in LINKS and row.get(field) is not None and int(row[field]) not in self.all(LINKS[field]):
                raise Refused(400, {field: ["Invalid pk - object does not exist."]})
        named = [field for field in KINDS[kind].alike if field in ("name", "identifier") or field in KINDS[kind].fields]
        if kind == "job_templates":
            named = ["name"]
        for other in self.rows[kind].values():
            if other["id"] != before.get("id") and all(other.get(field) == row.get(field) for field in named):
                raise Refused(400, {"__all__": ["Such an object already exists."]})
        if kind in CHECKS:
            CHECKS[kind](self, row, before)

    def drop(self, kind: str, row: Row) -> int:
        """Take an object away, with all that goes with it; the status of the answer."""
        used = [its for its in self.rows["credentials"].values() if its["credential_type"] == row["id"]]
        if row["id"] in self.own or (kind == "credential_types" and used):
            raise Refused(403, {"detail": "You do not have permission to perform this action."})
        if kind == "inventories":
            row["pending_deletion"] = True
            self.going.setdefault(row["id"], PATIENCE)
            return 202
        self.forget(kind, row["id"])
        return 204

    def forget(self, kind: str, key: int) -> None:
        """Take an object away; what belongs to it goes, too, and what else names it no longer does."""
        self.rows[kind].pop(key, None)
        for other, its in KINDS.items():
            for row in list(self.rows[other].values()):
                for field in (field for field in its.fields if field in LINKS and row[field] == key):
                    if LINKS[field] not in (kind, "unified_job_templates"):
                        continue
                    row[field] = None
                    if field in its.with_it:
                        self.forget(other, row["id"])
        self.lists = {
            at: [one for one in ids if one != key or LINKS[at[1]] != kind]
            for at, ids in self.lists.items()
            if at[0] != key
        }

    def associate(self, row: Row, name: str, body: Row) -> None:
        """Put an object on a list of another, or take it off."""
        if "id" not in body or int(body["id"]) not in self.all(LINKS[name]):
            raise Refused(400, {"detail": "query does not exist."})
        there = self.lists.setdefault((row["id"], name), [])
        key = int(body["id"])
        if body.get("disassociate"):
            there[:] = [one for one in there if one != key]
            return
        if name.endswith("_nodes") and self.leads(key, row["id"]):
            raise Refused(400, {"Error": "Cycle detected."})
        if name == "credentials":
            types = [self.find("credentials", one)["credential_type"] for one in there if one != key]
            if self.find("credentials", key)["credential_type"] in types:
                raise Refused(400, {"error": "Cannot assign multiple credentials of the same type."})
        if key not in there:
            there.append(key)

    def leads(self, start: int, end: int) -> bool:
        """Whether a node leads to another, or is it."""
        ways = [ids for (key, name), ids in self.lists.items() if key == start and name.endswith("_nodes")]
        return start == end or any(self.leads(one, end) for ids in ways for one in ids)

    def playbooks(self) -> list[str]:
        """What a project that is read has: files that AWX takes for playbooks."""
        return sorted(path.name for path in self.project.glob("*.yml"))

    def seen(self, row: Row) -> Row:
        """An object as AWX shows it, without what is secret."""
        shown = dict(row)
        if "inputs" in row and "credential_type" in row:
            fields = self.find("credential_types", row["credential_type"])["inputs"].get("fields", [])
            secret = {field["id"] for field in fields if field.get("secret")}
            shown["inputs"] = {name: HIDDEN if name in secret else value for name, value in row["inputs"].items()}
        if "notification_configuration" in row:
            settings = row["notification_configuration"].items()
            shown["notification_configuration"] = {
                name: HIDDEN if name in SECRETS and value else value for name, value in settings
            }
        return shown

    def page(self, rows: list[Row]) -> Row:
        """A list as AWX gives it."""
        return {"count": len(rows), "next": None, "previous": None, "results": [self.seen(row) for row in rows]}

    def answer(self, method: str, parts: list[str], query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        """What AWX would answer."""
        for key, more in list(self.going.items()):
            self.going[key] = more - 1
            if more == 0:
                del self.going[key]
                self.forget("inventories", key)
        kind, *rest = parts
        if kind == "ping":
            return 200, {"version": "24.6.1"}
        if kind == "tokens":
            return (201, {"id": 1, "token": self.token}) if method == "POST" else (204, None)
        if not rest:
            return (
                (201, self.seen(self.make(kind, body)))
                if method == "POST"
                else (200, self.page(self.search(kind, query)))
            )
        row = self.find(kind, rest[0])
        if len(rest) > 1:
            return self.below(method, kind, row, rest[1], body)
        if method == "DELETE":
            return self.drop(kind, row), None
        return 200, self.seen(self.change(kind, row, body) if method == "PATCH" else row)

    def below(self, method: str, kind: str, row: Row, name: str, body: Any) -> tuple[int, Any]:
        """What AWX would answer to a request for something of an object."""
        if kind in KINDS and name in KINDS[kind].lists:
            if method == "POST":
                return 204, self.associate(row, name, body)
            return 200, self.page([self.find(LINKS[name], key) for key in self.lists.get((row["id"], name), [])])
        if name == "playbooks":
            return 200, self.playbooks() if row["status"] == "successful" else []
        if name == "survey_spec":
            return self.survey(method, row, body)
        if name in ("launch", "update") and method == "POST":
            return self.launch(kind, row, body)
        raise Refused(404, {"detail": "Not found."})

    def survey(self, method: str, row: Row, body: Any) -> tuple[int, Any]:
        """A job template's survey; in its row, but not shown."""
        if method == "POST":
            check_survey(body)
            self.surveys[row["id"]] = body
            return 200, {}
        if method == "DELETE":
            self.surveys.pop(row["id"], None)
            return 200, {}
        return 200, self.surveys.get(row["id"], {})

    def launch(self, kind: str, row: Row, body: Row) -> tuple[int, Any]:
        """Start something, which has ended at once."""
        if kind == "projects":
            if not row["scm_type"]:
                raise Refused(405, {"detail": 'Method "POST" not allowed.'})
            row["status"] = "successful"
            update = self.add("project_updates", {"name": row["name"], "project": row["id"]})
            return 202, {**update, "project_update": update["id"]}
        asked = {name for name in body if row.get(f"ask_{name}_on_launch")}
        needed = [
            question["variable"] for question in self.surveys.get(row["id"], {}).get("spec", []) if question["required"]
        ]
        lacking = [name for name in needed if name not in body.get("extra_vars", {})]
        if row["survey_enabled"] and lacking:
            raise Refused(400, {"variables_needed_to_start": [f"'{name}' value missing" for name in lacking]})
        job = self.add("jobs", {"name": row["name"], "unified_job_template": row["id"], "limit": body.get("limit", "")})
        ignored = {name: value for name, value in body.items() if name not in asked}
        return 201, {**job, "job": job["id"], "ignored_fields": ignored}


def revealed(new: Any, old: Any) -> Any:
    """What is sent, with what AWX has for what is sent back hidden."""
    if isinstance(new, dict) and isinstance(old, dict):
        return {name: revealed(value, old.get(name)) for name, value in new.items()}
    return old if new == HIDDEN else new


def application(project: pathlib.Path, token: str) -> FastAPI:
    """The stand-in, whose projects have the playbooks of a folder, for who has this token or is admin with it."""
    app, awx = FastAPI(), Awx(project, token)

    @app.api_route("/api/v2/{path:path}", methods=["GET", "POST", "PATCH", "DELETE"])
    async def answer(path: str, request: Request) -> Response:
        parts = path.strip("/").split("/")
        if parts != ["ping"] and not request.headers.get("authorization"):
            return JSONResponse({"detail": "Authentication credentials were not provided."}, 401)
        raw = await request.body()
        body = json.loads(raw) if raw else {}
        try:
            if not isinstance(body, dict):
                raise Refused(400, {"detail": "JSON parse error - not a JSON object"})
            status, said = awx.answer(request.method, parts, dict(request.query_params), body)
        except Refused as refused:
            status, said = refused.status, refused.body
        if status == 204:
            return Response(status_code=204)
        about = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
        return JSONResponse(said, status, headers=about)

    return app
