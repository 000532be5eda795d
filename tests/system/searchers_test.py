# SPDX-License-Identifier: Apache-2.0
"""Searchers of the user's own, what is taken over from an earlier experiment, and what mattered in one."""
import importlib.util
import json
import os
import pathlib
import shutil
import signal
import sys

from program import BIN, SOURCE, SystemTest, main, wait_for

EXAMPLE = SOURCE / "examples" / "external_searcher"
HILL_CLIMB = f"exec:{sys.executable} -B {EXAMPLE}/hill_climb.py"
SPACE = {"x": {"float": [0, 1]}, "c": {"choice": ["p", "q"]}, "b": {"float": [0, 1], "when": {"c": "q"}}}
COMMAND = "echo {x}"


class SearchersTest(SystemTest):
    def tune(self, *arguments, out="run", expect=0, space=None, program=BIN / "tune_run", command=COMMAND):
        code, output, errors = self.run_program(self.write_space(space or SPACE), "--metric", "score", "--command", command, "--out", out,
                                                *arguments, program=program)
        self.assertEqual(code, expect, output + errors)
        return output + errors

    def configs(self, out="run"):
        return [json.loads(row["config"]) for row in self.query("select config from trial_summary order by trial", out)]


class ExternalSearcherTest(SearchersTest):
    def test_a_python_program_searches_and_repeats_itself(self):
        for out in ("run1", "run2"):
            text = self.tune("--searcher", HILL_CLIMB, "--samples", 24, "--concurrency", 1, out=out)
            self.assertIn("searcher: the program", text)
        self.assertEqual(self.configs("run1"), self.configs("run2"))
        found = [config["x"] for config in self.configs("run1")]
        self.assertLess(sum(found[-8:]), 0.7 * sum(found[:8]), found)  # It has learnt which way is down.

    def test_a_killed_run_goes_on_as_if_it_had_not_been(self):
        whole = ["--searcher", HILL_CLIMB, "--samples", 12, "--concurrency", 1, "--seed", 3]
        self.tune(*whole, out="whole")
        gate = self.directory / "gate"
        seen = self.directory / "seen"
        seen.mkdir()
        command = f"touch {seen}/$$; until test $(ls {seen} | wc -l) -lt 7 -o -e {gate}; do sleep 0.01; done; echo {{x}}"
        process = self.start(self.write_space(SPACE), "--metric", "score", "--command", command, "--out", "run", *whole,
                             program=BIN / "tune_run")
        self.assertTrue(wait_for(lambda: len(list(seen.iterdir())) == 7 and self.rows() == 6))
        process.kill()
        process.communicate()
        self.assertEqual(self.wait_for_none_left(), [], "the searcher outlived the driver")
        gate.touch()

        code, output, errors = self.run_program("--resume", "run", program=BIN / "tune_run")

        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.configs(), self.configs("whole"))

    def test_what_goes_wrong_with_a_program_is_named(self):
        broken = self.directory / "broken.py"
        broken.write_text("import sys\nprint('{\"ready\": true}', flush=True)\nsys.stdin.readline()\n"
                          "for line in sys.stdin:\n    print(sys.argv[1], flush=True)\n    sys.exit(4)\n")
        for command, code, words in ((f"exec:/nowhere/search", 3, "command not found"),
                                     ("exec:", 2, "there is no command"),
                                     (f"exec:{sys.executable} {broken} hello", 2, "said hello"),
                                     (f"exec:{sys.executable} {broken} '{{\"config\":{{\"x\":2,\"c\":\"p\"}}}}'", 2, "x: 2 lies outside"),
                                     (f"exec:{sys.executable} {broken} ''", 3, "exit code 4")):
            with self.subTest(command):
                text = self.tune("--searcher", command, "--samples", 3, out="run" + str(len(list(self.directory.iterdir()))), expect=code)
                self.assertIn(words, text)
        text = self.tune("--searcher", "exec:sleep 1000", "--searcher-timeout", "0.1", out="late", expect=3)
        self.assertIn("has not answered for 0.1 s", text)

    def test_optuna_and_hyperopt_search_too(self):
        for name in ("optuna", "hyperopt"):
            with self.subTest(name):
                if importlib.util.find_spec(name) is None:
                    self.skipTest(f"the module {name} is not installed here")
                self.tune("--searcher", f"exec:{sys.executable} -B {EXAMPLE}/{name}_searcher.py", "--samples", 15, out=name)
                self.assertEqual(len(self.configs(name)), 15)

    def test_the_example_runs(self):
        for file in EXAMPLE.iterdir():
            if file.is_file():
                shutil.copy(file, self.directory / file.name)
        code, output, errors = self.run_program("space.json", "--out", "run", program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(len(self.configs()), 40)


class ThinkingSearcherTest(SearchersTest):
    """A searcher that thinks about trial 1 until the test lets it go on."""

    SEARCHER = """import sys
from manta_searcher import serve

class Thinker:
    def ask(self, trial, answered):
        if trial == 1 and answered is None:
            open("thinks", "w").close()
            open("go").close()  # A named pipe: until somebody opens its other end.
        return {"x": trial / 10}

    def tell(self, *outcome):
        pass

serve(lambda start: Thinker())
"""
    # Trial 0 reports without end while trial 1 is thought about.
    TRIAL = """if test "$MANTA_TRIAL" = 0; then
  until test -e thinks; do sleep 0.01; done
  until test -e end; do echo '{"score": 1}'; sleep 0.01; done
fi
echo '{"score": 2}'
"""

    def setUp(self):
        super().setUp()
        (self.directory / "thinker.py").write_text(self.SEARCHER)
        (self.directory / "trial.sh").write_text(self.TRIAL)
        os.mkfifo(self.directory / "go")

    def start_thinking(self):
        """Until trial 0 has reported while the searcher thinks."""
        process = self.start(self.write_space({"x": {"float": [0, 1]}}), "--metric", "score", "--command", f"cd {self.directory}; sh trial.sh {{x}}",
                             "--searcher", f"exec:PYTHONPATH={EXAMPLE} {sys.executable} -B thinker.py", "--searcher-timeout", 600,
                             "--samples", 2, "--concurrency", 2, "--cpus-per-trial", 0.1, "--progress", "none", "--out", "run", program=BIN / "tune_run")
        self.assertTrue(wait_for(lambda: self.rows() >= 3), "trial 0 reports nothing while the searcher thinks")
        self.assertEqual(self.configs(), [{"x": 0}])
        return process

    def let_go_on(self, process):
        open(self.directory / "go", "w").close()  # Once the searcher stands there.
        self.assertTrue(wait_for(lambda: len(self.configs()) == 2))
        (self.directory / "end").touch()
        output, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertEqual(self.configs(), [{"x": 0}, {"x": 0.1}])
        self.assertEqual({row["state"] for row in self.query("select state from trials")}, {"completed"})

    def test_trials_report_and_commands_are_carried_out_while_it_thinks(self):
        process = self.start_thinking()

        code, output, errors = self.run_program("note", "run", "hello", program=BIN / "manta", timeout=60)

        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.query("select text from notes")[-1]["text"], "hello")
        self.let_go_on(process)

    def test_ctrl_c_does_not_wait_for_it_and_the_resumed_run_asks_again(self):
        process = self.start_thinking()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)  # The searcher has ten minutes.
        self.assertEqual(process.returncode, 130, output + errors)

        self.let_go_on(self.start("--resume", "run", "--progress", "none", program=BIN / "tune_run"))

    def test_a_run_that_is_killed_meanwhile_asks_again(self):
        process = self.start_thinking()
        process.kill()
        process.communicate()
        self.assertEqual(self.wait_for_none_left(), [])

        self.let_go_on(self.start("--resume", "run", "--progress", "none", program=BIN / "tune_run"))


