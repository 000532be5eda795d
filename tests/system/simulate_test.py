# SPDX-License-Identifier: Apache-2.0
"""tune_run --simulate: what another scheduler would have made of trials that have run already."""
import hashlib
import re

from program import BIN, SystemTest, main


class SimulateTest(SystemTest):
    def simulate(self, *arguments, expect=0):
        code, output, errors = self.run_program(*arguments, program=BIN / "tune_run")
        self.assertEqual(code, expect, output + errors)
        return output if expect == 0 else errors

    def recorded(self):
        self.sweep("--samples", "27", "--max-iterations", "9", "--seed", "3")

    def best(self, output):
        return re.search(r"best score: (\S+) \(trial (\d+)\)", output).groups()

    def reports(self, output):
        return int(re.search(r"simulated: .*, (\d+) reports?\n", output).group(1))

    def test_the_same_scheduler_gives_the_recorded_result(self):
        self.recorded()
        before = hashlib.sha256((self.directory / "run/experiment.db").read_bytes()).hexdigest()
        (best,) = self.query("select trial, value from best_trials where rank = 1")

        output = self.simulate("--simulate", "run", "--concurrency", "4")

        self.assertEqual(self.best(output), (repr(best["value"]), str(best["trial"])))
        self.assertEqual(self.reports(output), 27 * 9)
        self.assertIn("27 trials: 27 completed", output)
        self.assertIn("recorded: 27 trials, ", output)
        self.assertIn(f"243 reports, best score: {best['value']!r}", output)
        self.assertNotIn("results: ", output)
        self.assertEqual(hashlib.sha256((self.directory / "run/experiment.db").read_bytes()).hexdigest(), before)
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["run", "space.json"])

    def test_asha_on_64_workers_needs_fewer_reports(self):
        self.recorded()

        output = self.simulate("--simulate", "run/experiment.db", "--scheduler", "asha:grace=1,eta=3", "--concurrency", "64")

        self.assertIn("simulated: 64 workers", output)
        self.assertLess(self.reports(output), 27 * 9)
        self.assertIn("stopped", output)
        self.assertEqual(output, self.simulate("--simulate", "run/experiment.db", "--scheduler", "asha:grace=1,eta=3",
                                               "--concurrency", "64"))

    def test_another_searcher_is_answered_by_the_nearest_trials(self):
        self.recorded()

        output = self.simulate("--simulate", "run", "--searcher", "random", "--samples", "50", "--seed", "7")

        self.assertIn("50 trials: 50 completed", output)
        _, _, errors = self.run_program("--simulate", "run", "--searcher", "random", "--samples", "50", program=BIN / "tune_run")
        self.assertIn("note: 50 of 50 attempts ran the nearest recorded trial", errors)

    def test_what_failed_fails_again(self):
        command = "awk 'BEGIN {{ exit {x} > 0.5 ? 3 : 0 }}' && echo '{{\"score\": '{x}'}}'"
        self.sweep("--samples", "12", "--command", command, "--allow-failed", "1", trainable=None, program=BIN / "tune_run")
        counts = {row["state"]: row["n"] for row in self.query("select state, count(*) n from trial_summary group by state")}

        output = self.simulate("--simulate", "run")

        self.assertIn(f"12 trials: {counts['completed']} completed, {counts['failed']} failed", output)

    def test_a_table_of_curves_has_a_space_of_its_own(self):
        rows = ["lr,act,s0,s1,s2,s3"]
        rows += [f"{10**-i},{act},1,{0.5 + i / 10},{0.4 + i / 10},{0.3 + i / 10}" for i in range(1, 5) for act in ("relu", "tanh")]
        (self.directory / "curves.csv").write_text("\n".join(rows) + "\n")

        output = self.simulate("--simulate", "curves.csv", "--metric", "loss", "--scheduler", "pbt:interval=1", "--concurrency", "8")

        self.assertIn("8 trials: 8 completed", output)
        self.assertIn("best loss: 0.4", output)

    def test_what_does_not_fit_is_named(self):
        self.recorded()

        self.assertIn("cannot read nowhere.csv", self.simulate("--simulate", "nowhere.csv", "--metric", "x", expect=2))
        self.assertIn("leave out --out", self.simulate("--simulate", "run", "--out", "other", expect=2))
        self.assertIn("leave out --trainable", self.simulate("--simulate", "run", "--command", "true", expect=2))
        (self.directory / "empty.csv").write_text("x,s0,s1\n")
        self.assertIn("no trial that has reported", self.simulate("--simulate", "empty.csv", "--metric", "x", expect=2))
        (self.directory / "bad.csv").write_text("x,s0,s1\n1,2\n")
        self.assertIn("line 2", self.simulate("--simulate", "bad.csv", "--metric", "x", expect=2))


if __name__ == "__main__":
    main()
