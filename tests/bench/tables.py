# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bench has found, as tables that read well on a terminal and as a page."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from tests.bench.peers import BEFORE, LIMIT, OURS, UNWRAPPED

LOCKED_AT = 5  # logins in five minutes lock the account (§4.3)
NO_PEERS = (OURS, BEFORE, UNWRAPPED, LIMIT)
AIMS = {0: 1.5, 5: 2.0, 20: 2.5}  # round trip in ms → how many times as fast as the fastest peer with one login
MEMORY_AIM = 80  # MB
FLEET = (
    "The playbook sync_reports beside a play of one bare `ping`, both with pipelining and five forks; the aim is 1.5 ×."
    " Workstations, control node and facility share this machine. MB is the peak of ansible-playbook itself."
)


@dataclass
class Results:
    """``races`` is (data set, round trip) → name → score; ``lines`` is round trip → what the line was and could do."""

    rounds: int
    patience: float
    machine: list[str] = field(default_factory=list)
    sizes: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    races: dict = field(default_factory=dict)
    growth: list = field(default_factory=list)
    fleets: list = field(default_factory=list)  # rows of tests.bench.fleet
    payloads: dict = field(default_factory=dict)
    importing: float = 0.0  # s that importing paramiko takes
    ping: float = 0.0  # s that Ansible takes for a task that does nothing
    notes: list[str] = field(default_factory=list)

    def text(self):
        """The whole page below its title."""
        parts = [_lines([*self.machine, *self.notes]), "## The line", _lines(self.lines.values())]
        for data, size in self.sizes.items():
            parts += [f"## First mirror and second run, `{data}`: {size}", self._race(data), _notes(self)]
        header = ("what", "as a task", "aim", "", "without Ansible's wrapper")
        parts += ["## Against the aims", _table(header, list(self.verdicts()))]
        parts += self._before()
        header = ("", "client", "second run, s", "first mirror less that, s", "")
        parts += ["## Where the time goes", self._where(), _table(header, list(self._shares()))]
        parts += ["## Growth, reports of 100 bytes in one folder, 0 ms", _growth(self.growth)]
        parts += ["## A fleet, seconds of a play in which nothing is new", FLEET, _fleets(self.fleets)]
        parts += ["## Size of a task, as Ansible sends it", _payloads(self.payloads)]
        return "\n\n".join(part for part in parts if part) + "\n"

    def _race(self, data):
        trips = sorted(trip for name, trip in self.races if name == data)
        header = [
            "client",
            "logins",
            *(f"{trip} ms" for trip in trips),
            *(f"again, {trip} ms" for trip in trips),
            "CPU s",
            "MB",
        ]
        names = sorted(self.races[data, trips[-1]], key=lambda name: self.races[data, trips[-1]][name].seconds)
        rows = []
        for name in names:
            scores = [(self.races[data, trip][name], self.races[data, trip][OURS]) for trip in trips]
            logins = max(score.logins for score, _ours in scores)
            rows.append(
                [
                    f"**{name}**" if name == OURS else name,
                    f"{logins} †" if logins >= LOCKED_AT else str(logins),
                    *(_first(*pair) for pair in scores),
                    *(f"{score.again:.2f}" if score.again else "–" for score, _ours in scores),
                    f"{scores[0][0].processor:.2f}",
                    _peak(score.memory for score, _ours in scores),
                ]
            )
        return _table(header, rows)

    def verdicts(self):
        """Rows that hold each aim against what was measured."""
        for (data, trip), scores in self.races.items():
            ours, where = scores[OURS], f"`{data}`, {trip} ms"
            yield _verdict(f"{where}: fastest with one login", _fastest(_single(scores)), scores, AIMS.get(trip, 1.0))
            if trip:
                others = {n: s for n, s in scores.items() if s.logins > 1}
                yield _verdict(f"{where}: fastest with more", _fastest(others), scores, 1.0)
            if trip and data == "big" and LIMIT in scores:
                yield _verdict(f"{where}: the limit", LIMIT, scores, 1.0)
            again = {name: score.again for name, score in scores.items() if score.again and name not in NO_PEERS}
            if again and ours.again:
                best = min(again, key=again.get)
                aim = again[best] + self.importing
                said = f"{aim:.2f} s: {best} {again[best]:.2f} + importing paramiko {self.importing:.2f}"
                bare = f"{scores[UNWRAPPED].again:.2f} s"
                yield [f"{where}: second run", f"{ours.again:.2f} s", said, _word(ours.again <= aim), bare]
        memory = max([row[-1] for row in self.growth] + [scores[OURS].memory for scores in self.races.values()])
        yield ["most memory of all runs", f"{memory:.0f} MB", f"{MEMORY_AIM} MB", _word(memory <= MEMORY_AIM), ""]

    def _before(self):
        """A heading and the table of ours against the other checkout's, where it ran."""
        rows = []
        for (data, trip), scores in self.races.items():
            if old := scores.get(BEFORE):
                ours, again = scores[OURS], old.again
                cells = [_pairs(ours.first, old.first), _pairs(ours.second, old.second) if again else "–"]
                rows.append([f"`{data}`, {trip} ms", *cells, f"{ours.processor / old.processor:.2f} ×"])
        header = ("", "first mirror", "second run", "CPU of a first mirror")
        return ["## Seconds of ours in those of the other checkout", _table(header, rows)] if rows else []

    def _where(self):
        return (
            "A second run is what a client needs to start, log in and look; the rest of a first mirror is the fetching."
            f" Of ours, Ansible takes {self.ping:.2f} s for a task that does nothing (`ping`), and importing paramiko"
            f" {self.importing:.2f} s."
        )

    def _shares(self):
        """Rows that part a first mirror of ours and of the fastest with one login into start and fetching."""
        for (data, trip), scores in self.races.items():
            parted = {name: score for name, score in scores.items() if score.again and not score.stopped}
            ours = parted[OURS].seconds - parted[OURS].again
            for name in (OURS, UNWRAPPED, _fastest(_single(parted))):
                if name in parted:
                    fetching = parted[name].seconds - parted[name].again
                    ratio = f"{fetching / ours:.1f} ×"
                    yield [f"`{data}`, {trip} ms", name, f"{parted[name].again:.2f}", f"{fetching:.2f}", ratio]


