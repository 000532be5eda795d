# SPDX-License-Identifier: Apache-2.0
"""Yardsticks: small programs that do what a benchmark does without Manta, as fast as this machine can.

Their sources are the *.cpp files in $MANTA_DATA_DIR/../yardsticks. Rows, programs and numbers of every table of benchmarks.
"""

import dataclasses
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

TIMEOUT_SECONDS = 300
LIBRARIES = {"sq": ["-lsqlite3"], "gp": ["-mavx2", "-mfma", "-I/usr/include/eigen3"]}


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of a table: what of ours, and what of the yardstick's output, are compared."""

    name: str
    ours: str  # Program and arguments, without "manta_".
    key: str  # The name in the JSON line, or "items_per_second" of Google Benchmark.
    unit: str
    yardstick: str = ""  # Program and arguments; "" if nothing compares.
    limit: str = ""  # The name in its line "R name value unit".
    scale: float = 1.0  # From the yardstick's unit to `unit`.

    @property
    def higher_is_better(self):
        return self.unit.endswith("/s")


def run(command, folder):
    """Standard output of `command`, run in `folder`; None, with a message, if it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{' '.join(command)}: {error}", file=sys.stderr)
        return None
    if done.returncode == 0:
        return done.stdout
    print(f"{' '.join(command)}: status {done.returncode}: {done.stderr[-500:]}", file=sys.stderr)
    return None


def run_ours(row, programs, folder):
    """Standard output of what `row` measures of ours, or None."""
    program, *arguments = row.ours.split()
    return run([str(programs / f"manta_{program}"), *arguments], folder)


def run_yardstick(row, programs, yardsticks, built, folder):
    """What the yardstick of `row` says, in the row's unit, or None if it has none that could be built."""
    name, *arguments = row.yardstick.format(bin=programs).split() or [""]
    return read_yardstick(run([str(yardsticks / name), *arguments], folder), row) if name in built else None


def read_ours(output, key):
    """The value of `key` in the output of one of our programs, or None."""
    if output is None:
        return None
    if key == "items_per_second":
        return json.loads(output)["benchmarks"][0][key]
    return read_lines(output).get(key)


def read_lines(output):
    """The values, by name, of lines {"name": …, "value": …}."""
    return {line["name"]: line["value"] for line in map(json.loads, output.splitlines())}


def read_yardstick(output, row):
    """What `row` compares with, in its unit, or None."""
    found = re.search(rf"^R {re.escape(row.limit)} (\S+) ", output or "", re.MULTILINE)
    if found is None:
        return None
    return float(found.group(1)) * row.scale


def build_yardsticks(rows, folder):
    """Builds all yardsticks that `rows` name into `folder`. Returns the names of those that could be built."""
    source_folder = pathlib.Path(os.environ.get("MANTA_DATA_DIR") or "/nonexistent") / ".." / "yardsticks"
    if not source_folder.is_dir():
        print("no yardsticks beside the folder that MANTA_DATA_DIR names: no limits, no ratios", file=sys.stderr)
        return set()
    built = set()
    for name in sorted({row.yardstick.split()[0] for row in rows if row.yardstick}):
        target = folder / name
        source = source_folder / f"{name}.cpp"
        command = ["g++", "-std=c++20", "-O2", str(source), "-o", str(target), *LIBRARIES.get(name, [])]
        if run(command, folder) is not None:
            built.add(name)
    return built


def times_worse(value, other, higher_is_better):
    """How many times worse than `other`, in time or in rate, `value` is; None if one is missing."""
    return None if not value or not other else other / value if higher_is_better else value / other


def median(values):
    """The median, or None if a value is missing."""
    return statistics.median(values) if values and None not in values else None


def number(value):
    """Three significant digits, thousands apart."""
    if value is None:
        return "–"
    if value >= 100:
        digits = len(str(int(value)))
        return f"{round(value, 3 - digits):,.0f}"
    return f"{value:#.3g}"
