# SPDX-License-Identifier: Apache-2.0
"""Sweeps from a space in JSON to rows in SQLite, by every kind of trainable."""
import json
import os
import pathlib
import signal

from program import BIN, IS_SANITIZED, PROGRAMS, SystemTest, main, wait_for


class SweepTest(SystemTest):
    def test_random_search_ends_with_all_trials_in_the_database(self):
        output, errors = self.sweep("--samples", "6", "--max-iterations", "4", "--concurrency", "2")

        rows = self.query("select * from best_trials order by rank")
        self.assertEqual(len(rows), 6)
        self.assertEqual({row["state"] for row in rows}, {"completed"})
        self.assertEqual([row["iterations"] for row in rows], [4] * 6)
        self.assertEqual(list(rows[0]), ["rank", "trial", "value", "state", "iterations", "seconds", "config"])
        self.assertGreaterEqual(rows[0]["value"], rows[-1]["value"])
        self.assertEqual(len(self.query("select * from learning_curves where metric = 'score'")), 24)
        self.assertIn(json.dumps(json.loads(rows[0]["config"]), separators=(",", ":")), output)
        self.assertIn("sqlite3 ", output)
        self.assertNotIn("\x1b", output + errors)

    def test_trial_summary_has_times_attempts_and_cause(self):
        self.sweep("--samples", "1", "--max-iterations", "1")

        (row,) = self.query("select trial, state, cause, attempts, iterations, value, best_value, started, ended, "
                            "seconds, config from trial_summary")
        self.assertEqual((row["trial"], row["state"], row["attempts"]), (0, "completed", 1))
        self.assertTrue(row["started"].startswith("20") and row["ended"] >= row["started"], row)

    def test_the_same_seed_gives_the_same_trials_whatever_the_number_of_workers(self):
        for concurrency in (1, 2):
            self.sweep("--samples", "8", "--max-iterations", "3", "--seed", "7", "--concurrency", concurrency,
                       "--cpus-per-trial", "0.5", out=f"run{concurrency}")

        sql = "select trial, config, value, iterations from trial_summary order by trial"
        self.assertEqual(self.query(sql, "run1"), self.query(sql, "run2"))

    def test_the_default_is_auto_which_says_what_it_does_and_repeats_itself_one_trial_after_the_other(self):
        for out in ("run1", "run2"):
            code, _, errors = self.run_program(self.write_space(), "--metric", "score", "--mode", "max", "--trainable", "Curve",
                                               "--samples", "12", "--max-iterations", "2", "--seed", "7", "--concurrency", "1",
                                               "--out", out)
            self.assertEqual(code, 0, errors)
            self.assertEqual(errors.count("searcher: auto - gp: the parameter has more than 20 values; tpe once"), 1, errors)

        sql = "select trial, config, value, iterations from trial_summary order by trial"
        self.assertEqual(self.query(sql, "run1"), self.query(sql, "run2"))
        _, shown, _ = self.run_program("show", "run1", program=BIN / "manta")
        self.assertIn("searcher: auto - gp", shown)
        self.assertRegex(shown, "searcher +auto")

    def test_asha_stops_trials_early_and_keeps_the_best(self):
        self.sweep("--samples", "27", "--max-iterations", "9", "--scheduler", "asha:grace=1,eta=3", "--seed", "3")

        states = {row["state"]: row["n"] for row in
                  self.query("select state, count(*) n from trial_summary group by state")}
        self.assertGreater(states["stopped"], 9, states)
        best = self.query("select state, iterations from best_trials where rank = 1")
        self.assertEqual(best, [{"state": "completed", "iterations": 9}])

    def test_i_epoch_lets_the_best_go_on(self):
        self.sweep("--samples", "10", "--max-iterations", "6", "--scheduler", "i-epoch:i=2,best=3", "--seed", "3")

        ends = [(row["state"], row["iterations"], row["n"]) for row in self.query(
            "select state, iterations, count(*) n from trial_summary group by state, iterations order by iterations")]
        self.assertEqual(ends, [("stopped", 2, 7), ("completed", 6, 3)])

    def test_asha_promotes_no_more_than_its_share(self):
        self.sweep("--samples", "12", "--max-iterations", "9", "--scheduler", "asha-promote:eta=3", "--seed", "3")

        went_on = [row["iterations"] for row in self.query("select iterations from trial_summary where iterations > 1")]
        self.assertIn(len(went_on), (3, 4), went_on)
        (best,) = self.query("select state, iterations from best_trials where rank = 1")
        self.assertEqual(best, {"state": "completed", "iterations": 9})

    def test_hyperband_cannot_go_on_with_more_iterations_and_says_so_before_anything_is_changed(self):
        self.sweep("--samples", "5", "--max-iterations", "4", "--scheduler", "hyperband:eta=2")

        code, _, errors = self.run_program("--resume", "run", "--max-iterations", "8")

        self.assertEqual(code, 2, errors)
        self.assertRegex(errors, '--max-iterations 8: the scheduler "hyperband:eta=2" has laid out its brackets for 4.*without --resume')
        self.assertEqual(self.run_program("--resume", "run")[0], 0)

    def test_hyperband_halves_its_brackets(self):
        self.sweep("--samples", "10", "--max-iterations", "4", "--scheduler", "hyperband:eta=2", "--seed", "3")

        ends = [(row["state"], row["iterations"], row["n"]) for row in self.query(
            "select state, iterations, count(*) n from trial_summary group by state, iterations order by iterations")]
        # Brackets of 4 trials (judged at 1 and 2), 3 (at 2) and 3 (not at all).
        self.assertEqual(ends, [("stopped", 1, 2), ("stopped", 2, 3), ("completed", 4, 5)])

    def test_the_median_rule_stops_some_and_keeps_the_best(self):
        self.sweep("--samples", "12", "--max-iterations", "5", "--scheduler", "median", "--seed", "3")

        states = {row["state"]: row["n"] for row in
                  self.query("select state, count(*) n from trial_summary group by state")}
        self.assertGreater(states["stopped"], 2, states)
        self.assertGreater(states["completed"], 0, states)

    def test_grid_covers_every_point_as_often_as_samples_says(self):
        space = {"x": {"grid": [0.25, 0.5]}, "k": {"grid": [1, 2, 3]}}
        self.sweep("--samples", "2", "--max-iterations", "1", "--searcher", "grid", space=space)

        points = self.query("select config, count(*) n from trial_summary group by config")
        self.assertEqual([row["n"] for row in points], [2] * 6)

    def test_stop_condition_completes_a_trial(self):
        self.sweep("--samples", "1", "--max-iterations", "50", "--stop", "own_iteration>=5")

        self.assertEqual(self.query("select iterations, state from trial_summary"),
                         [{"iterations": 5, "state": "completed"}])

    def test_time_budget_leaves_an_experiment_that_can_be_resumed(self):
        output, _ = self.sweep("--samples", "2", "--time-budget", "1", trainable="Endless")

        states = {row["state"] for row in self.query("select state from trial_summary")}
        self.assertEqual(states, {"interrupted"})
        self.assertIn("--resume", output)

    def test_a_process_is_reused_when_reset_allows_it(self):
        self.sweep("--samples", "5", "--max-iterations", "3", "--concurrency", "1", trainable="Reused")

        rows = self.query("select value from learning_curves where metric = 'own_iteration' order by trial, iteration")
        self.assertEqual([row["value"] for row in rows], [1, 2, 3] * 5)

    def test_a_function_trainable_reports_every_row(self):
        space = {"x": {"float": [0.1, 1]}, "acknowledged": str(self.directory / "rows")}
        self.sweep("--samples", "3", trainable="Acknowledged", space=space)

        self.assertEqual(len(self.query("select * from learning_curves")), 120)
        self.assertEqual(len((self.directory / "rows").read_text().splitlines()), 120)

    def test_a_trials_output_goes_to_its_log_only(self):
        output, errors = self.sweep("--samples", "2", "--max-iterations", "2", trainable="Talks")

        self.assertNotIn("hello from trial", output + errors)
        log = (self.directory / "run/logs/1/1.log").read_text()
        self.assertEqual(log, "hello from trial with x\n" * 2)

    def test_a_command_is_a_trainable(self):
        script = self.directory / "sim.py"
        script.write_text("import json,sys\nx=float(sys.argv[1])\n"
                          "for i in range(3): print(json.dumps({'score': x*i}), flush=True)\n")
        self.sweep("--samples", "3", "--command", f"python3 {script} {{x}}", trainable=None, program=BIN / "tune_run")

        self.assertEqual(len(self.query("select * from learning_curves where metric='score'")), 9)

    def test_a_command_reads_its_configuration_from_a_file(self):
        script = self.directory / "sim.py"
        script.write_text("import json,os,sys\nc=json.load(open(sys.argv[1]))\n"
                          "assert sys.argv[1] == os.environ['MANTA_CONFIG_FILE']\n"
                          "print(json.dumps({'score': c['model']['x'] + (os.stat(sys.argv[1]).st_mode & 0o77)}), flush=True)\n")
        space = {"model": {"x": {"float": [0.1, 1.0]}}, "n": {"int": [1, 9]}}
        _, errors = self.sweep("--samples", "3", "--command", f"python3 {script} {{config_file}}", trainable=None, space=space,
                               program=BIN / "tune_run")

        values = self.query("select json_extract(config, '$.model.x') x, value from trial_summary")
        self.assertEqual(len(values), 3)
        for row in values:
            self.assertEqual(row["x"], row["value"])  # Nobody else may read the file.
        self.assertNotIn("no placeholder", errors)
        self.assertEqual(list((self.directory / "run").rglob("*.config.json")), [])

    def test_a_scheduler_of_a_document_may_have_its_options_as_json(self):
        document = {"space": {"x": {"float": [0.1, 1]}}, "metric": "score", "mode": "max", "samples": 1, "trainable": "Curve",
                    "scheduler": [{"asha": {"grace": 2, "eta": 2, "max_t": 4}}, {"patience": {"reports": 50}}]}
        code, output, errors = self.run_program(self.write_space(document), "--searcher", "random", "--out", "run")

        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.query("select state, iterations from trial_summary"), [{"state": "completed", "iterations": 4}])
        _, shown, _ = self.run_program("show", "run", program=BIN / "manta")
        self.assertIn("asha:grace=2,eta=2,max_t=4 + patience:reports=50", shown)

    def test_a_whole_experiment_stands_in_one_document(self):
        document = {"space": {"x": {"float": [0.1, 1]}}, "metric": "score", "mode": "max", "samples": 5,
                    "max_iterations": 2, "trainable": "Curve", "name": "doc"}
        code, output, errors = self.run_program(self.write_space(document), "--samples", "3", "--out", "run")

        self.assertEqual(code, 0, output + errors)
        self.assertEqual(len(self.query("select * from trial_summary")), 3)  # The command line wins.


    def test_asha_alone_ends_trials_at_max_t(self):
        # One: of several, whose turn it is decides which of them are stopped.
        self.sweep("--samples", "1", "--scheduler", "asha:grace=2,eta=2,max_t=4", trainable="Curve")

        self.assertEqual(self.query("select state, iterations from trial_summary"), [{"state": "completed", "iterations": 4}])

    def counting_command(self):
        """Counts to four from where its checkpoint says; ends with code 7 in the attempt and at the count of $2."""
        script = self.directory / "count.sh"
        script.write_text('n=0; test -n "$MANTA_CHECKPOINT" && n=$(cat "$MANTA_CHECKPOINT")\n'
                          'while test $n -lt 4; do\n'
                          '  test "$MANTA_ATTEMPT.$n" = "$2" && exit 7\n'
                          '  n=$((n+1)); echo $n > "$MANTA_CHECKPOINT_DIR/$n"\n'
                          '  echo "{\\"score\\": $1, \\"count\\": $n, \\"checkpoint\\": \\"$n\\"}"\n'
                          'done\n')
        return f"sh {script} {{x}} "

    def counts(self, trial):
        rows = self.query(f"select value from learning_curves where trial = {trial} and metric = 'count' order by attempt, iteration")
        return [row["value"] for row in rows]

    def test_a_command_goes_on_from_its_checkpoint_after_a_failure(self):
        self.sweep("--samples", "2", "--command", self.counting_command() + "1.2", "--max-failures", "1", "--retry-wait", "0.01",
                   "--checkpoint-every", "1", trainable=None, program=BIN / "tune_run")

        attempts = self.query("select attempt, state, from_iteration from attempts where trial = 0 order by attempt")
        self.assertEqual(attempts, [{"attempt": 1, "state": "failed", "from_iteration": 0},
                                    {"attempt": 2, "state": "completed", "from_iteration": 2}])
        self.assertEqual(self.counts(0), [1, 2, 3, 4])
        # That of the last attempt goes with its process, which the end of the sweep may overtake.
        self.assertFalse((self.directory / "run/logs/0/1.checkpoints").exists())

    def test_a_command_is_paused_and_goes_on(self):
        self.sweep("--samples", "8", "--command", self.counting_command() + "never", "--scheduler", "asha-promote:eta=2",
                   "--max-iterations", "4", trainable=None, program=BIN / "tune_run")

        resumed = self.query("select trial, max(from_iteration) n from attempts group by trial having n > 1")
        self.assertGreater(len(resumed), 0)
        self.assertEqual(self.counts(resumed[0]["trial"]), [1, 2, 3, 4])

    def population(self, scheduler, body):
        script = self.directory / "member.sh"
        script.write_text(body)
        _, errors = self.sweep("--samples", "5", "--concurrency", "2", "--cpus-per-trial", "0.1", "--max-iterations", "20",
                               "--command", f"sh {script} {{x}}", "--scheduler", scheduler, trainable=None,
                               program=BIN / "tune_run", out=scheduler)
        ends = self.query("select state, iterations, count(*) n from trial_summary group by state, iterations", scheduler)
        self.assertEqual(ends, [{"state": "completed", "iterations": 20, "n": 5}])
        return errors

    def test_a_population_that_overfits_comes_to_its_end_on_few_slots(self):
        for scheduler in ("pbt", "pb2", "pbt-sync"):
            with self.subTest(scheduler):
                errors = self.population(scheduler, 'n=0; test -n "$MANTA_CHECKPOINT" && n=$(cat "$MANTA_CHECKPOINT")\n'
                                                    'while test $n -lt 20; do\n'
                                                    '  n=$((n+1)); echo $n > "$MANTA_CHECKPOINT_DIR/$n"; d=$((n-6))\n'
                                                    '  echo "{\\"score\\": $((-d*d)), \\"checkpoint\\": \\"$n\\"}"\n'
                                                    'done\n')

                self.assertNotIn("saves nothing", errors)
                self.assertLessEqual(self.query("select count(*) n from results", scheduler)[0]["n"], 2 * 5 * 20)

    def test_a_population_that_saves_nothing_is_told_so_and_comes_to_its_end(self):
        for scheduler in ("pbt", "pb2", "pbt-sync"):
            with self.subTest(scheduler):
                errors = self.population(scheduler, 'n=0\n'
                                                    'while test $n -lt 20; do n=$((n+1)); echo "{\\"score\\": $n}"; done\n')

                self.assertEqual(errors.count("saves nothing"), 1, errors)

    def test_the_last_trial_takes_over_the_cpus_of_all_slots(self):
        command = self.directory / "spreads.sh"
        command.write_text('n=0; test -n "$MANTA_CHECKPOINT" && n=$(cat "$MANTA_CHECKPOINT")\n'
                           'while :; do\n'
                           '  n=$((n+1)); echo $n > "$MANTA_CHECKPOINT_DIR/$n"\n'
                           '  echo "{\\"score\\": $1, \\"own_iteration\\": $n, \\"cpus\\": $MANTA_CPUS, \\"checkpoint\\": \\"$n\\"}"\n'
                           '  test $1 != 2 -o $MANTA_CPUS = 2 && exit 0\n'
                           'done\n')
        for kind in ("Spreads", "command"):
            trainable = ["--command", f"sh {command} {{x}}"] if kind == "command" else []
            with self.subTest(kind):
                self.sweep(*trainable, "--samples", "1", "--searcher", "grid", "--concurrency", "4", "--cpus-per-trial", "0.5",
                           "--grow-every", "1", "--time-budget", "60", space={"x": {"grid": [1, 1.5, 2]}},
                           trainable=None if trainable else kind, program=BIN / "tune_run" if trainable else PROGRAMS, out=kind)

                attempts = self.query("select state, slots from attempts where trial = 2 order by attempt", kind)
                self.assertEqual((attempts[0], attempts[-1]),
                                 ({"state": "paused", "slots": 1}, {"state": "completed", "slots": 4}), attempts)
                self.assertLessEqual(len(attempts), 3)
                rows = self.query("select iteration, max(value) filter (where metric = 'own_iteration') own, "
                                  "max(value) filter (where metric = 'cpus') cpus from learning_curves where trial = 2 "
                                  "group by iteration order by iteration", kind)
                self.assertEqual([row["iteration"] for row in rows], [row["own"] for row in rows])
                self.assertEqual((rows[0]["cpus"], rows[-1]["cpus"]), (1, 2))
                # A command that has reported last may take over slots before it is known to have ended.
                others = {row["slots"] for row in self.query("select slots from attempts where trial < 2", kind)}
                self.assertTrue(others == {1} if kind == "Spreads" else max(others) < 4, others)

    def test_growing_needs_cpus(self):
        _, errors = self.sweep("--samples", "1", "--grow-every", "1", "--cpus-per-trial", "0", expect=2)

        self.assertIn("--grow-every needs --cpus-per-trial above 0", errors)

    def test_a_line_without_the_metric_is_stored_and_no_failure(self):
        command = "echo '{{\"step\": 1}}'; echo '{{\"score\": {x}}}'"
        self.sweep("--samples", "2", "--command", command, trainable=None, program=BIN / "tune_run")

        self.assertEqual({row["state"] for row in self.query("select state from trial_summary")}, {"completed"})
        self.assertEqual(len(self.query("select * from learning_curves where metric = 'step'")), 2)


