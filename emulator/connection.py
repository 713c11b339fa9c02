# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that the facility itself may end."""

import asyncssh


class Connection(asyncssh.SSHServerConnection):
    """Remembers who ended it: what the facility had under way when it hung up, the client has not got."""

    has_hung_up = False

    def hang_up(self) -> None:
        """End the connection from this side at once."""
        self.has_hung_up = True
        self.abort()
