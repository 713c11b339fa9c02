# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends to a workstation for a task: one Python file that holds the module and all that it imports.

It is built in a process of its own (`python payload.py MODULE FOLDER < arguments`), as Ansible's collection loader must
come before anything has imported the collection.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MODULES = CHECKOUT / "plugins" / "modules"


@functools.cache
def build(name, arguments="{}", checkout=CHECKOUT):
    """The task's payload for a module of that checkout of ours, or for `ping`, with these arguments as JSON."""
    with tempfile.TemporaryDirectory() as place:
        link = pathlib.Path(place, "ansible_collections", "dcass", "sftp")
        link.parent.mkdir(parents=True)
        link.symlink_to(checkout)
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": place}
        command = [sys.executable, __file__, name, str(checkout / "plugins" / "modules")]
        done = subprocess.run(command, input=arguments.encode(), check=True, capture_output=True, env=environment)
    return done.stdout


def sizes():
    """KiB of each module's task; ping's tells Ansible's own share."""
    names = ["ping", *sorted(path.stem for path in MODULES.glob("[a-z]*.py"))]
    return {name: len(build(name)) / 1024 for name in names}


def main(name, modules):
    """Ask Ansible for the payload."""
    from ansible.executor.module_common import modify_module
    from ansible.modules import ping
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader
    from ansible.template import Templar

    init_plugin_loader()
    full, path = f"ansible_collections.dcass.sftp.plugins.modules.{name}", f"{modules}/{name}.py"
    if name == "ping":
        full, path = "ansible.builtin.ping", ping.__file__
    payload = modify_module(
        module_name=full,
        module_path=path,
        module_args=json.load(sys.stdin),
        templar=Templar(loader=DataLoader()),
        module_compression="ZIP_DEFLATED",
        task_vars={"ansible_python_interpreter": sys.executable},
    )
    sys.stdout.buffer.write(payload.b_module_data)


if __name__ == "__main__":
    main(*sys.argv[1:])
