# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twisted Conch: the class for tests, and, run in the environment `conch`, the program itself."""

from __future__ import annotations

import os
import sys

from tests.servers.base import Server, environment, not_built, told_version

ENVIRONMENT = "conch"


class ConchServer(Server):
    """A process with one reactor."""

    name = "Twisted Conch"
    host = "127.151.14.143"
    remark = "its own SFTP server for Unix accounts"
    accepted = "accepted"

    @classmethod
    def why_not(cls):
        return not_built(ENVIRONMENT)

    def version(self):
        return told_version("(.+)", environment(ENVIRONMENT), "-c", "import twisted; print(twisted.__version__)")

    def refuses(self, path):
        if not path.isascii():
            return "a client's paths are read as ASCII: it lists such names, and cannot open them"
        return None

    def command(self):
        return [environment(ENVIRONMENT), "-m", __name__, self.home, self.account, self.host, str(self.port)]


def serve(home, account, host, port):
    """Listen for ever, with host_key, authorized_keys and root of that folder."""
    from twisted.conch import avatar, unix
    from twisted.conch.checkers import InMemorySSHKeyDB, SSHPublicKeyChecker
    from twisted.conch.interfaces import ISFTPServer
    from twisted.conch.ssh import factory, filetransfer, keys, session
    from twisted.cred.portal import Portal
    from twisted.internet import reactor
    from twisted.python import components
    from twisted.python.filepath import FilePath

    class Visitor(avatar.ConchUser):
        def __init__(self):
            super().__init__()
            self.channelLookup[b"session"] = session.SSHSession
            self.subsystemLookup[b"sftp"] = filetransfer.FileTransferServer

        def getHomeDir(self):  # noqa: N802
            return FilePath(f"{home}/root")

        def _runAsUser(self, question, *arguments):  # noqa: N802
            steps = [(question, arguments)] if callable(question) else question
            return [function(*words) for function, words in steps][-1]

    class Folders(unix.SFTPServerForUnixConchUser):
        def _absPath(self, path):  # noqa: N802
            return super()._absPath(os.path.normpath(b"/" + path).lstrip(b"/"))

    class Realm:
        def requestAvatar(self, _name, _mind, *interfaces):  # noqa: N802
            print("accepted", flush=True)
            return interfaces[0], Visitor(), lambda: None

    components.registerAdapter(Folders, Visitor, ISFTPServer)
    known = keys.Key.fromFile(f"{home}/authorized_keys")
    door = factory.SSHFactory()
    own = keys.Key.fromFile(f"{home}/host_key")
    door.publicKeys, door.privateKeys = {b"ssh-rsa": own.public()}, {b"ssh-rsa": own}
    door.portal = Portal(Realm(), [SSHPublicKeyChecker(InMemorySSHKeyDB({account.encode(): [known]}))])
    reactor.listenTCP(port, door, interface=host)
    reactor.run()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
