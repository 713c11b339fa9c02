# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with an inventory, one sentence a mistake, each naming host and variable (§3.1, §5, §7)."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import workstation_address, workstation_pair
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import CUSTOMER_CODE, WORKSTATIONS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import accounts_of, parse_customer_code
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_folders import (
    CONFIG,
    KEYS,
    STATE,
    collisions,
    places,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._inventory_values import ARTIFACTS, CHECKS, KNOWN, each
from ansible_collections.dcass.sftp.plugins.plugin_utils._machines import (
    CONNECTION,
    machine_of,
    machines,
    shared_folders,
)
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import is_true

CODE, ADDRESS, ACCOUNT = "dcass_customer_code", "dcass_workstation_address", "dcass_account"
BOTH = "dcass_both_accounts"
METRICS = "dcass_metrics_file"
# read once, of localhost, and not of each host
WHOLE_RUN = {"dcass_hosts", "dcass_renewal_serial", "dcass_status_host", "dcass_status_page"}
# how Ansible reaches a host; what it logs in with is left alone
WAY = {*CONNECTION, "ansible_user", "ansible_ssh_common_args"}
_OF_A_PLAY = {"hostvars", "play_hosts", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_batch"}
# what must be read; passphrases, for one, are left alone
NEEDED = {CODE, ADDRESS, ACCOUNT, *WHOLE_RUN, *CHECKS, *WAY}
_ALMOST_OURS = re.compile(r"(?!cp_)[Cc][Pp][_-]")
_NAMED_BY_CODE = re.compile(rf"cp_({CUSTOMER_CODE})(?![A-Z0-9])", re.IGNORECASE)  # cp_cxyz, cp_cxyz_hk, not cp_clients
_UNDEFINED = re.compile(r"'(\w+)' is undefined")
_TWO_NAMES = (
    " Where two participants share a machine, give it a name in each group, with the same ansible_host, and each name "
    "folders of its own."
)
_SHOWN = 60  # characters of a value in a sentence
_ALIKE = 0.88  # a name that no role knows, and so much like one that is known, is misspelt

Values = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Mistake:
    """One mistake in a sentence, and the hosts that it concerns: none where it concerns the whole run.

    A pair is right or wrong as one, unless the mistake is a host's ``alone``: then its partner stands in.
    """

    sentence: str
    hosts: tuple[str, ...] = ()
    alone: bool = False


def validate(participants: Mapping[str, Sequence[str]], values: Values, targets: Iterable[str] = ()) -> list[str]:
    """Return the sentences of all that is wrong."""
    return [mistake.sentence for mistake in mistakes(participants, values, targets)]


def mistakes(
    participants: Mapping[str, Sequence[str]], values: Values, targets: Iterable[str] = (), by_awx: bool = False
) -> list[Mistake]:
    """Return all that is wrong; ``values`` are each host's variables, ``targets`` the hosts that are to do something.

    Every host is looked at once, however many there are. ``by_awx`` tells that AWX, which keeps no order of hosts, has
    launched the run.
    """
    sound = {group: hosts for group, hosts in participants.items() if 1 <= len(hosts) <= WORKSTATIONS}
    found = [*_memberships(participants, targets)]
    for group, hosts in sound.items():
        found += [Mistake(sentence, tuple(hosts)) for sentence in _participant(group, hosts, values, by_awx)]
    found += _codes_twice(sound, values)
    shared = shared_folders(values, {host: group for group, hosts in sound.items() for host in hosts}, ADDRESS)
    found += [Mistake(sentence, two) for two, sentence in shared]
    found += _one_metrics_file(values)
    return [*found, *_values(values)]


def _one_metrics_file(values: Values) -> Iterator[Mistake]:
    """Tell a file of metrics that two accounts on one machine would write in turn."""
    for why, hosts in machines(values):
        of_file: dict[str, list[str]] = defaultdict(list)
        for host in hosts:
            of_file[str(values[host].get(METRICS) or "")].append(host)
        for path, both in of_file.items():
            if path and len(both) > 1:
                yield Mistake(
                    f"{' and '.join(both)} {why}, and have the {METRICS} '{_short(path)}' in common: give each account "
                    "a file of its own, with its dcass_account in the name.",
                    tuple(both),
                )


def is_participant(group: str) -> bool:
    """Tell whether a group is a participant's: its workstations, two or one."""
    return group.startswith("cp_")


def is_of_a_play(error: str) -> bool:
    """Tell whether a template only lacks what a play has: a default of the roles, or what Ansible knows of the play."""
    missing = _UNDEFINED.search(error)
    return missing is not None and missing[1] in KNOWN | _OF_A_PLAY


def ignored_groups(groups: Mapping[str, Sequence[str]]) -> list[str]:
    """Tell groups that are named almost as a participant, and whose hosts belong to none."""
    ours = {host for group, hosts in groups.items() if is_participant(group) for host in hosts}
    alike = {group: set(hosts) - ours for group, hosts in groups.items() if _ALMOST_OURS.match(group)}
    return [
        f"{min(hosts)} is in {group}, which is passed over: a participant's group is named cp_{group[3:].lower()}."
        for group, hosts in alike.items()
        if hosts
    ]


def check_run_wide(values: Values, localhost: Mapping[str, Any]) -> list[str]:
    """Tell variables that are read once for the whole run: where they can't be right, and where a host differs."""
    read = {name: localhost[name] for name in sorted(WHOLE_RUN & set(localhost))}
    of_hosts = [(host, name, its[name]) for host, its in values.items() for name in sorted(WHOLE_RUN & set(its))]
    alone = {name: value for name, value in read.items() if name not in {name for _host, name, _value in of_hosts}}
    return [
        *(mistake.sentence for mistake in _values({"localhost": alone})),
        *(
            f"{host} has a {name} of its own, which is read once for the whole run: set it on all."
            for host, name, value in of_hosts
            if value != read.get(name)
        ),
    ]


def _memberships(participants: Mapping[str, Sequence[str]], targets: Iterable[str]) -> Iterator[Mistake]:
    groups: dict[str, list[str]] = {host: [] for host in targets}
    for group, hosts in participants.items():
        if len(hosts) > WORKSTATIONS:
            yield Mistake(
                f"{hosts[0]} is one of {len(hosts)} hosts in {group} ({', '.join(hosts)}): "
                "a participant has two workstations, or one.",
                tuple(hosts),
            )
        for host in hosts:
            groups.setdefault(host, []).append(group)
    for host, its in groups.items():
        if len(its) != 1:
            yield Mistake(
                f"{host} is in {' and '.join(its) or 'no group cp_*'}: a workstation belongs to one participant, "
                f"which is a group named cp_ and its customer code.{_TWO_NAMES if its else ''}",
                (host,),
            )


def _participant(group: str, hosts: Sequence[str], values: Values, by_awx: bool) -> Iterator[str]:
    """Tell what is wrong with one participant: its code, its addresses, its accounts."""
    code, other = (_given(values[host], CODE) for host in (hosts[0], hosts[-1]))
    wrong, named = _wrong_code(code), _NAMED_BY_CODE.match(group)
    if code != other:
        yield f"{hosts[0]} has the {CODE} '{code}' and {hosts[1]} '{other}': set it once, on the group {group}."
    elif wrong:
        yield f"{hosts[0]} has the {CODE} '{code}': {wrong}"
    elif named and named[1].upper() != code:
        yield (
            f"{hosts[0]} has the {CODE} {code}, and its group {group} is named after {named[1].upper()}: "
            f"correct the code, or name the group cp_{code.lower()}."
        )
    else:
        yield from _accounts(code, hosts, values)
        if by_awx:
            yield from _derived(code, hosts, values)
    yield from _addresses(hosts, values)
    yield from _both_keys(hosts, values)


def _wrong_code(code: str) -> str | None:
    for text in (code, code.upper()):
        try:
            parse_customer_code(text)
            return None if text == code else f"write '{text}'."
        except DcassError:
            pass
    return "it must be C and three capitals or digits."


def _accounts(code: str, hosts: Sequence[str], values: Values) -> Iterator[str]:
    assigned = [account.name for account in accounts_of(code)]
    used = [_given(values[host], ACCOUNT, by_order) for host, by_order in zip(hosts, assigned)]
    strange = [(host, account) for host, account in zip(hosts, used) if account not in assigned]
    for host, account in strange:
        has = f"the {ACCOUNT} '{account}'" if account else f"a {ACCOUNT} without a value"
        yield f"{host} has {has}: the accounts of {code} are {' and '.join(assigned)}."
    if not strange and len(set(used)) < len(used):
        (other,) = (account for account in assigned if account != used[0])
        yield (
            f"{' and '.join(hosts)} both have the {ACCOUNT} {used[0]}: write {ACCOUNT}: {other} on the one that holds "
            f"the key of {other} or is to make it."
        )


def _derived(code: str, hosts: Sequence[str], values: Values) -> Iterator[str]:
    """Tell accounts that only the order of hosts would give."""
    derived = [host for host in hosts if ACCOUNT not in values[host]]
    first, second = accounts_of(code)
    if derived:
        yield (
            f"{' and '.join(derived)} {'have' if len(derived) > 1 else 'has'} no {ACCOUNT}, and AWX keeps no order of "
            f"hosts: write {ACCOUNT}: {first} on the workstation that holds the key of {first} or is to make it, and "
            f"{ACCOUNT}: {second} on that of {second}."
        )


def _both_keys(hosts: Sequence[str], values: Values) -> Iterator[str]:
    """Tell a folder in which one machine would hold the keys of both accounts, where nobody has said that it is to."""
    if len(hosts) < WORKSTATIONS or all(is_true(values[host].get(BOTH)) for host in hosts):
        return
    machine, other = (machine_of(host, values[host]) for host in hosts)
    ours, theirs = (places(values[host]) for host in hosts)
    if machine == other and ours[KEYS] == theirs[KEYS] and ours[CONFIG] != theirs[CONFIG]:
        yield (
            f"{' and '.join(hosts)} are one machine and have the {KEYS} '{ours[KEYS]}' in common: "
            f"say {BOTH}: true on both, or give each a {KEYS} of its own."
        )


def _given(its: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return what a variable says; one that is left without a value says nothing."""
    value = its.get(name, default)
    return "" if value is None else str(value)


def _addresses(hosts: Sequence[str], values: Values) -> Iterator[str]:
    given, wrong = [_given(values[host], ADDRESS) for host in hosts], False
    for host, address in zip(hosts, given):
        try:
            workstation_address(address)
        except DcassError:
            wrong = True
            yield (
                f"{host} has the {ADDRESS} '{_short(address)}': "
                "it must be the IPv4 address that the exchange registers for it."
            )
    if wrong or len(given) < WORKSTATIONS:
        return
    if given[0] == given[1]:
        yield f"{' and '.join(hosts)} both have the {ADDRESS} {given[0]}: each workstation needs its own."
        return
    try:
        workstation_pair(given)
    except DcassError:
        yield (
            f"{hosts[0]} has the {ADDRESS} {given[0]} and {hosts[1]} {given[1]}: "
            "both must be in one subnet, with the first three octets in common."
        )


def _codes_twice(participants: Mapping[str, Sequence[str]], values: Values) -> Iterator[Mistake]:
    """Tell a code that two groups have: its accounts would be there twice."""
    first: dict[str, tuple[str, str]] = {}
    for group, hosts in participants.items():
        code = _given(values[hosts[0]], CODE)
        there, other = first.setdefault(code, (group, hosts[0]))
        if code and there != group:
            yield Mistake(
                f"{other} ({there}) and {hosts[0]} ({group}) both have the {CODE} {code}: a participant has one group. "
                "Production and test are two inventories; the one for tests says dcass_environment: test, and has a "
                f"{STATE} and a {CONFIG} of its own.",
                (other, hosts[0]),
            )


def _values(values: Values) -> Iterator[Mistake]:
    """Tell variables that can't be right; what many hosts have from their group is told once."""
    wrong: dict[str, list[str]] = defaultdict(list)
    for host, its in values.items():
        for name, value in its.items():
            sentence = _judged(name, value) if name in CHECKS else _misspelt(name)
            if sentence:
                wrong[sentence].append(host)
        for collision in collisions(its):
            wrong[collision].append(host)
        closed, opened = ({str(day) for day in each(its.get(f"dcass_{kind}_days"))} for kind in ("closed", "open"))
        twice = sorted(closed & opened)
        if twice:
            wrong[f"has {twice[0]} under both dcass_closed_days and dcass_open_days."].append(host)
    for sentence, hosts in wrong.items():
        others = f" (and {len(hosts) - 1} more)" if len(hosts) > 1 else ""
        yield Mistake(f"{hosts[0]}{others} {sentence}", tuple(hosts))


def _judged(name: str, value: Any) -> str | None:
    if value is None:
        return f"has a {name} without a value: give it one, or leave it out."
    reason = CHECKS[name](value)
    return f"has the {name} '{_short(value)}': {reason}" if reason else None


def _misspelt(name: str) -> str | None:
    """Tell a name that is much like one of ours; one that goes on after it, as dcass_passphrase_ws1, is their own."""
    alike = difflib.get_close_matches(name, KNOWN, cutoff=_ALIKE) if name.startswith("dcass_") else []
    if name in KNOWN | ARTIFACTS or not alike or name.startswith(f"{alike[0]}_"):
        return None
    return f"has a variable {name}, which nothing reads: write {alike[0]}."


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
