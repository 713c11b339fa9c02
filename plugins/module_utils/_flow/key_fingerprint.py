# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_fingerprint: name a key by its fingerprints; write or verify the exchange's .fpt file (§3.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.dcass.sftp.plugins.module_utils._rules import foreign
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import BadInput, FingerprintMismatch
from ansible_collections.dcass.sftp.plugins.module_utils._rules.fingerprints import is_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey


def fingerprint(
    key: PublicKey,
    expected: str | None,
    dest: str | None,
    present: Callable[[str], bytes | None],
    write: Callable[[str, bytes], None],
    plan_only: bool,
) -> dict[str, Any]:
    """Describe the key; raise FingerprintMismatch if another was expected, before anything is written.

    ``present`` and ``write`` read and write the file at ``dest``.
    """
    matches = None if expected is None else is_of(key, expected)
    if expected is not None and matches is None:
        raise BadInput(f"expected: '{foreign.line(expected, 120)}' is neither an MD5 nor a SHA256 fingerprint.")
    if expected is not None and matches is False:
        raise FingerprintMismatch(
            f"The key's fingerprint is {key.fingerprint}, not {foreign.line(expected.strip(), 120)}.",
            fingerprint=key.fingerprint,
            matches=False,
        )
    result = {
        "changed": False,
        "fingerprint": key.fingerprint,
        "fingerprint_sha256": key.fingerprint_sha256,
        "key_type": key.key_type,
        "bits": key.bits,
        "matches": matches,
    }
    if dest is None:
        return result
    before, after = present(dest), key.fingerprint_text
    if before != after and not plan_only:
        write(dest, after)
    result["changed"] = before != after
    result["diff"] = {"before": (before or b"").decode("utf-8", "replace"), "after": after.decode()}
    return result
