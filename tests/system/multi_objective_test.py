# SPDX-License-Identifier: Apache-2.0
"""Several metrics and constraints on them: from the command line to the Pareto front in the database."""
import json

from program import BIN, SystemTest, main

SPACE = {"x": {"float": [0, 1]}, "y": {"float": [0, 1]}}
# The front is where y is 0: the error falls with x, and the time grows.
COMMAND = """awk 'BEGIN {{ x = {x}; y = {y};
  printf "{{\\"error\\": %.9g, \\"ms\\": %.9g}}\\n", (1 - x) ^ 2 + y, 10 * x + 5 * y }}'"""
GOALS = ("--metric", "error:min, ms:min")


def is_dominated(point, by):
    return by != point and all(b <= a for a, b in zip(point, by))


class MultiObjectiveTest(SystemTest):
    def tune(self, *arguments, out="run", expect=0, space=None):
        code, output, errors = self.run_program(self.write_space(space or SPACE), "--command", COMMAND, "--out", out, *arguments,
                                                program=BIN / "tune_run")
        self.assertEqual(code, expect, output + errors)
        return output, errors

    def manta(self, *words, expect=0):
        code, output, errors = self.run_program(*words, program=BIN / "manta")
        self.assertEqual(code, expect, output + errors)
        return output + errors

    def points(self, out="run"):
        """{trial: (error, ms)} of all reports; each trial makes one."""
        rows = self.query("select trial, metric, value from learning_curves", out)
        values = {(row["trial"], row["metric"]): row["value"] for row in rows}
        return {trial: (values[trial, "error"], values[trial, "ms"]) for trial, _ in values}

    def configs(self, out):
        return [json.loads(row["config"]) for row in self.query("select config from trial_summary order by trial", out)]

    def test_the_front_is_in_the_database_and_shown(self):
        output, errors = self.tune(*GOALS, "--samples", 40, "--concurrency", 2)

        points = self.points()
        self.assertEqual(len(points), 40)
        expected = {trial for trial, point in points.items() if not any(is_dominated(point, by) for by in points.values())}
        rows = self.query("select * from pareto_front")
        self.assertEqual({row["trial"] for row in rows}, expected)
        self.assertEqual([tuple(json.loads(row["objectives"]).values()) for row in rows], sorted(points[trial] for trial in expected))
        self.assertEqual([row["searcher"] for row in self.query("select json_extract(spec, '$.searcher') searcher from experiment")], ["auto"])
        summary = f"{len(expected)} of 40 trials are in the Pareto front"
        self.assertIn(summary, output)
        self.assertIn("select * from pareto_front", output)
        self.assertNotIn("alone", errors)
        self.assertIn("auto - gp: 2 metrics over 2 parameters", errors)

        self.assertIn(summary, self.manta("best", "run"))
        lines = self.manta("best", "run", "--json").splitlines()
        self.assertEqual({json.loads(line)["trial"] for line in lines}, expected)
        self.assertEqual(len(self.manta("best", "run", "--config").splitlines()), len(expected))
        shown = self.manta("show", "run")
        self.assertIn("objective   ms, smaller is better", shown)
        self.assertRegex(shown, r"hypervolume 0[.0-9]*, .* after 10, 20, 30, 40 trials")
        self.assertIn(summary, shown)

    def test_what_breaks_a_constraint_is_neither_best_nor_in_the_front(self):
        output, _ = self.tune(*GOALS, "--metric-constraint", "ms <= 6", "--samples", 40)

        points = self.points()
        kept = {trial for trial, (_, ms) in points.items() if ms <= 6}
        self.assertTrue(0 < len(kept) < 40, points)
        front = self.query("select trial from pareto_front")
        self.assertTrue(front and {row["trial"] for row in front} <= kept)
        best = self.query("select trial, value from best_trials")
        self.assertEqual({row["trial"] for row in best if row["value"] is not None}, kept)
        self.assertEqual(best[0]["value"], min(points[trial][0] for trial in kept))
        self.assertIn(f"best error: {json.dumps(best[0]['value'])}", output)
        self.assertIn("constraint  ms <= 6", self.manta("show", "run"))

    def test_a_resumed_run_goes_on_as_the_whole_one(self):
        for searcher in ("auto", "nsga2"):
            run, uncut = f"run_{searcher}", f"whole_{searcher}"
            whole = (*GOALS, "--metric-constraint", "ms <= 8", "--concurrency", 1, "--seed", 7, "--searcher", searcher)
            self.tune(*whole, "--samples", 36, out=uncut)
            self.tune(*whole, "--samples", 17, out=run)

            code, output, errors = self.run_program("--resume", run, "--samples", 36, program=BIN / "tune_run")

            self.assertEqual(code, 0, output + errors)
            self.assertEqual(self.configs(run), self.configs(uncut))

    def test_an_earlier_experiment_brings_all_its_metrics(self):
        self.tune("--metric", "error", "--searcher", "random", "--samples", 20, out="before")

        _, errors = self.tune(*GOALS, "--warm-start", "before", "--samples", 12, "--concurrency", 1)

        self.assertIn("20 of 20 trials", errors)
        self.tune(*GOALS, "--samples", 12, "--concurrency", 1, out="cold")
        self.assertNotEqual(self.configs("run"), self.configs("cold"), "nothing was learned")

    def test_a_document_names_metrics_with_their_modes(self):
        document = {"space": SPACE, "metric": {"error": "min", "ms": "max"}, "metric_constraint": "error < 2", "samples": 8}

        code, output, errors = self.run_program(self.write_space(document), "--command", COMMAND, "--out", "run", program=BIN / "tune_run")

        self.assertEqual(code, 0, output + errors)
        self.assertEqual([(row["metric"], row["mode"]) for row in self.query("select * from objectives")], [("error", "min"), ("ms", "max")])
        self.assertEqual(self.query("select metric, comparison, threshold from metric_constraints"),
                         [{"metric": "error", "comparison": "<", "threshold": 2}])

    def test_who_goes_by_the_first_metric_alone_says_so(self):
        _, errors = self.tune(*GOALS, "--searcher", "forest", "--scheduler", "asha", "--samples", 2)

        self.assertIn("the searcher forest and the scheduler asha go by the first metric alone, error", errors)

    def test_all_that_can_go_by_all_metrics_do(self):
        for searcher in ("gp", "tpe", "bohb", "nsga2", "auto"):
            _, errors = self.tune(*GOALS, "--searcher", searcher, "--samples", 3, out=searcher)
            self.assertNotIn("alone", errors)

    def test_what_is_wrong_is_named(self):
        _, errors = self.tune("--metric", "error,ms,error", expect=2)
        self.assertIn('"error" is there twice', errors)
        _, errors = self.tune("--metric", "error,mss", expect=2)
        self.assertIn('further objective\'s metric "mss"; reported is "error", "ms"', errors)
        self.assertIn('did you mean "ms"?', errors)
        _, errors = self.tune("--metric", "error", "--metric-constraint", "ms=3", out="run2", expect=2)
        self.assertIn("--metric-constraint", errors)
        _, errors = self.tune(*GOALS, "--min-gain", 0.1, out="run4", expect=2)
        self.assertIn("--min-gain: with several metrics", errors)
        output, _ = self.tune(*GOALS, "--metric-constraint", "ms < 0", "--samples", 4, out="run3", expect=1)
        self.assertIn("no trial has a finite error and keeps the constraints", output)
        self.assertIn("keeps the constraints yet", self.manta("best", "run3", expect=1))


if __name__ == "__main__":
    main()
