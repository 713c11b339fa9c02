# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key files as people bring them: what real tools write, as editors save it, and a true sentence for the rest."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.dcass.sftp.plugins.module_utils._io.key_material import load_private, read_any
from ansible_collections.dcass.sftp.plugins.module_utils._rules import rfc4716
from ansible_collections.dcass.sftp.plugins.module_utils._rules.brought import text_of
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import (
    BadPassphrase,
    BadPrivateKey,
    BadPublicKey,
)
from ansible_collections.dcass.sftp.plugins.module_utils._rules.key_forms import cipher_of, is_endless
from tests.unit.support import BEGIN, END, public_of, refusal, rsa_key, ssh2, string

KEY = public_of(rsa_key())
BODY = base64.b64encode(KEY.blob).decode()
LINES = "\n".join(BODY[at : at + 64] for at in range(0, len(BODY), 64))
SECRET = "correct horse"
PUBLIC = rsa_key().public_key()
PEM = PUBLIC.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
PRIVATE = rsa_key().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
)


def needs(tool, package):
    return pytest.mark.skipif(not shutil.which(tool), reason=f"this machine has no {tool} (Debian: {package})")


SSH_KEYGEN, PUTTYGEN = needs("ssh-keygen", "openssh-client"), needs("puttygen", "putty-tools")
OPENSSL, DROPBEAR = needs("openssl", "openssl"), needs("dropbearkey", "dropbear-bin")


def run(*command, may_fail=False):
    done = subprocess.run([str(word) for word in command], capture_output=True, timeout=60, check=False)
    if done.returncode and not may_fail:
        raise AssertionError(done.stderr)
    return done


@pytest.fixture
def private(tmp_path):
    """The key as a file of PEM, which all tools read."""
    path = tmp_path / "id_rsa"
    path.write_bytes(PRIVATE)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf" + ssh2(LINES, 'Comment: "x"').replace("\n", "\r\n").encode(), id="SSH2, Notepad"),
        pytest.param(b"\xef\xbb\xbfssh-rsa " + BODY.encode() + b"\r\n", id="OpenSSH, Notepad"),
        pytest.param(b"\xef\xbb\xbf" + PEM, id="PEM, Notepad"),
        pytest.param(b"\xef\xbb\xbf" + PRIVATE, id="a private key, Notepad"),
        pytest.param(b"Public-Key: (2048 bit)\nModulus:\n    00:c1\n" + PEM, id="PEM below its figures"),
        pytest.param(ssh2(LINES, 'Comment: "' + "x" * 500 + '"').encode(), id="a long comment on one line"),
        pytest.param(
            ssh2(LINES, "Comment: x").encode().replace(b" x\n", " 結算部\n".encode("big5")), id="a comment in Big5"
        ),
        pytest.param(f"ssh-rsa {BODY} 結算部 x\n".encode("big5"), id="OpenSSH with a comment in Big5"),
    ],
)
def test_what_editors_and_tools_make_of_a_key_is_read(data):
    assert read_any(data, None, "key") == KEY