class FailingTrialsTest(SystemTest):
    def test_a_trial_that_throws_fails_with_type_and_text(self):
        self.sweep("--samples", "2", "--max-iterations", "2", trainable="Throws", expect=1)

        for row in self.query("select state, cause, attempts from trial_summary"):
            self.assertEqual((row["state"], row["attempts"]), ("failed", 1))
            self.assertIn("std::runtime_error: no luck with x", row["cause"])

    def test_a_trial_that_crashes_is_retried_and_its_cause_names_signal_and_last_lines(self):
        self.sweep("--samples", "1", "--max-iterations", "2", "--max-failures", "2", "--retry-wait", "0.01",
                   trainable="Segfaults", expect=1)

        (row,) = self.query("select state, cause, attempts from trial_summary")
        self.assertEqual((row["state"], row["attempts"]), ("failed", 3))
        self.assertIn("signal 11", row["cause"])
        self.assertIn("about to fall", row["cause"])

    def test_what_a_command_left_behind_is_gone_when_its_trial_ends(self):
        # The first trial leaves a process in a session of its own; the second looks for it.
        left = self.directory / "left"
        daemon = f"setsid sh -c 'echo $$ > {left}; exec sleep 1000 >&- 2>&-' & until test -s {left}; do :; done; echo 1"
        command = f"if test {{k}} = 1; then {daemon}; else kill -0 $(cat {left}) && echo 1 || echo 0; fi"
        self.sweep("--samples", "1", "--command", command, "--searcher", "grid", "--concurrency", "1", trainable=None,
                   space={"k": {"grid": [1, 2]}}, program=BIN / "tune_run")

        self.assertEqual([row["value"] for row in self.query("select value from trial_summary order by trial")], [1, 0])

    def test_a_fork_server_that_is_killed_costs_the_attempts_that_ran(self):
        process = self.start(self.write_space(), "--metric", "score", "--trainable", "Endless", "--samples", "2",
                             "--concurrency", "1", "--max-iterations", "400", "--max-failures", "1", "--out", "run")
        self.assertTrue(wait_for(lambda: self.rows() > 0))
        server = int(pathlib.Path(f"/proc/{self.wait_for_worker()}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(server, signal.SIGKILL)
        _, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors)
        states = self.query("select state, attempts from trial_summary order by trial")
        self.assertEqual(states, [{"state": "completed", "attempts": 2}, {"state": "completed", "attempts": 1}])

    def test_a_machine_that_can_start_no_process_ends_the_sweep_and_keeps_its_trials(self):
        few_files = "ulimit -n 16; exec \"$@\""
        code, _, errors = self.run_program("-c", few_files, "sh", PROGRAMS, self.write_space(), "--metric", "score",
                                           "--trainable", "Curve", "--samples", "3", "--max-iterations", "2",
                                           "--out", "run", program="/bin/sh")

        self.assertIn(code, (3, 5), errors)
        # Which of the processes is the first to run out of descriptors is not ours to say.
        self.assertRegex(errors, "no worker can be started|Too many open files")
        self.assertEqual({row["state"] for row in self.query("select state from trial_summary")}, {"interrupted"})

    def test_nan_goes_on_stops_or_fails_as_the_option_says(self):
        for option, state in (("continue", "completed"), ("stop", "stopped"), ("fail", "failed")):
            with self.subTest(option):
                self.sweep("--samples", "1", "--max-iterations", "2", "--non-finite", option, trainable="NotANumber",
                           out=option, expect=1)
                self.assertEqual(self.query("select state from trial_summary", option), [{"state": state}])

    def test_an_infeasible_trial_is_no_failure_whatever_kind_it_is(self):
        score = "echo '{{\"score\": '{x}'}}'"
        command = (f"{score}; if awk 'BEGIN {{{{ exit !({{x}} < 0.6) }}}}'; then echo '{{{{\"infeasible\": \"x is too small\"}}}}'; fi;"
                   f" {score}")
        for kind in ("Picky", "picky", "command"):
            trainable = ["--command", command] if kind == "command" else []
            with self.subTest(kind):
                self.sweep(*trainable, "--samples", "12", "--max-iterations", "4", "--max-failures", "2", "--allow-failed", "0",
                           trainable=None if trainable else kind, out=kind, program=BIN / "tune_run" if trainable else PROGRAMS)

                rows = self.query("select state, cause, attempts, best_value, json_extract(config, '$.x') x from trial_summary",
                                  kind)
                for row in rows:
                    self.assertEqual(row["state"], "infeasible" if row["x"] < 0.6 else "completed", row)
                    self.assertEqual(row["attempts"], 1)
                    self.assertEqual(row["cause"].startswith("infeasible: x is too small"), row["x"] < 0.6, row)
                    self.assertEqual(row["best_value"] is None, row["x"] < 0.6, row)
                self.assertIn("infeasible", {row["state"] for row in rows})

    def test_failed_trials_do_not_end_the_sweep(self):
        command = "test {k} = 1 && echo '{{\"score\": 1}}'"
        self.sweep("--command", command, "--searcher", "grid", "--samples", "1", trainable=None,
                   space={"k": {"grid": [1, 2, 1.5]}}, program=BIN / "tune_run", expect=1)

        states = [row["state"] for row in self.query("select state from trial_summary order by trial")]
        self.assertEqual(states, ["completed", "failed", "failed"])


class LimitsTest(SystemTest):
    """A trial that takes more than it may ends, and its cause says by what and where it was."""

    def cause(self, out="run"):
        (row,) = self.query("select state, cause from trial_summary", out)
        return row["state"], row["cause"]

    def test_a_stuck_trial_shows_its_stack_and_is_tried_again_from_its_checkpoint(self):
        self.sweep("--samples", "1", "--max-iterations", "3", "--stall-timeout", "0.3", "--max-failures", "1", "--retry-wait", "0.01",
                   "--checkpoint-every", "1", trainable="Sticks")

        first, second = self.query("select * from attempts order by attempt")
        self.assertEqual((first["state"], second["state"], second["from_iteration"]), ("failed", "completed", 1))
        self.assertTrue(first["cause"].startswith("stalled: no sign of life for 0.3 s in iteration 2: actor_died"), first)
        if not IS_SANITIZED:
            self.assertIn("wait_for_a_lock_that_nobody_releases", first["cause"])
        self.assertEqual(self.cause(), ("completed", ""))

    def test_a_stuck_function_shows_the_stack_of_its_own_thread(self):
        self.sweep("--samples", "1", "--step-time", "0.3", trainable="sticks", expect=1)

        state, cause = self.cause()
        self.assertEqual(state, "failed")
        self.assertTrue(cause.startswith("timeout: iteration 2 has taken longer than 0.3 s: actor_died"), cause)
        if not IS_SANITIZED:
            self.assertIn("wait_for_a_lock_that_nobody_releases", cause)

    def test_a_stuck_command_is_killed_with_its_children(self):
        self.sweep("--samples", "1", "--step-time", "0.3", "--command", "sleep 1000 & wait", trainable=None, expect=1,
                   program=BIN / "tune_run")

        state, cause = self.cause()
        self.assertEqual(state, "failed")
        self.assertIn("timeout: iteration 1 has taken longer than 0.3 s", cause)

    def test_a_trial_is_stopped_when_its_time_is_over_and_keeps_its_reports(self):
        self.sweep("--samples", "1", "--trial-time", "0.3", trainable="Endless")

        self.assertEqual(self.cause(), ("stopped", "timeout: the trial has run for the 0.3 s that it may"))
        self.assertGreater(self.rows(), 0)

    def test_a_trial_that_takes_more_memory_than_it_may_dies_of_that(self):
        self.sweep("--samples", "1", "--max-iterations", "100", "--memory-per-trial", "200M", trainable="Grows", expect=1)

        state, cause = self.cause()
        self.assertEqual(state, "failed")
        self.assertRegex(cause, r"OOM: .*limit 200 MiB|OOM: memory was refused")


if __name__ == "__main__":
    main()