class OwnSearcherTest(SearchersTest):
    def sweep_own(self, searcher, **options):
        return self.sweep("--samples", "20", "--max-iterations", "1", "--searcher", searcher, **options)

    def test_a_class_of_the_program_searches_and_has_options(self):
        self.sweep_own("Countdown")
        self.assertEqual([config["x"] for config in self.configs()], [n / 10 for n in range(10, 0, -1)])
        self.sweep_own("Countdown:2", out="two")
        self.assertEqual([config["x"] for config in self.configs("two")], [0.2, 0.1])

    def test_a_wrong_name_or_option_says_what_there_is(self):
        _, errors = self.sweep_own("Countup", expect=2)
        for words in ("no such searcher", '"auto"', "of this program Countdown", "exec:COMMAND"):
            self.assertIn(words, errors)
        _, errors = self.sweep_own("Countdown:0", expect=2)
        self.assertIn("not at 0", errors)

    def test_a_plugin_brings_one(self):
        plugin = os.environ["MANTA_TEST_SEARCHER_PLUGIN"]
        self.tune("--searcher", plugin + ":Constant:tanh", "--samples", 2, space={"act": {"choice": ["relu", "tanh"]}}, command="echo 1")
        self.assertEqual(self.configs(), [{"act": "tanh"}] * 2)
        self.assertIn("lies outside the space", self.tune("--searcher", plugin + "::gelu", "--samples", 2, out="wrong", expect=2,
                                                          space={"act": {"choice": ["relu", "tanh"]}}, command="echo 1"))


