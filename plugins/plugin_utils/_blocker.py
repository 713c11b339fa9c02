# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps a run from a workstation before it has begun, as the first question to it tells (§2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.dcass.sftp.plugins.plugin_utils._failures import UNREACHABLE, is_unreachable
from ansible_collections.dcass.sftp.plugins.plugin_utils._site_record import site_record


def blocker(probe: Mapping[str, Any], host: str, place: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as a failed task would, with ``error_code``, ``msg`` and ``hint``; nothing where nothing does.

    ``probe`` is what roles/dcass/tasks/probe.yml has asked; ``place`` has the ``record`` of the site, the ``venv``, the
    ``site`` and the ``addresses`` of the inventory, and ``check`` in check mode, which predicts without a rollout.
    """
    if is_unreachable(probe):
        return {**probe, "error_code": UNREACHABLE}
    said = str(probe.get("stdout"))
    switch = site_record(said)
    if "dcass-unread" in said and not switch:
        return _failure(
            "site_unreadable",
            f"{host} does not tell its site: {place['record']} can't be read.",
            "Run ansible-playbook dcass.sftp.rollout, which sets the folder's mode right; if the file is damaged, "
            "remove it and run ansible-playbook dcass.sftp.switch_site.",
        )
    site, addresses = switch.get("site", place["site"]), place["addresses"]
    if addresses and not isinstance(addresses, Mapping) and site != place["site"]:
        return _failure(
            "site_mismatch",
            f"{host} was switched to the {site} site, and its dcass_addresses are those of the {place['site']} one.",
            "Write dcass_addresses by site, primary and secondary.",
        )
    if "dcass-ready" not in said and not place["check"]:
        return _failure(
            "not_rolled_out",
            f"{host} has no finished {place['venv']}.",
            "Run ansible-playbook dcass.sftp.rollout first.",
        )
    return {}


def _failure(code: str, sentence: str, hint: str) -> dict[str, Any]:
    return {"error_code": code, "msg": sentence, "hint": hint}
