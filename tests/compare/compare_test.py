#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That a comparison reads, counts and judges right, on made-up output of made-up programs."""

import contextlib
import io
import pathlib
import subprocess
import sys
import tempfile
import unittest

import comparison
import core_rows
import messaging
from comparison import yardstick
from goal import NO, UNKNOWN, YES, at_least, at_most, below

RUN = pathlib.Path(__file__).resolve().parent / "run"
LATENCY = comparison.Row("call", "core_benchmark call", "call", "us", "lat two", "rtt.p50", goals=(at_most(2, "limit"),),
                         others=("zeromq",))
RATE = comparison.Row("calls", "core_benchmark calls", "calls", "calls/s", "ring", "calls", 1e6)


def measured(**values):
    return {"name": "row", "ours": None, "ratio_to_limit": None, "ratio_to_peer": None, **values}


class ReadingTest(unittest.TestCase):
    def test_ours_is_read_by_its_key(self):
        output = '{"name": "a", "value": 1.5, "unit": "us"}\n{"name": "a.p99", "value": 3, "unit": "us"}\n'
        self.assertEqual(yardstick.read_ours(output, "a"), 1.5)
        self.assertEqual(yardstick.read_ours(output, "a.p99"), 3)
        self.assertIsNone(yardstick.read_ours(output, "b"))

    def test_a_program_that_failed_has_no_value(self):
        self.assertIsNone(yardstick.read_ours(None, "a"))
        self.assertIsNone(yardstick.read_yardstick(None, LATENCY))

    def test_a_yardstick_is_read_by_its_whole_name_and_scaled(self):
        self.assertEqual(yardstick.read_yardstick("R rtt.p50x 9 us\nR rtt.p50 0.5 us\n", LATENCY), 0.5)
        self.assertEqual(yardstick.read_yardstick("R calls 38 M/s\n", RATE), 38e6)
        self.assertIsNone(yardstick.read_yardstick("R other 1 us\n", LATENCY))

    def test_commits_become_the_time_of_as_many(self):
        row = yardstick.Row("trials", "tune_benchmark trials", "trials", "s", "sq FULL 1 1000", "rows")
        self.assertEqual(yardstick.read_yardstick("R rows 5 krows/s\n", row), 0.2)

    def test_a_unit_says_what_is_better(self):
        self.assertTrue(RATE.higher_is_better)
        self.assertFalse(LATENCY.higher_is_better)
        self.assertEqual([yardstick.times_worse(2, 1, False), yardstick.times_worse(2, 1, True)], [2, 0.5])
        self.assertIsNone(yardstick.times_worse(None, 1, True))
        self.assertIsNone(yardstick.times_worse(1, None, True))

    def test_a_median_needs_every_round(self):
        self.assertEqual(yardstick.median([3, 1, 2]), 2)
        self.assertEqual(yardstick.median([1, 2]), 1.5)
        self.assertIsNone(yardstick.median([1, None, 3]))
        self.assertIsNone(yardstick.median([]))

    def test_numbers_have_three_digits(self):
        texts = [yardstick.number(value) for value in (None, 0.12345, 1, 1234, 5_678_901)]
        self.assertEqual(texts, ["–", "0.123", "1.00", "1,230", "5,680,000"])


class GoalTest(unittest.TestCase):
    def test_a_bound_on_the_value(self):
        self.assertEqual(at_most(5).met(measured(ours=5), {}), YES)
        self.assertEqual(at_most(5).met(measured(ours=5.1), {}), NO)
        self.assertEqual(below(5).met(measured(ours=5), {}), NO)
        self.assertEqual(below(5).met(measured(ours=0.0), {}), YES)
        self.assertEqual(at_least(5).met(measured(ours=5), {}), YES)
        self.assertEqual(at_least(5).met(measured(ours=4.9), {}), NO)

    def test_a_bound_on_a_ratio(self):
        values = measured(ours=1, ratio_to_limit=1.5, ratio_to_peer=499)
        self.assertEqual(at_most(1.5, "limit").met(values, {}), YES)
        self.assertEqual(at_least(500, "peer").met(values, {}), NO)

    def test_a_bound_on_the_ratio_to_another_row(self):
        goal = at_least(0.5, "other")
        self.assertEqual(goal.met(measured(ours=5), {"other": measured(ours=10)}), YES)
        self.assertEqual(goal.met(measured(ours=4), {"other": measured(ours=10)}), NO)

    def test_a_bound_on_the_ratio_to_a_message_system(self):
        self.assertEqual(at_least(2, "zeromq").met(measured(ours=1, ratio_to_zeromq=2.5), {}), YES)
        self.assertEqual(at_least(2, "zeromq").met(measured(ours=1, ratio_to_zeromq=None), {}), UNKNOWN)

    def test_without_a_number_nothing_is_said(self):
        self.assertEqual(at_most(5).met(measured(), {}), UNKNOWN)
        self.assertEqual(at_most(5, "limit").met(measured(ours=1), {}), UNKNOWN)
        self.assertEqual(at_least(5, "peer").met(measured(ours=1), {}), UNKNOWN)
        self.assertEqual(at_least(5, "other").met(measured(ours=1), {}), UNKNOWN)
        self.assertEqual(at_least(5, "other").met(measured(ours=1), {"other": measured()}), UNKNOWN)
        self.assertEqual(at_least(5, "other").met(measured(), {"other": measured(ours=1)}), UNKNOWN)

    def test_text(self):
        texts = [at_most(0.75).text("us"), at_least(5e6).text("calls/s"), below(0.5).text("%"),
                 at_most(1 / 0.85, "limit").text("us"), at_least(1000, "peer").text("us")]  # fmt: skip
        self.assertEqual(texts, ["≤ 0.75 us", "≥ 5,000,000 calls/s", "< 0.5 %", "≤ 1.18× limit", "≥ 1,000× peer"])