class WarmStartTest(SearchersTest):
    def test_what_an_earlier_experiment_found_is_known_at_once_and_survives_its_end(self):
        self.tune("--searcher", "random", "--samples", 30, out="before")
        best = min(config["x"] for config in self.configs("before"))
        arguments = ["--searcher", "tpe", "--warm-start", "before", "--samples", 8, "--concurrency", 1]

        text = self.tune(*arguments, out="whole")
        self.assertIn("note: warm start from", text)
        self.assertIn("30 of 30 trials", text)
        self.assertEqual(len(self.configs("whole")), 8)
        # Random ones would be 0.5 on average; nothing random comes first, for there is enough to learn from.
        self.assertLess(sum(config["x"] for config in self.configs("whole")[:4]) / 4, 0.35)
        self.assertGreater(min(config["x"] for config in self.configs("before")), best - 1e-12)

        gate = self.directory / "gate"
        command = f"touch {gate}.waits; until test -e {gate}; do sleep 0.01; done; {COMMAND}"
        process = self.start(self.write_space(SPACE), "--metric", "score", "--command", command, "--out", "part", *arguments,
                             program=BIN / "tune_run")
        self.assertTrue(wait_for(pathlib.Path(f"{gate}.waits").exists))  # The first trial runs; there is no value yet.
        process.kill()
        process.communicate()
        gate.touch()
        shutil.rmtree(self.directory / "before")
        code, output, errors = self.run_program("--resume", "part", program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.configs("part"), self.configs("whole"))
        _, shown, _ = self.run_program("show", "part", program=BIN / "manta")
        self.assertIn("30 of 30 trials", shown)

    def test_what_cannot_be_taken_is_counted_with_its_reason(self):
        self.tune("--searcher", "random", "--samples", 10, out="before")
        outside = sum(config["x"] > 0.5 for config in self.configs("before"))

        text = self.tune("--searcher", "tpe", "--warm-start", "before/experiment.db", "--samples", 1,
                         space=dict(SPACE, x={"float": [0, 0.5]}))

        self.assertIn(f"{10 - outside} of 10 trials; left out are {outside} outside of the space (trial ", text)

    def test_a_searcher_that_cannot_learn_and_another_objective_are_refused(self):
        self.tune("--searcher", "random", "--samples", 2, out="before")
        text = self.tune("--searcher", "sobol", "--warm-start", "before", expect=2)
        self.assertIn('"sobol" learns nothing from results; those that do are', text)
        self.assertIn("auto", text)
        text = self.tune("--mode", "max", "--warm-start", "before", expect=2)
        self.assertIn("--mode min", text)
        self.tune("--warm-start", "nowhere", expect=2)
        self.assertFalse((self.directory / "run").exists())


class DefaultsTest(SearchersTest):
    SPACE = {"x": {"float": [0, 1], "default": 0.9, "confidence": "high"}, "y": {"float": [0, 1], "default": 0.8, "confidence": "high"}}
    PLAIN = {"x": {"float": [0, 1]}, "y": {"float": [0, 1]}}

    def run_gp(self, out, *arguments, space=SPACE):
        self.tune("--searcher", "gp", "--concurrency", 1, *arguments, out=out, space=space, command="echo 1")
        return self.configs(out)

    def test_a_searcher_that_learns_nothing_new_stays_near_the_default_for_a_while(self):
        whole = self.run_gp("whole", "--samples", 12)
        plain = self.run_gp("plain", "--samples", 12, space=self.PLAIN)

        self.assertEqual(whole[0], {"x": 0.9, "y": 0.8})
        self.assertEqual(whole[1:4], plain[1:4])  # These know nothing.
        away = [sum(abs(config["x"] - 0.9) + abs(config["y"] - 0.8) for config in configs[4:8]) for configs in (whole, plain)]
        self.assertLess(away[0], away[1])

    def test_a_run_that_goes_on_knows_the_prior(self):
        whole = self.run_gp("whole", "--samples", 10)
        self.run_gp("part", "--samples", 6)
        code, output, errors = self.run_program("--resume", "part", "--samples", 10, program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.configs("part"), whole)


