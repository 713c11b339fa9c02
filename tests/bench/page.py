# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of a bench have found, as a page that reads well on a terminal as well."""

from __future__ import annotations

import statistics

from tests.bench import aims
from tests.bench.peers import BEFORE, OURS, PING, PLAY, PLAY_PING
from tests.bench.race import ratio

PARTS = ("noop", "day", "small", "big", "disk", "growth", "fleet", "ssh", "sizes", "profile")  # in this order
RACES = ("day", "small", "big", "disk")
LOCKED_AT = 5  # logins in five minutes lock the account (§4.3)
TITLE = """<!--
Copyright: (c) 2026, the dcass.sftp contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->
# How fast report_sync is

`BENCH_WRITE=1 make bench` wrote this page and its plot. Times of one machine mean little: look at the ratios, each the
median of those of its rounds, in which all have their turn.

![Seconds of first mirrors and of runs that find nothing new, by client](bench.svg)

"""
MISSED = (
    "What a missed aim is made of: [where the time goes](#where-the-time-goes). What was tried:"
    " [where a sync's time goes](design.md#where-a-syncs-time-goes-and-what-was-tried)."
)
NO_OP = (
    "Seconds of a second run, which finds nothing new; all have their turn in each round. A task is what runs on the"
    " workstation: a Python that reads what Ansible sends through a pipe. That is what the aim compares with `ping`,"
    " since of a whole play with one task most is `ansible-playbook` itself, the same for both; it stands below. The"
    " build before and *sent as a module* are the ordinary way, as `ping` is."
)
MIRROR = (
    "Seconds, and in brackets how many times as fast ours is. ¹ measured once, being far behind; > stopped there; †"
    " locks the account (§4.3). Ours hashes and syncs every report, and so did the build before; the others do neither,"
    " unless they are followed by `sync -f`. CPU s is a first mirror's at the shortest round trip, MB the most of all."
)
FLEET = (
    "The playbook sync_reports beside a play of one bare `ping`, both with pipelining. Workstations, control node and"
    " facility share this machine. MB is the peak of ansible-playbook itself."
)
OVER_SSH = (
    "The same to two machines of the lab, which share the workstations of the inventory: each of these has an address"
    " and a line of ssh of its own, which is open before both plays begin (ControlPersist), and both go by sudo to the"
    " service user."
)
STAGES = "Milliseconds of a run that finds nothing new, 0 ms, medians; how it is parted costs a little itself."
LEAST = "What has to be done with each byte of `big`, tried alone, beside what ours takes; seconds of a processor."


def text(kept):
    """The page below its title; a part that was never run is left out."""
    pieces = _conditions(kept)
    header = ("aim", "before", "aimed at", "found", "")
    pieces += ["## Against the aims", _table(header, list(aims.rows(kept))), MISSED if "profile" in kept else ""]
    sections = {"noop": _no_op, **dict.fromkeys(RACES, _race), "growth": _growth, "fleet": _fleet, "ssh": _fleet}
    sections |= {"sizes": _sizes, "profile": _profile}
    for name, part in kept.items():
        pieces += _section(sections[name], name, part, kept)
    return "\n\n".join(piece for piece in pieces if piece) + "\n"


def _section(write, name, part, kept):
    """A part's section; of one that ended too soon, what there is."""
    try:
        return write(name, part["found"], kept)
    except (KeyError, ValueError) as error:
        return [f"## The part `{name}` has not all that belongs here", f"It lacks {error}."]


def _conditions(kept):
    rows, machines, lines = [], {}, {}
    for name, part in kept.items():
        failed = "; ".join(part["failed"])
        cells = (part["began"], part["build"], part["before"], part["load"], f"{part['minutes']:.1f}")
        rows.append([f"`{name}`", *cells, f"**failed**: {failed}" if failed else "whole"])
        machines.setdefault(tuple(part["machine"]), []).append(name)
        lines.update(part["found"].get("lines", {}))
    header = ("part", "measured", "build", "the build before", "load at its beginning", "minutes", "")
    told = [_lines(machine) for machine in machines]
    if len(machines) > 1:
        told = [f"{', '.join(names)}:\n\n{_lines(machine)}" for machine, names in machines.items()]
    return ["## When, and on what", _table(header, rows), *told, _lines(lines[trip] for trip in sorted(lines, key=int))]


def _no_op(name, found, kept):
    trips = sorted(map(int, found["races"]))
    raced = {trip: aims.scores(kept, name, trip) for trip in trips}
    rows = []
    for client in sorted(raced[trips[0]], key=lambda each: raced[trips[0]][each].again or 0):
        cells = []
        for trip in trips:
            score, ping = raced[trip].get(client), raced[trip].get(PLAY_PING if client in (PLAY, PLAY_PING) else PING)
            if not score or not score.second or not ping:
                cells += ["–", "", ""]
                continue
            times = f"{ratio(score.second, ping.second):.2f} ×"
            cells += [f"{score.again:.3f}", times, f"{statistics.median(score.processor_again):.3f}"]
        rows.append([_bold(client), *cells])
    header = ["client"]
    for trip in trips:
        header += [f"{trip} ms", "÷ ping", "CPU s"]
    pieces = ["## Where nothing is new", NO_OP, _table(header, rows)]
    plays = [raced[trips[0]].get(each) for each in (PLAY, PLAY_PING)]
    if all(plays):
        times = ratio(*(play.second for play in plays))
        pieces.append(f"A play of one report_sync takes {times:.2f} times as long as one of one ping.")
    if "sent" in found:
        pieces.append(
            "; ".join(f"bytes that a task sends, {how}: {size:,}" for how, size in found["sent"].items()) + "."
        )
    return [*pieces, _lines(found["notes"])]


