# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SFTP version 3 on the wire: packets apart and together, and a stream that is none."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._io import sftp_wire as wire
from ansible_collections.dcass.sftp.plugins.module_utils._io.sftp_channel import SftpChannel
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import ConnectionLost
from tests.unit.sftp_server import Folder, Server, settle


@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2**32 - 1), st.binary(max_size=50))), st.binary(max_size=3)
)
def test_packets_come_apart_as_they_were_put_together(packets, rest):
    buffer = memoryview(b"".join(wire.packet(*packet) for packet in packets) + rest)
    found = []
    while parsed := wire.first_packet(buffer):
        kind, number, body, buffer = parsed
        found.append((kind, number, bytes(body)))
    assert (found, bytes(buffer)) == (packets, rest)


@given(st.binary(min_size=5, max_size=60), st.integers(0, 64))
def test_a_packet_cut_short_waits_for_its_rest(body, cut):
    whole = wire.packet(103, 1, body)
    assert (wire.first_packet(memoryview(whole[:cut])) is None) == (cut < len(whole))


@pytest.mark.parametrize("size", [0, 4, (1 << 22) + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_a_broken_stream(size):
    with pytest.raises(wire.BrokenStream):
        wire.first_packet(memoryview(struct.pack(">I", size) + b"x" * 20))


@pytest.mark.parametrize(
    ("packed", "size", "mode", "mtime"),
    [
        pytest.param(struct.pack(">I", 0), None, None, None, id="nothing told"),
        pytest.param(struct.pack(">IQ", 1, 1 << 40), 1 << 40, None, None, id="a size of a TiB"),
        pytest.param(struct.pack(">III", 2, 7, 8), None, None, None, id="the owner alone"),
        pytest.param(struct.pack(">II", 4, 0o100644), None, 0o100644, None, id="the mode alone"),
        pytest.param(struct.pack(">III", 8, 5, 6), None, None, 6, id="times: the second is the modification"),
        pytest.param(struct.pack(">IQIIIII", 15, 9, 7, 8, 0o100600, 5, 6), 9, 0o100600, 6, id="all of it"),
        pytest.param(
            struct.pack(">IQI", 0x80000001, 9, 1) + wire.string(b"a@b") + wire.string(b"c"),
            9,
            None,
            None,
            id="extended",
        ),
    ],
)
def test_attributes(packed, size, mode, mtime):
    fields = wire.Fields(memoryview(packed + wire.string(b"next")))
    assert fields.attributes() == wire.Attributes(size, mode, mtime)
    assert fields.string() == b"next"


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        (0o100644, wire.FILE),
        (0o040755, wire.FOLDER),
        (0o120777, wire.LINK),
        (0o140777, wire.OTHER),
        (0o644, None),
        (0, None),
        (None, None),
    ],
)
def test_what_a_mode_says_of_its_kind(mode, kind):
    assert wire.Attributes(mode=mode).kind == kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"-rw-r--r--   1 u g 1 Nov 27 18:00 x", wire.FILE),
        (b"-rw-r--r--+  1 u g 1 Nov 27 18:00 x", wire.FILE),
        (b"drwxr-sr-t   1 u g 1 Nov 27 18:00 x", wire.FOLDER),
        (b"lrwxrwxrwx   1 u g 1 Nov 27 18:00 x -> y", wire.LINK),
        (b"prw-r--r--   1 u g 1 Nov 27 18:00 x", wire.OTHER),
        (b"", None),
        (b"d", None),
        (b"-report.csv", None),
        (b"dated-report.csv", None),
        (b"11-27-26  06:00PM  <DIR> x", None),
    ],
)
def test_what_a_line_of_a_listing_says_of_its_kind(line, kind):
    assert wire.kind_of_line(memoryview(line)) == kind


@pytest.mark.parametrize(
    ("told", "read_bytes"),
    [
        pytest.param((262144, 261120, 261120, 27), 261120, id="OpenSSH"),
        pytest.param((0, 0, 0, 0), 32768, id="no limits, so what every server must be able to"),
        pytest.param((0, 1 << 30, 0, 0), wire.MOST_REQUEST_BYTES, id="more than is of use"),
        pytest.param((34000, 1 << 30, 0, 0), 34000 - 1024, id="a packet holds less than a READ may ask for"),
        pytest.param((0, 16384, 0, 0), 16384, id="less than the protocol asks for"),
        pytest.param((100, 0, 0, 0), 32768, id="a packet that holds nothing"),
        pytest.param((0, 1, 0, 0), 1024, id="next to nothing"),
    ],
)
def test_what_a_server_tells_of_its_limits(told, read_bytes):
    limits = wire.Fields(memoryview(struct.pack(">4Q", *told))).limits()
    assert limits.read_bytes == read_bytes and limits.handles == told[3]


def test_limits_that_are_cut_short_tell_nothing():
    assert wire.Fields(memoryview(bytes(31))).limits() is None


@given(st.binary(max_size=40))
def test_a_body_that_ends_too_early_is_a_broken_stream_and_nothing_else(body):
    for take in (wire.Fields.u32, wire.Fields.string, wire.Fields.attributes, wire.Fields.reason):
        with contextlib.suppress(wire.BrokenStream):
            take(wire.Fields(memoryview(body)))


LIES = [
    pytest.param(lambda kind, number, packed: b"\0\0\0\1x" + packed, id="a length of one"),
    pytest.param(lambda kind, number, packed: b"Welcome to the facility!\n" * 9, id="a greeting"),
    pytest.param(lambda kind, number, packed: packed + packed, id="everything twice"),
    pytest.param(
        lambda kind, number, packed: wire.packet(102, number + 7, wire.string(b"h")), id="an answer to nobody"
    ),
    pytest.param(lambda kind, number, packed: wire.packet(102, number, b"\0\0\1\0h"), id="a handle cut short"),
    pytest.param(lambda kind, number, packed: wire.packet(101, number, b""), id="a status without a code"),
    pytest.param(lambda kind, number, packed: b"", id="silence"),
]


@pytest.mark.parametrize("lie", LIES)
def test_what_is_no_sftp_is_a_lost_connection(lie):
    server = Server({"COMMON": Folder()})
    channel = SftpChannel(server)
    server.lie = lie
    channel.ask(wire.OPENDIR, wire.string(b"/COMMON"), lambda _kind, fields: fields.string())
    with pytest.raises(ConnectionLost):
        settle(channel)


def test_a_line_that_is_dead_from_the_start():
    server = Server()
    server.cut_after = 0
    with pytest.raises(ConnectionLost):
        SftpChannel(server)