class ComparisonTest(unittest.TestCase):
    def summarize(self, *rounds):
        others = {"call": {"zeromq": 50}, "calls": {}}
        return comparison.summarize([LATENCY, RATE], [(*values, others) for values in rounds])

    def test_medians_and_ratios(self):
        latency, rate = self.summarize(
            ({"call": 1, "calls": 100}, {"call": 0.5, "calls": 400}, {"call": 500, "calls": 1}),
            ({"call": 3, "calls": 300}, {"call": 1.5, "calls": 200}, {"call": 700, "calls": 3}),
            ({"call": 2, "calls": 200}, {"call": 1, "calls": 600}, {"call": 600, "calls": 2}),
        )
        self.assertEqual([latency[key] for key in ("ours", "limit", "peer")], [2, 1, 600])
        self.assertEqual([latency["ratio_to_limit"], latency["ratio_to_peer"]], [2, 300])
        self.assertEqual([rate["ratio_to_limit"], rate["ratio_to_peer"]], [2, 100])
        self.assertEqual(latency["goals"], [{"goal": "≤ 2× limit", "met": YES}])
        self.assertEqual(latency["all_ours"], [1, 3, 2])

    def test_what_is_missing_in_one_round_stays_empty(self):
        latency, rate = self.summarize(
            ({"call": 1, "calls": 100}, {"call": None, "calls": 400}, {"call": 500, "calls": None}),
            ({"call": 1, "calls": 100}, {"call": 1, "calls": 400}, {"call": 500, "calls": 1}),
        )
        self.assertEqual([latency["limit"], latency["ratio_to_limit"], latency["ratio_to_peer"]], [None, None, 500])
        self.assertEqual([rate["peer"], rate["ratio_to_peer"]], [None, None])
        self.assertEqual(latency["goals"][0]["met"], UNKNOWN)

    def test_the_table_has_a_line_for_each_row(self):
        one_round = ({"call": 1, "calls": 2e6}, {"call": 0.5, "calls": None}, {"call": 1500, "calls": None})

        lines = comparison.table(self.summarize(one_round), "Ray", {"zeromq": "ZeroMQ"})

        self.assertEqual(lines[2], "| call | 1.00 | us | 1,500 | 0.500 | 2 | 1,500 | ZeroMQ 50.0 (50) | ≤ 2× limit | yes |")
        self.assertEqual(lines[3], "| calls | 2,000,000 | calls/s | – | – | – | – | – | – | – |")
        self.assertEqual({line.count("|") for line in lines}, {11})

    def test_a_round_runs_a_program_of_two_rows_once(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            program = folder / "manta_core_benchmark"
            program.write_text(f"""#!/bin/sh
echo "$1" >>{folder}/calls
echo '{{"name": "a", "value": 2, "unit": "us"}}'
echo '{{"name": "b", "value": 2, "unit": "us"}}'
""")
            program.chmod(0o700)
            rows = [comparison.Row("x", "core_benchmark both", "a", "us", others=("zeromq",)),
                    comparison.Row("y", "core_benchmark both", "b", "us")]  # fmt: skip
            asked = []
            tools = comparison.Tools(folder, folder, set(), lambda names: asked.append(names) or {"a": 7},
                                     lambda: {"zeromq": {"a": 9}})  # fmt: skip
            with contextlib.redirect_stderr(io.StringIO()):
                values = comparison.measure_round(rows, tools)
            self.assertEqual(values, ({"x": 2, "y": 2}, {"x": None, "y": None}, {"x": 7, "y": None},
                                      {"x": {"zeromq": 9}, "y": {}}))  # fmt: skip
            self.assertEqual((folder / "calls").read_text(), "both\n")
            self.assertEqual(asked, [["both"]])


class CoreRowsTest(unittest.TestCase):
    def test_names_are_unique(self):
        names = [row.name for row in core_rows.ROWS]
        self.assertEqual(len(names), len(set(names)))

    def test_a_goal_about_another_row_names_one(self):
        names = {row.name for row in core_rows.ROWS}
        others = {goal.of for row in core_rows.ROWS for goal in row.goals} 
        others -= {"value", "limit", "peer", *messaging.SYSTEMS}
        self.assertEqual(others - names, set())

    def test_a_goal_about_the_limit_has_a_yardstick(self):
        for row in core_rows.ROWS:
            if any(goal.of == "limit" for goal in row.goals):
                self.assertTrue(row.yardstick and row.limit, row.name)


    def test_a_goal_about_a_message_system_measures_it(self):
        for row in core_rows.ROWS:
            wanted = {goal.of for goal in row.goals if goal.of in messaging.SYSTEMS}
            self.assertEqual(wanted - set(row.others), set(), row.name)


class CommandLineTest(unittest.TestCase):
    def refuse(self, *arguments):
        done = subprocess.run([sys.executable, "-B", str(RUN), *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_an_unknown_suite_is_told_which_there_are(self):
        self.assertIn("there is no suite 'tuna'; there is: core", self.refuse("tuna"))

    def test_rounds_and_rows_are_checked(self):
        self.assertIn("--rounds must be at least 1", self.refuse("--rounds", "0"))
        self.assertIn("no row's name contains 'nothing'", self.refuse("--only", "nothing"))

    def test_a_missing_build_is_told_how_to_make_it(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("cmake --build --preset release --target benchmarks", self.refuse("--build", folder))


if __name__ == "__main__":
    unittest.main()