def _race(name, found, kept):
    trips = sorted(map(int, found["races"]))
    raced = {trip: aims.scores(kept, name, trip) for trip in trips}
    names = sorted(raced[trips[-1]], key=lambda client: raced[trips[-1]][client].seconds)
    repeats = any(score.second for scores in raced.values() for score in scores.values()) and name != "disk"
    rows = []
    for client in names:
        pairs = [(raced[trip].get(client), raced[trip][OURS]) for trip in trips]
        there = [score for score, _ours in pairs if score]
        logins = max(score.logins for score in there)
        again = [f"{score.again:.2f}" if score and score.again else "–" for score, _ours in pairs] if repeats else []
        cells = [f"{logins} †" if logins >= LOCKED_AT else str(logins), *(_first(*pair) for pair in pairs), *again]
        cells += [f"{statistics.median(there[0].processor):.2f}" if there[0].processor else "–"]
        rows.append([_bold(client), *cells, _peak(score.memory for score in there)])
    header = ["client", "logins", *(f"{trip} ms" for trip in trips)]
    header += [f"again, {trip} ms" for trip in trips] if repeats else []
    what = "`big` on disk" if name == "disk" else f"`{name}`"
    pieces = [f"## First mirrors of {what}: {found['size']}", MIRROR, _table([*header, "CPU s", "MB"], rows)]
    return [*pieces, _beside_before(raced), _lines(found["notes"])]


def _beside_before(raced):
    told = []
    for trip, scores in raced.items():
        if scores.keys() >= {OURS, BEFORE}:
            ours, before = scores[OURS], scores[BEFORE]
            first, processor = ratio(ours.first, before.first), ratio(ours.processor, before.processor)
            told.append(
                f"at {trip} ms {first:.2f} times the seconds of the build before, {processor:.2f} of its processor's"
            )
    return f"Ours took {'; '.join(told)}." if told else ""


def _growth(_name, found, _kept):
    header = ("reports", "listed and planned, s", "per 1,000", "first mirror, s", "second run, s", "peak MB")
    cells = []
    for files, planned, first, second, memory in found["rows"]:
        more = ["–" if seconds is None else f"{seconds:.2f}" for seconds in (first, second)]
        cells.append([f"{files:,}", f"{planned:.2f}", f"{planned / files * 1000:.3f}", *more, f"{memory:.0f}"])
    return ["## Growth, reports of 100 bytes in one folder, 0 ms", _table(header, cells)]


def _fleet(name, found, _kept):
    heading = "## A fleet over ssh" if name == "ssh" else "## A fleet that is this machine"
    if "why_not" in found:
        return [heading, f"Not measured: {found['why_not']}."]
    header = ("workstations", "forks", "rounds", "ping, s", "sync, s", "÷ ping", "sync while closed, s", "÷ ping")
    rows = []
    for row in found["rows"]:
        ping, sync, closed = (statistics.median(row[play]) for play in ("ping", "sync", "closed"))
        times = [f"{ratio(row[play], row['ping']):.2f} ×" for play in ("sync", "closed")]
        cells = [f"{ping:.1f}", f"{sync:.1f}", times[0], f"{closed:.1f}", times[1]]
        memory = [f"{row['memory'][play]:.0f}" for play in ("ping", "sync")]
        rows.append([str(row["hosts"]), str(row["forks"]), str(len(row["ping"])), *cells, *memory])
    return [heading, OVER_SSH if name == "ssh" else FLEET, _table((*header, "ping, MB", "sync, MB"), rows)]


def _sizes(_name, found, _kept):
    rows = [[f"`{module}`", f"{size:.0f}"] for module, size in found["KiB"].items()]
    return ["## Size of a module, where it is sent", _table(("module", "KiB"), rows)]


def _profile(_name, found, _kept):
    whole = [sum(row[column] for row in found["stages"]) for column in (1, 2)]
    stages = [[what, f"{wall:.0f}", f"{processor:.0f}"] for what, wall, processor in found["stages"]]
    stages += [["all", *(f"{each:.0f}" for each in whole)]]
    least = [[what, f"{seconds:.2f}"] for what, seconds in found["least"]]
    pieces = ["## Where the time goes", STAGES, _table(("stage", "ms", "of a processor"), stages)]
    return [*pieces, LEAST, _table((found["size"], "s"), least)]


def _bold(client):
    return f"**{client}**" if client in (OURS, PLAY) else client


def _first(score, ours):
    if score is None:
        return "–"
    more = "> " if score.stopped else ""
    once = " ¹" if len(score.first) < len(ours.first) and not score.stopped else ""
    return f"{more}{score.seconds:.2f}{once} ({more}{aims.ahead(ours, score):.2f} ×)"


def _peak(memories):
    most = max(memories)
    return f"{most:.0f}" if most else "–"


def _lines(texts):
    return "\n".join(f"- {text}" for text in texts)


def _table(header, rows):
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
