# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface: HTTP on loopback, described by its own OpenAPI document at /openapi.json."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from emulator.clock import BadTime, parse_day, parse_duration, parse_moment
from emulator.facility import Facility
from emulator.faults import KINDS, BadFault
from emulator.folders import BadReport
from emulator.publishing import publish_call, publish_day, publish_one
from emulator.registration import Refused
from emulator.schemas import ClockRequest, FaultRequest, HoursRequest, PublishRequest, SiteRequest, Which
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
        "last_event": desk.facility.events.last,
    }


@router.post("/registrations")
async def register(
    desk: Here, name: Annotated[str, Query()], package: Annotated[bytes, Body(media_type="application/zip")]
) -> list[Answer]:
    """Hand in a registration package (§5): its file name, and the zip file as the body."""
    if len(package) > LARGEST_PACKAGE:
        raise Refused([f"the package is larger than {LARGEST_PACKAGE} bytes"])
    return desk.facility.register(name, package)


@router.delete("/registrations/{customer_code}")
async def forget(desk: Here, customer_code: str) -> Answer:
    """Forget a participant with its keys, folders and counts, for the next rehearsal; the event log stays."""
    desk.facility.forget(customer_code)
    return {"participants": sorted(desk.facility.registry.participants)}


@router.post("/reports")
async def publish(desk: Here, order: PublishRequest) -> Answer:
    """Publish a day's reports, today's where no date is given, those of an ad hoc call for margin, or a single file."""
    named = parse_day(order.date) if order.date else None
    day = named or desk.facility.clock.today()
    if order.name is None and order.folder is None and order.size is None:
        if order.adhoc is not None:
            return await publish_call(desk.facility, day, order.adhoc, order.scale, holiday=order.holiday)
        return await publish_day(desk.facility, named, order.scale, due=order.due, holiday=order.holiday)
    if order.name is None or order.folder is None or order.size is None:
        raise BadReport("a single file needs name, folder and size")
    if order.holiday or order.adhoc is not None:
        raise BadReport("holiday and adhoc choose among a day's reports, and go with no single file")
    return await publish_one(desk.facility, day, order.name, order.folder, order.size)


@router.put("/clock")
async def steer(desk: Here, order: ClockRequest) -> Answer:
    """Steer the clock."""
    clock = desk.facility.clock
    if order.real + (order.set is not None) + (order.advance is not None) != 1:
        raise BadTime("say one of real, set and advance")
    if order.hold and order.set is None:
        raise BadTime("hold goes with set alone: a clock that stands still does so again after it was advanced")
    if order.set is not None:
        clock.set(parse_moment(order.set), hold=order.hold)
    elif order.advance is not None:
        clock.advance(parse_duration(order.advance))
    else:
        clock.real()
    desk.facility.clock_changed()
    return clock.describe()


@router.put("/hours")
async def change_hours(desk: Here, order: HoursRequest) -> Answer:
    """Say when opening hours are enforced, and which days differ from the weekday rule (§4.1)."""
    desk.facility.hours.change(**order.model_dump())
    desk.facility.hours_changed()
    return desk.facility.hours.describe()


@router.put("/site")
async def switch(desk: Here, order: SiteRequest) -> Answer:
    """Move to the other data centre (§2.2)."""
    if order.active != desk.facility.site:
        desk.facility.switch_site(order.active)
    await desk.sites.refresh()
    return {"site": desk.facility.site}


@router.get("/faults")
async def faults(desk: Here) -> Answer:
    """The faults that are armed, and all that there are."""
    return {
        "armed": [fault.describe() for fault in desk.facility.faults.armed()],
        "known": {name: {"does": kind.does, "settings": kind.settings} for name, kind in KINDS.items()},
    }


@router.post("/faults")
async def arm(desk: Here, order: FaultRequest) -> Answer:
    """Arm a fault: until cleared, or for the next `times`."""
    fault = desk.facility.faults.arm(order.name, order.times, **order.settings)
    if KINDS[fault.name].lasting:
        await desk.sites.refresh()
    return fault.describe()


@router.delete("/faults")
async def clear_faults(desk: Here, account: str | None = None) -> Answer:
    """Disarm every fault, or those that were armed for an account."""
    desk.facility.faults.clear(account)
    await desk.sites.refresh()
    return {"armed": [fault.describe() for fault in desk.facility.faults.armed()]}


@router.get("/accounts")
async def accounts(desk: Here) -> list[Answer]:
    """All accounts: the keys that are valid and their days, and until when logins or uploads are closed."""
    return desk.facility.accounts()


# The log can be long, and it is JSON already: given out as a response of its own, it is not checked entry by entry.


@router.get("/events", response_model=list[Answer])
async def events(desk: Here, which: Annotated[Which, Query()]) -> JSONResponse:
    """The event log."""
    return JSONResponse(desk.facility.events.events(**which.model_dump()))


@router.get("/violations", response_model=list[Answer])
async def violations(desk: Here, which: Annotated[Which, Query()]) -> JSONResponse:
    """What clients did that the guide forbids."""
    return JSONResponse(desk.facility.events.violations(**which.model_dump()))


def make_control(facility: Facility, sites: Sites) -> FastAPI:
    """The application; every refusal is a sentence under `reason`, and has changed nothing."""
    app = FastAPI(title="Rehearsal facility", version="1", docs_url=None, redoc_url=None)
    app.state.desk = Desk(facility, sites)
    app.include_router(router)
    for kind in (BadTime, BadReport, BadFault, Refused):
        app.add_exception_handler(kind, _refuse)
    app.add_exception_handler(RequestValidationError, _explain)
    app.add_exception_handler(HTTPException, _redirect)
    return app


async def _refuse(_request: Request, problem: Exception) -> JSONResponse:
    reasons = problem.reasons if isinstance(problem, Refused) else [str(problem)]
    return JSONResponse({"reason": "; ".join(reasons), "reasons": reasons}, status_code=409)


async def _explain(_request: Request, problem: Exception) -> JSONResponse:
    wrong = problem.errors() if isinstance(problem, RequestValidationError) else []
    reasons = [_sentence(error) for error in wrong]
    return JSONResponse({"reason": "; ".join(reasons), "reasons": reasons}, status_code=422)


def _sentence(error: Answer) -> str:
    if error["type"] == "json_invalid":
        return f"the order is not JSON: {error['ctx']['error']} at character {error['loc'][1]}"
    if error["loc"] == ("body",):
        return "the order must be a JSON object, sent as application/json"
    return f"{'.'.join(str(part) for part in error['loc'][1:]) or 'the order'}: {error['msg']}"


async def _redirect(request: Request, problem: Exception) -> JSONResponse:
    """Name the place that tells what there is to who asked for something else."""
    status, said = (problem.status_code, problem.detail) if isinstance(problem, HTTPException) else (500, str(problem))
    known = {404: f"there is no {request.url.path}", 405: f"{request.url.path} is not there to {request.method}"}
    reason = f"{known.get(status, said)}; /openapi.json tells what can be asked, and how"
    return JSONResponse({"reason": reason, "reasons": [reason]}, status_code=status)
