# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the driver and of workers, a hundred times each: nothing acknowledged is lost, nothing is left behind."""
import os
import pathlib
import random
import select
import signal

from program import BIN, SystemTest, main, marked_processes, wait_for

KILLS = int(os.environ.get("MANTA_TEST_KILLS", "100"))
SEED = 20261124


def acknowledged_rows(path):
    try:
        lines = path.read_text().split("\n")[:-1]  # The last one may be cut in the middle.
    except FileNotFoundError:
        return []
    return [tuple(map(int, line.split())) for line in lines]


class DriverKillTest(SystemTest):
    def test_no_acknowledged_row_is_lost_and_nothing_is_left(self):
        randomness = random.Random(SEED)
        rows = self.directory / "rows"
        space = self.write_space({"x": {"float": [0.1, 1]}, "acknowledged": str(rows)})
        begin = [space, "--trainable", "Acknowledged", "--metric", "score", "--mode", "max", "--searcher", "random", "--samples", "40",
                 "--out", "run", "--concurrency", "2"]
        process = self.start(*begin)
        for kill in range(KILLS):
            if process.poll() is not None:  # The experiment is through: begin another one.
                process.communicate()
                rows.unlink(missing_ok=True)
                begin[begin.index("--out") + 1] = f"run{kill}"
                process = self.start(*begin)
            before = len(acknowledged_rows(rows))
            wanted = before + randomness.randrange(1, 60)
            wait_for(lambda: len(acknowledged_rows(rows)) >= wanted or process.poll() is not None)
            process.kill()
            process.communicate()
            self.assertEqual(self.wait_for_none_left(), [], f"kill {kill}, seed {SEED}")

            out = begin[begin.index("--out") + 1]
            if not (self.directory / out / "experiment.db").exists():
                process = self.start(*begin)
                continue
            stored = {(r["trial"], r["attempt"], r["iteration"]) for r in
                      self.query("select trial, attempt, iteration from learning_curves", out)}
            lost = [row for row in acknowledged_rows(rows) if row not in stored]
            self.assertEqual(lost, [], f"kill {kill}, seed {SEED}")
            process = self.start("--resume", out)
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        out = begin[begin.index("--out") + 1]
        self.assertEqual(self.query("select distinct state from trial_summary", out), [{"state": "completed"}])


class OrphanTest(SystemTest):
    def test_what_a_command_started_is_gone_though_driver_and_fork_server_die_at_once(self):
        """The fork server is killed as soon as it has ended the first process of a dead worker's: whoever is left ends the rest."""
        script = self.directory / "daemons.sh"
        script.write_text("for i in 1 2 3; do setsid sh -c 'sleep 1000 & exec sleep 1000' & done\necho '{\"score\": 1}'\nexec sleep 1000\n")
        for last in (1, 2, 3, 5, 8):
            process = self.start(self.write_space(), "--metric", "score", "--command", f"sh {script}", "--searcher", "random", "--samples", "4",
                                 "--concurrency", "2", "--cpus-per-trial", "0.1", "--out", f"run{last}", program=BIN / "tune_run",
                                 environment={"MANTA_FAILPOINT": f"forks.orphan_killed:{last}"})
            self.assertTrue(wait_for(lambda: self.rows(f"run{last}") == 2))
            process.kill()
            process.communicate()
            self.assertEqual(self.wait_for_none_left(), [], f"killed at the orphan number {last}")


class WorkerKillTest(SystemTest):
    def test_each_kill_costs_one_attempt_of_one_trial(self):
        randomness = random.Random(SEED)
        kills = 0
        round_number = 0
        while kills < KILLS:
            round_number += 1
            out = f"run{round_number}"
            space = self.write_space({"x": {"float": [0.1, 1]}})
            process = self.start(space, "--trainable", "Endless", "--metric", "score", "--mode", "max", "--searcher", "random", "--samples", "6",
                                 "--max-iterations", "40", "--max-failures", "100", "--retry-wait", "0.001", "--concurrency", "2", "--out", out)
            killed = {}
            while process.poll() is None and kills < KILLS:
                candidates = [(pid, name) for pid, name in self.workers() if pid not in killed]
                if candidates and randomness.random() < 0.5:
                    pid, name = randomness.choice(candidates)
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
                    killed[pid] = name
                    kills += 1
                select.select([], [], [], randomness.random() * 0.1)
            _, errors = process.communicate(timeout=300)

            self.assertEqual(process.returncode, 0, errors)
            self.assertEqual(self.query("select count(*) n from trial_summary where state = 'completed'", out), [{"n": 6}])
            # A worker killed after its trial's end costs nothing; no kill may cost two.
            failed = self.query("select sum(attempts) - count(*) n from trial_summary", out)[0]["n"]
            self.assertLessEqual(failed, len(killed))
            self.assertGreaterEqual(failed, len(killed) * 0.5, killed)


class CheckpointTest(SystemTest):
    def test_a_killed_trial_goes_on_from_its_checkpoint(self):
        space = self.write_space({"x": {"float": [0.1, 1]}})
        process = self.start(space, "--trainable", "Endless", "--metric", "score", "--mode", "max", "--samples", "1",
                             "--max-iterations", "200", "--checkpoint-every", "1", "--max-failures", "5", "--retry-wait", "0.001", "--out", "run")

        self.assertTrue(wait_for(lambda: self.rows() >= 40))  # Of two metrics.
        (worker,) = [pid for pid in marked_processes(self.mark)
                     if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("trial-")]
        os.kill(worker, signal.SIGKILL)
        _, errors = process.communicate(timeout=300)

        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(self.query("select attempts, iterations from trial_summary"),
                         [{"attempts": 2, "iterations": 200}])
        own = self.query("select max(value) n from learning_curves where metric = 'own_iteration'")
        self.assertEqual(own, [{"n": 200}])  # The trainable's own count went on too.


if __name__ == "__main__":
    main()
