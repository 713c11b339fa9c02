# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of an inventory are one machine, as those of two customer codes may be, and what they share there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_folders import (
    CONFIG,
    DEFAULT_VENV,
    VENV,
    places,
    swept,
)

CONNECTION = ("ansible_host", "ansible_port", "ansible_connection")
LOCAL = ("local", "ansible.builtin.local")
_SSH_PORT = "22"
# what several hosts of one machine may share: the variable, and the roles' default
MAY_SHARE = {
    "venv": (VENV, DEFAULT_VENV),
    "user": ("dcass_service_user", "dcass"),
    "group": ("dcass_service_group", "dcass"),
}
TELLING = (*CONNECTION, *(variable for variable, _default in MAY_SHARE.values()))

Values = Mapping[str, Mapping[str, Any]]


def machine_of(host: str, its: Mapping[str, Any]) -> tuple[str, str]:
    """Return by what Ansible reaches a host's machine: two that have it in common are one machine.

    Behind one address several machines may answer, each at a port of its own; all that is local is this one.
    """
    if its.get("ansible_connection") in LOCAL:
        return "local", ""
    return str(its.get("ansible_host") or host).lower(), str(its.get("ansible_port") or _SSH_PORT)


def machines(values: Values) -> list[tuple[str, list[str]]]:
    """Return the machines that several hosts are, each with what tells so."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for host, its in values.items():
        found[machine_of(host, its)].append(host)
    return [(_in_words(*key), hosts) for key, hosts in found.items() if len(hosts) > 1]


def _in_words(where: str, port: str) -> str:
    if not port:
        return "are this machine (ansible_connection: local)"
    return f"are one machine ({where}{'' if port == _SSH_PORT else f', port {port}'})"


def shared_folders(values: Values, group_of: Mapping[str, str], address: str) -> Iterator[tuple[tuple[str, str], str]]:
    """Tell folders that two hosts of one machine would both fill: the two, and a sentence.

    Two participants share none. The two accounts of one may have state, keys and reports in common, but not the folder
    of ssh_config, which is for one account. A registered address, the variable ``address``, is one machine's, by
    whatever name that is reached. Each folder is looked at once, with those above it, however many hosts there are.
    """
    ours = {host: its for host, its in values.items() if host in group_of}
    seen: set[frozenset[str]] = set()
    for why, hosts in machines(ours):
        for (one, other), what in _in_common(ours, hosts, group_of).items():
            seen.add(frozenset((one, other)))
            yield (one, other), f"{_both(one, other, group_of)} {why}, and {what}: give each folders of its own."
    of_address: dict[str, list[str]] = defaultdict(list)
    for host, its in ours.items():
        of_address[str(its.get(address) or host)].append(host)
    for value, hosts in of_address.items():
        for (one, other), what in _in_common(ours, hosts, group_of).items():
            if group_of[one] != group_of[other] and frozenset((one, other)) not in seen:
                said = (
                    f"{_both(one, other, group_of)} both have the {address} {value}, so they are one machine, and "
                    f"{what}: give each folders of its own, or its own address."
                )
                yield (one, other), said


def _both(one: str, other: str, group_of: Mapping[str, str]) -> str:
    return f"{one} ({group_of[one]}) and {other} ({group_of[other]})"


def _in_common(values: Values, hosts: Sequence[str], group_of: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return what two of these hosts share, in words, by the two; of what lies in a shared folder nothing more."""
    found = {host: places(values[host]) for host in hosts} if len(hosts) > 1 else {}
    here: dict[str, tuple[str, str]] = {}  # whose a place is, and as what
    common: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for host, its in found.items():
        for name, place in its.items():
            for one in swept(place) if name == VENV else (place,):
                other, as_what = here.setdefault(one, (host, name))
                may_share = {name, as_what} == {VENV} or (group_of[other] == group_of[host] and name != CONFIG)
                if other != host and not may_share:
                    common[other, host][one] = _words(as_what, one, name, one)
    for host, its in found.items():
        for name, place in its.items():
            for above in accumulate(place.split("/")[:-1], "{}/{}".format):
                other, as_what = here.get(above, (host, name))
                if group_of[other] != group_of[host] and name != VENV:
                    common[other, host].setdefault(place, _words(as_what, above, name, place))
    return {two: " and ".join(_outermost(what)).replace(" and share", " and") for two, what in common.items()}


def _words(name: str, place: str, other_name: str, other_place: str) -> str:
    if name == other_name and place == other_place:
        return f"share the {name} '{place}'"
    return f"the {other_name} '{other_place}' of the one lies in the {name} '{place}' of the other"


def _outermost(what: Mapping[str, str]) -> list[str]:
    return [
        words
        for place, words in what.items()
        if not any(above in what for above in accumulate(place.split("/")[:-1], "{}/{}".format))
    ]


def sharers(values: Values) -> dict[str, dict[str, list[str]]]:
    """Return, of each host that is not alone on its machine, which hosts have the same ``venv``, ``user``, ``group``.

    A list has the host itself, and is the same for all that are in it.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for _why, hosts in machines(values):
        for what, (variable, default) in MAY_SHARE.items():
            together: dict[str, list[str]] = defaultdict(list)
            for host in hosts:
                together[str(values[host].get(variable) or default)].append(host)
            for host in hosts:
                same = together[str(values[host].get(variable) or default)]
                found.setdefault(host, {})[what] = same
    return found
