# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""facility_info where no library is installed yet: reached or not, which host key, and that it is no login (§4.3)."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import asyncssh
import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io import keyscan, session
from ansible_collections.dcass.sftp.plugins.modules import facility_info
from tests.modules.support import Workstation, fail, new_state, run_module, succeed
from tests.servers.asyncssh_server import Servers, closed_port, known_hosts
from tests.servers.openssh import OpenSshServer

pytestmark = pytest.mark.skipif(
    keyscan.shutil.which("ssh-keyscan", path=keyscan._PATH) is None,
    reason="there is no ssh-keyscan on this machine (Debian package openssh-client)",
)
needs_sshd = pytest.mark.skipif(OpenSshServer.why_not() is not None, reason=str(OpenSshServer.why_not()))


@pytest.fixture(scope="module")
def keys():
    return {name: asyncssh.generate_private_key("ssh-rsa", key_size=2048) for name in ("host", "other")}


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    ours = Workstation(tmp_path_factory.mktemp("ours"), "CXYZ001", "127.0.10.31")
    ours.public = asyncssh.import_public_key(ours.make_key()["public_key"]).export_public_key().decode()
    return ours


@pytest.fixture(scope="module")
def servers(tmp_path_factory, account):
    with Servers(tmp_path_factory.mktemp("served"), account.public) as running:
        yield running


@pytest.fixture
def options(account, tmp_path, monkeypatch):
    """The account's options on a host that has no paramiko, nor anything of a rollout."""
    monkeypatch.setattr(facility_info, "MISSING", ImportError("No module named 'paramiko'", name="paramiko"))
    bare = {name: str(tmp_path / name) for name in ("state_dir", "key_dir", "known_hosts")}
    yield {**account.options, **bare, "connect_timeout": 5}
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def saying(words: bytes) -> Iterator[str]:
    """A server that says something to whoever connects, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    line, _from = listening.accept()
                    line.sendall(words)
                    line.close()

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("pinned", "code"),
    [
        pytest.param("host", None, id="the pinned key"),
        pytest.param("other", "host_key_mismatch", id="another key than the pinned one"),
        pytest.param(None, "host_key_unknown", id="a key that nobody has pinned"),
    ],
)
def test_the_host_key_is_read_and_compared_with_the_inventory_s_without_a_login(servers, options, keys, pinned, code):
    address, before = servers.start(keys["host"]), servers.logins
    lines = known_hosts(address, keys[pinned]).splitlines() if pinned else []
    told = run_module("facility_info", **options, addresses=[address], known_hosts_lines=lines)
    (seen,) = told["addresses"]
    assert (seen["reachable"], seen["error_code"], told.get("error_code")) == (
        True,
        code,
        code if pinned == "other" else None,
    )
    assert seen["known_hosts_line"] == known_hosts(address, keys["host"]).strip()
    assert seen["host_key_fingerprint"] == keys["host"].get_fingerprint() and seen["round_trip_ms"] > 0
    assert (seen["offered"], seen["agreed"], servers.logins) == (None, None, before)


@needs_sshd
def test_a_real_sshd_shows_its_key_and_counts_no_login(account, options):
    with OpenSshServer("CXYZ001", account.public) as sshd:
        lines = sshd.known_hosts.splitlines()
        (seen,) = succeed("facility_info", **options, addresses=[sshd.address], known_hosts_lines=lines)["addresses"]
        assert (seen["error_code"], sshd.logins()) == (None, 0)


def test_an_address_that_is_down_is_told_beside_one_that_answers(servers, options, keys):
    down, up = closed_port(), servers.start(keys["host"])
    lines = known_hosts(up, keys["host"]).splitlines()
    told = succeed("facility_info", **options, addresses=[down, up], known_hosts_lines=lines)["addresses"]
    assert [(one["reachable"], one["error_code"]) for one in told] == [(False, "unreachable"), (True, None)]
    fail("facility_info", "unreachable", **options, addresses=[down])


def test_without_ssh_keyscan_it_says_what_answers_and_that_the_key_is_not_read(servers, options, keys, monkeypatch):
    monkeypatch.setattr(keyscan, "_PATH", "/nonexistent")
    address = servers.start(keys["host"])
    (seen,) = succeed("facility_info", **options, addresses=[address])["addresses"]
    assert (seen["reachable"], seen["error_code"], seen["host_key_fingerprint"]) == (True, "host_key_unread", None)
    assert " as 'SSH-2.0-AsyncSSH" in seen["msg"]
    assert seen["msg"].endswith("this workstation has neither the libraries nor ssh-keyscan.")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        pytest.param(b"220 mail ESMTP\r\n", "unreachable", "answers, but is no SSH server", id="no SSH server"),
        pytest.param(b"", "unreachable", "answers, but is no SSH server", id="one that hangs up"),
        pytest.param(b"SSH-2.0-\x1b[31mred\r\n", "host_key_unread", r"SSH-2.0-\x1b[31mred", id="no key, and a trick"),
    ],
)
def test_what_is_no_ssh_server_is_told(options, words, code, part):
    with saying(words) as address:
        told = run_module("facility_info", **options, addresses=[address])
    (seen,) = told["addresses"]
    assert seen["error_code"] == code and part in seen["msg"]


def test_a_login_takes_the_libraries(servers, options, keys, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(session, "MISSING", facility_info.MISSING)
    address, before = servers.start(keys["host"]), servers.logins
    asked = {**options, "state_dir": new_state(tmp_path_factory.mktemp("elsewhere") / "state")}
    lines = known_hosts(address, keys["host"]).splitlines()
    refused = run_module("facility_info", **asked, addresses=[address], known_hosts_lines=lines, login=True)
    assert (refused["error_code"], servers.logins) == ("no_key", before)
