#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That a peer is started, measured and ended right; no peer is needed for it."""

import contextlib
import io
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

import peer

sys.path.append(str(pathlib.Path(__file__).resolve().parent / "ray"))
import measuring
import processes

MAKE_VENV = peer.FOLDER / "make_venv"


class RunPeerTest(unittest.TestCase):
    def run_script(self, script):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as self.messages:
            return peer.run_peer([sys.executable, "-c", script], folder)

    def test_its_lines_become_values(self):
        values = self.run_script("""print('some noise\\n{"name": "a", "value": 2, "unit": "us"}')""")
        self.assertEqual(values, {"a": 2})

    def test_what_it_had_measured_before_it_failed_is_kept(self):
        values = self.run_script(
            """print('{"name": "a", "value": 2, "unit": "us"}', flush=True); raise SystemExit("broken pipe dream")"""
        )
        self.assertEqual(values, {"a": 2})
        self.assertIn("broken pipe dream", self.messages.getvalue())

    def test_one_that_takes_too_long_is_asked_to_end(self):
        self.addCleanup(setattr, peer, "TIMEOUT_SECONDS", peer.TIMEOUT_SECONDS)
        peer.TIMEOUT_SECONDS = 1
        script = """
import signal, sys, time
def end(*_):
    print('{"name": "ended", "value": 1, "unit": ""}', flush=True)
    sys.exit(143)
signal.signal(signal.SIGTERM, end)
time.sleep(60)"""
        self.assertEqual(self.run_script(script), {"ended": 1})


class RequirementsTest(unittest.TestCase):
    TEXT = (peer.FOLDER / "ray/requirements.txt").read_text(encoding="utf-8")
    OF_SEARCH = (peer.FOLDER / "optuna/requirements.txt").read_text(encoding="utf-8")

    def test_a_version_is_found(self):
        self.assertEqual(peer.pinned_version("# x\nray-tools==1\nray==2.60.0\n", "ray"), "2.60.0")
        self.assertIsNone(peer.pinned_version("numpy==1\n", "ray"))

    def test_every_package_is_pinned(self):
        for line in (self.TEXT + self.OF_SEARCH).splitlines():
            self.assertTrue(line.startswith("#") or line.count("==") == 1, line)
        self.assertIsNotNone(peer.pinned_version(self.TEXT, "ray"))
        self.assertIsNotNone(peer.pinned_version(self.TEXT, "numpy"))
        self.assertIsNotNone(peer.pinned_version(self.OF_SEARCH, "torch"))

    def test_both_environments_have_the_same_optuna(self):
        self.assertEqual(peer.pinned_version(self.TEXT, "optuna"), peer.pinned_version(self.OF_SEARCH, "optuna"))


class MakeVenvTest(unittest.TestCase):
    def run_script(self, *arguments):
        return subprocess.run([str(MAKE_VENV), *arguments], capture_output=True, text=True, check=False)

    def test_a_folder_that_is_something_else_is_left_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            done = self.run_script(folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("was not made by this script", done.stderr)
            self.assertEqual(os.listdir(folder), [])

    def test_one_with_the_same_pins_is_up_to_date(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bin").mkdir()
            (root / "bin/python").symlink_to(sys.executable)
            (root / "installed_requirements.txt").write_text(RequirementsTest.TEXT, encoding="utf-8")
            done = self.run_script(folder)
            self.assertEqual((done.returncode, done.stdout), (0, f"{folder} is up to date\n"))

    def test_what_it_holds_may_be_another_file(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bin").mkdir()
            (root / "bin/python").symlink_to(sys.executable)
            (root / "installed_requirements.txt").write_text(RequirementsTest.OF_SEARCH, encoding="utf-8")
            done = self.run_script(folder, str(peer.FOLDER / "optuna/requirements.txt"))
            self.assertEqual((done.returncode, done.stdout), (0, f"{folder} is up to date\n"))

    def test_an_option_is_answered_with_the_usage(self):
        self.assertEqual(self.run_script("--help").returncode, 2)


class MeasuringTest(unittest.TestCase):
    def test_quantiles(self):
        values = [5, 1, 4, 2, 3]
        self.assertEqual([measuring.quantile(values, part) for part in (0, 0.5, 1)], [1, 3, 5])

    def test_latencies_warm_up_first(self):
        calls = []
        self.assertEqual(len(measuring.latencies(lambda: calls.append(1), 20)), 20)
        self.assertEqual(len(calls), 22)

    def emitted(self, emit, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            emit(*arguments)
        return peer.yardstick.read_lines(output.getvalue())

    def test_a_tail_is_printed_as_far_as_there_are_values_beyond_it(self):
        seconds = [number / 1000 for number in range(1000)]
        self.assertEqual(self.emitted(measuring.emit_times, "a", seconds[:99], "ms"), {"a": 49})
        self.assertEqual(self.emitted(measuring.emit_times, "a", seconds[:101], "ms"), {"a": 50, "a.p99": 99})
        self.assertEqual(self.emitted(measuring.emit_times, "a", seconds, "ms"), {"a": 499, "a.p99": 989, "a.p99.9": 998})

    def test_a_span_counts_whole_bursts(self):
        calls = []
        rate = measuring.rate_of_span(lambda: calls.append(1), 0.001, 7)
        self.assertEqual(len(calls) % 7, 0)
        self.assertGreater(rate, 0)

    def test_the_shortest_work_is_where_half_of_the_time_is_work(self):
        overhead = 10.0
        for start in (1, 16, 1024):
            found = measuring.shortest_work(lambda work: work / (work + overhead), start, 4096)
            self.assertAlmostEqual(found, overhead, delta=0.3)

    def test_if_no_work_is_long_enough_there_is_none(self):
        self.assertIsNone(measuring.shortest_work(lambda work: 0.4, 1, 64))


class ProcessesTest(unittest.TestCase):
    def start(self):
        child = subprocess.Popen([sys.executable, "-c", "print(flush=True); import time; time.sleep(60)"],
                                 stdout=subprocess.PIPE)  # fmt: skip
        self.addCleanup(child.stdout.close)
        self.addCleanup(child.kill)
        child.stdout.readline()
        return child

    def test_a_stat_is_read_past_any_name(self):
        self.assertEqual(processes.parent_of("12 (a) b) S 7 12 12 0"), 7)

    def test_a_rollup_is_summed(self):
        lines = ["0-f ---p 0 00:00 0 [rollup]", "Rss: 9 kB", "Pss: 5 kB", "Pss_Anon: 4 kB", "Private_Clean: 1 kB",
                 "Private_Dirty: 2 kB"]  # fmt: skip
        self.assertEqual(processes.memory_of("\n".join(lines)), (3 * 1024, 5 * 1024))

    def test_a_child_is_seen_counted_and_ended(self):
        child = self.start()
        self.assertIn(child.pid, processes.descendants())
        own, proportional = processes.memory_use([child.pid])
        self.assertTrue(0 < own <= proportional)
        self.assertGreater(processes.cpu_seconds([child.pid]), 0)

        processes.end_descendants(0)

        self.assertEqual(processes.descendants(), [])

    def test_one_that_has_ended_counts_nothing(self):
        child = self.start()
        child.send_signal(signal.SIGKILL)
        child.wait()
        self.assertEqual(processes.memory_use([child.pid]), (0, 0))
        self.assertEqual(processes.cpu_seconds([child.pid]), 0)


if __name__ == "__main__":
    unittest.main()
