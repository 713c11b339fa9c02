# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check for Nagios, Icinga and what speaks their language: one line, figures, and the exit code that goes with them.

    python3 check_dcass.py [--max-age HOURS] [--grace HOURS] [--warn-days DAYS] FILE...

FILE is what dcass_metrics_file writes on a workstation, one for each account. CRITICAL where something is due at once,
no full sync has come to its end in time, or the file has not been written for --max-age hours (60: from Saturday's run
to Monday's); UNKNOWN where it can't be read; WARNING where something is due. It needs Python 3.9 and nothing else.
"""

from __future__ import annotations

import argparse
import re
import sys
import time

OK, WARNING, CRITICAL, UNKNOWN = range(4)
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
GRAVEST_LAST = (OK, WARNING, UNKNOWN, CRITICAL)
AHEAD = 0.25  # hours
FIGURES = {  # of the line's end, by the metric
    "key_days": "dcass_key_days_left",
    "missing": "dcass_reports_missing",
    "expiring": "dcass_reports_expiring",
    "lost": "dcass_reports_lost",
    "logins_left": "dcass_logins_left",
    "free": "dcass_archive_free_bytes",
}
SAMPLE = re.compile(r"(?P<name>[a-z_]+)\{(?P<labels>.*)\} (?P<value>[-+0-9.eE]+)", re.DOTALL)
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPED = {r"\\": "\\", r"\n": "\n", r"\"": '"'}


def samples(text):
    """Yield each sample: name, labels, value."""
    for line in text.split("\n"):  # a label may hold other ends of lines
        if line and not line.startswith("#"):
            found = SAMPLE.fullmatch(line)
            if not found:
                raise ValueError(f"{line[:80]!r} is no sample")
            labels = {
                name: re.sub(r'\\[\\n"]', lambda one: ESCAPED[one[0]], value)
                for name, value in LABEL.findall(found["labels"])
            }
            yield found["name"], labels, float(found["value"])


def judge(text, now, options):
    """Return how an account stands: its state, its name, what there is to say, and its figures."""
    values, dues, account = {}, [], "no account"
    for name, labels, value in samples(text):
        account = labels.get("account", account)
        if name == "dcass_due":
            dues.append((labels["urgency"], labels["code"]))
        else:
            values[name] = value
    said = []
    hours = (now - values["dcass_status_written_timestamp_seconds"]) / 3600
    if hours > options.max_age:
        said.append((CRITICAL, f"nothing was written for {hours:.0f} hours"))
    if hours < -AHEAD:
        said.append((CRITICAL, f"it was written by a clock that is {-hours:.1f} hours ahead"))
    if now > values.get("dcass_sync_due_timestamp_seconds", now) + options.grace * 3600:
        said.append((CRITICAL, "no full sync has come to its end in time"))
    said += [(CRITICAL if urgency == "at_once" else WARNING, code) for urgency, code in dues]
    if values.get("dcass_key_days_left", options.warn_days) < options.warn_days:
        said.append((WARNING, f"the key ends in {values['dcass_key_days_left']:.0f} days"))
    said = list(dict.fromkeys(said))
    state = max((state for state, _text in said), default=OK, key=GRAVEST_LAST.index)
    figures = {name: values[metric] for name, metric in FIGURES.items() if metric in values}
    return state, account, ", ".join(text for _state, text in said) or "ok", figures


def line(judged):
    """Return the exit code and the line for all accounts, the gravest first."""
    ranked = sorted(judged, key=lambda one: -GRAVEST_LAST.index(one[0]))
    state = ranked[0][0] if ranked else UNKNOWN
    words = "; ".join(f"{account}: {said}" for _state, account, said, _figures in ranked) or "no file was named"
    figures = " ".join(
        f"{account}_{name}={value:.0f}{'B' if name == 'free' else ''}"
        for _state, account, _said, its in ranked
        for name, value in its.items()
    )
    clean = "".join(letter if letter.isprintable() and letter != "|" else "?" for letter in words)
    return state, f"DCASS {WORDS[state]} - {clean} | {figures}".rstrip(" |")


def main(arguments):
    """Judge all files; return the exit code."""
    parser = argparse.ArgumentParser(description="How accounts of dcass.sftp stand.")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--max-age", type=float, default=60, metavar="HOURS")
    parser.add_argument("--grace", type=float, default=4, metavar="HOURS")
    parser.add_argument("--warn-days", type=float, default=45, metavar="DAYS")
    options = parser.parse_args(arguments)
    judged = []
    for path in options.files:
        try:
            with open(path, encoding="utf-8") as file:
                judged.append(judge(file.read(), time.time(), options))
        except (OSError, ValueError, KeyError) as error:
            judged.append((UNKNOWN, path, f"can't be read: {error}", {}))
    state, said = line(judged)
    print(said)
    return state


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
