# SPDX-License-Identifier: Apache-2.0
"""docs/figures/schedulers.* and docs/guides/schedulers.md against what the programs do now."""
import contextlib
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["MANTA_TEST_BIN"])
GUIDE = (ROOT / "docs/guides/schedulers.md").read_text(encoding="utf-8")
sys.path.insert(0, str(ROOT / "docs/figures"))

import schedulers  # noqa: E402


class FigureTest(unittest.TestCase):
    def test_the_figure_is_drawn_from_the_runs(self):
        drawn = schedulers.drawing()

        self.assertEqual(drawn, (ROOT / "docs/figures/schedulers.svg").read_text(encoding="utf-8"),
                         "docs/figures/schedulers.py draw writes it anew")  # fmt: skip
        lines = xml.etree.ElementTree.fromstring(drawn).findall("{http://www.w3.org/2000/svg}polyline")
        self.assertEqual(len(lines), len(schedulers.CURVES) * len(schedulers.SCHEDULERS))
        self.assertEqual(schedulers.drawing_of_trials(),
                         (ROOT / "docs/figures/scheduler_trials.svg").read_text(encoding="utf-8"))  # fmt: skip

    def test_programs_were_stopped_where_the_simulator_stops_them(self):
        rows = (ROOT / "docs/figures/digits_curves.csv").read_text(encoding="utf-8").splitlines()
        with tempfile.TemporaryDirectory() as folder:
            table = pathlib.Path(folder) / "first.csv"
            table.write_text("\n".join(rows[:schedulers.LANE_TRIALS + 1]) + "\n")
            for scheduler, lanes in schedulers.read_lanes().items():
                reports, _ = schedulers.simulate(table, scheduler, schedulers.LANE_TRIALS, 0, BIN, workers=1)
                self.assertEqual(sum(length for _, _, length, _ in lanes), reports, scheduler)

    def test_the_runs_come_out_as_recorded(self):
        recorded = {(row["curves"], row["scheduler"]): (int(row["reports"]), float(row["best"]))
                    for row in schedulers.read_rows() if (row["samples"], row["order"]) == ("40", "1")}  # fmt: skip
        self.assertEqual(len(recorded), len(schedulers.CURVES) * len(schedulers.SCHEDULERS))
        with tempfile.TemporaryDirectory() as folder:
            for (curves, scheduler), expected in recorded.items():
                found = schedulers.simulate(schedulers.table_of(curves, folder), scheduler, 40, 1, BIN)
                self.assertEqual(found, expected,
                                 f"{curves}, {scheduler}: docs/figures/schedulers.py run, draw and table bring it up to date")

    def test_the_table_of_the_guide_is_that_of_the_runs(self):
        with contextlib.redirect_stdout(io.StringIO()) as table:
            schedulers.print_table()

        self.assertIn(table.getvalue(), GUIDE)

    def test_the_simulation_in_the_guide_prints_what_it_says(self):
        command, = re.findall(r"^tune_run (--simulate .*)$", GUIDE, re.MULTILINE)
        expected, = re.findall(r"```text\n(simulated: .*?)```", GUIDE, re.DOTALL)

        done = subprocess.run([BIN / "tune_run", *command.split()], cwd=ROOT, text=True, check=True, capture_output=True)

        self.assertTrue(done.stdout.endswith(expected), done.stdout)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
