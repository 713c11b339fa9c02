# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""known_hosts as OpenSSH reads it: which key is pinned for which address, and ssh-keygen as the judge."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shutil
import subprocess
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._rules.addresses import Address
from ansible_collections.dcass.sftp.plugins.module_utils._rules.calendar import HONG_KONG
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    HostKeyMismatch,
    HostKeyRevoked,
    HostKeyUnknown,
    LocalError,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.known_hosts import (
    HostCertificate,
    HostKey,
    flaw_of,
    only_by_authority,
    require_pinned,
)
from tests.unit.support import MAKERS, public_of, refusal, rsa_key

NOW = datetime(2026, 11, 20, 12, tzinfo=HONG_KONG)
SECONDS = int(NOW.timestamp())
FACILITY, PLAIN_PORT = Address("127.151.14.121", 10022), Address("127.151.14.121", 22)
OURS, OTHER = (public_of(rsa_key(number=number)).blob for number in (0, 1))
CURVE = public_of(MAKERS["ecdsa-sha2-nistp384"]()).blob
NAME = "[127.151.14.121]:10022"
NO_KEY = "AAAAB3NzaC1yc2E!!!"


def line(hosts: str, blob: bytes = OURS, marker: str = "", kind: str = "ssh-rsa", comment: str = "") -> str:
    return " ".join(filter(None, [marker, hosts, kind, base64.b64encode(blob).decode(), comment])) + "\n"