CERTIFICATE = string(b"ssh-rsa-cert-v01@openssh.com") + string(b"nonce" * 6) + b"\0\0\0\3\1\0\1" + bytes(300)
NAMED = {
    "UTF-16 as PowerShell 5 writes": (("\ufeff" + ssh2(LINES)).encode("utf-16-le"), BadPublicKey, "is in UTF-16\\.$"),
    "UTF-16 the other way round": (("\ufeff" + PEM.decode()).encode("utf-16-be"), BadPublicKey, "is in UTF-16\\.$"),
    "UTF-16 without its mark": (f"ssh-rsa {BODY}".encode("utf-16-le"), BadPublicKey, "is in UTF-16\\.$"),
    "UTF-32": (("\ufeff" + ssh2(LINES)).encode("utf-32-le"), BadPublicKey, "is in UTF-32\\.$"),
    "UTF-32 the other way round": (("\ufeff" + ssh2(LINES)).encode("utf-32-be"), BadPublicKey, "is in UTF-32\\.$"),
    "PuTTY's .ppk": (b"PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: none\r\n", BadPrivateKey, r"\.ppk"),
    "an old .ppk, with a mark": (b"\xef\xbb\xbfPuTTY-User-Key-File-2: ssh-rsa\r\n", BadPrivateKey, r"\.ppk"),
    "ssh.com's private format": (b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56\n", BadPrivateKey, "Tectia"),
    "SSH 1": (b"SSH PRIVATE KEY FILE FORMAT 1.1\n\0\0", BadPrivateKey, "SSH 1"),
    "Dropbear's": (string(b"ssh-rsa") + string(b"\1\0\1"), BadPrivateKey, "Dropbear"),
    "DER": (rsa_key().public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo), BadPublicKey, "DER"),
    "an OpenSSH certificate": (b"ssh-rsa-cert-v01@openssh.com " + base64.b64encode(CERTIFICATE), BadPublicKey,
                               "OpenSSH certificate"),
    "an X.509 certificate": (b"-----BEGIN CERTIFICATE-----\nMIID\n", BadPublicKey, "X.509 certificate"),
    "a request for one": (b"-----BEGIN CERTIFICATE REQUEST-----\nMIID\n", BadPublicKey, "request"),
    "PGP's": (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n", BadPublicKey, "PGP"),
    "a line of authorized_keys": (f'from="10.0.0.0/8" ssh-rsa {BODY} x'.encode(), BadPublicKey, "authorized_keys"),
    "a line of known_hosts": (f"[10.9.9.9]:10022 ssh-rsa {BODY}".encode(), BadPublicKey, "known_hosts"),
    "a placeholder": ("ssh-rsa AAAA…".encode(), BadPublicKey, "says ssh-rsa, but what follows is no base64"),
    "a kind alone": (b"ssh-rsa\n", BadPublicKey, "says ssh-rsa, and no key follows"),
    "a word with an umlaut": ("hallo wörld".encode(), BadPublicKey, "neither"),
    "a comment over the RFC's limit": (ssh2(LINES, f"Comment: {'x' * 1100}").encode(), BadPublicKey, "comment"),
}  # fmt: skip


@pytest.mark.parametrize("what", NAMED)
def test_what_is_another_thing_is_named_with_the_next_step(what):
    data, error, says = NAMED[what]
    with pytest.raises(error, match=says) as refused:
        read_any(data, None, "key.pub")
    assert refused.value.hint.endswith(("NEW", ".", "'", "…'."))


@pytest.mark.parametrize(("whose", "file"), [("/tmp/a.pub", "/tmp/a.pub"), ("The key of CXYZ001", "FILE")])
def test_the_next_step_names_the_file_where_it_is_known(whose, file):
    with pytest.raises(BadPublicKey) as refused:
        text_of("\ufeffssh-rsa".encode("utf-16-le"), whose, BadPublicKey)
    assert f"-t UTF-8 {file} > NEW" in refused.value.hint and f"Get-Content {file})" in refused.value.hint


@SSH_KEYGEN
def test_a_sound_certificate_is_called_one(private, tmp_path):
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "ca")
    (tmp_path / "id.pub").write_text(f"ssh-rsa {BODY} ops\n")
    run("ssh-keygen", "-q", "-s", tmp_path / "ca", "-I", "ops", "-n", "ops", tmp_path / "id.pub")
    with pytest.raises(BadPublicKey, match="certificate"):
        read_any((tmp_path / "id-cert.pub").read_bytes(), None, "id-cert.pub")


CIPHERS = """aes128-cbc aes192-cbc aes256-cbc aes128-ctr aes192-ctr aes256-ctr aes128-gcm@openssh.com
    aes256-gcm@openssh.com chacha20-poly1305@openssh.com 3des-cbc""".split()


@SSH_KEYGEN
@pytest.mark.parametrize("cipher", CIPHERS)
def test_an_openssh_key_by_its_cipher(private, cipher):
    if run("ssh-keygen", "-q", "-p", "-N", SECRET, "-Z", cipher, "-f", private, may_fail=True).returncode:
        pytest.skip(f"this ssh-keygen knows no {cipher}")
    data = private.read_bytes()
    assert cipher_of(data) == cipher
    if cipher not in ("aes256-cbc", "aes256-ctr", "aes256-gcm@openssh.com"):  # which cryptography reads
        with pytest.raises(BadPrivateKey, match=f"the cipher {cipher},") as refused:
            load_private(data, SECRET, "id_rsa")
        assert "ssh-keygen -p -Z aes256-ctr" in refused.value.hint
        return
    assert load_private(data, SECRET, "id_rsa").public == KEY
    for wrong in (None, "wrong"):
        with pytest.raises(BadPassphrase):
            load_private(data, wrong, "id_rsa")


