# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every figure of the exchange's guide, once, each with its section. docs/rules.md has a row for each of them.

Imports nothing of the collection. Days are calendar days, hours are Hong Kong time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True)
class Limit:
    """The facility acts at the ``reached``-th event ``within`` a span; ``what`` names the event."""

    what: str
    reached: int
    within: timedelta


# what both ends of a connection know, each list in the guide's order
KEX = (  # §2.1
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group-exchange-sha256",
)
MACS = ("hmac-sha2-512-96", "hmac-sha2-256")  # §2.1
CIPHERS = ("aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")  # §2.1
HOST_KEYS = (  # §2.1
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
)
USER_KEYS = ("ssh-rsa",)  # §2.1

SITES = {  # §7.1
    "primary": ("10.151.14.121", "10.151.14.122"),
    "secondary": ("10.152.14.121", "10.152.14.122"),
}
PORT = 10022  # §7.1
WORKSTATIONS = 2  # §7: that a participant registers
SUBNET_OCTETS = 3  # §7: that their addresses have in common

CUSTOMER_CODE = "C[A-Z0-9]{3}"  # §3.1
ACCOUNT_ENDINGS = ("001", "002")  # §3.1: what follows the customer code
KEY_BITS = 2048  # §3.2.1
PUBLIC_KEY_ENDING = ".pub"  # §3.2.1
FINGERPRINT_OCTETS = 16  # §3.2.2: of MD5
FINGERPRINT_ENDING = ".fpt"  # §3.2.2
PACKAGE_ENDING = ".zip"  # §5
LINE_BYTES = 72  # RFC 4716 section 3: of a public key file, without the line's end
TAG_BYTES = 64  # RFC 4716 section 3.3: of a header's name
VALUE_BYTES = 1024  # RFC 4716 section 3.3: of a header's value

OPENS = time(7, 0)  # §4.1
CLOSES = time(3, 30)  # §4.1: on the next morning
KEPT_DAYS = 10  # §4.1: that a report stays
INTRADAY = "*RPI*"  # §4.1: reports that may be fetched more than once a day
COMMON = "COMMON"  # §4.2: the folder of everybody's reports
KEY_MANAGEMENT = "KEY_MANAGEMENT"  # §4.2: the folder of uploads, results and warnings

LOGINS = Limit("login", reached=5, within=timedelta(minutes=5))  # §4.3: locks the account for what is left of them
UPLOADS = Limit("upload", reached=5, within=timedelta(hours=1))  # §6.3: blocks uploads for an hour
UPLOADS_A_DAY = Limit("upload", reached=120, within=timedelta(days=1))  # §6.3

RESULT = r"Result\.(\d{8}\.\d{6})\.(success|failed)\.txt"  # §6: what became of an upload, and when
VALID_DAYS = 730  # §6.1: uploaded on 1 March 2020, last day 1 March 2022
OLD_KEY_DAYS = 14  # §6.1: that the old key logs in, the day of the upload included
EXPIRY_WARNING = "SSHKeyExpireWarning_*.txt"  # §6.2
WARNING_DAYS = 14  # §6.2: before a key's end, on which there is a warning
