# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH as the facility speaks it: paramiko's Transport with exactly the algorithms of §2.1, in its order.

paramiko lacks hmac-sha2-512-96 and host certificates, and paramiko 5 dropped ssh-rsa altogether. All of it
is added here through the tables that the class keeps, the same from paramiko 3.5 to 5.1.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import sys
from types import ModuleType
from typing import Any, ClassVar

from ansible_collections.dcass.sftp.plugins.module_utils._io.crypto_policy import forbidden
from ansible_collections.dcass.sftp.plugins.module_utils._io.deadline import Deadline, Watch
from ansible_collections.dcass.sftp.plugins.module_utils._io.greeting import NoSsh, skip_notices
from ansible_collections.dcass.sftp.plugins.module_utils._io.paths import on_disk
from ansible_collections.dcass.sftp.plugins.module_utils._rules.bounds import MOST_UNANSWERED
from ansible_collections.dcass.sftp.plugins.module_utils._rules.guide import CIPHERS, HOST_KEYS, KEX, MACS, USER_KEYS
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import HostCertificate, HostKey

_NAMED = re.compile(r"paramiko-([\d.]+)\.dist-info\Z")
KNOWN = ((3, 5), (5, 1))  # the oldest and the newest paramiko with which is tested what we do without and take over
# parts of paramiko for agents, proxies, ssh_config files and keys of another kind, with subprocess and nacl: the
# facility knows RSA keys alone (§2.1), and ours lie in a file
_UNUSED = ("agent", "auth_strategy", "client", "config", "ed25519key", "proxy")


class _Spared(ModuleType):
    """Stands for a module while paramiko is imported: whatever is imported from it is a class of nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def _spared() -> dict[str, Any]:
    """Return what paramiko imports to no use of ours, which takes half of its time, each with what stands for it.

    invoke is for one word of ssh_config files, which nobody reads here; importlib.metadata, with all of email, tells
    paramiko 5 its own version, which is in the name of a folder as well.
    """
    spare: dict[str, Any] = {} if "invoke" in sys.modules else {"invoke": None}
    versions = _versions()
    if len(versions) != 1 or "paramiko" in sys.modules:
        return spare
    if "importlib.metadata" not in sys.modules:
        spare["importlib.metadata"] = module = ModuleType("importlib.metadata")
        module.__dict__["version"] = lambda _name: versions[0]
    if KNOWN[0] <= tuple(map(int, versions[0].split(".")[:2])) <= KNOWN[1]:
        spare.update((f"paramiko.{name}", _Spared(name)) for name in _UNUSED)
    return spare


def _versions() -> list[str]:
    """Return the versions of paramiko that are installed where it will be found."""
    for place in sys.path:
        with contextlib.suppress(OSError):
            names = os.listdir(on_disk(place or "."))
            if "paramiko" in names:
                return [found[1] for name in names if (found := _NAMED.match(name))]
    return []


_SPARED = _spared()
sys.modules.update(_SPARED)
BasePacketizer: Any = object
_Transport: Any = object
_RSAKey: Any = object
SshError: type[Exception] = OSError
try:
    import paramiko
    from cryptography.hazmat.primitives import hashes
    from paramiko.common import MSG_CHANNEL_DATA, MSG_CHANNEL_EXTENDED_DATA
    from paramiko.message import Message
    from paramiko.packet import Packetizer
except ImportError as _error:  # told as a sentence when a session is wanted
    MISSING: Exception | None = _error
except Exception:  # of cryptography's own kinds, as paramiko 5 tries it at once
    MISSING = forbidden("all that SSH is made of")
else:
    MISSING = None
    SshError = paramiko.SSHException
    _Transport = paramiko.Transport
    _RSAKey = paramiko.RSAKey
    BasePacketizer = Packetizer
    logging.getLogger("paramiko").addHandler(logging.NullHandler())  # else Python prints its errors to stderr
for _name in _SPARED:
    sys.modules.pop(_name, None)

CERTIFICATES_FIRST = (*HOST_KEYS[1:], HOST_KEYS[0])


class RsaKey(_RSAKey):
    """An RSA key that signs and verifies as ``ssh-rsa``: with SHA-1, as the facility asks (§2.1)."""

    HASHES: ClassVar[dict[str, Any]] = {} if MISSING else {"ssh-rsa": hashes.SHA1}

    def sign_ssh_data(self, data: bytes, algorithm: str | None = None) -> Any:
        """Sign as the facility asks, whatever paramiko would choose (§2.1)."""
        return super().sign_ssh_data(data, algorithm or "ssh-rsa")

    @property
    def shown(self) -> HostKey:
        """The host key as rules know it."""
        return HostKey(self.asbytes())


class CertifiedKey:
    """A host key inside a certificate; the certificate's own signature is verified before anything else is believed."""

    def __init__(self, message: Any) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization

        blob = message.asbytes()
        name = Message(blob).get_text()
        line = name.encode() + b" " + _base64(blob)
        try:
            certificate = serialization.load_ssh_public_identity(line)
        except (ValueError, UnsupportedAlgorithm):
            raise paramiko.SSHException("The host certificate can't be read.") from None
        if (
            not isinstance(certificate, serialization.SSHCertificate)
            or certificate.type != serialization.SSHCertificateType.HOST
        ):
            raise paramiko.SSHException("The host certificate is not one for a host.")
        try:
            certificate.verify_cert_signature()
        except InvalidSignature:
            raise paramiko.SSHException("The signature of the host certificate is wrong.") from None
        plain = certificate.public_key()
        self._verifier = _verifier(name, plain)
        self.shown = HostKey(
            _blob(plain),
            HostCertificate(
                _blob(certificate.signature_key()),
                tuple(principal.decode("utf-8", "replace") for principal in certificate.valid_principals),
                certificate.valid_after,
                certificate.valid_before,
            ),
        )

    def verify_ssh_sig(self, data: bytes, message: Any) -> bool:
        """Verify a signature with the certified key."""
        return bool(self._verifier.verify_ssh_sig(data, message))


