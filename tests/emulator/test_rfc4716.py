# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public key files: what the exchange reads and what it refuses."""

import subprocess
from pathlib import Path

import pytest

from emulator.rfc4716 import BadKey, decode, parse, parse_rsa_2048
from emulator.testing import KeyPair

# RFC 4716's own DSA sample, whose fingerprint is known.
DSA_SAMPLE = """---- BEGIN SSH2 PUBLIC KEY ----
Comment: SSH KEY
AAAAB3NzaC1kc3MAAACBAPY8ZOHY2yFSJA6XYC9HRwNHxaehvx5wOJ0rzZdzoSOXxbET
W6ToHv8D1UJ/z+zHo9Fiko5XybZnDIaBDHtblQ+Yp7StxyltHnXF1YLfKD1G4T6JYrdH
YI14Om1eg9e4NnCRleaqoZPF3UGfZia6bXrGTQf3gJq2e7Yisk/gF+1VAAAAFQDb8D5c
vwHWTZDPfX0D2s9Rd7NBvQAAAIEAlN92+Bb7D4KLYk3IwRbXblwXdkPggA4pfdtW9vGf
J0/RHd+NjB4eo1D+0dix6tXwYGN7PKS5R/FXPNwxHPapcj9uL1Jn2AWQ2dsknf+i/FAA
vioUPkmdMc0zuWoSOEsSNhVDtX3WdvVcGcBq9cetzrtOKWOocJmJ80qadxTRHtUAAACB
AN7CY+KKv1gHpRzFwdQm7HK9bb1LAo2KwaoXnadFgeptNBQeSXG1vO+JsvphVMBJc9HS
n24VYtYtsMu74qXviYjziVucWKjjKEb11juqnF0GDlB3VVmxHLmxnAz643WK42Z7dLM5
sY29ouezv4Xz2PuMch5VGPP+CDqzCM4loWgV
---- END SSH2 PUBLIC KEY ----
"""


def test_sample_dsa_key_is_read_and_refused() -> None:
    assert parse(DSA_SAMPLE.encode()).fingerprint == "0a:ba:d8:ef:bb:b4:41:d0:dd:42:b0:6f:6b:50:97:31"
    with pytest.raises(BadKey, match="ssh-dss, not RSA"):
        parse_rsa_2048(DSA_SAMPLE.encode())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text, id="as made"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: text.replace("\n", "\r"), id="CR"),
        pytest.param(lambda text: text.replace("\n", "  \n"), id="trailing blanks"),
        pytest.param(lambda text: text.rstrip("\n"), id="no last newline"),
        pytest.param(
            lambda text: text.replace('Comment: "rehearsal"', 'Comment: "a \\\nlong one"\nx-note: 1'), id="headers"
        ),
        pytest.param(lambda text: text.replace('Comment: "rehearsal"\n', ""), id="no header"),
    ],
)
def test_reads_every_form_of_the_same_key(key_pairs: list[KeyPair], change) -> None:
    assert parse_rsa_2048(change(key_pairs[0].ssh2).encode()).blob == key_pairs[0].blob


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda text: text.replace("----", "-----"), "does not begin", id="PEM-like dashes"),
        pytest.param(lambda text: text.replace("---- END SSH2", "---- END SSH"), "does not end", id="wrong end"),
        pytest.param(lambda text: "\n" + text, "does not begin", id="blank line first"),
        pytest.param(lambda text: text.replace('"rehearsal"', "x" * 80), "line 2 of more than 72", id="long line"),
        pytest.param(lambda text: text.replace("AAAAB3", "AAAA!3"), "not base64", id="not base64"),
        pytest.param(
            lambda text: "\n".join(text.split("\n")[:4] + text.split("\n")[-2:]), "cut short|base64", id="truncated"
        ),
        pytest.param(
            lambda text: "\n".join(text.split("\n")[:2] + text.split("\n")[-2:]), "holds no key", id="no body"
        ),
        pytest.param(lambda text: text.replace('"rehearsal"', "\\"), "holds no key|base64|header", id="endless header"),
        pytest.param(lambda text: "ssh-rsa AAAAB3NzaC1yc2E= me\n", "does not begin", id="OpenSSH form"),
        pytest.param(lambda text: "x" * 20_000, "20000 bytes", id="too long"),
        pytest.param(lambda text: "", "does not begin", id="empty"),
    ],
)
def test_refuses_what_is_no_ssh2_key(key_pairs: list[KeyPair], change, reason: str) -> None:
    with pytest.raises(BadKey, match=reason):
        parse_rsa_2048(change(key_pairs[0].ssh2).encode())


@pytest.mark.parametrize("bits", [1024, 3072])
def test_refuses_other_sizes(tmp_path: Path, bits: int) -> None:
    with pytest.raises(BadKey, match=f"{bits} bits, not 2048"):
        parse_rsa_2048(KeyPair.make(tmp_path / "key", bits).ssh2.encode())


def test_refuses_numbers_not_in_their_shortest_form(key_pairs: list[KeyPair]) -> None:
    blob = key_pairs[0].blob
    padded = blob[:11] + b"\x00\x00\x00\x04\x00" + blob[15:]
    for wrong in (padded, blob + b"\x00", blob[:-1]):
        with pytest.raises(BadKey):
            decode(wrong)


@pytest.mark.usefixtures("openssh")
@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_agrees_with_ssh_keygen(tmp_path: Path, kind: str) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
    exported = subprocess.run(["ssh-keygen", "-e", "-f", key], check=True, capture_output=True).stdout
    listed = subprocess.run(["ssh-keygen", "-l", "-E", "md5", "-f", key], check=True, capture_output=True, text=True)
    assert f"MD5:{parse(exported).fingerprint}" in listed.stdout.split()
    if kind != "rsa":
        with pytest.raises(BadKey, match="not RSA"):
            parse_rsa_2048(exported)
