# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells which folders lie where the service user may put a link, in which root must not follow it, as JSON.

python3 -I of_user.py USER ITS ROOTS: ITS are the folders that are that user's or will be, ROOTS those of root's, as
lists. `ways` are those of both whose way leads through a folder that the user may write, or by a link of the user's;
`taken` those of ITS on such a way that are there and somebody else's, which the user can't take over.
"""

import json
import os
import pwd
import stat
import sys

MOST_LINKS = 40  # as the kernel follows


class User:
    """Somebody, and where they may put links."""

    def __init__(self, name, its):
        entry = pwd.getpwnam(name)
        self.uid, self.groups = entry.pw_uid, os.getgrouplist(name, entry.pw_gid)
        self.its = {os.path.realpath(folder) for folder in its}  # what will be theirs, too

    def may_write(self, folder):
        """Whether they may put a link there, now or once it is made."""
        if folder in self.its:
            return True
        try:
            found = os.stat(folder)
        except OSError:
            return False
        in_group = found.st_gid in self.groups and found.st_mode & stat.S_IWGRP
        return found.st_uid == self.uid or bool(in_group or found.st_mode & stat.S_IWOTH)

    def steers(self, path):
        """Whether they may decide where a path leads: it is walked as the kernel does it, link after link."""
        at, rest, links = "/", path.split("/"), 0
        while rest := [name for name in rest if name not in ("", ".")]:
            if self.may_write(at):
                return True
            name, rest = rest[0], rest[1:]
            before, at = at, os.path.dirname(at) if name == ".." else os.path.join(at, name)
            if not os.path.islink(at):
                continue
            links += 1
            if os.lstat(at).st_uid == self.uid or links > MOST_LINKS:
                return True
            leads_to = os.readlink(at)
            at, rest = "/" if leads_to.startswith("/") else before, leads_to.split("/") + rest
        return False

    def lacks(self, path):
        """Whether it is there and somebody else's."""
        return os.path.exists(path) and os.stat(path).st_uid != self.uid


def told(name, its, roots):
    """What is printed; nothing for somebody who is not there yet, as in check mode on a bare host, and for root."""
    try:
        user = User(name, its)
    except KeyError:
        user = None
    if user is None or user.uid == 0:
        return {"ways": [], "taken": []}
    ways = [folder for folder in its + roots if user.steers(folder)]
    return {"ways": ways, "taken": [folder for folder in its if folder in ways and user.lacks(folder)]}


if __name__ == "__main__":
    print(json.dumps(told(sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3]))))
