# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs of ansible-playbook with one task on this machine, and how many bytes such a task sends."""

from __future__ import annotations

import json
import pathlib
import sys


def command(python, place, task, *arguments):
    """The words that run a play of one task, by that Python of a private environment."""
    variables = {"ansible_connection": "local", "ansible_python_interpreter": str(python)}
    play = place / "play.json"
    play.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": [task]}]))
    config = place / "ansible.cfg"
    config.write_text("[connection]\npipelining = true\n")
    own = {"ANSIBLE_CONFIG": config, "ANSIBLE_HOME": place.parent / "ansible"}
    settings = [f"{name}={value}" for name, value in own.items()]
    ansible = pathlib.Path(sys.executable).with_name("ansible-playbook")
    return ["env", *settings, str(ansible), "-i", "workstation,", str(play), *arguments]


def wrap(python, before=""):
    """Make what looks like the Python of a private environment and is the one of the tests."""
    python.write_text(f'#!/bin/sh\n{before}exec {sys.executable} "$@"\n')
    python.chmod(0o755)


def count(python, counted):
    """Let what is said to that Python lie in a file, too."""
    wrap(python, before=f'tee -a {counted} | {sys.executable} "$@"; exit\n')
