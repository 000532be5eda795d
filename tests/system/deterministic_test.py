# SPDX-License-Identifier: Apache-2.0
"""--deterministic: the same table however fast trials are, and wherever, and however often, the driver was killed."""
import os
import random
import re
import signal
import sqlite3

from program import BIN, SystemTest, main, wait_for

IS_SLOW = bool(os.environ.get("MANTA_TEST_IS_SLOW"))  # A sanitizer.
KILLS = int(os.environ.get("MANTA_TEST_KILLS", "60" if IS_SLOW else "300"))
SEED = 20261129
TABLE = ("select trial, state, iteration, value, value_is_nan, best_value, config, by_hand, retried, "
         "replace(cause, '  ', ' ') as cause from trials order by trial")
FAILPOINTS = ("loop.suggested", "loop.launched", "loop.event_came", "loop.event_handled", "checkpoint.written", "checkpoint.renamed",
              "store.files_written", "store.rows_written", "store.committed", "store.checkpoint_removed")
SCHEDULERS = {
    "fifo": "fifo",
    "asha": "asha:grace=1,eta=2,max_t=9",
    "promote": "asha-promote:grace=1,eta=2,max_t=9",
    "hyperband": "hyperband:eta=3,max_t=9",
    "pbt": "pbt:interval=3",
}


