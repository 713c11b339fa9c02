# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface: HTTP on loopback, described by its own OpenAPI document at /openapi.json."""

from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from emulator.clock import BadTime, parse_day, parse_duration, parse_moment
from emulator.facility import Facility
from emulator.folders import BadReport
from emulator.registration import Refused
from emulator.sites import Sites

LARGEST_PACKAGE = 4 * 1024 * 1024  # bytes


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PublishOrder(_Order):
    """A trading day's reports (no name), or one file."""

    date: str | None = None
    name: str | None = None
    folder: str | None = None
    size: int | None = Field(default=None, ge=0)
    scale: float = Field(default=1.0, gt=0, le=100)


class ClockOrder(_Order):
    """Exactly one of: `real`, `set` (with `hold` to stand still), `advance`."""

    real: bool = False
    set: str | None = None
    hold: bool = False
    advance: str | None = None


class SiteOrder(_Order):
    """Which site is to answer."""

    active: Literal["primary", "secondary"]


def make_control(facility: Facility, sites: Sites) -> FastAPI:
    """The application; every refusal is a sentence under `reason`, and has changed nothing."""
    app = FastAPI(title="Rehearsal facility", version="1", docs_url=None, redoc_url=None)

    @app.exception_handler(BadTime)
    @app.exception_handler(BadReport)
    @app.exception_handler(Refused)
    async def refuse(_request: Request, problem: Exception) -> JSONResponse:
        reasons = problem.reasons if isinstance(problem, Refused) else [str(problem)]
        return JSONResponse({"reason": str(problem), "reasons": reasons}, status_code=409)

    @app.get("/")
    async def status() -> dict[str, Any]:
        """Where the facility stands."""
        return {
            "clock": facility.clock.describe(),
            "site": facility.site,
            "addresses": [{"site": a.site, "address": str(a)} for a in sites.addresses],
            "known_hosts": sites.known_hosts(),
            "host_ca": sites.authority(),
            "participants": sorted(facility.registry.participants),
        }

    @app.post("/registrations")
    async def register(
        name: Annotated[str, Query()], package: Annotated[bytes, Body(media_type="application/zip")]
    ) -> list[dict[str, Any]]:
        """Hand in a registration package (§5): its file name, and the zip file as the body."""
        if len(package) > LARGEST_PACKAGE:
            raise Refused([f"the package is larger than {LARGEST_PACKAGE} bytes"])
        return facility.register(name, package)

    @app.post("/reports")
    async def publish(order: PublishOrder) -> dict[str, Any]:
        """Publish a trading day's reports, today's where no date is given, or a single file."""
        day = parse_day(order.date) if order.date else facility.clock.today()
        if order.name is None and order.folder is None and order.size is None:
            return await facility.publish_day(day, order.scale)
        if order.name is None or order.folder is None or order.size is None:
            raise BadReport("a single file needs name, folder and size")
        return await facility.publish_one(day, order.name, order.folder, order.size)

    @app.put("/clock")
    async def steer(order: ClockOrder) -> dict[str, Any]:
        """Steer the clock."""
        if order.real + (order.set is not None) + (order.advance is not None) != 1:
            raise BadTime("say one of real, set and advance")
        if order.set is not None:
            facility.clock.set(parse_moment(order.set), hold=order.hold)
        elif order.advance is not None:
            facility.clock.advance(parse_duration(order.advance))
        else:
            facility.clock.real()
        facility.clock_changed()
        return facility.clock.describe()

    @app.put("/site")
    async def switch(order: SiteOrder) -> dict[str, Any]:
        """Move to the other data centre (§2.2)."""
        if order.active != facility.site:
            await sites.activate(order.active)
            facility.switch_site(order.active)
        return {"site": facility.site}

    @app.get("/accounts")
    async def accounts() -> list[dict[str, Any]]:
        """All accounts, with their keys' fingerprints and days."""
        return [entry for participant in facility.registry.participants.values() for entry in participant.describe()]

    @app.get("/events")
    async def events(since: int = 0, account: str | None = None, event: str | None = None) -> list[dict[str, Any]]:
        """The event log after number `since`."""
        return facility.events.events(since=max(since, 0), account=account, event=event)

    @app.get("/violations")
    async def violations() -> list[dict[str, Any]]:
        """What clients did that the guide forbids."""
        return facility.events.violations()

    @app.exception_handler(HTTPException)
    async def explain(_request: Request, problem: HTTPException) -> JSONResponse:
        return JSONResponse({"reason": str(problem.detail)}, status_code=problem.status_code)

    return app
