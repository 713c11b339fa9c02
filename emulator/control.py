# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface: HTTP on loopback, described by its own OpenAPI document at /openapi.json."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from emulator.clock import BadTime, parse_day, parse_duration, parse_moment
from emulator.facility import Facility
from emulator.faults import KINDS, BadFault
from emulator.folders import BadReport
from emulator.publishing import publish_day, publish_one
from emulator.registration import Refused
from emulator.sites import Sites

LARGEST_PACKAGE = 4 * 1024 * 1024  # bytes
Answer = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """What the control interface steers."""

    facility: Facility
    sites: Sites


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


Here = Annotated[Desk, Depends(_desk)]
router = APIRouter()


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PublishOrder(_Order):
    """A trading day's reports (no name; `due`: only those made by now), or one file."""

    date: str | None = None
    name: str | None = None
    folder: str | None = None
    size: int | None = Field(default=None, ge=0)
    scale: float = Field(default=1.0, gt=0, le=100)
    due: bool = False


class ClockOrder(_Order):
    """Exactly one of: `real`, `set` (with `hold` to stand still), `advance`."""

    real: bool = False
    set: str | None = None
    hold: bool = False
    advance: str | None = None


class HoursOrder(_Order):
    """What is not given stays; `steered` means: enforced only while the clock is not the machine's."""

    enforce: Literal["steered", "always", "never"] | None = None
    closed_days: list[str] | None = None
    open_days: list[str] | None = None


class FaultOrder(_Order):
    """A fault by name, how often it is to strike (always, where not given), and its settings."""

    name: str
    times: int | None = None
    settings: dict[str, str | float] = Field(default_factory=dict)


class SiteOrder(_Order):
    """Which site is to answer."""

    active: Literal["primary", "secondary"]


@router.get("/")
async def status(desk: Here) -> Answer:
    """Where the facility stands."""
    return {
        "clock": desk.facility.clock.describe(),
        "hours": desk.facility.hours.describe(),
        "open": desk.facility.hours.is_open(desk.facility.clock.now()),
        "site": desk.facility.site,
        "addresses": [{"site": address.site, "address": str(address)} for address in desk.sites.addresses],
        "known_hosts": desk.sites.known_hosts(),
        "host_ca": desk.sites.authority(),
        "participants": sorted(desk.facility.registry.participants),
    }


@router.post("/registrations")
async def register(
    desk: Here, name: Annotated[str, Query()], package: Annotated[bytes, Body(media_type="application/zip")]
) -> list[Answer]:
    """Hand in a registration package (§5): its file name, and the zip file as the body."""
    if len(package) > LARGEST_PACKAGE:
        raise Refused([f"the package is larger than {LARGEST_PACKAGE} bytes"])
    return desk.facility.register(name, package)


@router.post("/reports")
async def publish(desk: Here, order: PublishOrder) -> Answer:
    """Publish a trading day's reports, today's where no date is given, or a single file."""
    day = parse_day(order.date) if order.date else desk.facility.clock.today()
    if order.name is None and order.folder is None and order.size is None:
        return await publish_day(desk.facility, day, order.scale, due=order.due)
    if order.name is None or order.folder is None or order.size is None:
        raise BadReport("a single file needs name, folder and size")
    return await publish_one(desk.facility, day, order.name, order.folder, order.size)


@router.put("/clock")
async def steer(desk: Here, order: ClockOrder) -> Answer:
    """Steer the clock."""
    clock = desk.facility.clock
    if order.real + (order.set is not None) + (order.advance is not None) != 1:
        raise BadTime("say one of real, set and advance")
    if order.set is not None:
        clock.set(parse_moment(order.set), hold=order.hold)
    elif order.advance is not None:
        clock.advance(parse_duration(order.advance))
    else:
        clock.real()
    desk.facility.clock_changed()
    return clock.describe()


@router.put("/hours")
async def change_hours(desk: Here, order: HoursOrder) -> Answer:
    """Say when opening hours are enforced, and which days differ from the weekday rule (§4.1)."""
    desk.facility.hours.change(**order.model_dump())
    desk.facility.hours_changed()
    return desk.facility.hours.describe()


@router.put("/site")
async def switch(desk: Here, order: SiteOrder) -> Answer:
    """Move to the other data centre (§2.2)."""
    if order.active != desk.facility.site:
        desk.facility.switch_site(order.active)
        await desk.sites.switch()
    return {"site": desk.facility.site}


@router.get("/faults")
async def faults(desk: Here) -> Answer:
    """The faults that are armed, and all that there are."""
    return {
        "armed": [fault.describe() for fault in desk.facility.faults.armed()],
        "known": {name: {"does": kind.does, "settings": kind.settings} for name, kind in KINDS.items()},
    }


@router.post("/faults")
async def arm(desk: Here, order: FaultOrder) -> Answer:
    """Arm a fault: until cleared, or for the next `times`."""
    fault = desk.facility.faults.arm(order.name, order.times, **order.settings)
    if KINDS[fault.name].lasting:
        await desk.sites.refresh()
    return fault.describe()


@router.delete("/faults")
async def clear_faults(desk: Here) -> Answer:
    """Disarm every fault."""
    lasting = any(KINDS[fault.name].lasting for fault in desk.facility.faults.armed())
    desk.facility.faults.clear()
    if lasting:
        await desk.sites.refresh()
    return {"armed": []}


@router.get("/accounts")
async def accounts(desk: Here) -> list[Answer]:
    """All accounts: the keys that are valid and their days, and until when logins or uploads are shut."""
    return desk.facility.accounts()


# The log can be long, and it is JSON already: given out as a response of its own, it is not checked entry by entry.


@router.get("/events", response_model=list[Answer])
async def events(desk: Here, since: int = 0, account: str | None = None, event: str | None = None) -> JSONResponse:
    """The event log after number `since`."""
    return JSONResponse(desk.facility.events.events(since=max(since, 0), account=account, event=event))


@router.get("/violations", response_model=list[Answer])
async def violations(desk: Here) -> JSONResponse:
    """What clients did that the guide forbids."""
    return JSONResponse(desk.facility.events.violations())


def make_control(facility: Facility, sites: Sites) -> FastAPI:
    """The application; every refusal is a sentence under `reason`, and has changed nothing."""
    app = FastAPI(title="Rehearsal facility", version="1", docs_url=None, redoc_url=None)
    app.state.desk = Desk(facility, sites)
    app.include_router(router)
    for kind in (BadTime, BadReport, BadFault, Refused):
        app.add_exception_handler(kind, _refuse)
    app.add_exception_handler(RequestValidationError, _explain)
    return app


async def _refuse(_request: Request, problem: Exception) -> JSONResponse:
    reasons = problem.reasons if isinstance(problem, Refused) else [str(problem)]
    return JSONResponse({"reason": "; ".join(reasons), "reasons": reasons}, status_code=409)


async def _explain(_request: Request, problem: Exception) -> JSONResponse:
    wrong = problem.errors() if isinstance(problem, RequestValidationError) else []
    reasons = [f"{'.'.join(str(part) for part in error['loc'][1:]) or 'the order'}: {error['msg']}" for error in wrong]
    return JSONResponse({"reason": "; ".join(reasons), "reasons": reasons}, status_code=422)
