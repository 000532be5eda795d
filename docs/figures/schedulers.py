#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares schedulers on recorded curves by `tune_run --simulate`, and draws what comes out.

    docs/figures/schedulers.py run      # simulate all, write schedulers.csv (a few minutes)
    docs/figures/schedulers.py trials   # run 49 trials under each scheduler, write scheduler_trials.csv (some minutes)
    docs/figures/schedulers.py draw     # write schedulers.svg and scheduler_trials.svg from these
    docs/figures/schedulers.py table    # print the table of docs/guides/schedulers.md from schedulers.csv
    docs/figures/schedulers.py record DIR   # digits_curves.csv from an experiment of examples/digits

A run is one scheduler on the first N trials of the curves in one of ORDERS random orders, four workers. `crossing` are
curves made here, of trials whose end is the better the slower they begin. `trials` runs no simulation but programs that
print the first curves of the table, one at a time, so that it is seen who ran when. Everything is the same each time.
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

LANES = [  # What scheduler_trials.svg shows.
    "fifo",
    "i-epoch:i=1,best=5",
    "median",
    "asha:eta=3",
    "asha-promote:eta=3",
    "patience:reports=3,delta=0.005",
    "hyperband:eta=3",
    "async-hyperband:eta=3",
]
LANE_TRIALS = 49  # A band of HyperBand's brackets.
# Prints the curve of one row from where it stopped, with a checkpoint at each report.
CURVE_PROGRAM = """
start=0; test -z "$MANTA_CHECKPOINT" || read -r start <"$MANTA_CHECKPOINT"
awk -F, -v row="$1" -v start="$start" -v last="$2" 'NR == row + 2 {
  for (t = start + 1; t <= last; ++t) {
    file = ENVIRON["MANTA_CHECKPOINT_DIR"] "/" t; print t >file; close(file)
    printf "{\\"accuracy\\": %s, \\"checkpoint\\": \\"%d\\"}\\n", $(4 + t), t; fflush()
  }
}' "$3"
"""


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


def simulate(table, scheduler, samples, order, binaries=BIN, workers=4):
    """(reports, best value) of one run."""
    words = [binaries / "tune_run", "--simulate", table, "--metric", "accuracy", "--mode", "max", "--scheduler",
             scheduler, "--samples", samples, "--seed", order, "--concurrency", workers, "--progress", "none"]  # fmt: skip
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


def run_trials(scheduler, folder):
    """[(trial, first report, reports in a row)] of one experiment with one trial at a time, and its best trial."""
    folder = pathlib.Path(folder)
    (folder / "curve.sh").write_text(CURVE_PROGRAM)
    (folder / "space.json").write_text(f'{{"row": {{"grid": {list(range(LANE_TRIALS))}}}}}')
    words = [BIN / "tune_run", "space.json", "--metric", "accuracy", "--mode", "max", "--scheduler", scheduler, "--samples", 1,
             "--concurrency", 1, "--max-iterations", ITERATIONS, "--out", "run", "--progress", "none", "--command",
             f"sh curve.sh {{row}} {ITERATIONS} {HERE / 'digits_curves.csv'}"]  # fmt: skip
    subprocess.run([str(word) for word in words], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with sqlite3.connect(f"file:{folder}/run/experiment.db?mode=ro", uri=True) as database:
        order = [trial for trial, in database.execute("select trial from results order by id")]
        (best,) = database.execute("select trial from best_trials where rank = 1").fetchone()
    lanes = []
    for position, trial in enumerate(order):
        if lanes and lanes[-1][0] == trial:
            lanes[-1][2] += 1
        else:
            lanes.append([trial, position, 1])
    return lanes, best


def trials():
    with open(HERE / "scheduler_trials.csv", "w", encoding="utf-8") as file:
        file.write("scheduler,trial,begin,length,is_best\n")
        for scheduler in LANES:
            with tempfile.TemporaryDirectory() as folder:
                lanes, best = run_trials(scheduler, folder)
            for trial, begin, length in lanes:
                file.write(f'"{scheduler}",{trial},{begin},{length},{int(trial == best)}\n')


def read_lanes():
    """{scheduler: [(trial, begin, length, is_best)]}."""
    found = {scheduler: [] for scheduler in LANES}
    with open(HERE / "scheduler_trials.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found[row["scheduler"]].append(tuple(int(row[name]) for name in ("trial", "begin", "length", "is_best")))
    return found


def drawing_of_trials():
    """Who ran when, as SVG: a line for each trial, a panel for each scheduler."""
    width, height, gap, top = 280, 147, 26, 26
    most = LANE_TRIALS * ITERATIONS
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {3 * (width + gap) + 14} {3 * (height + 46) + 12}" '
             'font-family="sans-serif" font-size="11" fill="#222">',
             "<title>Which of 49 trials runs when, under each scheduler, one at a time</title>",
             '<rect width="100%" height="100%" fill="#fff"/>']  # fmt: skip
    for index, (scheduler, lanes) in enumerate(read_lanes().items()):
        left, y = 20 + index % 3 * (width + gap), top + index // 3 * (height + 46)
        spent = sum(length for _, _, length, _ in lanes)
        parts += [f'<text x="{left}" y="{y - 7}" font-weight="bold">{scheduler}</text>',
                  f'<text x="{left + width}" y="{y - 7}" text-anchor="end">{spent:,} iterations</text>',
                  f'<rect x="{left}" y="{y}" width="{width}" height="{height}" fill="#f6f6f6"/>']  # fmt: skip
        for is_best, colour in ((0, "#2166ac"), (1, "#d6301d")):
            path = "".join(f"M{left + width * begin / most:.1f} {y + 3 * trial + 1.5}h{width * length / most:.1f}"
                           for trial, begin, length, best in lanes if best == is_best)  # fmt: skip
            parts.append(f'<path d="{path}" stroke="{colour}" stroke-width="2.4"/>')
        if index + 3 >= len(LANES):
            parts.append(f'<text x="{left + width / 2}" y="{y + height + 15}" text-anchor="middle">iterations spent</text>')
    return "\n".join(parts) + "\n</svg>\n"


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
    elif words == ["trials"]:
        trials()
    elif words == ["draw"]:
        (HERE / "schedulers.svg").write_text(drawing())
        (HERE / "scheduler_trials.svg").write_text(drawing_of_trials())
    elif words == ["table"]:
        print_table()
    elif len(words) == 2 and words[0] == "record":
        record(words[1])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
