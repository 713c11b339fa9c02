# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point: `python -m emulator --root DIR` serves, `python -m emulator ctl VERB` steers a running emulator."""

import sys


def main() -> int:
    """Serve or steer; what only the server needs is imported only there, so that ctl starts at once."""
    if sys.argv[1:2] == ["ctl"]:
        from emulator import ctl

        return ctl.main(sys.argv[2:])
    from emulator import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
