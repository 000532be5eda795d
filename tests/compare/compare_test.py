#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That a comparison reads, counts and judges right, on made-up output of made-up programs."""

import contextlib
import io
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import comparison
import peer
import ray_cpp
import tune_peers
from comparison import yardstick
from goal import NO, UNKNOWN, YES, at_least, at_most, below
from suite import SUITES

RUN = pathlib.Path(__file__).resolve().parent / "run"
TIMES = comparison.Row("time", "core_benchmark time", "time", "us", has_tail=True)
LATENCY = comparison.Row("call", "core_benchmark call", "call", "us", "lat two", "rtt.p50", goals=(at_most(2, "limit"),),
                         others=("zeromq",))
RATE = comparison.Row("calls", "core_benchmark calls", "calls", "calls/s", "ring", "calls", 1e6)


def measured(**values):
    return {"name": "row", "ours": None, "ratio_to_limit": None, "ratio_to_peer": None, **values}


class RayCppTest(unittest.TestCase):
    def test_without_its_package_it_stays_out_and_says_so(self):
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stderr(io.StringIO()) as said:
            python = pathlib.Path(name) / "bin/python"
            self.assertIsNone(ray_cpp.build(python, pathlib.Path(name)))
        self.assertIn("Ray's C++ API stays out: there is no package ray-cpp", said.getvalue())

    def test_its_rows_are_in_the_table(self):
        self.assertIn(ray_cpp.NAME, {name for row in SUITES["core"].rows for name in row.others})
        self.assertEqual(SUITES["core"].titles[ray_cpp.NAME], ray_cpp.TITLE)


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


class TailTest(unittest.TestCase):
    VALUES = {"time": 1, "time.p99": 3, "time.p99.9": 50, "other.p99": 7}

    def summarize(self, *rounds):
        return comparison.summarize([TIMES], [(ours, {"time": None}, peer, {"time": {}}) for ours, peer in rounds])[0]

    def test_a_row_of_single_calls_reads_its_tail(self):
        self.assertEqual(TIMES.read(self.VALUES), {"time": 1, "time.p99": 3, "time.p99.9": 50})
        self.assertEqual(TIMES.read({"time": 1}), {"time": 1, "time.p99": None, "time.p99.9": None})
        self.assertEqual(RATE.read({"calls": 1, "calls.p99": 3}), {"calls": 1})

    def test_it_is_read_under_the_key_and_kept_under_the_name(self):
        row = comparison.Row("x", "core_benchmark y", "y", "us", has_tail=True)
        self.assertEqual(row.read({"y": 1, "y.p99": 2, "y.p99.9": 3}), {"x": 1, "x.p99": 2, "x.p99.9": 3})

    def test_its_medians_are_those_of_the_rounds(self):
        slow = {"time": 2, "time.p99": 5, "time.p99.9": 70}
        row = self.summarize((TIMES.read(self.VALUES), TIMES.read({})), (TIMES.read(slow), TIMES.read(slow)))
        self.assertEqual(row["tails"]["p99"], {"ours": 4, "peer": None, "all_ours": [3, 5], "all_peers": [None, 5]})
        self.assertEqual(row["tails"]["p99.9"]["ours"], 60)

    def test_the_table_has_it_beside_the_median(self):
        row = self.summarize((TIMES.read(self.VALUES), TIMES.read({"time": 500, "time.p99": 900})))
        line = comparison.table([row], "Ray", {})[2]
        self.assertEqual(line, "| time | 1.00 / 3.00 / 50.0 | us | 500 / 900 / – | – | – | 500 | – | – | – |")

    def test_where_there_is_none_the_median_stands_alone(self):
        row = self.summarize((TIMES.read({"time": 1}), TIMES.read({})))
        self.assertTrue(comparison.table([row], "Ray", {})[2].startswith("| time | 1.00 | us | – |"))


class LimitAndPeerTest(unittest.TestCase):
    def measure(self, row, output):
        """One round of a single row whose program prints `output`."""
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            program = folder / "manta_tune_benchmark"
            program.write_text(f"#!/bin/sh\ncat <<'END'\n{output}END\n")
            program.chmod(0o700)
            self.asked = []
            tools = comparison.Tools(folder, folder, set(), lambda names: self.asked.append(names) or {"a": 7}, dict)
            with contextlib.redirect_stderr(io.StringIO()):
                return comparison.measure_round([row], tools)

    def test_a_program_may_measure_its_limit_itself(self):
        row = comparison.Row("a", "tune_benchmark a", "a", "trials/s", limit_key="a.xargs")
        output = '{"name": "a", "value": 2, "unit": ""}\n{"name": "a.xargs", "value": 3, "unit": ""}\n'
        self.assertEqual(self.measure(row, output), ({"a": 2}, {"a": 3}, {"a": 7}, {"a": {}}))

    def test_a_row_without_a_peer_does_not_start_it(self):
        row = comparison.Row("a", "tune_benchmark a", "a", "trials/s", has_peer=False)
        output = '{"name": "a", "value": 2, "unit": ""}\n'
        self.assertEqual(self.measure(row, output), ({"a": 2}, {"a": None}, {"a": None}, {"a": {}}))
        self.assertEqual(self.asked, [])