def hashed(name: str) -> str:
    salt = b"salt" * 5
    digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
    return "|1|" + "|".join(base64.b64encode(part).decode() for part in (salt, digest))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(line(NAME), id="an address with its port"),
        pytest.param(line(hashed(NAME)), id="a hashed one"),
        pytest.param(line("elsewhere,[127.151.14.122]:10022," + NAME), id="one of several"),
        pytest.param(line("[127.151.14.12?]:10022"), id="a question mark"),
        pytest.param(line("[127.151.14.*]:10022"), id="an asterisk"),
        pytest.param(line("*"), id="an asterisk alone"),
        pytest.param(line("![127.151.14.122]:10022,*"), id="all but another"),
        pytest.param("# a comment\n\n  " + line(NAME, comment="as told by telephone"), id="comments and blanks around"),
        pytest.param(line(NAME).replace(" ", "\t"), id="tabs"),
        pytest.param(line(NAME).replace("\n", "\r\n"), id="CRLF"),
        pytest.param(line(NAME, OTHER) + line(NAME), id="the second of two keys"),
        pytest.param(line(NAME, CURVE, kind="ecdsa-sha2-nistp384") + line(NAME), id="a key of another kind first"),
        pytest.param(line(NAME) + line(NAME, OTHER, "@revoked"), id="another key is revoked"),
        pytest.param(line(NAME) + line("[127.152.14.121]:10022", OURS, "@revoked"), id="revoked for another host"),
        pytest.param(f"{NAME} ssh-rsa {NO_KEY}\n" + line(NAME), id="an unreadable line first"),
        pytest.param(f"{NAME} ssh-rsa\n" + line(NAME), id="a line cut short first"),
        pytest.param(f"{NAME} ssh-rsa AAAA…\n" + line(NAME), id="a placeholder first"),
        pytest.param(line(NAME).rstrip("\n"), id="no last newline"),
        pytest.param("\ufeff" + line(NAME), id="the mark of UTF-8"),
        pytest.param("\ufeff# known hosts\r\n" + line(NAME), id="the mark of UTF-8 before a comment"),
        pytest.param(line(NAME, kind="rsa-sha2-512"), id="a signature's name for the kind"),
        pytest.param(line(NAME, kind="rsa-sha2-256"), id="another signature's name for the kind"),
        pytest.param(line("127.151.14.121"), id="the address without its port"),
        pytest.param(line("127.151.14.*"), id="a pattern without the port"),
        pytest.param(line(hashed("127.151.14.121")), id="hashed without its port"),
        pytest.param(line("127.151.14.121", OTHER) + line(NAME), id="another key without its port first"),
        pytest.param(f"{NAME} 1024 65537 1234567890\n" + line(NAME), id="a line of SSH 1 first"),
        *(
            pytest.param(nonsense + "\n" + line(NAME), id=f"{what} first")
            for what, nonsense in {
                "another host's placeholder": "[127.152.14.121]:10022 ssh-rsa AAAA…",
                "another host's revoked placeholder": "@revoked [127.152.14.121]:10022 ssh-rsa AAAA…",
                "an umlaut in the host": "bör.example ssh-rsa AAAA",
                "an umlaut in the kind": "other.example ssh-rsä AAAA",
                "an umlaut in a hash": "|1|ä|ö ssh-rsa AAAA",
                "a hash without an end": "|1| ssh-rsa AAAA",
                "a marker unheard of": "@trusted * ssh-rsa " + base64.b64encode(OTHER).decode(),
                "a marker alone": "@revoked",
                "bytes that are no text": b"\xff\xfe \x80".decode("utf-8", "replace"),
                "NEL in a comment": f"# \x85{NAME} ssh-rsa AAAA",
            }.items()
        ),
    ],
)
def test_a_pinned_key_passes(text):
    require_pinned(text, FACILITY, HostKey(OURS), NOW)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="an empty file"),
        pytest.param("# " + line(NAME), id="the entry commented out"),
        pytest.param(line("[127.151.14.121]:22"), id="another port"),
        pytest.param(line("127.151.14.122"), id="another address without its port"),
        pytest.param(line("!127.151.14.121,127.*"), id="all but this one, without its port"),
        pytest.param(line("[127.151.14.122]:10022"), id="another address"),
        pytest.param(line("*," + "!" + NAME), id="all but this one"),
        pytest.param(line("!" + NAME + ",*"), id="all but this one, said first"),
        pytest.param(line("!" + NAME), id="not this one"),
        pytest.param(line("|1|no base64|x"), id="a hash that is none"),
        pytest.param(line("|1|"), id="a hash cut short"),
        pytest.param(line("[127.151.14.121[]:10022"), id="brackets are no pattern"),
        pytest.param(line(NAME, marker="@cert-authority"), id="an authority is no host key"),
        pytest.param(line(NAME, marker="@trusted"), id="a marker unheard of"),
        pytest.param(f"{NAME} ssh-rsa {NO_KEY}\n", id="an unreadable key"),
        pytest.param(line(NAME, kind="ssh-ed25519"), id="the key under the name of another kind"),
        pytest.param("# old:\x85" + line(NAME), id="an entry behind a line end that ssh does not know"),
        pytest.param("# old:\r" + line(NAME), id="an entry behind a bare CR"),
        pytest.param(line(hashed(NAME) + "|eA=="), id="a hashed one with something behind"),
        pytest.param(line(NAME).replace(" ", "\xa0"), id="blanks that ssh does not know"),
    ],
)
def test_a_key_without_entry_is_unknown(text):
    with pytest.raises(HostKeyUnknown, match="SHA256:"):
        require_pinned(text, FACILITY, HostKey(OURS), NOW)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(line(NAME, OTHER), id="another key"),
        pytest.param(line("*", OTHER), id="another key for everybody"),
        pytest.param(line("127.151.14.121", OTHER), id="another key without the port"),
        pytest.param(line(NAME, OTHER) + line("127.151.14.121"), id="another key, and this one without the port"),
        pytest.param(line(hashed(NAME), OTHER), id="another key, hashed"),
        pytest.param(line(NAME, CURVE, kind="ecdsa-sha2-nistp384"), id="a key of another kind"),
    ],
)
def test_a_changed_key_is_a_mismatch(text):
    with pytest.raises(HostKeyMismatch, match="SHA256:"):
        require_pinned(text, FACILITY, HostKey(OURS), NOW)


@pytest.mark.parametrize("order", [1, -1], ids=["revoked last", "revoked first"])
@pytest.mark.parametrize(
    "hosts",
    [NAME, "*", hashed(NAME), "127.151.14.121", hashed("127.151.14.121")],
    ids=["by name", "everywhere", "hashed", "without its port", "hashed without its port"],
)
def test_a_revoked_key_is_refused_whatever_else_is_said(hosts, order):
    lines = [line(NAME), line(hosts, OURS, "@revoked")][::order]
    with pytest.raises(HostKeyRevoked):
        require_pinned("".join(lines), FACILITY, HostKey(OURS), NOW)


def test_capitals_in_a_host_s_name_do_not_matter():
    for text in (
        line("[sftp.example.com]:10022"),
        line("[SFTP.Example.com]:10022"),
        line(hashed("[sftp.example.com]:10022")),
    ):
        require_pinned(text, Address("Sftp.Example.COM", 10022), HostKey(OURS), NOW)


def test_port_22_is_written_without_brackets():
    require_pinned(line("127.151.14.121"), PLAIN_PORT, HostKey(OURS), NOW)
    with pytest.raises(HostKeyUnknown):
        require_pinned(line("[127.151.14.121]:22"), PLAIN_PORT, HostKey(OURS), NOW)


def certified(principals=("127.151.14.121",), after=0, before=SECONDS + 1) -> HostKey:
    return HostKey(OURS, HostCertificate(OTHER, tuple(principals), after, before))


