# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from an inventory's mistakes: a participant that has some is passed over, and the others go on."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import WORKSTATIONS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import (
    accounts_of,
    parse_account,
    parse_customer_code,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils import _inventory as inventory
from ansible_collections.dcass.sftp.plugins.plugin_utils import _passphrases
from ansible_collections.dcass.sftp.plugins.plugin_utils._events import cut
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory import Mistake
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import is_deep
from ansible_collections.dcass.sftp.plugins.plugin_utils._some import some

WRONG_INVENTORY = "wrong_inventory"
_HINT = "Correct the inventory. Nothing was done on this workstation."
_ROOM = 600  # characters of all its mistakes, beside which are its names, the hint, and that there are more
# in the place of what can't be worked out of the way to a host, or each task of it would fail, also one that tells it
_NO_WAY = dict.fromkeys(inventory.WAY, "nowhere.invalid") | {"ansible_port": 22, "ansible_connection": "ssh"}
_AWX = ("awx", "tower")  # what AWX's own extra variables begin with
_NAMED_BY_TEMPLATE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*(?:\||\}\})")
_NAMED = 3  # participants that are named one by one; the others are counted

Groups = Mapping[str, Sequence[str]]


def verdict(hostvars: Mapping[str, Mapping[str, Any]], groups: Groups, targets: Collection[str]) -> dict[str, Any]:
    """Read the variables that matter, once for each host, and judge them.

    ``sentences`` are all mistakes, ``refused`` those for which nothing may run at all: what concerns the whole run, or
    everything where no host is left that could act. ``wrong`` has of each host of a wrong participant its account,
    its failure, and what stands in for the ``way`` to it that can't be worked out; ``notices`` tell whom this run
    leaves out.
    """
    participants = {group: list(hosts) for group, hosts in groups.items() if inventory.is_participant(group)}
    hosts = dict.fromkeys([host for pair in participants.values() for host in pair] + list(targets))
    unread: list[Mistake] = []
    values = {host: _variables(host, hostvars[host], inventory.NEEDED, unread) for host in hosts}
    of_run = hostvars.get("localhost", {})
    whole_run = _variables("localhost", of_run, inventory.WHOLE_RUN, unread)
    by_awx = any(f"{name}_job_id" in of_run for name in _AWX)
    found = [
        *unread,
        *map(Mistake, inventory.ignored_groups(groups)),
        *map(Mistake, _slice(participants, of_run)),
        *inventory.mistakes(participants, values, targets, by_awx),
        *map(Mistake, inventory.check_run_wide(values, whole_run)),
        *([Mistake(_passphrases.TEMPLATED)] if _passphrases.templated(hostvars) else []),
    ]
    wrong = _wrong(found, participants)
    whole = [mistake.sentence for mistake in found if not mistake.hosts]
    nobody_is_left = bool(targets) and all(host in wrong for host in targets)
    sentences = [_line(mistake.sentence) for mistake in found]  # they quote what somebody has written
    refused = sentences if whole or nobody_is_left else []
    return {
        "sentences": sentences,
        "refused": _fitting(refused) if refused and by_awx else refused,
        "wrong": {
            host: {
                "account": _account(host, participants, values),
                "failure": _failure(said),
                "way": {name: _NO_WAY[name] for name in inventory.WAY & set(hostvars[host]) - set(values[host])},
            }
            for host, said in wrong.items()
        },
        "notices": [_line(notice) for notice in _left_out(participants, set(targets), by_awx)],
    }


def _wrong(found: Iterable[Mistake], participants: Groups) -> dict[str, list[str]]:
    """Return of each host of a participant with mistakes what they are: a pair is right or wrong as one."""
    groups_of: dict[str, list[str]] = {}
    for group, hosts in participants.items():
        for host in hosts:
            groups_of.setdefault(host, []).append(group)
    wrong: dict[str, list[str]] = {}
    for mistake in found:
        of_pairs = () if mistake.alone else mistake.hosts
        pairs = [participants[group] for host in of_pairs for group in groups_of.get(host, ())]
        for host in dict.fromkeys([*mistake.hosts, *(one for pair in pairs for one in pair)]):
            wrong.setdefault(host, []).append(mistake.sentence)
    return wrong


def _failure(sentences: Sequence[str]) -> dict[str, str]:
    """Return the failure of a workstation, with as many mistakes as fit into a line that AWX shows whole."""
    said = [_line(text if text.endswith(".") else f"{text}.") for text in sentences]
    return {"error_code": WRONG_INVENTORY, "msg": " ".join(_fitting(said)), "hint": _HINT}


def _fitting(said: Sequence[str]) -> list[str]:
    """Return as many sentences as AWX shows of one event, and how many there are more."""
    fitting = [text for text, length in zip(said, itertools.accumulate(map(len, said))) if length <= _ROOM]
    fitting = fitting or [cut(said[0], _ROOM)]
    more = len(said) - len(fitting)
    rest = [f"And {more} more: ansible-playbook dcass.sftp.check_inventory tells all of them."] if more else []
    return [*fitting, *rest]


