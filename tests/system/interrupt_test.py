# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM: once, twice, and the way back."""
import signal
import time

from program import SystemTest, main, read_until, wait_for


class InterruptTest(SystemTest):
    def endless(self, *more):
        return self.start(self.write_space(), "--trainable", "Endless", "--metric", "score", "--mode", "max",
                          "--samples", "4", "--max-iterations", "150", "--concurrency", "2", "--out", "run", *more)

    def interrupted(self, sent, code):
        process = self.endless()
        self.assertTrue(wait_for(lambda: self.rows() >= 10))
        process.send_signal(sent)
        output, errors = process.communicate(timeout=60)

        self.assertEqual(process.returncode, code, errors)
        self.assertIn("--resume", errors + output)
        states = {row["state"] for row in self.query("select state from trial_summary")}
        self.assertIn("interrupted", states)
        self.assertGreaterEqual(self.rows(), 10)

    def test_ctrl_c_checkpoints_and_the_sweep_can_be_resumed(self):
        self.interrupted(signal.SIGINT, 130)

        code, output, errors = self.run_program("--resume", "run")

        self.assertEqual(code, 0, output + errors)
        rows = self.query("select state, iterations from trial_summary")
        self.assertEqual(rows, [{"state": "completed", "iterations": 150}] * 4)
        own = self.query("select min(n) n from (select max(value) n from learning_curves "
                         "where metric = 'own_iteration' group by trial)")
        self.assertEqual(own, [{"n": 150}])  # Went on from the checkpoints, not from the beginning.

    def test_ctrl_c_needs_no_longer_where_trials_pause_all_the_time(self):
        # Each report is a pause, with a checkpoint: far more of them than a disk takes files.
        process = self.start(self.write_space(), "--trainable", "Walk", "--metric", "score", "--mode", "max", "--samples", "3",
                             "--max-iterations", "100000", "--concurrency", "2", "--cpus-per-trial", "0.1",
                             "--scheduler", "pbt-sync:interval=1", "--searcher", "random", "--progress", "none",  # Which nobody reads.
                             "--out", "run")
        self.assertTrue(wait_for(lambda: self.rows() >= 1500))
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        output, errors = process.communicate(timeout=60)

        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - began, 10, "as documented")

    def test_sigterm_is_as_ctrl_c(self):
        self.interrupted(signal.SIGTERM, 143)

    def test_a_second_ctrl_c_ends_at_once(self):
        process = self.endless()
        self.assertTrue(read_until(process, "started"))
        process.send_signal(signal.SIGINT)
        self.assertTrue(read_until(process, "interrupted"))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

        # The system's own ending, where the second comes so late that everything is written and nobody waits for it.
        self.assertIn(process.returncode, (130, -signal.SIGINT))

    def test_a_resumed_sweep_refuses_another_space(self):
        self.interrupted(signal.SIGINT, 130)
        other = self.write_space({"x": {"float": [0.1, 0.5]}}, "other.json")

        code, output, errors = self.run_program(other, "--resume", "run")

        self.assertEqual(code, 2, output + errors)
        self.assertIn("x", errors)


if __name__ == "__main__":
    main()
