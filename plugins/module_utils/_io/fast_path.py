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
import struct
import threading
from collections.abc import Callable
from typing import Any, Union

from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import KNOWN, MISSING, BasePacketizer

Buffer = Union[bytes, memoryview]
_PRIVATE = ("block_engine_in", "aead_in", "iv_in", "sequence_number_in")  # of a Packetizer
_OWN = "_Packetizer__"
_NUMBER = _OWN + "sequence_number_in"
_IGNORE, _CHANNEL_DATA = 2, 94  # RFC 4253, 4254
_SIZE, _DATA_HEAD = struct.Struct(">I"), struct.Struct(">BBII")  # of a packet; its padding, kind, channel, bytes
_BUFFER_BYTES = 1 << 20
_MOST_PACKET = 1 << 18  # bytes; we tell the server 32 KiB, and OpenSSH takes no packet beyond 256 KiB either
_TAG = 16  # bytes of AES-GCM
_MOST_SENT = 1 << 15  # bytes, at once by the thread that reads: the kernel has room for them, whatever the server does
_NOTHING = 0  # bytes to be read, where only what was taken is to be told
_WIDENED = 1 << 20  # bytes taken, of which the server is told before who reads has its turn
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


def attach(channel: Any, take: Callable[[Buffer], None], flush: Callable[[], bool]) -> bool:
    """Let ``take`` have the channel's bytes as they come, in the transport's thread; return whether that can be.

    ``flush`` is called when all that has come so far is taken, and says whether it is the turn of who reads.
    """
    if not _known() or not _is_fresh(getattr(channel, "in_buffer", None)):
        return False
    transport = channel.get_transport()
    if not hasattr(channel, "out_window_size") or not hasattr(transport, "clear_to_send"):
        return False
    pipe = channel.in_buffer = AnswerPipe(channel, take, flush)
    if isinstance(transport.packetizer, Packetizer):
        transport.packetizer.deliver(channel.get_id(), pipe)
    return True


def has_room(channel: Any, size: int = 0) -> bool:
    """Say whether so many bytes can be sent without waiting for the server's window, nor for the end of a re-key.

    To be asked in the transport's thread: a re-key begins and ends there, and it alone could never wait for one.
    """
    fits: bool = size <= min(channel.out_window_size, _MOST_SENT)
    return fits and bool(channel.get_transport().clear_to_send.is_set())


def _is_possible(size: int) -> bool:
    """Say whether a packet of AES-GCM can have that size, its length and tag apart (RFC 5647)."""
    return 16 <= size <= _MOST_PACKET - _SIZE.size - _TAG


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

    def next_packet(self) -> memoryview | None:
        """Take the next packet of AES-GCM where it is here whole, else None. It is good until more is waited for."""
        start = self._from
        if self._to - start < _SIZE.size:
            return None
        size = _SIZE.unpack_from(self._view, start)[0]
        end = start + _SIZE.size + size + _TAG
        if end > self._to or not _is_possible(size):
            return None
        self._from = end
        return self._view[start:end]

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
        packet: memoryview | None = self._wait_for_packet()
        while packet is not None:
            plain = self._decrypt(packet)
            padding, kind, channel, size = _DATA_HEAD.unpack_from(plain)
            end = len(plain) - padding
            if kind != _CHANNEL_DATA or channel != self._channel:
                return kind, self._message(plain[2:end])
            self._pipe.take_in(memoryview(plain)[_DATA_HEAD.size : min(_DATA_HEAD.size + size, end)])
            packet = None if self.need_rekey() else self._sock.next_packet()
        self._pipe.flush()
        return _IGNORE, None

    def _message(self, content: bytes) -> Any:
        """Return a message for paramiko; what has been delivered before it comes first."""
        from paramiko.message import Message

        if self._pipe is not None:
            self._pipe.flush()
        message = Message(content)
        message.seqno = (getattr(self, _NUMBER) - 1) & 0xFFFFFFFF
        return message

    def _wait_for_packet(self) -> memoryview:
        packet: memoryview | None = None
        while packet is None:
            self._wait_for(_SIZE.size, True)
            size = _SIZE.unpack(self._sock.peek(_SIZE.size))[0]
            if not _is_possible(size):
                raise _broken(f"A packet of {size} bytes")
            self._wait_for(_SIZE.size + size + _TAG, False)
            packet = self._sock.next_packet()
        return packet

    def _decrypt(self, packet: memoryview) -> bytes:
        """Return padding's length, payload and padding of the next packet (RFC 5647)."""
        nonce = self._fixed + self._counter.to_bytes(8, "big")
        self._counter = (self._counter + 1) & 0xFFFFFFFFFFFFFFFF
        plain: bytes = self._gcm.decrypt(nonce, packet[_SIZE.size :], packet[: _SIZE.size])
        setattr(self, _NUMBER, (getattr(self, _NUMBER) + 1) & 0xFFFFFFFF)
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
        if (self._bytes >= self.REKEY_BYTES or self._packets >= self.REKEY_PACKETS) and not self.need_rekey():
            self._trigger_rekey()

    def _own(self, name: str) -> Any:
        return getattr(self, _OWN + name)


