# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWX for the tests: the stand-in, or the one at DCASS_AWX, whose token is in the file DCASS_AWX_TOKEN_FILE."""

from __future__ import annotations

import os
import pathlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from tests.awx.standin import application

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = ROOT / "awx" / "project"


class Client:
    """Asks an AWX."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token = address, token
        self.http = httpx.Client(
            base_url=f"{address}/api/v2/", headers={"Authorization": f"Bearer {token}"}, timeout=60
        )

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request; AWX's paths end with a slash."""
        return self.http.request(method, path if "?" in path else f"{path}/", json=body)

    def named(self, kind: str) -> dict[str, int]:
        """The objects of a kind, by name."""
        return {row["name"]: row["id"] for row in self.ask("GET", f"{kind}/?page_size=200").json()["results"]}

    def drop(self, kind: str, key: int) -> None:
        """Take an object away, and wait until it is gone."""
        for _try in range(100):
            if self.ask("DELETE", f"{kind}/{key}").status_code in (204, 404):
                return
            time.sleep(0.1)
        raise TimeoutError(f"{kind}/{key} is still there")


@pytest.fixture(scope="session")
def awx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Whichever AWX is meant."""
    if os.environ.get("DCASS_AWX"):
        yield Client(os.environ["DCASS_AWX"], pathlib.Path(os.environ["DCASS_AWX_TOKEN_FILE"]).read_text().strip())
        return
    server = uvicorn.Server(uvicorn.Config(application(PROJECT, "any"), port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Client(f"http://127.0.0.1:{port}", "any")
    server.should_exit = True
    thread.join()