def _account(host: str, participants: Groups, values: inventory.Values) -> str:
    """Return the account of a host for its line, as far as a wrong inventory tells it."""
    try:
        return parse_account(str(values[host].get(inventory.ACCOUNT))).name
    except DcassError:
        pair = next((hosts for hosts in participants.values() if host in hosts), [host])
    try:
        names = [account.name for account in accounts_of(parse_customer_code(str(values[host].get(inventory.CODE))))]
    except DcassError:
        names = []
    return dict(zip(pair, names)).get(host, "-")


def _slice(participants: Groups, of_run: Mapping[str, Any]) -> Iterator[str]:
    """Tell a slice of a job of AWX, which has taken other hosts out of the inventory, without a variable that says so.

    AWX runs slices in a workflow job that it names after the job template; but a slice that somebody relaunches runs
    without it, and then only that no participant is whole can be seen.
    """
    alone = [group for group, hosts in participants.items() if len(hosts) < WORKSTATIONS]
    for name in _AWX:
        template, workflow, launch = (
            of_run.get(f"{name}_{what}") for what in ("job_template_name", "workflow_job_name", "job_launch_type")
        )
        if alone and template and template == workflow:
            yield (
                f"This is a slice of the job '{template}', which splits pairs: {alone[0]} has one workstation in it. "
                "Set the job slicing of its template to 1; for more at once raise its forks, or make a template with a "
                "limit for each block of participants. A workflow of your own needs another name than its templates."
            )
            return
        if launch == "relaunch" and len(alone) == len(participants) > 1:
            yield (
                "This job was launched again, and no participant has two workstations in it, as in a slice of a job, "
                f"which splits pairs: launch '{template}' itself, with job slicing 1."
            )
            return


def _left_out(participants: Groups, targets: Collection[str], by_awx: bool) -> Iterator[str]:
    """Tell participants of which nobody is there, or of which one takes part, though there are two or AWX may hide one.

    That nobody is there is told where nobody else is left out: who names some means these.
    """
    if all(host in targets for hosts in participants.values() for host in hosts):
        yield from _nobody_there([group for group, hosts in participants.items() if not hosts], by_awx)
    found = list(_alone(participants, targets, by_awx))
    yield from found[:_NAMED]
    if len(found) > _NAMED:
        yield f"The same goes for {len(found) - _NAMED} more participants."


def _nobody_there(groups: Sequence[str], by_awx: bool) -> Iterator[str]:
    if groups:
        has, it, its = ("has", "it", "its") if len(groups) == 1 else ("have", "them", "their")
        why = f"; are {its} hosts disabled?" if by_awx else "."
        yield f"{some(groups)} {has} no host in this inventory, so nothing is done for {it}{why}"


def _alone(participants: Groups, targets: Collection[str], by_awx: bool) -> Iterator[str]:
    for group, hosts in participants.items():
        acting = [host for host in hosts if host in targets]
        if len(acting) == 1 and len(hosts) == WORKSTATIONS:
            (other,) = (host for host in hosts if host not in targets)
            yield f"{group} takes part with {acting[0]} alone, without {other}: it has no standby in this run."
        elif len(acting) == 1 and by_awx:
            yield f"{group} has {acting[0]} alone in this inventory, so it has no standby; is its other host disabled?"


def _line(text: str) -> str:
    """Return what somebody has written as one line, which no template takes for one of its own."""
    return foreign.line(text).replace("{{", "{ {").replace("{%", "{ %")


def _variables(host: str, its: Mapping[str, Any], needed: Collection[str], unread: list[Mistake]) -> dict[str, Any]:
    """The values of what is judged, and the bare names of what else begins with dcass_."""
    found: dict[str, Any] = {}
    for name in its:
        if name.startswith("dcass_") or name in needed:
            found[name] = None
            try:
                if name in needed:
                    value = its[name]
                    if is_deep(value):
                        raise ValueError("it is nested too deep")
                    _require_worked_out(str(value), its)  # newer Ansible works a template out when it is used
                    found[name] = value
            except Exception as error:  # whatever a template raises
                del found[name]
                if not inventory.is_of_a_play(str(error)):
                    where = () if host == "localhost" else (host,)
                    is_way = name in inventory.WAY
                    said = f"{host} has {'an' if is_way else 'a'} {name} that can't be worked out: {error}"
                    unread.append(Mistake(said, where, is_way))
    return found


def _require_worked_out(text: str, its: Mapping[str, Any]) -> None:
    """Raise what newer Ansible raises for a template that names what this host does not have; 2.17 leaves it as it is.

    A text that is no template and looks like one names nothing, or something that is there.
    """
    named = _NAMED_BY_TEMPLATE.search(text)
    if named and named[1] not in its:
        raise ValueError(f"'{named[1]}' is undefined")
