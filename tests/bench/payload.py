# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends to a workstation for a task: one Python file that holds the module and all that it imports.

It is built in a process of its own (`python payload.py MODULE < arguments`), as Ansible's collection loader must come
before anything has imported the collection.
"""

from __future__ import annotations

import functools
import json
import pathlib
import subprocess
import sys

MODULES = pathlib.Path(__file__).resolve().parents[2] / "plugins" / "modules"


@functools.cache
def build(name, arguments="{}"):
    """The task's payload for one of our modules, or for `ping`, with these arguments as JSON."""
    return subprocess.run(
        [sys.executable, __file__, name], input=arguments.encode(), check=True, capture_output=True
    ).stdout


def sizes():
    """KiB of each module's task; ping's tells Ansible's own share."""
    names = ["ping", *sorted(path.stem for path in MODULES.glob("[a-z]*.py"))]
    return {name: len(build(name)) / 1024 for name in names}


def main(name):
    """Ask Ansible for the payload."""
    from ansible.executor.module_common import modify_module
    from ansible.modules import ping
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader
    from ansible.template import Templar

    init_plugin_loader()
    full, path = f"ansible_collections.dcass.sftp.plugins.modules.{name}", MODULES / f"{name}.py"
    if name == "ping":
        full, path = "ansible.builtin.ping", ping.__file__
    payload = modify_module(
        module_name=full,
        module_path=str(path),
        module_args=json.load(sys.stdin),
        templar=Templar(loader=DataLoader()),
        module_compression="ZIP_DEFLATED",
        task_vars={"ansible_python_interpreter": sys.executable},
    )
    sys.stdout.buffer.write(payload.b_module_data)


if __name__ == "__main__":
    main(sys.argv[1])