@OPENSSL
@pytest.mark.parametrize(
    "cipher", ["aes-256-cbc", "des-ede3-cbc", "camellia-128-cbc", "camellia-256-cbc", "aria-256-cbc"]
)
@pytest.mark.parametrize("form", ["PKCS#8", "PEM's own"])
def test_a_pem_key_by_its_cipher(private, tmp_path, cipher, form):
    path, word = tmp_path / "new", f"pass:{SECRET}"
    if form == "PKCS#8":
        command = ["openssl", "pkcs8", "-topk8", "-in", private, "-v2", cipher, "-passout", word, "-out", path]
    else:
        command = ["openssl", "rsa", "-in", private, "-traditional", f"-{cipher}", "-passout", word, "-out", path]
    if run(*command, may_fail=True).returncode or b"ENCRYPTED" not in path.read_bytes():
        pytest.skip(f"this openssl knows no {cipher} here")
    said = refusal(load_private, path.read_bytes(), SECRET, "id_rsa")
    assert said is None or f"protected with the cipher {cipher.partition('-')[0]}" in said.lower()
    assert (said is None) == cipher.startswith(("aes", "des"))


@PUTTYGEN
@pytest.mark.parametrize("comment", ["rsa-key-20261128", "x" * 200, 'say "hi"', "結算部生產環境公開金鑰"])
def test_what_puttygen_writes(private, tmp_path, comment):
    ppk, public = tmp_path / "key.ppk", tmp_path / "key.pub"
    run("puttygen", private, "-C", comment, "-o", ppk, "--new-passphrase", "/dev/null")
    with pytest.raises(BadPrivateKey, match=r"PuTTY's own format \(.ppk\)") as refused:
        read_any(ppk.read_bytes(), None, "key.ppk")
    assert "puttygen" in refused.value.hint
    run("puttygen", ppk, "-O", "public", "-o", public)
    assert read_any(public.read_bytes(), None, "key.pub") == KEY


COMMENTS = pytest.mark.parametrize("comment", ["CXYZ001", "x" * 60, 'the "old" desk', "back\\slash\\", ""])


@PUTTYGEN
@COMMENTS
def test_puttygen_reads_what_we_write(tmp_path, comment):
    path = tmp_path / "key.pub"
    path.write_text(rfc4716.write(KEY, comment))
    assert KEY.fingerprint in run("puttygen", "-l", "-E", "md5", path).stdout.decode()


@SSH_KEYGEN
@COMMENTS
def test_openssh_reads_what_we_write(tmp_path, comment):
    path = tmp_path / "key.pub"
    path.write_text(rfc4716.write(KEY, comment))
    assert run("ssh-keygen", "-i", "-f", path).stdout.decode().split() == ["ssh-rsa", BODY]


@COMMENTS
def test_asyncssh_reads_what_we_write(comment):
    asyncssh = pytest.importorskip("asyncssh", reason="asyncssh is in the checkout's .venv alone")
    assert asyncssh.import_public_key(rfc4716.write(KEY, comment)).public_data == KEY.blob


@DROPBEAR
def test_dropbear_s_private_key_is_named(tmp_path):
    run("dropbearkey", "-t", "rsa", "-s", "2048", "-f", tmp_path / "key")
    with pytest.raises(BadPrivateKey, match="Dropbear"):
        read_any((tmp_path / "key").read_bytes(), None, "key")


def test_a_private_key_with_a_compressed_point_ends_in_a_sentence():
    secret = ec.generate_private_key(ec.SECP256R1())
    data = secret.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    whole = base64.b64decode(b"".join(data.splitlines()[1:-1]))
    point = secret.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    short = secret.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
    bent = whole.replace(string(point), string(short))
    pem = b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64.encodebytes(bent) + b"-----END OPENSSH PRIVATE KEY-----\n"
    with pytest.raises(BadPrivateKey):
        load_private(pem, None, "id_ecdsa")
    blob = string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(short)
    with pytest.raises(BadPublicKey, match="corrupt"):
        read_any(b"ecdsa-sha2-nistp256 " + base64.b64encode(blob), None, "id_ecdsa.pub")


