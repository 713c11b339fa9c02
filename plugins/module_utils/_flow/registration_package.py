# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""registration_package: build CXXX.zip from public material, or find that the one there is right (§5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import workstation_pair
from ansible_collections.dcass.sftp.plugins.module_utils._rules.digest import sha256
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput
from ansible_collections.dcass.sftp.plugins.module_utils._rules.foreign import lines
from ansible_collections.dcass.sftp.plugins.module_utils._rules.names import parse_customer_code
from ansible_collections.dcass.sftp.plugins.module_utils._rules.package_zip import pack, unpack
from ansible_collections.dcass.sftp.plugins.module_utils._rules.registration import (
    Template,
    package_members,
    remarks,
)


@dataclass(frozen=True)
class Registration:
    """All that a participant registers; nothing in it is secret."""

    customer_code: str
    addresses: tuple[str, str]
    public_keys: Mapping[str, str | bytes]
    fingerprints: Mapping[str, str]
    template: Template | None


class PackageFile(Protocol):
    """Where the package lies, or shall lie."""

    @property
    def path(self) -> str: ...
    def present(self) -> bytes | None: ...
    def place_aside(self, content: bytes) -> str: ...
    def keep(self, content: bytes, path: str) -> None: ...
    def write(self, data: bytes) -> None: ...


def package_request(
    options: Mapping[str, Any],
    folder: tuple[Mapping[str, str | bytes], Mapping[str, str]] | None,
    template: Template | None,
) -> Registration:
    """Build the request from module options and, where they were named, the folder's and the template's content."""
    keys, fingerprints = folder or (options["public_keys"] or {}, {})
    return Registration(
        customer_code=parse_customer_code(options["customer_code"]),
        addresses=workstation_pair(options["workstation_addresses"]),
        public_keys=keys,
        fingerprints={**fingerprints, **(options["fingerprints"] or {})},
        template=template,
    )


def build_package(request: Registration, file: PackageFile, plan_only: bool) -> dict[str, Any]:
    """Write the package if it is not there already, byte for byte; read it back before it is believed.

    One that is there with other content may have been submitted, so it is kept beside.
    """
    members = package_members(
        request.customer_code, request.addresses, request.public_keys, request.fingerprints, request.template
    )
    data = pack(members)
    if unpack(data) != members:
        raise BadInput("The package does not read back as it was built.")
    before = file.present()
    changed = before != data
    kept = file.place_aside(before) if changed and before is not None else None
    if changed and not plan_only:
        if kept is not None and before is not None:
            file.keep(before, kept)
        file.write(data)
    return {
        "changed": changed,
        "path": file.path,
        "kept": kept,
        "warnings": [*remarks(members), *_of_one_before(file.path, kept)],
        "sha256": sha256(data),
        "members": list(members),
        "diff": {"before": _shown(unpack(before) if before else None), "after": _shown(members)},
    }


def _of_one_before(path: str, kept: str | None) -> list[str]:
    if kept is None:
        return []
    return [f"{path} was there with other content, and may have been submitted. It is kept as {kept}."]


def _shown(members: Mapping[str, bytes] | None) -> str:
    texts = [f"== {name}\n{lines(content.decode('utf-8', 'replace'))}\n" for name, content in (members or {}).items()]
    return "".join(texts)
