# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# What a Python says of itself, in a line; Python 2 and the first of Python 3 must be able to say it as well.
import hashlib
import json
import os
import platform
import struct
import sys
import sysconfig


def imports(name):
    """Whether it has this."""
    try:
        __import__(name)
    except ImportError:
        return False
    return True


def glibc():
    """The version of its C library; nothing where that is another one."""
    try:
        _name, version = os.confstr("CS_GNU_LIBC_VERSION").split()
    except (AttributeError, OSError, ValueError):
        return ""
    return version


def has_md5():
    """Whether it makes fingerprints with MD5, which a policy may forbid; what is too old for the question can."""
    try:
        hashlib.md5(b"", usedforsecurity=False)
    except TypeError:
        return True
    except ValueError:
        return False
    return True


told = {
    "version": list(sys.version_info[:3]),
    "kind": platform.python_implementation().lower(),
    "machine": platform.machine(),
    "bits": struct.calcsize("P") * 8,
    "free_threads": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "glibc": glibc(),
    "venv": imports("venv"),
    "ensurepip": imports("ensurepip"),
    "md5": has_md5(),
}
print("dcass-python " + json.dumps(told))
