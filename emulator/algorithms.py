# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The algorithms the facility supports, in the guide's order (§2.1)."""

KEY_EXCHANGES = (
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group-exchange-sha256",
)
MACS = ("hmac-sha2-512-96", "hmac-sha2-256")
CIPHERS = (
    "aes256-gcm@openssh.com",
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
HOST_KEYS = (
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
)
# What the fault `weak_algorithms` offers instead.
WEAK_KEY_EXCHANGES = ("diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1")
WEAK_MACS = ("hmac-sha1", "hmac-md5")
WEAK_CIPHERS = ("aes128-cbc", "3des-cbc")
USER_KEY = "ssh-rsa"
USER_KEY_BITS = 2048
