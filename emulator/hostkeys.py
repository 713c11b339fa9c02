# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host keys of both sites, and a certificate authority of the facility's own that vouches for them (§2.1)."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import asyncssh

from emulator.algorithms import HOST_KEYS

_CA = "host-ca"


class HostKeys:
    """Keys live below one folder and are made once; certificates are signed at every start."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._known: dict[str, asyncssh.SSHKey] = {}  # reading one takes longer than a login
        self._ca = self._key(_CA, "ecdsa-sha2-nistp521")

    def of_site(
        self, site: str, hosts: Sequence[str], *, changed: bool = False
    ) -> "OrderedDict[bytes, asyncssh.SSHKeyPair]":
        """The key pairs of a site by algorithm, in the guide's order; certificates name the hosts given."""
        pairs = OrderedDict()
        for algorithm in HOST_KEYS:
            plain = algorithm.split("-cert-")[0]
            key = self._key(f"{site}-{'changed-' if changed else ''}{plain}", plain)
            certificate = None
            if "-cert-" in algorithm:
                certificate = self._ca.generate_host_certificate(key, f"{site} facility", principals=list(hosts))
            loaded = asyncssh.load_keypairs([(key, certificate) if certificate else key], skip_public=True)
            pairs[algorithm.encode()] = next(pair for pair in loaded if pair.get_algorithm() == algorithm)
        return pairs

    def public_line(self, site: str) -> str:
        """The plain host key of a site as a known_hosts file has it: type and base64."""
        return _public_line(self._key(f"{site}-ssh-rsa", "ssh-rsa"))

    def authority_line(self) -> str:
        """The certificate authority's public key: type and base64."""
        return _public_line(self._ca)

    def _key(self, name: str, algorithm: str) -> asyncssh.SSHKey:
        if name not in self._known:
            path = self._folder / name
            self._known[name] = asyncssh.read_private_key(path) if path.exists() else _make(path, algorithm)
        return self._known[name]


def _make(path: Path, algorithm: str) -> asyncssh.SSHKey:
    key = asyncssh.generate_private_key(algorithm)
    draft = path.with_name(path.name + ".new")
    draft.touch(mode=0o600)
    key.write_private_key(draft)
    draft.replace(path)
    return key


def _public_line(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key().decode().split()[:2])
