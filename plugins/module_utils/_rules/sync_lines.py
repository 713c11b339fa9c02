# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a sync tells people: one line of what came, and one for each thing that they should know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CONCERNS = (  # key of the result, key of its entries, what is said of each
    ("missing", "expected", "Not there: "),
    ("expiring", "name", "Leaves soon: "),
    ("lost", "what", "Lost: "),
    ("absent", "path", "Gone from the archive: "),
    ("warnings_found", "name", "See "),
)


def sync_lines(
    result: Mapping[str, Any], account: str, host: str, partner: str, stands_by: bool, trouble: str, foretold: bool
) -> list[str]:
    """Return the lines; ``trouble`` is why the partner could not fetch, ``foretold`` that this is check mode."""
    if "opens_at" in result:
        return [str(result["msg"])]
    if stands_by:
        return [f"{account} stands by for {partner}."]
    fetched = "would be fetched" if foretold else "fetched"
    summary = (
        f"{account}: {len(result['downloaded'])} reports {fetched} ({result['bytes'] / 1e6:.1f} MB), "
        f"{result['unchanged']} held already, {result['held_by_partner']} held by {partner}; "
        f"logins left in five minutes: {result['connection']['logins_left']}."
    )
    stands_in = []
    if trouble:
        from ansible_collections.dcass.sftp.plugins.module_utils._rules.sync_plan import KEY_MANAGEMENT

        shared = sum(report["folder"] != KEY_MANAGEMENT for report in result["downloaded"])
        stands_in = [f"{host} stands in for {partner}: {shared} reports {fetched} that {partner} could not. {trouble}"]
    concerns = [said + str(entry[name]) for kind, name, said in _CONCERNS for entry in result[kind]]
    return [summary, *stands_in, *dict.fromkeys(concerns)]
