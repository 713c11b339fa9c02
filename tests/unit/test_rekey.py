# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host key is compared again each time that keys are exchanged, and what follows the key is told by its name."""

from __future__ import annotations

import socket
import threading

import paramiko
import pytest

from ansible_collections.dcass.sftp.plugins.module_utils._io.transport import FacilityTransport, RsaKey
from ansible_collections.dcass.sftp.plugins.module_utils._rules.errors import HostKeyMismatch, SecondStepWanted
from tests.unit.sftp_server import Folder, Remote, Server
from tests.unit.support import rsa_key
from tests.unit.test_session import log_in

HOST = "127.0.0.1"


class Doorkeeper(paramiko.ServerInterface):
    """Lets everybody in whose key is right, or half in."""

    def __init__(self, verdict) -> None:
        self.verdict = verdict

    def get_allowed_auths(self, _username):
        return "keyboard-interactive,password" if self.verdict == paramiko.AUTH_PARTIALLY_SUCCESSFUL else "publickey"

    def check_auth_publickey(self, _username, _key):
        return self.verdict

    def check_channel_request(self, _kind, _number):
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, _channel, name):
        return name == "sftp"


class Facility:
    """One login to a paramiko server that exchanges keys anew, with ``second`` as its host key, once it was asked."""

    def __init__(self, second=None, verdict=paramiko.AUTH_SUCCESSFUL) -> None:
        self._keys, self._verdict = [rsa_key(number=7), second], verdict
        self._listener = socket.create_server((HOST, 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.address = f"{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._listener.close()
        self._thread.join(20)

    @property
    def known_hosts(self):
        host, port = self.address.split(":")
        return f"[{host}]:{port} ssh-rsa {RsaKey(key=self._keys[0]).get_base64()}\n"

    def _serve(self):
        sock, _peer = self._listener.accept()
        transport = FacilityTransport(sock)
        transport.add_server_key(RsaKey(key=self._keys[0]))
        try:
            transport.start_server(server=Doorkeeper(self._verdict))
            channel = transport.accept(20)
            if channel:
                self._answer(transport, channel)
        except (EOFError, OSError, paramiko.SSHException):  # the client has left
            pass
        finally:
            transport.close()

    def _answer(self, transport, channel):
        server = Server({"COMMON": Folder([(b"R%d" % number, Remote(b"x" * 40)) for number in range(9)])}, burst=1)
        has_rekeyed = False
        while data := channel.recv(1 << 16):
            server.sendall(data)
            if len(server.asked) > 1 and not has_rekeyed:
                has_rekeyed = True
                if self._keys[1] is not None:
                    transport.server_key_dict["ssh-rsa"] = RsaKey(key=self._keys[1])
                transport.renegotiate_keys()
            while server.pending or server._out:
                channel.sendall(server.recv(1 << 16))


def test_new_keys_under_the_same_host_key_go_unnoticed(tmp_path):
    with Facility() as facility, log_in(facility.address, facility.known_hosts, tmp_path) as session:
        assert len(session.list(["COMMON"]).reports) == 9


def test_another_host_key_when_keys_are_exchanged_anew_ends_the_session(tmp_path):
    wrong = pytest.raises(HostKeyMismatch, match="changed its host key within the session")
    with Facility(second=rsa_key(number=8)) as facility, wrong:
        with log_in(facility.address, facility.known_hosts, tmp_path) as session:
            session.list(["COMMON"])


def test_a_second_step_is_named(tmp_path):
    told = pytest.raises(
        SecondStepWanted, match=r"took the key of CXYZ001, and wants .*: keyboard-interactive, password"
    )
    with Facility(verdict=paramiko.AUTH_PARTIALLY_SUCCESSFUL) as facility, told:
        log_in(facility.address, facility.known_hosts, tmp_path).__enter__()
