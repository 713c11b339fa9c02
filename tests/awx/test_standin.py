# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in answers as AWX 24.6.1 does, which DCASS_AWX=http://… compares with one that is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.awx.asked import CREDENTIAL, ROWS
from tests.awx.conftest import Client
from tests.awx.world import World

ALL = [(method, path, *row) for (method, path), rows in ROWS.items() for row in rows]


@pytest.fixture(scope="module")
def world(awx: Client) -> Iterator[World]:
    world = World(awx)
    yield world
    world.end()


@pytest.mark.parametrize(
    ("method", "path", "status", "body"), [pytest.param(*row[:3], row[4], id=row[3]) for row in ALL]
)
def test_it_is_answered_as_awx_answers(world: World, method: str, path: str, status: int, body: Any) -> None:
    answer = world.ask(method, path, body)
    world.undo(method, path, body, answer)
    assert answer.status_code == status, answer.text


def test_a_secret_is_never_shown_and_stays_when_it_is_sent_back_hidden(world: World) -> None:
    shown = world.ask("GET", "credentials/{credential}").json()["inputs"]
    again = world.ask("PATCH", "credentials/{credential}", {"inputs": shown}).json()["inputs"]
    assert shown == again == {"passphrase": "$encrypted$"}
    note = world.ask("GET", "notification_templates/{note}").json()["notification_configuration"]
    assert (note["password"], note["host"]) == ("$encrypted$", "mail.example.org")


def test_one_credential_of_a_type_is_all_that_a_job_template_takes(world: World) -> None:
    more = world.ask("POST", "credentials", {**CREDENTIAL, "name": "try more"}).json()["id"]
    first = world.ask("POST", "job_templates/{template}/credentials", {"id": "{credential}"})
    second = world.ask("POST", "job_templates/{template}/credentials", {"id": more})
    world.awx.drop("credentials", more)
    assert (first.status_code, second.status_code) == (204, 400)


def test_who_shows_no_token_is_refused(world: World) -> None:
    assert httpx.get(f"{world.awx.address}/api/v2/organizations/").status_code == 401
