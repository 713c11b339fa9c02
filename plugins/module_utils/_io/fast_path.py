# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of paramiko that are its own business and that we touch for speed; where they look different, nobody does.

Bytes are read from the socket a megabyte at a time, decrypted where they lie, and taken apart in the transport's
thread; paramiko would copy them seven times and hand them to another thread. What is relied on is looked for first,
and without it all goes by paramiko's public methods.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Union

from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import MISSING, BasePacketizer

Buffer = Union[bytes, memoryview]
KNOWN = ((3, 5), (5, 1))  # the oldest and the newest paramiko with which this is tested
_PRIVATE = ("block_engine_in", "aead_in", "iv_in", "sequence_number_in")  # of a Packetizer
_OWN = "_Packetizer__"
_IGNORE, _CHANNEL_DATA = 2, 94  # RFC 4253, 4254
_BUFFER_BYTES = 1 << 20
_MOST_PACKET = 1 << 18  # bytes; we tell the server 32 KiB, and OpenSSH takes no packet beyond 256 KiB either
_TAG = 16  # bytes of AES-GCM
_QUICKACK: Any = getattr(socket, "TCP_QUICKACK", None)  # Linux has it
_HURRIED = 64  # receptions: a login, and what comes after it


def open_transport(make: Callable[..., Any], sock: socket.socket) -> Any:
    """Make a transport over the socket, with our reading of packets where this paramiko is as we know it."""
    if not _known():
        return make(sock)
    buffered = BufferedSocket(sock)
    transport = make(buffered, packetizer_class=Packetizer)
    if all(hasattr(transport.packetizer, _OWN + name) for name in _PRIVATE):
        return transport
    return make(sock)


def attach(channel: Any, take: Callable[[Buffer], bool], lock: Any) -> bool:
    """Let ``take`` have the channel's bytes as they come, in the transport's thread; return whether that can be."""
    if not _known() or not _is_fresh(getattr(channel, "in_buffer", None)):
        return False
    pipe = channel.in_buffer = AnswerPipe(take, lock)
    packetizer = channel.get_transport().packetizer
    if isinstance(packetizer, Packetizer):
        packetizer.deliver(channel.get_id(), pipe)
    return True


def _known() -> bool:
    if MISSING is not None:
        return False
    import paramiko

    version = tuple(int(part) for part in paramiko.__version__.split(".")[:2] if part.isdigit())
    return KNOWN[0] <= version <= KNOWN[1]


def _is_fresh(buffer: Any) -> bool:
    from paramiko.buffered_pipe import BufferedPipe

    return isinstance(buffer, BufferedPipe) and len(buffer) == 0