class SuitesTest(unittest.TestCase):
    def for_each_suite(self):
        for name, suite in SUITES.items():
            with self.subTest(name):
                yield suite

    def test_names_are_unique(self):
        for suite in self.for_each_suite():
            names = [row.name for row in suite.rows]
            self.assertEqual(len(names), len(set(names)))

    def test_a_goal_about_another_row_names_one(self):
        for suite in self.for_each_suite():
            others = {goal.of for row in suite.rows for goal in row.goals}
            others -= {"value", "limit", "peer", *suite.titles}
            self.assertEqual(others - {row.name for row in suite.rows}, set())

    def test_a_goal_about_the_limit_has_one(self):
        for suite in self.for_each_suite():
            for row in suite.rows:
                if any(goal.of == "limit" for goal in row.goals):
                    self.assertTrue(row.limit_key or (row.yardstick and row.limit), row.name)

    def test_a_goal_about_the_peer_or_another_system_measures_it(self):
        for suite in self.for_each_suite():
            for row in suite.rows:
                self.assertTrue(row.has_peer or all(goal.of != "peer" for goal in row.goals), row.name)
                wanted = {goal.of for goal in row.goals if goal.of in suite.titles}
                self.assertEqual(wanted - set(row.others), set(), row.name)
                self.assertEqual(set(row.others) - set(suite.titles), set(), row.name)

    def test_the_peer_of_the_core_knows_each_row_that_it_is_asked_for(self):
        known = set(re.findall(r'"(\w+)"', (peer.FOLDER / SUITES["core"].program).read_text()))
        asked = {row.measurement for row in SUITES["core"].rows if row.has_peer}
        self.assertEqual(asked - known, set())

    def test_the_programs_of_peers_are_there(self):
        programs = [suite.program for suite in SUITES.values()] + [each.program for systems in
                    (tune_peers.SYSTEMS, tune_peers.SEARCH_SYSTEMS) for each in systems.values()]
        for program in programs:
            self.assertTrue((peer.FOLDER / program).is_file(), program)


class TunePeersTest(unittest.TestCase):
    ROWS = [comparison.Row("a", "tune_benchmark a", "a", "trials/s", others=("one", "two")),
            comparison.Row("b", "tune_benchmark b", "b", "trials/s", others=("two",)),
            comparison.Row("c", "tune_benchmark c", "c", "trials/s")]  # fmt: skip

    def setUp(self):
        self.addCleanup(setattr, peer, "FOLDER", peer.FOLDER)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = peer.FOLDER = pathlib.Path(folder.name)
        (self.folder / "echo.py").write_text("""import json, sys
for number, name in enumerate(sys.argv[1:]):
    print(json.dumps({"name": name, "value": number, "unit": ""}))
""")

    def measure(self, systems):
        with contextlib.redirect_stderr(io.StringIO()) as self.messages:
            return tune_peers.measure(systems, self.ROWS, sys.executable, self.folder)

    def test_each_system_measures_the_rows_that_name_it(self):
        values = self.measure({"one": tune_peers.System("One", "echo.py", ()),
                               "two": tune_peers.System("Two", "echo.py", ("--fast",)),
                               "idle": tune_peers.System("Idle", "echo.py", ())})  # fmt: skip
        self.assertEqual(values, {"one": {"a": 0}, "two": {"--fast": 0, "a": 1, "b": 2}})

    def test_one_that_fails_has_no_values(self):
        values = self.measure({"one": tune_peers.System("One", "missing.py", ())})
        self.assertEqual(values, {"one": {}})
        self.assertIn("missing.py", self.messages.getvalue())


class CommandLineTest(unittest.TestCase):
    def refuse(self, *arguments):
        done = subprocess.run([sys.executable, "-B", str(RUN), *arguments], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr

    def test_an_unknown_suite_is_told_which_there_are(self):
        self.assertIn("there is no suite 'tuna'; there is: core, tune, search", self.refuse("tuna"))

    def test_rounds_and_rows_are_checked(self):
        self.assertIn("--rounds must be at least 1", self.refuse("--rounds", "0"))
        self.assertIn("no row's name contains 'nothing'", self.refuse("--only", "nothing"))

    def test_a_missing_build_is_told_how_to_make_it(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn("cmake --build --preset release --target benchmarks", self.refuse("--build", folder))

    def test_a_row_whose_library_is_not_there_is_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "tests/bin/manta_core_benchmark"
            program.parent.mkdir(parents=True)
            program.write_text("""#!/bin/sh
echo '{"name": "actor_creation", "value": 0.95, "unit": "ms"}'
echo '{"name": "actor_creation.p99", "value": 1.5, "unit": "ms"}'
echo '{"name": "actor_creation.p99.9", "value": 3, "unit": "ms"}'
""")
            program.chmod(0o700)
            done = subprocess.run([sys.executable, "-B", str(RUN), "--build", folder, "--rounds", "1", "--no-peer",
                                   "--only", "actor_creation"], capture_output=True, text=True, check=False)  # fmt: skip
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("actor_creation_libtorch is left out: this build has no LibTorch", done.stderr)
            self.assertIn("| actor_creation | 0.950 / 1.50 / 3.00 | ms |", done.stdout)
            self.assertNotIn("actor_creation_libtorch", done.stdout)
            self.assertIn("cmake --build", self.refuse("--build", folder, "--only", "actor_creation_libtorch"))


if __name__ == "__main__":
    unittest.main()
