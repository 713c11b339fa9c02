# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the five folders of a workstation may lie: a rollout replaces one of them whole, and a removal can take all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import normpath
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules.handover import wrong_place
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import CONFIG_DIR, STATE_DIR
from ansible_collections.dcass.sftp.plugins.plugin_utils._variables import is_true

CONFIG, KEYS, STATE, REPORTS = "dcass_config_dir", "dcass_key_dir", "dcass_state_dir", "dcass_report_dir"
HANDOVER = "dcass_handover_dir"
MANAGES = "dcass_manage_system"  # else all belongs to one user
VENV, DEFAULT_VENV = "dcass_venv", "/opt/dcass-sftp"
_SYSTEM = frozenset(
    "/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin"
    " /usr/lib /usr/lib64 /usr/libexec /usr/local /usr/local/bin /usr/local/lib /usr/local/share /usr/sbin /usr/share"
    " /usr/src /var /var/cache /var/lib /var/lock /var/log /var/mail /var/opt /var/run /var/spool /var/tmp".split()
)


def folder(value: Any) -> str | None:
    """Allow absolute paths, but no folder that belongs to the system: its owner and mode would change."""
    text = str(value)
    if not text.startswith("/"):
        return "it must be an absolute path."
    return "that is the system's own: name a folder below it." if _clean(text) in _SYSTEM else None


def environment(value: Any) -> str | None:
    """Allow a folder in its shortest form, since a rollout works with <folder>.new beside it."""
    wrong, clean = folder(value), _clean(str(value))
    return wrong or (None if str(value) == clean else f"write '{clean}'.")


def collisions(its: Mapping[str, Any]) -> Iterator[str]:
    """Tell folders that a new environment would sweep away, and those that two purposes share."""
    found = places(its)
    venv = found.pop(VENV)
    for name, place in found.items():
        if any(place == one or place.startswith(f"{one}/") for one in swept(venv)):
            yield f"has the {name} '{place}', which a rollout replaces with {VENV} '{venv}': keep them apart."
    office = found.pop(HANDOVER, None)
    complaint = office and wrong_place(office, found[REPORTS], found[KEYS], found[STATE])
    if complaint:
        yield f"has the {HANDOVER} '{office}', {complaint}."
    names = list(found)
    for position, name in enumerate(names):
        for other in names[:position]:
            if found[name] == found[other]:
                yield f"has '{found[name]}' as {other} and as {name}: each needs its own."
    for name in (KEYS, STATE, REPORTS) if is_true(its.get(MANAGES, True)) else ():
        if found[CONFIG].startswith(f"{found[name]}/"):
            yield f"has the {CONFIG} '{found[CONFIG]}', root's, in the {name} '{found[name]}': keep them apart."


def swept(venv: str) -> tuple[str, str, str]:
    """Return what a rollout replaces together with an environment."""
    return venv, f"{venv}.new", f"{venv}.old"


def places(its: Mapping[str, Any]) -> dict[str, str]:
    """Return where everything lies, with the roles' defaults for what the inventory leaves out."""
    config = str(its.get(CONFIG) or CONFIG_DIR)
    state = str(its.get(STATE) or STATE_DIR.default)
    given = {
        CONFIG: config,
        KEYS: its.get(KEYS) or f"{config}/keys",
        STATE: state,
        REPORTS: its.get(REPORTS) or f"{state}/reports",
        VENV: its.get(VENV) or DEFAULT_VENV,
        **({HANDOVER: its[HANDOVER]} if its.get(HANDOVER) else {}),
    }
    return {name: _clean(str(place)) for name, place in given.items()}


def _clean(path: str) -> str:
    return "/" + normpath(path).lstrip("/") if path.startswith("/") else path
