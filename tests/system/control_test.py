# SPDX-License-Identifier: Apache-2.0
"""manta stop, kill, pause, resume, retry, clone, add-trial, set, note: experiments changed from another shell."""
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import unittest

from program import BIN, SystemTest, main, wait_for

MANTA = str(BIN / "manta")


class ControlTest(SystemTest):
    def manta(self, *words, expect=0):
        done = subprocess.run([MANTA, *map(str, words)], capture_output=True, text=True, timeout=120, cwd=self.directory,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout if expect == 0 else done.stderr

    def endless(self, concurrency=2, out="run", trials=2, trainable="Endless"):
        """A sweep whose trials never end by themselves, with so many under way."""
        process = self.start(self.write_space(), "--metric", "score", "--mode", "max", "--trainable", trainable,
                             "--samples", 2, "--cpus-per-trial", 0.1, "--concurrency", concurrency, "--out", out)
        return self.watched(process, out, trials)

    def resumed(self, out="run", trials=0):
        path = self.directory / out / "control.sock"
        before = changed_at(path)  # One that was left behind is replaced.
        process = self.start("--resume", out)
        self.assertTrue(wait_for(lambda: changed_at(path) not in (0, before)))
        return self.watched(process, out, trials)

    def watched(self, process, out, trials):
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertTrue(wait_for((self.directory / out / "control.sock").exists))
        # Each has reported: a trial that is paused before its first report goes on from nothing.
        self.assertTrue(wait_for(lambda: self.count("running", out) >= trials and self.count_reported(out) >= trials))
        return process

    def count_reported(self, out):
        try:
            return self.query("select count(distinct trial) n from learning_curves", out)[0]["n"]
        except sqlite3.OperationalError:  # It is still being made.
            return 0

    def count(self, state, out="run"):
        return len(self.states(out).get(state, []))

    def states(self, out="run"):
        found = {}
        try:
            for row in self.query("select trial, state from trials order by trial", out):
                found.setdefault(row["state"], []).append(row["trial"])
        except Exception:  # It is still being made.
            pass
        return found

    def trial(self, number, out="run"):
        return self.query(f"select * from trials where trial = {number}", out)[0]

    def wait_for_state(self, number, state, out="run"):
        self.assertTrue(wait_for(lambda: self.trial(number, out)["state"] == state), self.trial(number, out))

    def finish(self, process, code=0):
        output, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, code, output + errors)
        return errors

    def test_trials_are_stopped_paused_resumed_and_killed_while_the_experiment_runs(self):
        process = self.endless()

        self.assertIn("trial 0 is paused", self.manta("pause", "run", 0))
        self.wait_for_state(0, "held")
        self.assertTrue(wait_for(lambda: self.query("select state from attempts where trial = 0") == [{"state": "paused"}]))
        self.assertIn("held", self.manta("show", "run", 0))
        self.assertIn("goes on", self.manta("resume", "run", 0))
        self.assertTrue(wait_for(lambda: self.trial(0)["attempts"] == 2))
        self.assertGreater(self.query("select from_iteration f from attempts where trial = 0 and attempt = 2")[0]["f"], 0)
        self.assertIn("is stopped", self.manta("stop", "run", 0))
        self.assertEqual(self.trial(0)["state"], "stopped")
        self.assertIn("has ended already", self.manta("stop", "run", 0, expect=3))
        self.assertIn("there is no trial 9", self.manta("stop", "run", 9, expect=2))
        self.manta("kill", "run", 1)
        self.finish(process)
        self.assertEqual((self.trial(1)["state"], self.trial(1)["cause"]), ("failed", "killed by the user"))
        self.assertFalse((self.directory / "run/control.sock").exists())

    def test_so_are_those_of_a_function_and_of_a_plugin(self):
        for kind, trainable in (("function", "endless"), ("plugin", os.environ["MANTA_TEST_TRAINABLE_PLUGIN"] + ":Steady")):
            process = self.endless(out=kind, trainable=trainable, concurrency=3)
            self.manta("pause", kind, 0)
            self.wait_for_state(0, "held", kind)
            self.manta("resume", kind, 0)
            self.assertTrue(wait_for(lambda: self.trial(0, kind)["attempts"] == 2))
            self.manta("clone", kind, 1, "--set", "x=1")
            self.assertTrue(wait_for(lambda: self.count("running", kind) == 3))
            froms = "select from_iteration f from attempts where (trial, attempt) in ((0, 2), (2, 1))"
            self.assertTrue(all(row["f"] > 0 for row in self.query(froms, kind)), kind)
            self.manta("stop", kind, 0, 1, 2)
            self.finish(process)
            # Both went on from where they had been: an iteration, a score.
            wrong = ("select count(*) n from learning_curves join params using (trial) where metric = 'score' and name = 'x'"
                     " and abs(learning_curves.value - number * iteration) > 1e-9")
            self.assertEqual(self.query(wrong, kind)[0]["n"], 0)

    def test_limits_change_while_the_experiment_runs_and_stay_changed(self):
        process = self.endless()

        text = self.manta("set", "run", "samples=3", "concurrency=3", "cpus-per-trial=0.2")
        self.assertIn("samples is 3", text)
        self.assertIn("cpus-per-trial is 0.2 from the next --resume on", text)
        self.assertTrue(wait_for(lambda: self.count("running") == 3))
        self.assertIn('did you mean "samples"', self.manta("set", "run", "sample=3", expect=2))
        self.assertIn("stays as it is", self.manta("set", "run", "seed=3", expect=2))
        self.assertIn("at least 1", self.manta("set", "run", "samples=0", expect=2))
        process.kill()
        _, errors = process.communicate()
        self.assertRegex(errors, "the user has set: concurrency is 3; .*samples is 3")
        spec = json.loads(self.query("select spec from experiment")[0]["spec"])
        self.assertEqual((spec["samples"], spec["concurrency"], spec["cpus_per_trial"]), (3, 3, 0.2))
        self.manta("set", "run", "max_iterations=5")

        self.finish(self.start("--resume", "run"))  # It may end before its socket is seen.
        self.assertEqual(self.count("completed"), 3)

    def test_the_time_budget_can_be_set_late(self):
        process = self.endless()

        self.manta("set", "run", "time-budget=0.1s")

        self.assertIn("the time budget is spent", self.finish(process))

    def test_a_clone_and_an_added_trial_run_at_once(self):
        process = self.endless(concurrency=4)

        self.assertIn("trial 2 is added: a clone of trial 1 from iteration", self.manta("clone", "run", 1, "--set", "x=1"))
        self.assertIn("trial 3 is added", self.manta("add-trial", "run", '{"x": 0.5}'))
        self.assertTrue(wait_for(lambda: self.count("running") == 4))
        self.assertEqual(json.loads(self.trial(2)["config"]), {"x": 1.0})
        self.assertGreater(self.query("select from_iteration f from attempts where trial = 2")[0]["f"], 0)
        self.assertIn("x", self.manta("add-trial", "run", '{"y": 0.5}', expect=2))
        self.assertIn("x", self.manta("clone", "run", 1, "--set", "x=5", expect=2))
        self.manta("stop", "run", 0, 1, 2, 3)
        self.finish(process)
        self.assertEqual([row["by_hand"] for row in self.query("select by_hand from trials order by trial")], [0, 0, 1, 1])

    def test_what_was_commanded_survives_kill_9(self):
        process = self.endless(concurrency=3)
        self.manta("pause", "run", 0)
        self.manta("stop", "run", 1)
        self.manta("add-trial", "run", '{"x": 0.25}')
        self.manta("note", "run", 2, "added by hand")
        process.kill()
        process.communicate()
        self.assertTrue((self.directory / "run/control.sock").exists())

        self.assertEqual({trial for trial in self.states().get("held", [])}, {0})
        process = self.resumed(trials=1)
        self.assertTrue(wait_for(lambda: self.states() == {"held": [0], "stopped": [1], "running": [2]}), self.states())
        self.assertIn("added by hand", self.manta("show", "run", 2))
        self.manta("set", "run", "max-iterations=1000000")  # For the resumed run after this one.
        self.manta("resume", "run", 0)
        self.wait_for_state(0, "running")
        self.manta("stop", "run", 0, 2)
        self.finish(process)

    def test_failed_trials_are_tried_again(self):
        marker = self.directory / "works"
        command = f'echo \'{{{{"score": \'{{x}}\'}}}}\'; test -e {marker}'
        self.sweep("--samples", 4, "--command", command, "--allow-failed", 1, trainable=None, program=BIN / "tune_run")
        self.assertEqual(self.count("failed"), 4)
        marker.touch()

        self.assertIn("trial 3 is tried again", self.manta("retry", "run", "--failed"))
        self.assertIn("which trials?", self.manta("retry", "run", expect=2))
        self.assertEqual(self.run_program("--resume", "run", program=BIN / "tune_run")[0], 0)
        self.assertEqual(self.query("select distinct state, attempts from trials"), [{"state": "completed", "attempts": 2}])
        self.assertEqual(self.manta("retry", "run", "--failed"), "no trial has failed\n")

    def test_an_experiment_that_nobody_runs_is_changed_in_its_file(self):
        process = self.endless()
        process.send_signal(signal.SIGTERM)
        self.finish(process, 143)
        before = self.query("select attempts from trials order by trial")

        self.assertIn("--resume run takes it up", self.manta("stop", "run", 0))
        self.manta("pause", "run", 1)
        self.assertIn("trial 2 is added: a clone of trial 1", self.manta("clone", "run", 1, "--set", "x=1"))
        self.manta("add-trial", "run", '{"x": 0.5}')
        self.assertIn("x", self.manta("add-trial", "run", '{"x": 7}', expect=2))
        self.manta("note", "run", "a long week")
        self.assertIn("manta stop ends it", self.manta("kill", "run", 1, expect=3))
        self.manta("set", "run", "concurrency=4")

        process = self.resumed(trials=2)
        self.assertTrue(wait_for(lambda: self.states() == {"stopped": [0], "held": [1], "running": [2, 3]}), self.states())
        self.assertEqual(self.trial(1)["attempts"], before[1]["attempts"])
        self.assertGreater(self.query("select from_iteration f from attempts where trial = 2")[0]["f"], 0)
        self.assertIn("a long week", self.manta("show", "run"))
        self.manta("stop", "run", 1, 2, 3)
        self.finish(process)

    def test_the_socket_is_for_its_user_only_and_works_on_long_paths(self):
        out = "/".join(["a-long-name-of-a-directory-%02d" % number for number in range(8)])
        (self.directory / out).parent.mkdir(parents=True)
        process = self.endless(out=out)
        path = self.directory / out / "control.sock"
        self.assertGreater(len(str(path)), 108)
        mode = os.stat(path).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o600)

        # Clients that say nothing, or nonsense, hold up nobody.
        with open_directory(path.parent) as directory:
            clients = [socket.socket(socket.AF_UNIX) for _ in range(20)]
            for client in clients:
                client.connect(f"/proc/self/fd/{directory}/control.sock")
            clients[19].sendall(b"{}\n")
            self.assertIn(b"another version", clients[19].recv(4096))
            self.assertIn("is stopped", self.manta("stop", out, 0, 1))
            for client in clients:
                client.close()
        self.finish(process)
        self.assertFalse(path.exists())

    def test_F39_a_deleted_socket_is_made_anew(self):
        process = self.endless()
        for _ in range(2):
            os.unlink(self.directory / "run/control.sock")
            self.assertIn("noted", self.manta("note", "run", "I am still heard"))
            self.assertTrue((self.directory / "run/control.sock").exists())
        self.manta("stop", "run", 0, 1)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(errors.count("control.sock was deleted, and made anew"), 2, errors)

    def test_F39_trials_go_on_when_logs_and_checkpoints_are_deleted(self):
        script = ("n=0; test -n \"$MANTA_CHECKPOINT\" && n=$(cat \"$MANTA_CHECKPOINT\"); while test $n -lt 20; do n=$((n+1)); "
                  "echo $n > \"$MANTA_CHECKPOINT_DIR/$n\"; echo \"{\\\"score\\\": $n, \\\"checkpoint\\\": \\\"$n\\\"}\"; "
                  f"until test -e {self.directory}/go -o $n -lt 5; do sleep 0.05; done; done")
        (self.directory / "count.sh").write_text(script)
        process = self.start(self.write_space(), "--command", "sh " + str(self.directory / "count.sh"), "--metric", "score",
                             "--mode", "max", "--samples", 2, "--cpus-per-trial", 0.1, "--concurrency", 2, "--out", "run",
                             "--checkpoint-every", 1, program=BIN / "tune_run")
        self.watched(process, "run", 2)
        self.assertTrue(wait_for(lambda: self.rows() >= 10))
        shutil.rmtree(self.directory / "run/logs")
        shutil.rmtree(self.directory / "run/checkpoints", ignore_errors=True)  # One may just be written.
        self.assertTrue(wait_for((self.directory / "run/logs").exists))
        self.assertTrue(wait_for((self.directory / "run/checkpoints").exists))
        (self.directory / "go").touch()

        _, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(self.query("select state, attempts, iterations from trial_summary"),
                         [{"state": "completed", "attempts": 1, "iterations": 20}] * 2)
        self.assertEqual(errors.count("logs was deleted, and made anew"), 1, errors)

    @unittest.skipUnless(os.geteuid() == 0, "needs a way to be another user")
    def test_another_user_is_not_heard_whatever_the_files_rights_are(self):
        process = self.endless()
        path = self.directory / "run/control.sock"
        for opened, mode in ((self.directory, 0o755), (path.parent, 0o755), (path, 0o777)):
            os.chmod(opened, mode)

        self.assertEqual(asked_as(65534, path), b"dropped")
        self.assertIn(b"another version", asked_as(os.geteuid(), path))
        self.manta("stop", "run", 0, 1)
        self.finish(process)

    def test_who_waits_for_a_trial_that_says_nothing_is_told_and_can_end_it(self):
        script = "n=0; while test $n -lt 9; do n=$((n+1)); test $MANTA_TRIAL$n != 21 || sleep 1000; echo \"{\\\"score\\\": $n}\"; done"
        (self.directory / "hang.sh").write_text(script)
        process = self.start(self.write_space(), "--command", "sh " + str(self.directory / "hang.sh"), "--metric", "score",
                             "--mode", "max", "--samples", 9, "--cpus-per-trial", 0.1, "--concurrency", 2, "--out", "run",
                             "--max-iterations", 9, "--scheduler", "hyperband", program=BIN / "tune_run")
        self.watched(process, "run", 1)
        line = next((line for line in process.stderr if "no answer" in line), "")
        self.assertRegex(line, r"no answer for 30.0 s: 8 trials wait for trial 2 \(in iteration 1\).*`manta kill run 2`")
        self.assertIn("stall-timeout=60s", line)
        self.manta("set", "run", "stall-timeout=20s")

        _, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors)
        (failed,) = self.query("select trial, cause from trial_summary where state = 'failed'")
        self.assertEqual(failed["trial"], 2)
        self.assertTrue(failed["cause"].startswith("stalled: no sign of life for 20 s in iteration 1"), failed)

    def test_a_second_control_c_leaves_no_socket(self):
        process = self.endless()
        process.send_signal(signal.SIGINT)
        self.assertTrue(wait_for(lambda: not (self.directory / "run/control.sock").exists()))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        # The system's own ending, where the second comes so late that everything is written and nobody waits for it.
        self.assertIn(process.returncode, (130, -signal.SIGINT))


def asked_as(user, path):
    """What a process of that user is told when it says something at the socket."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        answer = b"cannot connect"
        with contextlib.suppress(OSError):
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(60)
                client.connect(str(path))
                answer = b"dropped"
                client.sendall(b"{}\n")
                answer = client.recv(4096) or answer
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def changed_at(path):
    """When the file was made or replaced; 0 if there is none."""
    try:
        return os.stat(path).st_ctime_ns
    except FileNotFoundError:
        return 0


class open_directory:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.descriptor = os.open(self.path, os.O_PATH | os.O_DIRECTORY)
        return self.descriptor

    def __exit__(self, *_):
        os.close(self.descriptor)


if __name__ == "__main__":
    main()