AUTHORITY = line("[127.151.14.*]:10022", OTHER, "@cert-authority")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(certified(), id="valid"),
        pytest.param(certified(after=SECONDS), id="valid since this second"),
        pytest.param(certified(principals=()), id="made out to nobody in particular"),
        pytest.param(certified(principals=("other.example", "127.151.14.121")), id="made out to several"),
    ],
)
def test_a_certificate_of_a_known_authority_passes(key):
    require_pinned(AUTHORITY, FACILITY, key, NOW)


def test_a_certificate_says_what_is_wrong_with_it():
    other = certified(principals=["a.example", "b.example"])
    assert "is made out to a.example, b.example." in refusal(require_pinned, AUTHORITY, FACILITY, other, NOW)
    assert "shows a certificate of SHA256:" in refusal(require_pinned, "", FACILITY, certified(), NOW)


@pytest.mark.parametrize(
    ("text", "key", "error"),
    [
        pytest.param("", certified(), HostKeyUnknown, id="no authority at all"),
        pytest.param(line(NAME, CURVE, "@cert-authority"), certified(), HostKeyUnknown, id="another authority"),
        pytest.param(
            line("*.example.com", OTHER, "@cert-authority"), certified(), HostKeyUnknown, id="not for this host"
        ),
        pytest.param(line(NAME, OTHER), certified(), HostKeyMismatch, id="the authority's key as a plain one"),
        pytest.param(AUTHORITY, certified(principals=["127.151.14.122"]), HostKeyMismatch, id="made out to another"),
        pytest.param(AUTHORITY, certified(before=SECONDS), HostKeyMismatch, id="expired this second"),
        pytest.param(AUTHORITY, certified(after=SECONDS + 1), HostKeyMismatch, id="not valid yet"),
        pytest.param(
            AUTHORITY + line("*", OTHER, "@revoked"), certified(), HostKeyRevoked, id="the authority is revoked"
        ),
        pytest.param(AUTHORITY + line("*", OURS, "@revoked"), certified(), HostKeyRevoked, id="its key is revoked"),
    ],
)
def test_other_certificates_are_refused(text, key, error):
    with pytest.raises(error):
        require_pinned(text, FACILITY, key, NOW)


def found_by_openssh(text: str, name: str, path) -> bool:
    path.write_text(text)
    found = subprocess.run(
        ["ssh-keygen", "-F", name, "-f", str(path)], capture_output=True, text=True, timeout=20, check=False
    )
    return found.returncode == 0


HOSTS = [
    "[h.example]:10022",
    "h.example",
    "*",
    "*.example",
    "[*]:10022",
    "[?.example]:*",
    "!h.example,*",
    "![h.example]:10022,*",
    "a,b,[h.example]:10022",
    "[h.example]:10023",
    "[h.exampl]:10022",
    "*.[e]xample",
]


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="this machine has no ssh-keygen")
@pytest.mark.parametrize("hosts", HOSTS)
@pytest.mark.parametrize("port", [22, 10022])
def test_openssh_finds_the_same_entries(hosts, port, tmp_path):
    """ssh itself looks for the name without the port where it finds none with it; ssh-keygen does not."""
    names = ["h.example"] if port == 22 else [f"[h.example]:{port}", "h.example"]
    if "!" in hosts:  # what is said not to be at this port is not found at any other
        names = names[:1]
    try:
        require_pinned(line(hosts), Address("h.example", port), HostKey(OURS), NOW)
        ours = True
    except HostKeyUnknown:
        ours = False
    assert ours == any(found_by_openssh(line(hosts), name, tmp_path / "known_hosts") for name in names)


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="this machine has no ssh-keygen")
def test_what_openssh_hashes_is_found(tmp_path):
    path = tmp_path / "known_hosts"
    path.write_text(line(NAME) + line("elsewhere", OTHER))
    subprocess.run(["ssh-keygen", "-H", "-f", str(path)], check=True, capture_output=True, timeout=20)
    text = path.read_text()
    assert "127.151" not in text and text.count("|1|") == 2
    require_pinned(text, FACILITY, HostKey(OURS), NOW)
    with pytest.raises(HostKeyMismatch):
        require_pinned(text, FACILITY, HostKey(OTHER), NOW)