class BufferedSocket:
    """A socket that is read in large pieces, whatever small ones are asked of it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = self.raw = sock
        self._view = memoryview(bytearray(_BUFFER_BYTES))
        self._from = self._to = 0
        self._hurried = _HURRIED if _QUICKACK is not None else 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, most: int) -> bytes:
        """As a socket does: wait for bytes, and return at most so many; none means the end."""
        if self._from == self._to and not self._receive():
            return b""
        size = min(most, self._to - self._from)
        return bytes(self.take(size))

    def has(self, size: int) -> bool:
        """Wait until so many bytes are here; False where the end comes before. A timeout loses nothing."""
        while self._to - self._from < size:
            if not self._receive():
                return False
        return True

    def peek(self, size: int) -> memoryview:
        """Return the next bytes without taking them, fewer where fewer are there."""
        return self._view[self._from : self._from + size]

    def take(self, size: int) -> memoryview:
        """Return bytes that are here; they are good until the next are waited for."""
        taken = self.peek(size)
        self._from += size
        return taken

    def _receive(self) -> int:
        rest = self._to - self._from
        if self._from and len(self._view) - self._to < _MOST_PACKET:
            self._view[:rest] = bytes(self.peek(rest))
            self._from, self._to = 0, rest
        if self._hurried:
            self._hurried -= 1
            self._acknowledge_at_once()
        received = self._sock.recv_into(self._view[self._to :])
        self._to += received
        return received

    def _acknowledge_at_once(self) -> None:
        """Keep the kernel from holding an acknowledgement back for 40 ms, for which some servers wait at a login."""
        with contextlib.suppress(OSError):  # no TCP, or a kernel that does without
            self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)  # the kernel forgets it again by itself


class Packetizer(BasePacketizer):
    """Reads AES-GCM packets straight out of a BufferedSocket, and hands one channel's data to its pipe."""

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self._sock = sock
        self._gcm: Any = None
        self._channel = -1
        self._pipe: Any = None
        self._bytes = self._packets = 0  # under the present key

    def deliver(self, channel: int, pipe: Any) -> None:
        """Hand what comes for one channel to a pipe, past paramiko's own buffers."""
        self._channel, self._pipe = channel, pipe

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:
        """As paramiko does, which believes any length."""
        if n > _MOST_PACKET:
            raise _broken(f"A packet of {n} bytes")
        received: bytes = super().read_all(n, check_rekey)
        return received

    def set_inbound_cipher(self, *arguments: Any, **named: Any) -> None:
        """Take over the keys of a key exchange, and decrypt by them where the cipher is AES-GCM (§2.1)."""
        super().set_inbound_cipher(*arguments, **named)
        self._gcm = self._own("block_engine_in") if self._own("aead_in") else None
        if self._gcm is not None:
            self._fixed, self._counter = self._own("iv_in")[:4], int.from_bytes(self._own("iv_in")[4:], "big")
        self._bytes = self._packets = 0

    def read_message(self) -> tuple[int, Any]:
        """Return the next message's kind and fields; data of the channel is delivered, and told as nothing to do."""
        if self._gcm is None:
            found: tuple[int, Any] = super().read_message()
            return found
        plain = self._next_packet()
        kind, end = plain[1], len(plain) - plain[0]
        number = self._own("sequence_number_in")
        setattr(self, _OWN + "sequence_number_in", (number + 1) & 0xFFFFFFFF)
        if kind == _CHANNEL_DATA and int.from_bytes(plain[2:6], "big") == self._channel:
            stop = 10 + int.from_bytes(plain[6:10], "big")
            self._pipe.feed(memoryview(plain)[10 : min(stop, end)])
            return _IGNORE, None
        from paramiko.message import Message

        message = Message(plain[2:end])
        message.seqno = number
        return kind, message

    def _next_packet(self) -> bytes:
        """Return padding's length, payload and padding of the next packet, decrypted (RFC 5647)."""
        self._wait_for(4, True)
        size = int.from_bytes(self._sock.peek(4), "big")
        if not 16 <= size <= _MOST_PACKET - 4 - _TAG:
            raise _broken(f"A packet of {size} bytes")
        self._wait_for(4 + size + _TAG, False)
        packet = self._sock.take(4 + size + _TAG)
        nonce = self._fixed + self._counter.to_bytes(8, "big")
        self._counter = (self._counter + 1) & 0xFFFFFFFFFFFFFFFF
        plain: bytes = self._gcm.decrypt(nonce, packet[4:], packet[:4])
        self._count(len(packet))
        return plain

    def _wait_for(self, size: int, between_packets: bool) -> None:
        while True:
            try:
                if self._sock.has(size):
                    return
                raise EOFError
            except (socket.timeout, BlockingIOError):  # paramiko's own timeout, ten times a second
                from paramiko.packet import NeedRekeyException

                if self.closed:
                    raise EOFError from None
                if between_packets and self.need_rekey():
                    raise NeedRekeyException from None
                self._check_keepalive()
            except OSError:
                if self.closed:
                    raise EOFError from None
                raise

    def _count(self, size: int) -> None:
        """Ask for new keys in time, and give up on a server that never agrees on any."""
        self._bytes += size
        self._packets += 1
        if self._bytes >= self.REKEY_BYTES + self.REKEY_BYTES_OVERFLOW_MAX:
            raise _broken("The server ignores requests for new keys.")
        if not self.need_rekey() and (self._bytes >= self.REKEY_BYTES or self._packets >= self.REKEY_PACKETS):
            self._trigger_rekey()

    def _own(self, name: str) -> Any:
        return getattr(self, _OWN + name)


def _broken(why: str) -> Exception:
    from paramiko import SSHException

    return SSHException(why)


class Taken:
    """How many bytes have been taken since it was last asked: what paramiko widens the channel's window by."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class AnswerPipe:
    """Stands where a Channel has its BufferedPipe; ``read`` waits for answers and returns how many bytes came."""

    def __init__(self, take: Callable[[Buffer], bool], lock: Any) -> None:
        self._take = take
        self._changed = threading.Condition(lock)
        self._size = 0
        self._answered = self._closed = False
        self._error: BaseException | None = None

    def feed(self, data: Buffer) -> None:
        """Called in the transport's thread, which must survive; an error is for the one who reads."""
        with self._changed:
            if self._error is not None:
                return
            self._size += len(data)
            try:
                self._answered = self._take(data) or self._answered
            except BaseException as error:
                self._error, self._answered = error, True
            if self._answered:
                self._changed.notify_all()

    def read(self, _most: int, timeout: float | None = None) -> Taken:
        """Wait until it is the reader's turn; after a timeout the reader judges by what has come meanwhile."""
        from paramiko.buffered_pipe import PipeTimeout

        with self._changed:
            while not self._answered and not self._closed:
                if not self._changed.wait(timeout):
                    raise PipeTimeout
            if self._error is not None:
                raise self._error
            taken, self._size, self._answered = Taken(self._size), 0, False
            return taken

    def close(self) -> None:
        """Let nobody wait for more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return 0

    def read_ready(self) -> bool:
        """Say whether an answer waits to be taken."""
        return self._answered