def forms():
    for form in ("OpenSSH", "PKCS8", "TraditionalOpenSSL"):
        for protection in (serialization.NoEncryption(), serialization.BestAvailableEncryption(SECRET.encode())):
            yield rsa_key().private_bytes(
                serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), protection
            )
    yield PEM
    yield ssh2(LINES, "Comment: x").encode()
    yield f"ssh-rsa {BODY} x".encode()


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(list(forms())), st.data())
def test_a_damaged_key_ends_in_a_sentence(data, draw):
    """Two of its bytes changed, one taken out or a piece cut off; base64 stays base64, so the library is reached."""
    damaged = bytearray(data)
    letters = [at for at in range(30, len(damaged) - 30) if re.match(rb"[A-Za-z0-9+/]", damaged[at : at + 1])]
    for at in draw.draw(st.lists(st.sampled_from(letters), min_size=1, max_size=3)):
        damaged[at] = draw.draw(st.sampled_from(b"ABCDzyx0189+/"))
    end = draw.draw(st.sampled_from([len(damaged), len(damaged), len(damaged) // 2]))
    for passphrase in (None, SECRET):
        said = refusal(read_any, bytes(damaged[:end]), passphrase, "key")
        assert said is None or said.endswith(".")


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"ssh-rsa ", BEGIN.encode() + b"\n", b"-----BEGIN RSA PRIVATE KEY-----\n"]),
)
def test_any_bytes_end_in_a_sentence(data, head):
    for tail in (b"", END.encode(), b"\n-----END RSA PRIVATE KEY-----\n"):
        said = refusal(read_any, head + data + tail, SECRET, "key")
        assert said is None or said.endswith(".")


def with_rounds(rounds):
    protection = serialization.PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(16).build(SECRET.encode())
    pem = rsa_key().private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, protection)
    body = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    marked = (16).to_bytes(4, "big") + (1).to_bytes(4, "big")  # the rounds, and the number of keys after them
    assert body.count(marked) == 1
    body = base64.b64encode(body.replace(marked, rounds.to_bytes(4, "big") + marked[4:]))
    return b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + body + b"\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize("rounds", [4001, 1 << 20, (1 << 32) - 1])
def test_a_key_that_wants_its_passphrase_hashed_without_end_is_refused_at_once(rounds):
    said = refusal(read_any, with_rounds(rounds), SECRET, "key")
    assert "hashed so often" in said


def test_a_key_of_many_rounds_is_read():
    assert read_any(with_rounds(16), SECRET, "key").fingerprint
    assert not is_endless(with_rounds(4000))


def test_base64_that_ends_in_the_middle_is_read_to_there():
    lines = with_rounds(16).splitlines()
    torn = b"\n".join([lines[0], lines[1][:41] + b"=" + lines[1][42:], lines[2]])
    assert cipher_of(torn) == "aes256-ctr" and not is_endless(torn)
    assert "can't be read" in refusal(read_any, torn, SECRET, "key")


MILLION = b"\x02\x03\x0f\x42\x40"  # as DER has it


@OPENSSL
@pytest.mark.parametrize(
    ("options", "counts", "without_end"),
    [
        (["-iter", "1000000"], MILLION, b"\x02\x03\x7f\xff\xff"),
        (["-v1", "PBE-SHA1-3DES", "-iter", "1000000"], MILLION, b"\x02\x03\x7f\xff\xff"),
        (["-scrypt"], b"\x02\x02\x40\x00\x02\x01\x08\x02\x01\x01", b"\x02\x02\x40\x00\x02\x01\x08\x02\x01\x7f"),
    ],
    ids=["PBKDF2", "PKCS12", "scrypt"],
)
def test_a_key_of_openssl_tells_how_often_its_passphrase_is_hashed(tmp_path, options, counts, without_end):
    (tmp_path / "key").write_bytes(PRIVATE)
    command = ["openssl", "pkcs8", "-topk8", "-in", tmp_path / "key", "-passout", f"pass:{SECRET}", *options]
    pem = subprocess.run(command, capture_output=True, check=True).stdout
    assert read_any(pem, SECRET, "key") == KEY
    lines = pem.splitlines()
    body = base64.b64decode(b"".join(lines[1:-1]))
    assert body.count(counts) == 1
    body = base64.encodebytes(body.replace(counts, without_end))
    said = refusal(read_any, b"\n".join((lines[0], body, lines[-1])), SECRET, "key")
    assert "hashed so often" in said
