# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of `python -m emulator ctl`: each calls the control interface and prints its answer as JSON."""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from emulator.client import DEFAULT_CONTROL, Control, Refused

_WHOLE = re.compile(r"-?\d{1,30}")


class _Parser(argparse.ArgumentParser):
    """A command line that is refused like anything else, with a sentence; -1d is a value and no option."""

    def __init__(self, **settings: object) -> None:
        super().__init__(**settings)  # type: ignore[arg-type]
        self._negative_number_matcher = re.compile(r"-\d")

    def error(self, message: str) -> NoReturn:
        raise Refused(message)


def make_parser() -> argparse.ArgumentParser:
    """The command line of ctl."""
    parser = _Parser(prog="python -m emulator ctl", description="Steer a running rehearsal facility.")
    parser.add_argument(
        "--control",
        metavar="URL",
        default=os.environ.get("EMULATOR_CONTROL", DEFAULT_CONTROL),
        help="its control interface (default: $EMULATOR_CONTROL, then %(default)s)",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("status", help="clock, active site, addresses, host keys")
    register = verbs.add_parser("register", help="hand in a registration package")
    register.add_argument("package", metavar="ZIP")
    forget = verbs.add_parser("forget", help="forget a participant with its keys, folders and counts")
    forget.add_argument("customer_code", metavar="CXXX")
    publish = verbs.add_parser("publish", help="publish a day's reports, those of an ad hoc call, or one file")
    publish.add_argument("--date", metavar="ISO", help="the day (default: today by the facility's clock)")
    publish.add_argument("--name", help="publish one file of this name")
    publish.add_argument("--folder", help="into this folder: COMMON or a customer code")
    publish.add_argument("--size", type=int, metavar="BYTES")
    publish.add_argument("--scale", type=float, metavar="FACTOR", help="make a day's reports smaller or larger")
    publish.add_argument("--holiday", action="store_true", default=None, help="what comes where HKCC alone works")
    publish.add_argument("--adhoc", metavar="HH:MM", help="the reports of a call for margin at that time")
    publish.add_argument(
        "--due", action="store_true", default=None, help="only the reports of the day that are made by now"
    )
    clock = verbs.add_parser("clock", help="steer the facility's clock")
    steer = clock.add_subparsers(dest="how", required=True, metavar="HOW")
    steer.add_parser("real", help="the machine's clock")
    jump = steer.add_parser("set", help="jump there and run on")
    jump.add_argument("moment", metavar="ISO")
    jump.add_argument("--hold", action="store_true", help="and stand still there")
    steer.add_parser("advance", help="move forward").add_argument("duration", metavar="DURATION")
    hours = verbs.add_parser("hours", help="say when opening hours are enforced, and which days differ")
    hours.add_argument("--enforce", choices=("steered", "always", "never"), help="steered: while the clock is not real")
    hours.add_argument("--closed-days", nargs="*", metavar="ISO", help="not open (replaces the list)")
    hours.add_argument("--open-days", nargs="*", metavar="ISO", help="open all the same (replaces the list)")
    verbs.add_parser("site", help="choose the active site").add_argument("active", choices=("primary", "secondary"))
    fault = verbs.add_parser("fault", help="arm faults and clear them").add_subparsers(dest="how", required=True)
    arm = fault.add_parser("arm", help="arm one, until cleared or for the next times=N")
    arm.add_argument("name")
    arm.add_argument("settings", nargs="*", metavar="KEY=VALUE")
    fault.add_parser("clear", help="disarm all").add_argument("--account", help="only those armed for this account")
    fault.add_parser("list", help="what is armed, and what there is")
    verbs.add_parser("accounts", help="who is registered, with which keys")
    for verb, shows in (("events", "what happened"), ("violations", "what clients did that the guide forbids")):
        log = verbs.add_parser(verb, help=shows)
        log.add_argument("--since", type=int, default=0, metavar="N", help="only after event number N")
        log.add_argument("--account", help="only of this account")
        log.add_argument("--event", metavar="KIND", help="only of this kind, such as login")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Carry out one verb; 1 where it is refused."""
    try:
        print(json.dumps(_carry_out(**vars(make_parser().parse_args(arguments))), indent=2, ensure_ascii=False))
    except Refused as refusal:
        print(*refusal.reasons, sep="\n", file=sys.stderr)
        return 1
    except OSError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _carry_out(control: str, verb: str, how: str | None = None, settings: Sequence[str] = (), **chosen: Any) -> Any:
    for setting in settings:
        name, _, value = setting.partition("=")
        chosen[name] = int(value) if name == "times" and _WHOLE.fullmatch(value) else value
    given = {name: value for name, value in chosen.items() if value is not None}
    return getattr(Control(control), f"{verb}_{how}" if how else verb)(**given)
