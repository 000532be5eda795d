#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares schedulers on recorded curves by `tune_run --simulate`, and draws what comes out.

    docs/figures/schedulers.py run      # simulate all, write schedulers.csv (a few minutes)
    docs/figures/schedulers.py draw     # write schedulers.svg from schedulers.csv
    docs/figures/schedulers.py table    # print the table of docs/guides/schedulers.md from schedulers.csv
    docs/figures/schedulers.py record DIR   # digits_curves.csv from an experiment of examples/digits

A run is one scheduler on the first N trials of the curves in one of ORDERS random orders, four workers. `crossing` are
curves made here, of trials whose end is the better the slower they begin. Everything is the same each time.
"""

import csv
import math
import pathlib
import random
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BIN = HERE.parents[1] / "build/dev/bin"
ORDERS = 20
SAMPLES = [10, 20, 40, 80, 160, 250]
ITERATIONS = 27
CURVES = {"digits": "curves of examples/digits: who begins well ends well",
          "crossing": "crossing curves: who begins well ends badly"}  # fmt: skip
SCHEDULERS = {
    "fifo": "#777777",
    "i-epoch:i=1,best=10": "#c77c11",
    "asha:eta=3": "#2166ac",
    "asha-promote:eta=3": "#1a9e8c",
    "hyperband:eta=3": "#b2182b",
    "median": "#7b3294",
}


def crossing_curves():
    """A table of 250 trials: value(t) = end - (end - 0.3) exp(-t / time), where a better end takes more time."""
    randomness = random.Random(1)
    lines = ["x," + ",".join(f"s{t}" for t in range(ITERATIONS + 1))]
    for number in range(250):
        quality = randomness.random()
        end = 0.5 + 0.5 * quality
        time = 0.5 + 8 * quality * (0.75 + 0.5 * randomness.random())
        curve = [end - (end - 0.3) * math.exp(-t / time) for t in range(ITERATIONS + 1)]
        lines.append(f"{number}," + ",".join(f"{value:.4f}" for value in curve))
    return "\n".join(lines) + "\n"


def table_of(curves, folder):
    """The file of the curves; those that are made go into `folder`."""
    if curves == "digits":
        return HERE / "digits_curves.csv"
    path = pathlib.Path(folder) / f"{curves}.csv"
    path.write_text(crossing_curves())
    return path


def simulate(table, scheduler, samples, order, binaries=BIN):
    """(reports, best value) of one run."""
    words = [binaries / "tune_run", "--simulate", table, "--metric", "accuracy", "--mode", "max", "--scheduler",
             scheduler, "--samples", samples, "--seed", order, "--concurrency", 4, "--progress", "none"]  # fmt: skip
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, text=True, check=True)
    reports = re.search(r"^simulated: .*, (\d+) reports?$", done.stdout, re.MULTILINE).group(1)
    best = re.search(r"^best accuracy: (\S+)", done.stdout, re.MULTILINE).group(1)
    return int(reports), float(best)


def run():
    with tempfile.TemporaryDirectory() as folder, open(HERE / "schedulers.csv", "w", encoding="utf-8") as file:
        file.write("curves,scheduler,samples,order,reports,best\n")
        for curves in CURVES:
            table = table_of(curves, folder)
            for scheduler in SCHEDULERS:
                for samples in SAMPLES:
                    for order in range(1, ORDERS + 1):
                        reports, best = simulate(table, scheduler, samples, order)
                        file.write(f'{curves},"{scheduler}",{samples},{order},{reports},{best:.4f}\n')


def read_rows():
    with open(HERE / "schedulers.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def mean_of(rows, curves, scheduler, samples):
    """Iterations spent and best value, each the mean over the orders."""
    chosen = [row for row in rows if (row["curves"], row["scheduler"], row["samples"]) == (curves, scheduler, str(samples))]
    return statistics.fmean(int(row["reports"]) for row in chosen), statistics.fmean(float(row["best"]) for row in chosen)


def print_table():
    rows = read_rows()
    print("| 250 trials | digits: iterations | best | crossing: iterations | best |\n|---|--:|--:|--:|--:|")
    for scheduler in SCHEDULERS:
        cells = [f"{spent:,.0f} | {best:.4f}" for spent, best in (mean_of(rows, c, scheduler, 250) for c in CURVES)]
        print(f"| `{scheduler}` | {' | '.join(cells)} |")


WIDTH, HEIGHT, LEFT, TOP, GAP = 400, 260, 56, 34, 74


class Panel:
    """One diagram: iterations on a logarithmic axis, values on a straight one."""

    def __init__(self, rows, curves, left):
        self.curves, self.left = curves, left
        self.lines = {s: [mean_of(rows, curves, s, n) for n in SAMPLES] for s in SCHEDULERS}
        values = [best for line in self.lines.values() for _, best in line]
        self.step = 0.005 if max(values) - min(values) < 0.05 else 0.1
        self.low = math.floor(min(values) / self.step) * self.step
        self.high = math.ceil(max(values) / self.step) * self.step

    def x(self, spent):
        low, high = math.log10(20), math.log10(8000)
        return self.left + WIDTH * (math.log10(spent) - low) / (high - low)

    def y(self, value):
        return TOP + HEIGHT * (self.high - value) / (self.high - self.low)

    def draw(self):
        bottom = TOP + HEIGHT
        parts = [f'<text x="{self.left}" y="{TOP - 14}" font-weight="bold">{CURVES[self.curves]}</text>']
        for spent in (30, 100, 300, 1000, 3000, 8000):
            x = self.x(spent)
            parts += [f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="#e4e4e4"/>',
                      f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{spent}</text>']  # fmt: skip
        for index in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + index * self.step
            y = self.y(value)
            parts += [f'<path d="M{self.left} {y:.1f}H{self.left + WIDTH}" stroke="#e4e4e4"/>',
                      f'<text x="{self.left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>']  # fmt: skip
        for scheduler, line in self.lines.items():
            points = " ".join(f"{self.x(spent):.1f},{self.y(best):.1f}" for spent, best in line)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{SCHEDULERS[scheduler]}" stroke-width="2"/>')
            parts += [f'<circle cx="{self.x(spent):.1f}" cy="{self.y(best):.1f}" r="2.5" fill="{SCHEDULERS[scheduler]}"/>'
                      for spent, best in line]  # fmt: skip
        parts.append(f'<text x="{self.left + WIDTH / 2}" y="{bottom + 34}" text-anchor="middle">iterations spent</text>')
        return parts


def drawing():
    """The figure as SVG."""
    rows = read_rows()
    width, height = LEFT + 2 * WIDTH + GAP + 20, TOP + HEIGHT + 74
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
             'font-size="11" fill="#222">',
             "<title>Best accuracy over iterations spent, mean of 20 orders, 10 to 250 trials</title>",
             f'<rect width="{width}" height="{height}" fill="#fff"/>']  # fmt: skip
    for index, curves in enumerate(CURVES):
        parts += Panel(rows, curves, LEFT + index * (WIDTH + GAP)).draw()
    x = LEFT
    for scheduler, colour in SCHEDULERS.items():
        parts += [f'<path d="M{x} {height - 16}h18" stroke="{colour}" stroke-width="3"/>',
                  f'<text x="{x + 23}" y="{height - 12}">{scheduler}</text>']  # fmt: skip
        x += 46 + 6.2 * len(scheduler)
    return "\n".join(parts) + "\n</svg>\n"


def record(directory):
    """The curves of an experiment of examples/digits, rounded, as a table."""
    with sqlite3.connect(f"file:{directory}/experiment.db?mode=ro", uri=True) as database:
        values = {}
        for trial, iteration, value in database.execute(
                "select trial, iteration, value from learning_curves where metric = 'accuracy'"):  # fmt: skip
            values.setdefault(trial, {})[iteration] = value
        names = ("lr", "l2", "batch")
        lines = [",".join(names) + "," + ",".join(f"s{t}" for t in range(ITERATIONS + 1))]
        for trial, config in database.execute("select trial, config from trials order by trial"):
            config = {name: float(re.search(rf'"{name}":([^,}}]+)', config).group(1)) for name in names}
            cells = [f"{config[name]:.6g}" for name in names] + ["nan"]
            lines.append(",".join(cells + [f"{values[trial][t]:.4f}" for t in range(1, ITERATIONS + 1)]))
    (HERE / "digits_curves.csv").write_text("\n".join(lines) + "\n")


def main():
    words = sys.argv[1:]
    if words == ["run"]:
        run()
    elif words == ["draw"]:
        (HERE / "schedulers.svg").write_text(drawing())
    elif words == ["table"]:
        print_table()
    elif len(words) == 2 and words[0] == "record":
        record(words[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