class DeterministicTest(SystemTest):
    def arguments(self, scheduler, out, samples=12, searcher="random"):
        return [self.write_space({"x": {"float": [0.1, 1]}}), "--trainable", "Walk", "--metric", "score", "--mode", "max",
                "--searcher", searcher, "--samples", str(samples), "--max-iterations", "9", "--concurrency", "2",
                "--cpus-per-trial", "0.5", "--checkpoint-every", "2", "--seed", "3", "--deterministic", "--scheduler",
                scheduler, "--out", out]

    def events(self, out):
        try:
            return self.query("select count(*) n from events", out)[0]["n"]
        except sqlite3.OperationalError:
            return 0  # It is being made.

    def run_to_the_end(self, scheduler, out, **more):
        code, _, errors = self.run_program(*self.arguments(scheduler, out, **more))
        self.assertEqual(code, 0, errors)
        return self.query(TABLE, out)

    def test_two_runs_are_alike(self):
        for name, scheduler in SCHEDULERS.items():
            first = self.run_to_the_end(scheduler, name + "1")
            self.assertEqual(len(first), 12)
            self.assertEqual(self.run_to_the_end(scheduler, name + "2"), first, name)

    def test_killed_at_any_moment_it_ends_the_same(self):
        """In sum KILLS deaths: of a run, of the one that resumes it, of the one that resumes that."""
        randomness = random.Random(SEED)
        for name, scheduler in SCHEDULERS.items():
            undisturbed = self.run_to_the_end(scheduler, name)
            most = self.events(name)
            kills = 0
            history = 0
            while kills < KILLS / len(SCHEDULERS):
                history += 1
                out = f"{name}-{history}"
                process = self.start(*self.arguments(scheduler, out))
                for _ in range(3):
                    wanted = self.events(out) + randomness.randrange(1, most // 2)
                    wait_for(lambda: self.events(out) >= wanted or process.poll() is not None)
                    kills += 1 if process.poll() is None else 0
                    process.kill()
                    process.communicate()
                    self.assertEqual(self.wait_for_none_left(), [], f"{out}, seed {SEED}")
                    again = ["--resume", out] if self.events(out) > 0 else self.arguments(scheduler, out)
                    if again[0] != "--resume" and (self.directory / out).exists():
                        out += "x"
                        again = self.arguments(scheduler, out)
                    process = self.start(*again)
                _, errors = process.communicate(timeout=300)
                self.assertEqual(process.returncode, 0, errors)
                self.assertEqual(self.query(TABLE, out), undisturbed, f"{out}, seed {SEED}")

    def test_killed_at_any_failpoint_it_ends_the_same(self):
        """Each place of the driver between two effects that outlive it (core/base/failpoint.h), come to early and late."""
        for name, scheduler in SCHEDULERS.items():
            undisturbed = self.run_to_the_end(scheduler, name)
            for number, place in enumerate(FAILPOINTS):
                for times in (1, 4) if KILLS > 300 else (1,) if number % 2 == 0 else (4,):
                    out = f"{name}-{place}-{times}"
                    process = self.start(*self.arguments(scheduler, out), environment={"MANTA_FAILPOINT": f"{place}:{times}"})
                    _, errors = process.communicate(timeout=300)
                    if times > 1 and process.returncode == 0:
                        continue  # How much goes into a transaction depends on the disk.
                    self.assertEqual(process.returncode, -signal.SIGKILL, f"{out} was not come to: {errors}")
                    self.assertEqual(self.wait_for_none_left(), [], out)
                    again = ["--resume", out] if self.events(out) > 0 else self.arguments(scheduler, out + "-anew")
                    code, _, errors = self.run_program(*again)
                    self.assertEqual(code, 0, errors)
                    self.assertEqual(self.query(TABLE, again[-1]), undisturbed, out)
                    self.assertEqual(list((self.directory / again[-1]).glob("checkpoints/*/*.tmp")), [])

    def test_interrupted_it_says_how_to_go_on_and_ends_the_same(self):
        scheduler = SCHEDULERS["asha"]
        many = 300  # It has not come to its end when it is interrupted.
        undisturbed = self.run_to_the_end(scheduler, "undisturbed", samples=many)
        process = self.start(*self.arguments(scheduler, "run", samples=many))
        wait_for(lambda: self.events("run") > 20 or process.poll() is not None)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, errors)
        self.assertIn("interrupted: stopping", errors)
        code, output, errors = self.run_program("--resume", "run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.query(TABLE), undisturbed)

    def test_bohb_is_restored_as_searcher_and_as_scheduler(self):
        self.check_a_pair("bohb", "bohb:eta=3,max_t=9")

    def test_freeze_thaw_is_restored_as_searcher_and_as_scheduler(self):
        self.check_a_pair("freeze-thaw", "freeze-thaw:max_t=9")

    def check_a_pair(self, searcher, scheduler):
        """One of two halves that had forgotten the other's trials would suggest, or judge, otherwise."""
        pair = {"searcher": searcher, "samples": 30}
        undisturbed = self.run_to_the_end(scheduler, "undisturbed", **pair)
        self.assertEqual({row["state"] for row in undisturbed}, {"completed", "stopped"})
        most = self.events("undisturbed")
        process = self.start(*self.arguments(scheduler, "run", **pair))
        for part in (3, 2):
            wait_for(lambda: self.events("run") >= most // part or process.poll() is not None)
            self.assertIsNone(process.poll(), "it has ended too soon")
            process.kill()
            process.communicate()
            self.assertEqual(self.wait_for_none_left(), [])
            process = self.start("--resume", "run")

        _, errors = process.communicate(timeout=300)

        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(self.query(TABLE), undisturbed)

    def test_the_schedule_that_it_found_is_used_again_and_drawn(self):
        """It has no snapshots: what its population did is found out from its changes."""
        for name in ("pbt", "pbt-sync"):
            self.run_to_the_end(f"{name}:interval=2", name)
            self.assertEqual(self.query("select count(*) n from snapshots", name)[0]["n"], 0)
            # What the best report was made with.
            best, = self.query("select config from trial_changes, (select results.id as best, results.trial as number from results"
                               " join metrics on result = results.id order by value desc, results.id limit 1)"
                               " where trial = number and id < best order by id desc limit 1", name)
            changes = self.query("select count(*) n from (select config, lag(config) over (partition by trial order by id) as before"
                                 " from trial_changes) where config != before", name)[0]["n"]
            self.assertGreater(changes, 3)

            code, _, errors = self.run_program(
                self.write_space({"x": {"float": [0.1, 1]}}), "--trainable", "Walk", "--metric", "score", "--mode", "max",
                "--samples", "1", "--max-iterations", "9", "--scheduler", f"pbt-replay:from={name}", "--out", name + "-again")

            self.assertEqual(code, 0, errors)
            self.assertEqual(self.query("select config from trials", name + "-again"), [best])
            code, output, errors = self.run_program("export", name, "--svg", program=BIN / "manta")
            self.assertEqual(code, 0, errors)
            links, = re.findall('class="link" d="(M[^"]*L[^"]*)"', output)
            copies = links.count("M")
            self.assertGreaterEqual(copies, changes)
            self.assertLessEqual(copies, changes + 2, "few copies end where the copied one was, at a bound")
        self.run_to_the_end("fifo", "fifo")
        code, _, errors = self.run_program(*self.arguments("pbt-replay:from=fifo", "none"))
        self.assertEqual(code, 2)
        self.assertIn('fifo ran with the scheduler "fifo": only pbt, pbt-sync and pb2 leave a schedule', errors)

    def test_what_decisions_depend_on_is_kept(self):
        self.run_to_the_end("fifo", "run")
        code, _, errors = self.run_program("--resume", "run", "--samples", "20", "--concurrency", "1")
        self.assertEqual(code, 2)
        self.assertIn("a deterministic experiment keeps all that its decisions depend on", errors)
        self.assertIn("samples: 12 -> 20", errors)
        self.assertIn("concurrency: 2 -> 1", errors)
        for verb, more in (("stop", ["3"]), ("set", ["samples=20"]), ("note", ["so far"])):
            code, _, errors = self.run_program(verb, "run", *more, program=BIN / "manta")
            self.assertEqual(code == 0, verb == "note", errors)
            self.assertEqual("the experiment is deterministic" in errors, verb != "note", errors)
        code, _, errors = self.run_program(*self.arguments("fifo", "other"), "--step-time", "5")
        self.assertEqual(code, 2)
        self.assertIn("--deterministic and --step-time exclude each other", errors)


if __name__ == "__main__":
    main()
