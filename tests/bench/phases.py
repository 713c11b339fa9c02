# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of report_sync that tells where its time goes: `python phases.py FILE < SCRIPT`, with $BENCH_BEGAN.

The script is what Ansible sends; it is taken in two, so that a mark can be set between Ansible's own part and ours.
The file becomes a list of [what, milliseconds, those of a processor].
"""

import contextlib
import functools
import importlib
import json
import os
import sys
import time

COLLECTION = "ansible_collections.dcass.sftp.plugins."
UTILS = COLLECTION + "module_utils."
CALLS = (  # what is timed within the run, where there is such a function
    ("_io.state_db", "StateDb.__init__", "opening the state"),
    ("_io.key_files", "KeyFiles.load_to_log_in", "loading the key"),
    ("_io.session", "exchange_keys", "connection and key exchange"),
    ("_io.session", "_authenticate", "login, and two commits that record it"),
    ("_io.session", "_open_channel", "opening the channel"),
    ("_io.session", "Session.list", "listing"),
)
REST = "plan, result, and all else"
MARKS = []


def mark(what):
    """All until now, and since the last mark, was this."""
    MARKS.append((what, time.monotonic(), time.process_time()))


def spans(began):
    """The time between marks: what, milliseconds, those of a processor."""
    before, worked = began, 0.0
    for what, moment, processor in MARKS:
        yield [what, (moment - before) * 1000, (processor - worked) * 1000]
        before, worked = moment, processor


def time_calls(module, name, what):
    """Set a mark before and after each call of a function."""
    owner = importlib.import_module(UTILS + module)
    *above, last = name.split(".")
    owner = functools.reduce(getattr, above, owner)
    function = getattr(owner, last, None)
    if function is None:
        return

    @functools.wraps(function)
    def timed(*arguments, **more):
        mark(REST)
        try:
            return function(*arguments, **more)
        finally:
            mark(what)

    setattr(owner, last, timed)


def main(file):
    """Run it, mark by mark."""
    began = float(os.environ["BENCH_BEGAN"])
    mark("Python starts")
    ansible, _from, _ours = sys.stdin.read().rpartition("from ")
    exec(ansible, {})  # what we have written ourselves
    mark("what Ansible sends is read")
    module = importlib.import_module(COLLECTION + "modules.report_sync")
    mark("our modules")
    importlib.import_module(UTILS + "_io.session")
    mark("paramiko, and what is built on it")
    for call in CALLS:
        time_calls(*call)
    mark("setting up these marks")
    with contextlib.suppress(SystemExit):
        module.main()
    mark(REST)
    with open(file, "w") as report:
        json.dump(list(spans(began)), report)
    os._exit(0)  # as the script ends


if __name__ == "__main__":
    main(sys.argv[1])
