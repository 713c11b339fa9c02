# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registration_evidence: that a package was built with an account's key, for the auditor (§5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign, rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.evidence import Entry
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import PACKAGE_ENDING
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import Account, parse_account
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import absolute_path

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_LONGEST = 500  # characters of a name


class Evidence(Protocol):
    """The account's evidence."""

    def entries(self) -> list[Entry]: ...
    def add(self, subject: str, at: datetime, facts: Mapping[str, Any], files: Mapping[str, bytes]) -> None: ...


@dataclass(frozen=True)
class PackageRequest:
    """Which package was built, with which key of the account, and by whose word."""

    account: Account
    public_key: str
    fingerprint: str
    package_sha256: str
    run_by: str


def package_request(options: Mapping[str, Any]) -> PackageRequest:
    """Build the request from module options, or raise BadAccount, BadPublicKey or BadInput."""
    for name in ("state_dir", "key_dir"):
        absolute_path(name, options[name])
    if not _SHA256.match(options["package_sha256"]):
        raise BadInput(f"package_sha256: '{options['package_sha256']:.80}' is no SHA-256 in small hexadecimal.")
    return PackageRequest(
        account=parse_account(options["account"]),
        public_key=options["public_key"],
        fingerprint=rfc4716.read(options["public_key"]).key.fingerprint,
        package_sha256=options["package_sha256"],
        run_by=foreign.line(options["run_by"], _LONGEST),
    )


def keep_package(request: PackageRequest, evidence: Evidence, now: datetime, plan_only: bool) -> dict[str, Any]:
    """Keep one entry for each package, however often it is built."""
    subject = f"package {request.package_sha256}"
    is_new = all(entry.subject != subject for entry in evidence.entries())
    if is_new and not plan_only:
        facts = {
            "outcome": "package built",
            "package": f"{request.account.name[:4]}{PACKAGE_ENDING}",
            "package_sha256": request.package_sha256,
            "new_fingerprint": request.fingerprint,
            "run_by": request.run_by,
        }
        kept = {request.account.public_key_name: request.public_key.encode()}
        evidence.add(subject, now, facts, kept)
    return {"changed": is_new, "fingerprint": request.fingerprint}