class MinGainTest(SearchersTest):
    def test_trials_end_when_another_one_does_not_pay(self):
        arguments = ["--searcher", "gp", "--samples", "200", "--max-iterations", "1", "--min-gain", "0.001"]
        said = self.tune(*arguments)
        self.assertIn("no further trials: another one is expected to better score by", said)
        trials = len(self.query("select trial from trials"))
        self.assertLess(trials, 100)
        self.assertEqual(self.query("select text from notes")[-1]["text"].split(":")[0], "no further trials")
        code, output, errors = self.run_program("--resume", "run", program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(len(self.query("select trial from trials")), trials)

    def test_a_searcher_without_expectations_is_refused(self):
        self.assertIn("gp and auto do", self.tune("--searcher", "tpe", "--min-gain", "0.001", expect=2))


class RepeatTest(SearchersTest):
    def noisy(self):
        """A command whose value depends on how many ran before it."""
        (self.directory / "seen").mkdir()
        script = self.directory / "noisy.sh"
        script.write_text('touch "$2/$$"\nawk -v x="$1" -v n="$(ls "$2" | wc -l)" \'BEGIN { print x + 0.1 * (n * 7 % 5) }\'\n')
        return f"sh {script} {{x}} {self.directory / 'seen'}"

    def test_what_may_be_the_best_is_tried_again_and_the_mean_counts(self):
        said = self.tune("--searcher", "tpe", "--samples", 40, "--concurrency", 1, "--repeat", 3, command=self.noisy())
        groups = self.query("select count(*) as n, avg(value) as mean, config from trials group by config order by n desc, mean")
        self.assertEqual(groups[0]["n"], 3)
        self.assertLess(len(groups), 35)
        self.assertIn("best by the mean: ", said)
        self.assertIn(", the mean of trials ", said)

        code, text, errors = self.run_program("best", "run", program=BIN / "manta")
        self.assertEqual(code, 0, errors)
        self.assertRegex(text, r"^score: \S+ ± \S+, the mean of trials \d+")
        _, config, _ = self.run_program("best", "run", "--config", program=BIN / "manta")
        self.assertIn(json.loads(config), [json.loads(group["config"]) for group in groups if group["n"] > 1])

    def test_a_run_that_goes_on_repeats_the_same(self):
        whole = ["--searcher", "tpe", "--samples", 20, "--concurrency", 1, "--repeat", 3]
        self.tune(*whole, out="whole")
        self.assertEqual(len({json.dumps(config) for config in self.configs("whole")}), 19)  # One showed that there is no noise.
        seen = self.directory / "seen"
        seen.mkdir()
        gate = self.directory / "gate"
        command = f"touch {seen}/$$; until test $(ls {seen} | wc -l) -lt 17 -o -e {gate}; do sleep 0.01; done; echo {{x}}"
        process = self.start(self.write_space(SPACE), "--metric", "score", "--command", command, "--out", "run", *whole,
                             program=BIN / "tune_run")
        self.assertTrue(wait_for(lambda: len(list(seen.iterdir())) == 17 and self.rows() == 16))
        process.kill()
        process.communicate()
        gate.touch()

        code, output, errors = self.run_program("--resume", "run", program=BIN / "tune_run")

        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.configs(), self.configs("whole"))

    def test_what_it_does_not_go_with_is_said(self):
        self.assertIn("by --samples, and not by --repeat", self.tune("--repeat", 3, space={"x": {"grid": [1, 2]}}, expect=2))
        self.assertIn("--repeat is 101; it is 1 to 100", self.tune("--repeat", 101, expect=2))
        self.assertIn("constraints on metrics", self.tune("--repeat", 3, "--metric-constraint", "score < 3", expect=2))


class CostTest(SearchersTest):
    def test_it_does_not_go_with_a_deterministic_run(self):
        self.assertIn("cost-aware=1 exclude each other", self.tune("--searcher", "gp:cost-aware=1", "--deterministic", expect=2))

    def test_a_searcher_may_go_by_improvement_per_second(self):
        self.tune("--searcher", "gp:cost-aware=1", "--samples", 15)
        self.assertEqual(len(self.configs()), 15)
        self.assertIn("0 to 1", self.tune("--searcher", "gp:cost-aware=2", out="wrong", expect=2))


class ImportanceTest(SearchersTest):
    def test_the_parameter_that_matters_comes_first(self):
        space = {"x": {"float": [0, 1]}, "y": {"float": [0, 1]}}
        self.tune("--searcher", "random", "--samples", 40, "--cpus-per-trial", 0.5, space=space)

        code, text, errors = self.run_program("importance", "run", program=BIN / "manta")
        self.assertEqual(code, 0, errors)
        self.assertIn("what moved score in 40 trials", text)
        self.assertRegex(text, r"parameter +share +permutation\nx +9\d\.\d % +\d\.\d\d\ny ")

        _, text, _ = self.run_program("importance", "run", "--json", program=BIN / "manta")
        found = json.loads(text)
        self.assertEqual([one["name"] for one in found["parameters"]], ["x", "y"])
        self.assertEqual(found["interactions"][0]["parameters"], ["x", "y"])

    def test_too_few_trials_say_so(self):
        self.tune("--searcher", "random", "--samples", 3)
        code, _, errors = self.run_program("importance", "run", program=BIN / "manta")
        self.assertEqual(code, 3)
        self.assertIn("only 3 of 3 trials", errors)


if __name__ == "__main__":
    main()
