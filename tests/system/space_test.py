# SPDX-License-Identifier: Apache-2.0
"""Conditions, constraints, defaults, first points and typed configurations, as a user of whole programs sees them."""
import json

from program import BIN, SystemTest, main

RULES = {
    "x": {"float": [0.1, 1.0]},
    "optimizer": {"choice": ["sgd", "adam"]},
    "momentum": {"float": [0, 1], "when": {"optimizer": "sgd"}},
    "n": {"int": [1, 9]},
    "constraints": ["n * x <= 3", "momentum < 0.5 or n > 1"],
}


class SpaceTest(SystemTest):
    def configs(self, out="run"):
        rows = self.query("select config from trial_summary order by trial", out)
        return [json.loads(row["config"]) for row in rows]

    def test_every_trial_keeps_conditions_and_constraints(self):
        for searcher in ("random", "grid"):
            space = dict(RULES, n={"grid": [1, 2, 3]}) if searcher == "grid" else RULES
            self.sweep("--samples", "12", "--max-iterations", "1", "--searcher", searcher, space=space, out=searcher)
            configs = self.configs(searcher)
            self.assertEqual({config["optimizer"] for config in configs}, {"sgd", "adam"})
            for config in configs:
                self.assertEqual("momentum" in config, config["optimizer"] == "sgd", config)
                self.assertLessEqual(config["n"] * config["x"], 3)
                self.assertTrue(config.get("momentum", 0) < 0.5 or config["n"] > 1, config)

    def test_pbt_clones_stay_in_the_space(self):
        self.sweep("--samples", "8", "--max-iterations", "12", "--scheduler", "pbt:interval=2", "--concurrency", "4",
                   "--cpus-per-trial", "0.25", space=RULES)

        for config in self.configs():
            self.assertEqual("momentum" in config, config["optimizer"] == "sgd", config)
            self.assertLessEqual(config["n"] * config["x"], 3)

    def test_the_default_is_trial_0_and_the_first_points_follow(self):
        space = {"x": {"float": [0.1, 1.0], "default": 0.5}, "n": {"int": [0, 9], "default": 3},
                 "start": [{"x": 0.25}, {"x": 0.75, "n": 1}]}
        self.sweep("--samples", "5", "--max-iterations", "1", space=space)
        plain = {key: {k: v for k, v in space[key].items() if k != "default"} for key in ("x", "n")}
        self.sweep("--samples", "5", "--max-iterations", "1", space=plain, out="plain")

        first, plain = self.configs(), self.configs("plain")
        self.assertEqual(first[:1] + first[2:3], [{"n": 3, "x": 0.5}, {"n": 1, "x": 0.75}])
        self.assertEqual(first[1], {"n": plain[1]["n"], "x": 0.25})
        self.assertEqual(first[3:], plain[3:], "nobody else's trial is shifted")

    def test_a_struct_gets_its_fields(self):
        space = {"x": {"float": [0.1, 1.0]}, "n": {"int": [1, 9], "when": {"x": {"<": 0.5}}}}
        self.sweep("--samples", "10", "--max-iterations", "1", space=space, trainable="Typed")

        for row in self.query("select config, value from trial_summary"):
            config = json.loads(row["config"])
            self.assertEqual(row["value"], config["x"] + config.get("n", 100))
        self.assertEqual({"n" in config for config in self.configs()}, {True, False})

    def test_a_struct_that_does_not_fit_is_told_before_anything_starts(self):
        space = {"xx": {"float": [0.1, 1.0]}, "n": {"float": [1, 9]}}
        for trainable in ("Typed", "typed_function"):
            _, errors = self.sweep("--samples", "1", space=space, trainable=trainable, expect=2)
            for words in ("x: the space has no such parameter", "n: the field is an integer", "xx: no field"):
                self.assertIn(words, errors)
            self.assertFalse((self.directory / "run").exists())

    def test_check_says_which_share_is_feasible(self):
        code, output, errors = self.run_program("check", self.write_space(RULES), program=BIN / "tune_run")

        self.assertEqual(code, 0, errors)
        self.assertRegex(output, r"feasible: [0-9.]+ % of 10000 draws")
        self.assertIn('momentum   float [0.0, 1.0]  when {"optimizer":"sgd"}', output)
        self.assertRegex(output, r"  n \* x <= 3  broken by [0-9.]+ %")

    def test_a_space_that_is_left_empty_or_nearly_so_is_told(self):
        empty = {"x": {"float": [0.1, 1.0]}, "constraints": ["x > 1"]}
        _, errors = self.sweep("--samples", "1", space=empty, expect=2)
        self.assertIn('"x > 1" was broken by 10000 of them', errors)
        self.assertFalse((self.directory / "run").exists())

        narrow = {"x": {"float": [0.0, 1.0]}, "constraints": ["x > 0.998"]}
        _, errors = self.sweep("--samples", "1", "--max-iterations", "1", space=narrow)
        self.assertIn("note: only 0.", errors)

    def test_a_command_gets_an_empty_word_for_what_is_inactive(self):
        space = {"o": {"choice": ["a", "b"]}, "m": {"int": [1, 9], "when": {"o": "a"}}}
        command = "m={m}; echo score=$((10 + ${{m:-0}}))"
        self.sweep("--samples", "6", "--command", command, space=space, trainable=None, program=BIN / "tune_run")

        for row in self.query("select config, value from trial_summary"):
            self.assertEqual(row["value"], 10 + json.loads(row["config"]).get("m", 0))

    def test_F24_a_space_may_grow_on_resume_and_nothing_else_may_change(self):
        space = {"x": {"float": [0.1, 1.0]}, "o": {"choice": ["a", "b"]}}
        self.sweep("--samples", "4", "--max-iterations", "1", space=space)
        before = self.configs()
        grown = {"x": {"float": [0.1, 9.0]}, "o": {"choice": ["a", "b", "c"]}}
        code, _, errors = self.run_program(self.write_space(grown), "--resume", "run", "--samples", "30")
        self.assertEqual(code, 0, errors)

        after = self.configs()
        self.assertEqual(after[:4], before)
        self.assertEqual(len(after), 30)
        self.assertGreater(max(config["x"] for config in after), 1)
        self.assertEqual({config["o"] for config in after}, {"a", "b", "c"})

        # Without a word it goes on with what it has grown to; back to the old space it cannot go.
        code, _, errors = self.run_program("--resume", "run", "--samples", "31")
        self.assertEqual(code, 0, errors)
        self.assertEqual(self.configs()[:30], after)
        for other, words in ((space, 'x: {"float":[0.1,9.0]} -> {"float":[0.1,1.0]}'),
                             (dict(grown, constraints=["x < 5"]), 'constraints: [] -> ["x < 5"]')):
            code, _, errors = self.run_program(self.write_space(other), "--resume", "run", "--samples", "40")
            self.assertEqual(code, 2)
            self.assertIn(words, errors)
        self.assertEqual(len(self.configs()), 31)


if __name__ == "__main__":
    main()
