# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the facility is (§7.1), and which two workstations may be registered (§5, §7)."""

from __future__ import annotations

import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import facility_addresses, workstation_pair
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, SubnetMismatch

TEN = "10" + "."  # spelt in pieces: nothing in a test may look like a way to the exchange


@pytest.mark.parametrize(
    ("site", "hosts"),
    [
        pytest.param("primary", ["151.14.121:10022", "151.14.122:10022"], id="primary data centre"),
        pytest.param("secondary", ["152.14.121:10022", "152.14.122:10022"], id="secondary data centre"),
    ],
)
def test_the_guide_s_addresses_are_the_default(site, hosts):
    assert [str(address) for address in facility_addresses(site, None, 10022)] == [TEN + host for host in hosts]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", 10022, id="an address alone"),
        pytest.param("127.0.0.1:2222", "127.0.0.1", 2222, id="with a port"),
        pytest.param(" 127.0.0.1:2222 ", "127.0.0.1", 2222, id="blanks around"),
        pytest.param("sftp.example.com", "sftp.example.com", 10022, id="a name"),
        pytest.param("sftp.example.com:1", "sftp.example.com", 1, id="a name with the lowest port"),
        pytest.param("sftp.example.com:65535", "sftp.example.com", 65535, id="a name with the highest port"),
        pytest.param("[::1]:2222", "::1", 2222, id="IPv6 with a port"),
        pytest.param("[127.0.0.1]:2222", "127.0.0.1", 2222, id="as known_hosts writes it"),
    ],
)
def test_an_address_is_taken_apart(text, host, port):
    [address] = facility_addresses("primary", [text], 10022)
    assert (address.host, address.port) == (host, port)


@pytest.mark.parametrize("text", ["127.0.0.1:2222", "sftp.example.com:22", "[::1]:2222"])
def test_an_address_is_told_as_it_is_given(text):
    assert str(facility_addresses("primary", [text], 10022)[0]) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param(" ", id="a blank"),
        pytest.param(":22", id="no host"),
        pytest.param("127.0.0.1:", id="no port after the colon"),
        pytest.param("127.0.0.1:0", id="port 0"),
        pytest.param("127.0.0.1:65536", id="port 65536"),
        pytest.param("127.0.0.1:-1", id="a negative port"),
        pytest.param("127.0.0.1:ssh", id="a port by name"),
        pytest.param("127.0.0.1:²", id="a digit that is no number"),
        pytest.param("127.0.0.1:22:33", id="two ports"),
        pytest.param("[::1", id="a bracket left open"),
        pytest.param("[::1]2222", id="no colon after the bracket"),
        pytest.param("sftp.example.com other", id="two words"),
    ],
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(BadInput):
        facility_addresses("primary", [text], 10022)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_refused(port):
    with pytest.raises(BadInput, match=rf"^port is {port}: it must be a number from 1 to 65535\.$"):
        facility_addresses("primary", ["127.0.0.1"], port)


@pytest.mark.parametrize("port", [1, 65535])
def test_any_port_of_tcp_can_be_the_one_where_none_is_given(port):
    assert facility_addresses("primary", ["127.0.0.1"], port)[0].port == port


def test_two_workstations_of_one_subnet():
    assert workstation_pair(["192.0.2.31", " 192.0.2.32 "]) == ("192.0.2.31", "192.0.2.32")
    assert workstation_pair(["1.0.2.1", "1.0.2.254"]) == ("1.0.2.1", "1.0.2.254")


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param([], id="none"),
        pytest.param(["192.0.2.31"], id="one"),
        pytest.param(["192.0.2.31", "192.0.2.32", "192.0.2.33"], id="three"),
        pytest.param(["192.0.2.31", "192.0.2.31"], id="the same twice"),
        pytest.param(["192.0.2.31", "192.0.3.31"], id="the third octet differs"),
        pytest.param(["192.0.2.31", "193.0.2.31"], id="the first octet differs"),
        pytest.param(["192.0.2.31", "192.0.2.256"], id="an octet of 256"),
        pytest.param(["192.0.2.31", "192.0.2"], id="three octets"),
        pytest.param(["192.0.2.31", "2001:db8::1"], id="IPv6"),
        pytest.param(["192.0.2.31", "ws2.example.com"], id="a name"),
        pytest.param(["192.0.2.31", "192.0.2.32/24"], id="a network"),
        pytest.param(["192.0.2.31", ""], id="an empty one"),
    ],
)
def test_other_pairs_are_refused(pair):
    with pytest.raises(SubnetMismatch):
        workstation_pair(pair)


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param(["0.0.0.1", "0.0.0.2"], id="no network"),
        pytest.param(["224.0.0.1", "224.0.0.2"], id="multicast"),
        pytest.param(["255.0.0.1", "255.0.0.2"], id="reserved"),
        pytest.param(["192.0.2.0", "192.0.2.31"], id="the network itself"),
        pytest.param(["192.0.2.31", "192.0.2.255"], id="broadcast"),
    ],
)
def test_addresses_that_no_workstation_can_have_are_refused(pair):
    with pytest.raises(SubnetMismatch, match="can't be"):
        workstation_pair(pair)
