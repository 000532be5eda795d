# SPDX-License-Identifier: Apache-2.0
"""Ours, the limit and the peer, side by side: the rounds, the medians, the table."""

import dataclasses
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import yardstick
from yardstick import median, number

MISSING = "–"
TAIL = ("p99", "p99.9")  # Of single calls; the program prints them under the row's key and these.


@dataclasses.dataclass(frozen=True)
class Row(yardstick.Row):
    """One line of a comparison. The peer's program knows its measurement by the same word, and prints the same key."""

    goals: tuple = ()
    others: tuple = ()  # Names of other systems, of the suite's, that do the same.
    has_peer: bool = True  # Whether the peer can do the same.
    limit_key: str = ""  # The limit's key in the output of our program, where that measures it itself.
    has_tail: bool = False  # Whether the value is a time of single calls, of which the programs print TAIL too.
    needs: str = ""  # The library without which our program is not built, and the row is left out.

    @property
    def measurement(self):
        """The argument of our program, and of the peer's."""
        return self.ours.split()[1]

    def read(self, values):
        """From the values that a program has printed: the row's by the row's name, and its tail's by that and TAIL."""
        parts = ["", *(f".{part}" for part in TAIL if self.has_tail)]
        return {self.name + part: values.get(self.key + part) for part in parts}


@dataclasses.dataclass(frozen=True)
class Tools:
    """What is run: folders of programs, and a function."""

    programs: pathlib.Path
    yardsticks: pathlib.Path
    built: set  # Names of the yardsticks that are there.
    run_peer: object  # From measurements to a dict of the values that the peer has printed, by key.
    run_others: object  # To a dict of such dicts, by the name of the other system.


def measure_round(rows, tools):
    """Each row of ours with its yardstick, then the peer, which would disturb them while it lives. Returns four dicts
    from the names of the rows to values, ours and the peer's with their tails (see Row.read); what failed is None.
    Those of the last are dicts by system."""
    outputs, ours, limits = {}, {}, {}
    for row in rows:
        print(row.name, file=sys.stderr)
        if row.ours not in outputs:  # Some programs serve several rows.
            outputs[row.ours] = yardstick.run_ours(row, tools.programs, tools.yardsticks)
        ours |= read_ours(row, outputs[row.ours])
        limits[row.name] = measure_limit(row, outputs[row.ours], tools)
    printed = tools.run_others()
    others = {row.name: {name: printed.get(name, {}).get(row.key) for name in row.others} for row in rows}
    wanted = list(dict.fromkeys(row.measurement for row in rows if row.has_peer))
    peers = tools.run_peer(wanted) if wanted else {}
    of_peer = {}
    for row in rows:
        of_peer |= row.read(peers if row.has_peer else {})
    return ours, limits, of_peer, others


def read_ours(row, output):
    """See Row.read; what has no name in the output, as of Google Benchmark, has no tail either."""
    if not row.has_tail:
        return {row.name: yardstick.read_ours(output, row.key)}
    return row.read(yardstick.read_lines(output or ""))


def measure_limit(row, output, tools):
    if row.limit_key:
        return yardstick.read_ours(output, row.limit_key)
    return yardstick.run_yardstick(row, tools.programs, tools.yardsticks, tools.built, tools.yardsticks)


def summarize(rows, rounds):
    """The rows as values: medians of the rounds, ratios, and which goals are met."""
    measured = [summarize_row(row, rounds) for row in rows]
    by_name = {values["name"]: values for values in measured}
    for row, values in zip(rows, measured):
        values["goals"] = [{"goal": goal.text(row.unit), "met": goal.met(values, by_name)} for goal in row.goals]
    return measured


def summarize_row(row, rounds):
    ours, limits, peers, others = ([values[row.name] for values in kind] for kind in zip(*rounds))
    value, limit, peer = median(ours), median(limits), median(peers)
    by_system = {name: median([values[name] for values in others]) for name in row.others}
    tails = {part: summarize_tail(f"{row.name}.{part}", rounds) for part in TAIL if row.has_tail}
    return {
        "name": row.name, "ours": value, "unit": row.unit, "peer": peer, "limit": limit,
        # How many times worse than the limit: 1 is as good as it gets. How many times better than the peer.
        "ratio_to_limit": yardstick.times_worse(value, limit, row.higher_is_better),
        "ratio_to_peer": yardstick.times_worse(peer, value, row.higher_is_better),
        "others": by_system,
        **{f"ratio_to_{name}": yardstick.times_worse(other, value, row.higher_is_better)
           for name, other in by_system.items()},
        "yardstick": f"{row.yardstick}: {row.limit}".replace("{bin}/", "") if row.yardstick else "",
        "tails": tails,
        "all_ours": ours, "all_limits": limits, "all_peers": peers, "all_others": others,
    }  # fmt: skip


def summarize_tail(name, rounds):
    """A quantile of ours and of the peer's: the medians of the rounds, and each."""
    ours, peers = ([values[name] for values in kind] for kind in list(zip(*rounds))[::2])
    return {"ours": median(ours), "peer": median(peers), "all_ours": ours, "all_peers": peers}


def with_tail(row, whose):
    """"0.75 / 1.1 / 25": the row's value of "ours" or "peer", and its tail where it has one."""
    tail = [values[whose] for values in row["tails"].values()]
    return " / ".join(number(value) for value in (row[whose], *(tail if tail.count(None) < len(tail) else ())))


def ratio_text(ratio):
    return MISSING if ratio is None else f"{ratio:.2g}" if ratio < 100 else f"{ratio:,.0f}"


def others_text(row, titles):
    """"ZeroMQ 1,600,000 (3.1)": what other systems do, and how many times better than that we are."""
    return "; ".join(f"{titles[name]} {number(value)} ({ratio_text(row[f'ratio_to_{name}'])})"
                     for name, value in row["others"].items()) or MISSING  # fmt: skip


def table(measured, peer, titles):
    """The comparison as lines of a Markdown table; `peer` names the column of the peer, `titles` the other systems.
    Times of single calls are three numbers: median / p99 / p99.9."""
    lines = [
        f"| name | ours | unit | {peer} | limit | ratio to limit | ratio to peer | others | goal | met |",
        "|---|--:|---|--:|--:|--:|--:|---|---|---|",
    ]
    for row in measured:
        goals = "; ".join(each["goal"] for each in row["goals"]) or MISSING
        met = "; ".join(each["met"] for each in row["goals"]) or MISSING
        cells = [row["name"], with_tail(row, "ours"), row["unit"], with_tail(row, "peer"), number(row["limit"]),
                 ratio_text(row["ratio_to_limit"]), ratio_text(row["ratio_to_peer"]),
                 others_text(row, titles), goals, met]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines
