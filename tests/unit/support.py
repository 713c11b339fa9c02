# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys to test with, made when first asked for, and the public examples of RFC 4716."""

from __future__ import annotations

import base64
import functools
import inspect

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import DcassError
from ansible_collections.dcass.sftp.plugins.module_utils._rules.options import OF_FACILITY, OF_STATE, specs
from ansible_collections.dcass.sftp.plugins.module_utils._rules.ssh_blob import PublicKey, parse_blob

# RFC 4716 section 3.6. The first is also the exchange's own sample (§3.2.1), whose MD5 is published with it.
RFC_DSA_BODY = """\
AAAAB3NzaC1kc3MAAACBAPY8ZOHY2yFSJA6XYC9HRwNHxaehvx5wOJ0rzZdzoSOXxbET
W6ToHv8D1UJ/z+zHo9Fiko5XybZnDIaBDHtblQ+Yp7StxyltHnXF1YLfKD1G4T6JYrdH
YI14Om1eg9e4NnCRleaqoZPF3UGfZia6bXrGTQf3gJq2e7Yisk/gF+1VAAAAFQDb8D5c
vwHWTZDPfX0D2s9Rd7NBvQAAAIEAlN92+Bb7D4KLYk3IwRbXblwXdkPggA4pfdtW9vGf
J0/RHd+NjB4eo1D+0dix6tXwYGN7PKS5R/FXPNwxHPapcj9uL1Jn2AWQ2dsknf+i/FAA
vioUPkmdMc0zuWoSOEsSNhVDtX3WdvVcGcBq9cetzrtOKWOocJmJ80qadxTRHtUAAACB
AN7CY+KKv1gHpRzFwdQm7HK9bb1LAo2KwaoXnadFgeptNBQeSXG1vO+JsvphVMBJc9HS
n24VYtYtsMu74qXviYjziVucWKjjKEb11juqnF0GDlB3VVmxHLmxnAz643WK42Z7dLM5
sY29ouezv4Xz2PuMch5VGPP+CDqzCM4loWgV"""
RFC_DSA_MD5 = "0a:ba:d8:ef:bb:b4:41:d0:dd:42:b0:6f:6b:50:97:31"
RFC_RSA_1023_BODY = """\
AAAAB3NzaC1yc2EAAAABIwAAAIEA1on8gxCGJJWSRT4uOrR13mUaUk0hRf4RzxSZ1zRb
YYFw8pfGesIFoEuVth4HKyF8k1y4mRUnYHP1XNMNMJl1JcEArC2asV8sHf6zSPVffozZ
5TT4SfsUu/iKy9lUcCfXzwre4WWZSXXcPff+EHtWshahu3WzBdnGxm5Xoi89zcE="""
BEGIN, END = "---- BEGIN SSH2 PUBLIC KEY ----", "---- END SSH2 PUBLIC KEY ----"


def ssh2(body: str, *headers: str) -> str:
    """An SSH2 public key file of those lines."""
    return "\n".join([BEGIN, *headers, body, END, ""])


def string(data: bytes) -> bytes:
    """A string as SSH writes it."""
    return len(data).to_bytes(4, "big") + data


def mpint(number: int) -> bytes:
    """A positive number as SSH writes it."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def blob_of(public) -> bytes:
    """The SSH blob of a public key."""
    line = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def public_of(secret) -> PublicKey:
    return parse_blob(blob_of(secret.public_key()))


@functools.cache
def rsa_key(bits: int = 2048, number: int = 0):
    """An RSA key, the same for the same arguments."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


MAKERS = {
    "ssh-rsa": rsa_key,
    "ssh-dss": functools.lru_cache(maxsize=None)(lambda: dsa.generate_private_key(1024)),
    "ecdsa-sha2-nistp256": functools.lru_cache(maxsize=None)(lambda: ec.generate_private_key(ec.SECP256R1())),
    "ecdsa-sha2-nistp384": functools.lru_cache(maxsize=None)(lambda: ec.generate_private_key(ec.SECP384R1())),
    "ecdsa-sha2-nistp521": functools.lru_cache(maxsize=None)(lambda: ec.generate_private_key(ec.SECP521R1())),
    "ssh-ed25519": functools.lru_cache(maxsize=None)(lambda: ed25519.Ed25519PrivateKey.generate()),
}


def error_classes() -> list[type[DcassError]]:
    """All errors of the collection, the branches of the tree included."""
    from ansible_collections.dcass.sftp.plugins.module_utils._rules import errors

    return [found for _name, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, DcassError)]


def refusal(work, *arguments) -> str | None:
    """The sentence with which the work was refused, None where it was done."""
    try:
        work(*arguments)
    except DcassError as refused:
        return str(refused)
    return None


def defaults(options) -> dict:
    """What a module is handed of these options where nobody sets them."""
    return {name: spec["default"] for name, spec in specs(options).items()}


def options(**more) -> dict:
    """The shared options as a module hands them over, all at their defaults but for ``more``."""
    return {
        **defaults(OF_STATE + OF_FACILITY),
        "account": "CXYZ001",
        "addresses": ["127.0.0.1"],
        "source_address": None,
        "passphrase": None,
        "dest": None,
        "metrics_file": None,
        "events_file": None,
        "handover_dir": None,
        **more,
    }