SHAPES = [
    pytest.param(line("[h.example]:10022").encode(), id="plain"),
    pytest.param(line("[h.example]:10022").replace("\n", "\r\n").encode(), id="CRLF"),
    pytest.param(line("[h.example]:10022").replace(" ", "\t").encode(), id="tabs"),
    pytest.param(b" \t " + line("[h.example]:10022").encode().rstrip(), id="blanks in front, no last newline"),
    pytest.param(line("[h.example]:10022", kind="ssh-ed25519").encode(), id="another kind than the key's"),
    pytest.param(line("[h.example]:10022", kind="rsa-sha2-512").encode(), id="a signature's name"),
    pytest.param(line("[h.example]:10022", marker="@trusted").encode(), id="a marker unheard of"),
    pytest.param("[h.example]:10022 ssh-rsa AAAA…\n".encode(), id="a placeholder"),
    pytest.param(b"[h.example]:10022 ssh-rsa AAAA\n", id="a short placeholder"),
    pytest.param(b"[h.example]:10022 ssh-rsa\n", id="no key"),
    pytest.param("[h.example]:10022 ssh-rsa AAAA…\n".encode() + line("*").encode(), id="a placeholder first"),
    pytest.param("# x\x85".encode() + line("[h.example]:10022").encode(), id="NEL in a comment"),
    pytest.param(b"# x\r" + line("[h.example]:10022").encode(), id="CR in a comment"),
    pytest.param(line("[h.example]:10022").replace(" ", "\xa0").encode(), id="no-break spaces"),
    pytest.param(line("[h.example]:10022", comment="\udcff").encode("utf-8", "surrogateescape"), id="Latin-1 comment"),
]


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="this machine has no ssh-keygen")
@pytest.mark.parametrize("data", SHAPES)
def test_openssh_reads_the_same_keys(data, tmp_path):
    path = tmp_path / "known_hosts"
    path.write_bytes(data)
    command = ["ssh-keygen", "-l", "-E", "sha256", "-F", "[h.example]:10022", "-f", str(path)]
    said = subprocess.run(command, capture_output=True, timeout=20, check=False).stdout.decode("utf-8", "replace")
    key = HostKey(OURS)
    ours = refusal(require_pinned, data.decode("utf-8", "replace"), Address("h.example", 10022), key, NOW) is None
    assert ours == (key.fingerprint in said)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(
            f"{NAME} ssh-rsa AAAA…", "There, line 1 names it, but can't be read: 'AAAA…' is no base64", id="…"
        ),
        pytest.param(
            f"\n{NAME} ssh-rsa AAAA", "line 2 names it, but can't be read: 'AAAA' is no key", id="a short one"
        ),
        pytest.param(f"{NAME} ssh-rsa", "it lacks the host, the kind of key or the key", id="cut short"),
        pytest.param(line(NAME, kind="ssh-dss"), "it says ssh-dss, but its key is of another kind", id="another kind"),
        pytest.param(line(NAME, marker="@trusted"), "@trusted is no marker that ssh knows", id="an unknown marker"),
        pytest.param(f"{NAME} ssh-rsa AA\x1b[2J", "'AA\\x1b[2J' is no base64", id="an escape in it"),
    ],
)
def test_a_line_for_our_host_that_makes_no_sense_is_told(text, says):
    with pytest.raises(HostKeyUnknown, match=re.escape(says)):
        require_pinned(text, FACILITY, HostKey(OURS), NOW)
    with pytest.raises(HostKeyMismatch, match="There, line"):
        require_pinned(text.rstrip("\n") + "\n" + line(NAME, OTHER), FACILITY, HostKey(OURS), NOW)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("content", [line(NAME), "# x"], ids=["a line", "a comment"])
def test_utf_16_is_named(content, encoding):
    text = content.encode(encoding).decode("utf-8", "replace")  # as the file is read
    with pytest.raises(LocalError, match="UTF-16") as refused:
        require_pinned(text, FACILITY, HostKey(OURS), NOW)
    assert "Save it as UTF-8" in refused.value.hint and "-t UTF-8 known_hosts > NEW" in refused.value.hint
    assert only_by_authority(text, FACILITY) is False


def test_a_revocation_of_another_host_that_can_not_be_read_does_not_matter():
    require_pinned(line(NAME, OURS) + "@revoked other ssh-rsa AAAA…\n", FACILITY, HostKey(OURS), NOW)


@given(st.text() | st.from_regex(r"(@revoked |@cert-authority )?(\*|\|1\|.*|a) ssh-rsa .*\n?", fullmatch=True))
def test_no_text_ends_in_anything_but_a_sentence(text):
    refused = refusal(require_pinned, text, FACILITY, HostKey(OURS), NOW)
    assert refused is None or refused.endswith(".")
    only_by_authority(text, FACILITY)
    for one in text.splitlines():
        flaw_of(one)


