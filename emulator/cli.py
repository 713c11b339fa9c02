# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of the server: runs SSH and control side by side until stopped."""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import uvicorn

from emulator.clock import BadTime, parse_moment
from emulator.control import make_control
from emulator.facility import Facility, RootInUse
from emulator.sites import DEFAULT_LISTEN, Address, BadAddress, Sites

DEFAULT_CONTROL = "127.0.0.1:10080"


def main(arguments: Sequence[str]) -> int:
    """Serve; 1 where that cannot be, with the reason."""
    options = make_parser().parse_args(arguments)
    try:
        asyncio.run(serve(options))
    except (BadAddress, BadTime, RootInUse) as problem:
        print(f"emulator: {problem}", file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """The command line of the server."""
    parser = argparse.ArgumentParser(
        prog="python -m emulator",
        description="A rehearsal facility on loopback. 'python -m emulator ctl --help' tells how to steer it.",
    )
    parser.add_argument("--root", type=Path, required=True, help="folder that holds all state, and survives restarts")
    parser.add_argument(
        "--listen",
        nargs="+",
        action="extend",
        metavar="[SITE=]HOST:PORT",
        help=f"addresses; port 0 means any (default: {' '.join(DEFAULT_LISTEN)})",
    )
    parser.add_argument("--control", metavar="HOST:PORT", default=DEFAULT_CONTROL, help="default: %(default)s")
    parser.add_argument("--now", metavar="ISO", help="set the clock there and let it run on")
    parser.add_argument("--hold", action="store_true", help="with --now: let the clock stand still")
    parser.add_argument("--stop-after", type=float, metavar="SECONDS", help="stop by itself")
    parser.add_argument("--parent", type=int, metavar="PID", help="stop when this process ends")
    return parser


async def serve(options: argparse.Namespace) -> None:
    """Run SSH and control side by side until told to stop."""
    addresses = [Address.parse(text) for text in options.listen or DEFAULT_LISTEN]
    moment = parse_moment(options.now) if options.now else None
    control_socket = _bind_control(options.control)
    facility = Facility(options.root)
    if moment:
        facility.clock.set(moment, hold=options.hold)
        facility.save_settings()
    sites = Sites(facility, addresses)
    await sites.refresh()
    control = _Control(uvicorn.Config(make_control(facility, sites), log_level="warning", access_log=False))
    stop = _stop_event(options)
    serving = asyncio.create_task(control.serve(sockets=[control_socket]))
    while not control.started and not serving.done():
        await asyncio.sleep(0.005)
    facility.events.record("start", addresses=[str(address) for address in addresses])
    _announce(facility, sites, control_socket)
    await asyncio.wait([serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED)
    control.should_exit = True
    sites.close()
    await serving
    facility.events.record("stop")
    facility.close()


class _Control(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # signals are for the whole emulator, not for its control interface alone


def _announce(facility: Facility, sites: Sites, control_socket: socket.socket) -> None:
    for address in sites.addresses:
        print("listening" if address.site == facility.site else "standby", address)
    host, port = control_socket.getsockname()
    print(f"control http://{host}:{port}")
    for line in sites.known_hosts():
        print("host-key", line)
    print("host-ca", sites.authority())
    print("ready", flush=True)


def _bind_control(text: str) -> socket.socket:
    host, _, port = text.rpartition(":")
    if not host.startswith("127.") or not port.isdecimal() or int(port) > 65535:
        raise BadAddress(f"{text!r} is not HOST:PORT on loopback")
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, int(port)))
    except OSError as problem:
        bound.close()
        raise BadAddress(f"cannot listen on {text}: {problem.strerror}") from None
    return bound


def _stop_event(options: argparse.Namespace) -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.stop_after is not None:
        loop.call_later(options.stop_after, stop.set)
    if options.parent is not None:
        _watch_parent(options.parent, stop)
    return stop


def _watch_parent(pid: int, stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        stop.set()
        return

    def ended() -> None:
        loop.remove_reader(watched)
        os.close(watched)
        stop.set()

    loop.add_reader(watched, ended)