def _feed(channel: Any, message: Any) -> None:
    """Take what comes before anybody reads, up to a bound; paramiko takes it without end, whatever its window."""
    if len(channel.in_buffer) > MOST_UNANSWERED:
        raise paramiko.SSHException("The server sends what nobody has asked for.")
    channel._feed(message)


def _drop(_channel: Any, _message: Any) -> None:
    """Nobody reads what comes beside the answers (stderr); paramiko would keep it."""


class FacilityTransport(_Transport):
    """One SSH connection to the facility. ``offered`` holds the lists that the server sent, by kind."""

    _preferred_kex = KEX
    _preferred_macs = MACS
    _preferred_ciphers = CIPHERS
    _preferred_keys = HOST_KEYS
    _preferred_pubkeys = USER_KEYS
    _preferred_compression = ("none",)
    if not MISSING:
        _channel_handler_table: ClassVar = {
            **_Transport._channel_handler_table,
            MSG_CHANNEL_DATA: _feed,
            MSG_CHANNEL_EXTENDED_DATA: _drop,
        }
        _mac_info: ClassVar = {**_Transport._mac_info, MACS[0]: {"class": hashlib.sha512, "size": 12}}
        _key_info: ClassVar = {"ssh-rsa": RsaKey, **dict.fromkeys(HOST_KEYS[1:], CertifiedKey)}

    host_key_algorithms: tuple[str, ...] = HOST_KEYS  # in another order where only a certificate can be trusted
    offered: dict[str, list[str]] = {}  # noqa: RUF012  # replaced, never filled; empty where no offer came
    watch: Watch | None = None
    changed_host_key: HostKey | None = None  # another one than at first, shown at a later key exchange

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """The host key algorithms of §2.1, without the certificate variants that paramiko would add of its own."""
        return self.host_key_algorithms

    def _really_parse_kex_init(self, message: Any, ignore_first_byte: bool = False) -> dict[str, Any]:
        parsed: dict[str, Any] = super()._really_parse_kex_init(message, ignore_first_byte)
        if not ignore_first_byte:  # the server's, not our own read back
            self.offered = {
                "kex": list(parsed["kex_algo_list"]),
                "host_key": list(parsed["server_key_algo_list"]),
                "cipher": list(parsed["server_encrypt_algo_list"]),
                "mac": list(parsed["server_mac_algo_list"]),
            }
        return parsed

    def _check_banner(self) -> None:
        """Take in notices for as long as the SSH line may take; paramiko gives each two seconds, and wants UTF-8."""
        try:
            sock: Any = self.sock
            skip_notices(getattr(sock, "raw", sock), self.banner_timeout)
        except (NoSsh, OSError) as error:
            raise paramiko.SSHException(str(error)) from None
        super()._check_banner()

    def _verify_key(self, host_key: bytes, sig: bytes) -> None:
        """Verify the server's signature, and that its key is still the one that was trusted."""
        before = self.host_key
        super()._verify_key(host_key, sig)
        if before is not None and self.host_key.shown.blob != before.shown.blob:
            self.changed_host_key = self.host_key.shown
            raise paramiko.SSHException("The server shows another host key than before.")

    def watch_over(self, deadline: Deadline, patience: float) -> Watch:
        """Let the connection be broken off when the run's time is over."""
        self.watch = Watch(deadline, patience, self.close)
        return self.watch

    def close(self) -> None:
        """Close the connection, and let nobody watch it any more."""
        if self.watch is not None:
            self.watch.end()
        super().close()

    def missing(self) -> list[str]:
        """Name the kinds of algorithm of which the server offered none that we may use."""
        ours = {"kex": KEX, "host_key": HOST_KEYS, "cipher": CIPHERS, "mac": MACS}
        words = {"kex": "key exchange", "host_key": "host key algorithm", "cipher": "cipher", "mac": "MAC"}
        return [words[kind] for kind, names in ours.items() if not set(names) & set(self.offered.get(kind, ()))]

    def _parse_ext_info(self, message: Any) -> None:
        """Ignore server-sig-algs: OpenSSH never names ssh-rsa there, also where it accepts nothing else."""


def _verifier(name: str, plain: Any) -> Any:
    if name.startswith("ssh-rsa"):
        return RsaKey(key=plain)
    return paramiko.ECDSAKey(data=_blob(plain))


def _blob(key: Any) -> bytes:
    import base64

    from cryptography.hazmat.primitives import serialization

    line: bytes = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def _base64(blob: bytes) -> bytes:
    import base64

    return base64.b64encode(blob)