def test_a_revocation_that_can_not_be_read_stops_everything():
    with pytest.raises(LocalError, match="line 2"):
        require_pinned(line(NAME, OURS) + "@revoked * ssh-rsa\n", FACILITY, HostKey(OURS), NOW)


@pytest.mark.parametrize(
    ("text", "only"),
    [
        pytest.param(line("127.151.14.121", OTHER, "@cert-authority"), True, id="an authority without the port"),
        pytest.param(
            line(NAME, OTHER, "@cert-authority") + line("127.151.14.121"), False, id="and a key without the port"
        ),
        pytest.param(AUTHORITY, True, id="an authority"),
        pytest.param(AUTHORITY + line(NAME, OURS), False, id="an authority and a plain key"),
        pytest.param(line(NAME, OURS), False, id="a plain key"),
        pytest.param(AUTHORITY + "@revoked * ssh-rsa AAAA…\n", True, id="an authority and an unreadable revocation"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_who_vouches_by_authority_alone(text, only):
    assert only_by_authority(text, FACILITY) is only


@pytest.mark.parametrize("address", [FACILITY, PLAIN_PORT], ids=str)
def test_the_line_that_pins_a_key_pins_it(address):
    text = HostKey(OURS).line(address)
    assert text.split()[:2] == [NAME if address is FACILITY else "127.151.14.121", "ssh-rsa"]
    require_pinned(text, address, HostKey(OURS), NOW)


def test_a_name_may_begin_with_any_letter_and_a_comment_may_have_words():
    require_pinned(line("Xray.example", comment="a b c"), Address("xray.example", 22), HostKey(OURS), NOW)
    revoked = line("Xray.example", OURS, "@revoked", comment="a b c")
    with pytest.raises(HostKeyRevoked):
        require_pinned(revoked, Address("xray.example", 22), HostKey(OURS), NOW)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        pytest.param("", None, id="a blank line"),
        pytest.param("# h ssh-rsa x", None, id="a comment"),
        pytest.param("@" + "m" * 50 + " h k x", "@" + "m" * 39 + " is no marker that ssh knows", id="a long marker"),
        pytest.param(
            "h ssh-rsa " + "A" * 50 + "!",
            f"'{'A' * 39}…' is no base64 and so no key, but a placeholder, or damaged",
            id="a long text for a key",
        ),
        pytest.param(
            "h ssh-rsa AAABAGtr" + "a2tr" * 10,
            f"'AAABAGtr{'a2tr' * 10}"[:40] + "…' is no key, but a placeholder, or cut short",
            id="a long one, cut short",
        ),
        pytest.param(
            line("h", kind="k" * 50), f"it says {'k' * 39}…, but its key is of another kind", id="a long kind"
        ),
        pytest.param(
            line("h", kind="\ud800"), "it says \\ud800, but its key is of another kind", id="a kind that is no text"
        ),
        pytest.param(
            "h ssh-rsa AAAAB3NzaC1yc2E=",
            "'AAAAB3NzaC1yc2E=' is no key, but a placeholder, or cut short",
            id="a kind alone",
        ),
        pytest.param("h ssh-rsa AAAAB3NzaC1yc2EA", None, id="and a byte, which is all that is looked for"),
        pytest.param("@revoked h ssh-rsa", "it lacks the host, the kind of key or the key", id="three words"),
    ],
)
def test_what_is_wrong_with_a_line(text, flaw):
    assert flaw_of(text) == flaw


def test_three_flawed_lines_are_told_and_no_more():
    told = refusal(require_pinned, f"{NAME} ssh-rsa AAAA…\n" * 4, FACILITY, HostKey(OURS), NOW)
    assert re.findall(r"\. There, line (\d)", told) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("hosts", "is_known"),
    [
        pytest.param("elsewhere,127.151.14.121", True, id="one of several"),
        pytest.param("127.151.14.1210", False, id="a longer address"),
        pytest.param("[127.151.14.121]:22", False, id="another port"),
        pytest.param("*,![127.151.14.121]:10022", False, id="all but this port of it"),
    ],
)
def test_a_line_without_the_port_counts(hosts, is_known):
    if is_known:
        require_pinned(line(hosts), FACILITY, HostKey(OURS), NOW)
    else:
        assert "known_hosts has no key for it" in refusal(require_pinned, line(hosts), FACILITY, HostKey(OURS), NOW)


@given(st.text("ab*?", max_size=6), st.text("ab", max_size=5))
def test_wild_cards_match_as_everywhere(pattern, name):
    wild = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    host = Address(f"x{name}", 22)
    found = refusal(require_pinned, line(f"x{pattern}"), host, HostKey(OURS), NOW) is None
    assert found == bool(re.fullmatch(f"x{wild}", f"x{name}"))
