# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long line on one machine: two network namespaces, and between them the kernel's own delay, or a relay's.

Nothing on it can leave the machine: both ends and their addresses (of RFC 5737) exist in the namespaces alone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import threading
import time

CLIENTS, SERVER = "dcass-bench-clients", "dcass-bench-server"  # the namespaces
ADDRESSES = {CLIENTS: "198.51.100.1", SERVER: "198.51.100.2"}
NETEM, RELAY = "the kernel's netem", "a TUN relay of the bench (this kernel has no netem)"
_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33


def why_not():
    """The reason why this machine can't have such a line; None where it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not shutil.which("ip"):
        return "there is no ip on this machine (Debian package iproute2)"
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode:
        return "this machine lets nobody make network namespaces"
    return None


class Line:
    """The line, while the context lasts; ``made_by`` tells what delays it, ``why_not`` why nothing could."""

    def __init__(self, round_trip_ms, workplace):
        self.round_trip_ms, self._workplace = round_trip_ms, pathlib.Path(workplace)
        self.made_by = self._relay = None

    def __enter__(self):
        clear()
        for name in ADDRESSES:
            _ip("netns", "add", name)
        self.made_by = NETEM if self._netem() else RELAY
        if self.made_by == RELAY:
            self._start_relay()
        for name, address in ADDRESSES.items():
            _ip("-n", name, "address", "add", f"{address}/24", "dev", "line")
            _ip("-n", name, "link", "set", "line", "txqueuelen", "10000", "up")
            _ip("-n", name, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_error):
        if self._relay:
            self._relay.kill()
            self._relay.wait()
            self._relay.stdout.close()
        clear()

    def measure(self):
        """Its round trip in ms, and the MB/s of a TCP stream with the kernel's own buffers and with large ones.

        Where large buffers carry more, it is the kernel's that decide what a client gets, and not the line.
        """
        with _connected() as ends, _connected(1 << 26) as large:
            return _round_trip(*ends), _stream(*ends), _stream(*large)

    def _netem(self):
        _ip("-n", CLIENTS, "link", "add", "line", "type", "veth", "peer", "name", "line", "netns", SERVER)
        delay = ["netem", "delay", f"{self.round_trip_ms / 2}ms", "limit", "100000"]
        add = ["qdisc", "add", "dev", "line", "root", *delay]
        if all(_try("tc", "-n", name, *add) for name in ADDRESSES):
            return True
        _ip("-n", CLIENTS, "link", "delete", "line")
        return False

    def _start_relay(self):
        relay = self._workplace / "relay"
        source = pathlib.Path(__file__).with_name("relay.c")
        subprocess.run(["cc", "-O2", "-Wall", "-pthread", "-o", relay, source], check=True)
        dies_with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        one_way = str(int(self.round_trip_ms * 500))
        self._relay = subprocess.Popen([*dies_with_us, relay, CLIENTS, SERVER, one_way], stdout=subprocess.PIPE)
        if self._relay.stdout.readline() != b"ready\n":
            raise RuntimeError("the relay did not start")


@contextlib.contextmanager
def inside(namespace):
    """Let this thread, and what it starts, live in a namespace; None is where it lives already."""
    if namespace is None:
        yield
        return
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{namespace}") as there:
        _enter(there)
        try:
            yield
        finally:
            _enter(home)


def clear():
    """Take away what a line, or a killed run's line, has left."""
    for name in ADDRESSES:
        if os.path.exists(f"/run/netns/{name}"):
            _ip("netns", "delete", name)


def _enter(namespace):
    if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "cannot enter the network namespace", namespace.name)


@contextlib.contextmanager
def _connected(buffer=None):
    """Two sockets, one at each end; ``buffer`` in bytes is forced upon both."""
    with inside(SERVER):
        listener = socket.socket()
    with inside(CLIENTS):
        near = socket.socket()
    with listener, near:
        if buffer:
            near.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, buffer)
            listener.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer)
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind((ADDRESSES[SERVER], 0))
        listener.listen()
        near.connect(listener.getsockname())
        far, _peer = listener.accept()
        with far:
            yield near, far


def _round_trip(near, far):
    took = []
    for _turn in range(20):
        began = time.monotonic()
        near.sendall(b".")
        far.sendall(far.recv(1))
        near.recv(1)
        took.append(time.monotonic() - began)
    return statistics.median(took) * 1000


def _stream(sender, receiver, seconds=1.0):
    ends = time.monotonic() + seconds
    block = bytes(1 << 20)

    def send():
        while time.monotonic() < ends:
            sender.sendall(block)
        sender.shutdown(socket.SHUT_WR)

    thread, began, total, buffer = threading.Thread(target=send), time.monotonic(), 0, bytearray(1 << 20)
    thread.start()
    while got := receiver.recv_into(buffer):
        total += got
    thread.join()
    return total / (time.monotonic() - began) / 1e6


def _ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _try(*command):
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
