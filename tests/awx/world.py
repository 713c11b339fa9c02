# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever requests to AWX need, made first and taken away in the end."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.awx.asked import BASE
from tests.awx.conftest import Client


class World:
    """What all requests need, with the ids that their placeholders stand for."""

    def __init__(self, awx: Client) -> None:
        self.awx, self.made = awx, dict[str, tuple[str, int]]()
        self.ids = {"machine": awx.named("credential_types")["Machine"]}
        self.ids["controlplane"] = awx.named("instance_groups")["controlplane"]
        for name, (kind, body) in BASE.items():
            self.make(name, kind, body)
            if name == "project":
                self.wait_for_playbooks()

    def make(self, name: str, kind: str, body: Any) -> None:
        """An object, whose id gets a name."""
        answer = self.awx.ask("POST", kind, self.filled(body))
        assert answer.status_code == 201, answer.text
        self.ids[name] = answer.json()["id"]
        self.made[name] = (kind, self.ids[name])

    def wait_for_playbooks(self) -> None:
        """A real AWX takes a while to read a project."""
        for _try in range(100):
            if "status.yml" in self.ask("GET", "projects/{project}/playbooks").json():
                return
            time.sleep(0.2)
        raise TimeoutError("the project is not read: does anything run the updates of this AWX?")

    def filled(self, value: Any) -> Any:
        """A body, or a part of it, with ids for placeholders."""
        if isinstance(value, dict):
            return {key: self.filled(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        return self.ids.get(value[1:-1], value) if isinstance(value, str) and value.startswith("{") else value

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request with ids for placeholders."""
        for name, key in self.ids.items():
            path = path.replace(f"{{{name}}}", str(key))
        return self.awx.ask(method, path, self.filled(body))

    def undo(self, method: str, path: str, body: Any, answer: httpx.Response) -> None:
        """Take away what a request has made."""
        if answer.status_code == 201 and "/" not in path:
            self.awx.drop(path, answer.json()["id"])
        elif answer.status_code == 204 and isinstance(body, dict):
            self.ask("POST", path, {**body, "disassociate": True})
        elif path.endswith("survey_spec"):
            self.ask("DELETE", path)
        elif method == "PATCH":
            self.ask("PATCH", path, dict.fromkeys(body)) if "limit" in body else None

    def end(self) -> None:
        """Take all away."""
        for kind, key in reversed(self.made.values()):
            self.awx.drop(kind, key)

    def kept(self, *fields: str) -> dict[str, Any]:
        """What is still there, each with those of these fields that it has."""
        found = {}
        for name, (kind, key) in self.made.items():
            answer = self.awx.ask("GET", f"{kind}/{key}")
            if answer.status_code == 200 and not answer.json().get("pending_deletion"):
                found[name] = {field: answer.json()[field] for field in fields if field in answer.json()}
        return found
