# SPDX-License-Identifier: Apache-2.0
"""What shells, terminals and people do to a sweep while it runs: nothing acknowledged is lost, and it says what is wrong."""
import contextlib
import fcntl
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import termios
import time

from program import PROGRAMS, SystemTest, main, marked_processes, wait_for


class ShellTest(SystemTest):
    def arguments(self, *more, samples=2, iterations=60):
        return [self.write_space(), "--trainable", "Endless", "--metric", "score", "--mode", "max", "--searcher", "random", "--samples",
                samples, "--max-iterations", iterations, "--concurrency", 2, "--cpus-per-trial", 0.5, "--out", "run", *more]

    def expect_all_completed(self, iterations=60, attempts=1):
        self.assertEqual(self.query("select distinct state, iteration, attempts from trials"),
                         [{"state": "completed", "iteration": iterations, "attempts": attempts}])

    def expect_resumable(self):
        code, output, errors = self.run_program("--resume", "run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.query("select distinct state, iteration from trials"), [{"state": "completed", "iteration": 60}])

    # --- F03, F04: terminals ---

    def start_in_terminal(self, *arguments):
        """The program as the leader of a session with a terminal of its own; also the terminal's other end."""
        ours, its = pty.openpty()
        name, value = self.mark.split("=")

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        process = subprocess.Popen([PROGRAMS, *map(str, arguments)], cwd=self.directory, stdin=its, stdout=its, stderr=its,
                                   env={**os.environ, name: value, "TERM": "xterm"}, preexec_fn=take_terminal)
        os.close(its)
        return process, ours

    @staticmethod
    def read_to_end(terminal, seconds=60):
        text, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                read = os.read(terminal, 65536)
            except OSError:  # Nobody has the other end any more.
                break
            if not read:
                break
            text += read
        return text.decode(errors="replace")

    def test_F03_control_c_typed_in_a_terminal_checkpoints_and_says_how_to_go_on(self):
        process, terminal = self.start_in_terminal(*self.arguments(iterations=100_000))
        with os.fdopen(terminal, "r+b", buffering=0):
            self.drain_until(terminal, lambda: self.rows() >= 10)
            os.write(terminal, b"\x03")
            text = self.read_to_end(terminal)
            self.assertEqual(process.wait(timeout=60), 130, text)

        self.assertIn("interrupted", text)
        self.assertIn("--resume", text)
        self.assertEqual(self.query("select distinct state from trials"), [{"state": "interrupted"}])
        self.assertGreaterEqual(self.query("select count(*) n from checkpoints")[0]["n"], 2)

    def drain_until(self, terminal, condition):
        """A terminal that nobody reads holds up whoever writes to it."""
        def look():
            while select.select([terminal], [], [], 0)[0]:
                os.read(terminal, 65536)
            return condition()
        self.assertTrue(wait_for(look))

    def test_F04_a_terminal_that_is_closed_is_as_sigterm(self):
        process, terminal = self.start_in_terminal(*self.arguments())
        self.drain_until(terminal, lambda: self.rows() >= 10)
        os.close(terminal)

        self.assertEqual(process.wait(timeout=60), 143)
        self.assertEqual(self.wait_for_none_left(), [])
        self.expect_resumable()

    def test_F04_a_hang_up_of_its_process_group_leaves_none_and_loses_nothing(self):
        process = self.start(*self.arguments(), start_new_session=True)
        self.assertTrue(wait_for(lambda: self.rows() >= 10))
        os.killpg(process.pid, signal.SIGHUP)
        _, errors = process.communicate(timeout=60)

        self.assertEqual(process.returncode, 143, errors)
        self.assertEqual(self.wait_for_none_left(), [])
        self.expect_resumable()

    def test_F45_an_end_of_all_its_processes_at_once_is_no_failure_of_trials(self):
        """As the manager of a queue or of services does it."""
        for sent in (signal.SIGTERM, signal.SIGHUP):
            with self.subTest(sent.name):
                process = self.start(*self.arguments(), start_new_session=True)
                self.assertTrue(wait_for(lambda: self.rows() >= 10))
                # The driver is told first, as who started the others.
                for pid in sorted(marked_processes(self.mark)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, sent)
                _, errors = process.communicate(timeout=60)

                self.assertEqual(process.returncode, 143, errors)
                self.assertEqual(self.wait_for_none_left(), [])
                self.assertEqual(self.query("select distinct state from trials"), [{"state": "interrupted"}])
                self.expect_resumable()
                shutil.rmtree(self.directory / "run")

    # --- F04: shells and pipes ---

    def run_shell(self, script, *arguments):
        process = self.start("-c", script, "sh", PROGRAMS, *arguments, program="/bin/sh")
        output, errors = process.communicate(timeout=120)
        return output + errors

    def test_F04_a_reader_that_goes_away_ends_nothing(self):
        output = self.run_shell('{ "$@" --progress plain; echo $? > code; } 2>&1 | head -n 1', *self.arguments())

        self.assertEqual(len(output.splitlines()), 1, output)
        self.assertEqual((self.directory / "code").read_text().strip(), "0")
        self.expect_all_completed()

    def test_F04_a_shell_that_ends_leaves_a_sweep_in_its_own_session_alone(self):
        self.run_shell('setsid sh -c \'"$@" --progress plain > log 2>&1; echo $? > code\' sh "$@" > /dev/null 2>&1 &', *self.arguments())
        self.assertTrue(wait_for(lambda: (self.directory / "code").exists() and (self.directory / "code").read_text()))

        self.assertEqual((self.directory / "code").read_text().strip(), "0", (self.directory / "log").read_text())
        self.expect_all_completed()

    # --- F27: processes that are stopped and go on ---

    def test_F27_a_driver_that_was_stopped_takes_no_trial_for_dead(self):
        process = self.start(*self.arguments("--stall-timeout", "1"))
        self.assertTrue(wait_for(lambda: self.rows() >= 10))
        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: False, 4)
        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors)
        self.expect_all_completed()

    def test_F27_a_trial_that_was_stopped_goes_on_where_it_was(self):
        process = self.start(*self.arguments(samples=3))
        self.assertTrue(wait_for(lambda: len(self.query("select 1 from trials where iteration > 5")) == 2 if self.rows() else False))
        worker, _ = self.workers()[0]
        os.kill(worker, signal.SIGSTOP)
        # The others go on without it.
        self.assertTrue(wait_for(lambda: self.query("select count(*) n from trials where state = 'completed'")[0]["n"] == 2))
        os.kill(worker, signal.SIGCONT)
        _, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors)
        self.expect_all_completed()

    # --- F39: what is in the directory is deleted, renamed, replaced ---

    def break_directory(self, break_it):
        """What is said after `break_it` on a sweep that would go on for long, and after how many seconds it ended."""
        process = self.start(*self.arguments(iterations=100_000))
        self.assertTrue(wait_for(lambda: self.rows() >= 10))
        break_it(self.directory / "run")
        began = time.monotonic()
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 4, errors)
        self.assertEqual(self.wait_for_none_left(), [])
        return errors, time.monotonic() - began

    def test_F39_a_database_that_is_deleted_or_replaced_ends_the_sweep_by_name(self):
        def delete(run):
            (run / "experiment.db").unlink()

        def delete_log(run):
            (run / "experiment.db-wal").unlink()

        def replace(run):
            shutil.copy(run / "experiment.db", run / "copy")
            os.replace(run / "copy", run / "experiment.db")

        for breaks in (delete, delete_log, replace):
            with self.subTest(breaks.__name__):
                errors, seconds = self.break_directory(breaks)
                self.assertRegex(errors, r"experiment\.db.* was deleted or replaced while in use")
                self.assertLess(seconds, 10, "the promise is two")
                shutil.rmtree(self.directory / "run")

    def test_F39_a_directory_that_is_renamed_or_deleted_ends_the_sweep_by_name(self):
        errors, _ = self.break_directory(lambda run: run.rename(self.directory / "moved"))
        self.assertRegex(errors, r"experiment\.db.* was deleted or replaced while in use")
        # All that was acknowledged went along with it.
        code, output, errors = self.run_program("--resume", "moved", "--max-iterations", 60)
        self.assertEqual(code, 0, output + errors)

        errors, _ = self.break_directory(lambda run: shutil.rmtree(run, ignore_errors=True))
        self.assertRegex(errors, r"experiment\.db.* was deleted or replaced while in use")

    def test_F39_a_random_hand_in_the_directory_does_nothing_worse(self):
        """Whatever is deleted, but for the database, the sweep goes on to its end."""
        process = self.start(*self.arguments("--checkpoint-every", 3, iterations=200))
        self.assertTrue(wait_for(lambda: self.rows() >= 10))
        deleted = 0
        while process.poll() is None:
            for path in sorted(pathlib.Path(self.directory / "run").rglob("*"), reverse=True):
                if path.name.startswith("experiment.db"):
                    continue
                with contextlib.suppress(OSError):
                    path.rmdir() if path.is_dir() else path.unlink()
                    deleted += 1
            select.select([], [], [], 0.02)
        _, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors)
        self.assertGreater(deleted, 20)
        self.expect_all_completed(iterations=200)


if __name__ == "__main__":
    main()
