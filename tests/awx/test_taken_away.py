# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes with what is taken away, and what stays: in the stand-in as in AWX 24.6.1."""

from __future__ import annotations

import pytest

from tests.awx.asked import BASE, SCHEDULE, SOURCE
from tests.awx.conftest import Client
from tests.awx.world import World

STAYS = set(BASE) | {"source", "schedule"}
GONE = {  # with what is taken away
    "project": {"source"},
    "organization": {"credential", "environment", "inventory", "source", "note"},
    "inventory": {"source"},
    "environment": set(),
    "template": {"schedule"},
    "workflow": {"node", "second"},
    "credential": set(),
}


@pytest.mark.parametrize("name", GONE)
def test_what_is_taken_away_takes_along_what_belongs_to_it_alone(awx: Client, name: str) -> None:
    world = World(awx)
    world.make("source", "inventory_sources", SOURCE)
    world.make("schedule", "schedules", SCHEDULE)
    awx.drop(*world.made[name])
    kept = world.kept("organization", "project", "inventory", "unified_job_template")
    world.end()
    assert STAYS - set(kept) == {name, *GONE[name]}
    gone = {world.ids[one] for one in (name, *GONE[name])}
    assert not gone & {value for its in kept.values() for value in its.values()}