def _broken(why: str) -> Exception:
    from paramiko import SSHException

    return SSHException(why)


class Taken:
    """How many bytes have been taken since it was last asked: what paramiko widens the channel's window by.

    It is true unless the channel is closed, also where the bytes were told of before.
    """

    def __init__(self, size: int, is_open: bool = True) -> None:
        self._size, self._is_open = size, is_open

    def __len__(self) -> int:
        return self._size

    def __bool__(self) -> bool:
        return self._is_open


class AnswerPipe:
    """Stands where a Channel has its BufferedPipe; ``read`` waits for its turn and returns how many bytes came.

    What feeds it is the transport's thread, which must survive; an error is for the one who reads. It is closed by
    anybody, who may hold locks of paramiko's: so its own is held for moments, and never while anything else is called.
    """

    def __init__(self, channel: Any, take: Callable[[Buffer], None], flush: Callable[[], bool]) -> None:
        self._channel, self._take, self._flush = channel, take, flush
        self._changed = threading.Condition()
        self._size = self._fresh = 0  # bytes taken in, and those that are not among them yet
        self._is_turn = self._closed = False
        self._error: BaseException | None = None

    def feed(self, data: Buffer) -> None:
        """Take bytes in that paramiko hands over, one packet at a time."""
        self.take_in(data)
        self.flush()

    def take_in(self, data: Buffer) -> None:
        """Take bytes in; more may follow before ``flush``."""
        self._fresh += len(data)
        if self._error is None:
            try:
                self._take(data)
            except BaseException as error:
                self._error = error

    def flush(self) -> None:
        """All that is there has been taken in: send what it has led to, and wake who reads if it is its turn."""
        if not self._fresh:
            return
        with self._changed:
            self._size, self._fresh = self._size + self._fresh, 0
        try:
            is_turn = self._error is not None or self._send()
        except BaseException as error:
            self._error, is_turn = error, True
        if is_turn:
            with self._changed:
                self._is_turn = True
                self._changed.notify_all()

    def _send(self) -> bool:
        if self._size >= _WIDENED and has_room(self._channel):
            self._channel.recv(_NOTHING)
        return self._flush()

    def read(self, most: int, timeout: float | None = None) -> Taken:
        """Wait for the reader's turn; after a timeout the reader judges by what has come meanwhile.

        Who asks for nothing only wants to have told what has been taken.
        """
        from paramiko.buffered_pipe import PipeTimeout

        with self._changed:
            while most and not self._is_turn and not self._closed:
                if not self._changed.wait(timeout):
                    raise PipeTimeout
            if most and self._error is not None:
                raise self._error
            taken, self._size = Taken(self._size, self._is_turn or not self._closed), 0
            self._is_turn = self._is_turn and not most
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
        return self._is_turn