def _single(scores):
    return {name: score for name, score in scores.items() if score.logins == 1 and name not in NO_PEERS}


def _fastest(scores):
    return min(scores, key=lambda name: scores[name].seconds) if scores else None


def _verdict(what, peer, scores, aim):
    if not peer:
        return [what, "–", f"{aim} ×", "no such client here", ""]
    ratios = [scores[peer].seconds / scores[name].seconds for name in (OURS, UNWRAPPED)]
    more = "> " if scores[peer].stopped else ""
    cells = [f"{more}{ratio:.2f} ×" for ratio in ratios]
    return [f"{what}, {peer}", cells[0], f"{aim} ×", _word(ratios[0] >= aim), cells[1]]


def _pairs(ours, olds):
    """The median of each round's ratio, since the machine's own pace changes from round to round."""
    return f"{statistics.median(new / old for new, old in zip(ours, olds)):.2f} ×"


def _word(met):
    return "met" if met else "**missed**"


def _first(score, ours):
    more = "> " if score.stopped else ""
    once = " ¹" if len(score.first) < len(ours.first) and not score.stopped else ""
    return f"{more}{score.seconds:.2f}{once} ({more}{score.seconds / ours.seconds:.1f} ×)"


def _peak(memories):
    most = max(memories)
    return f"{most:.0f}" if most else "–"


def _notes(results):
    return (
        f"Seconds, medians of {results.rounds} round(s) in which each client had its turn, and in brackets how many"
        f" times as fast ours is. ¹ measured once, being far behind; > stopped there, being far behind; † locks the"
        " account (§4.3). Ours hashes and syncs every report; the others do neither."
    )


def _growth(rows):
    header = ("reports", "listed and planned, s", "per 1,000", "first mirror, s", "second run, s", "peak MB")
    cells = []
    for files, planned, first, second, memory in rows:
        more = ["–" if seconds is None else f"{seconds:.2f}" for seconds in (first, second)]
        cells.append([f"{files:,}", f"{planned:.2f}", f"{planned / files * 1000:.3f}", *more, f"{memory:.0f}"])
    return _table(header, cells)


def _fleets(rows):
    header = ("hosts", "ping", "sync", "", "sync, closed", "", "ping, a host", "sync, a host", "ping, MB", "sync, MB")
    cells = []
    for hosts, (ping, least), (sync, most), closed in rows:
        beside = [cell for seconds in (sync, closed) for cell in _beside(seconds, ping)]
        each = [f"{seconds / hosts:.2f}" for seconds in (ping, sync)]
        cells.append([str(hosts), f"{ping:.1f}", *beside, *each, f"{least:.0f}", f"{most:.0f}"])
    return _table(header, cells)


def _beside(seconds, ping):
    return (f"{seconds:.1f}", f"{seconds / ping:.2f} ×") if seconds else ("–", "")


def _payloads(sizes):
    rows = [[f"`{name}`", f"{size:.0f}"] for name, size in sizes.items()]
    return _table(("module", "KiB"), rows)


def _lines(texts):
    return "\n".join(f"- {text}" for text in texts)


def _table(header, rows):
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in lines)
