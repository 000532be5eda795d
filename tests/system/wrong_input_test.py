# SPDX-License-Identifier: Apache-2.0
"""What is wrong gets one clear message that names it, and the right exit code."""
import os
import shutil
import subprocess
import unittest

from program import BIN, PROGRAMS, SystemTest, main, read_until

BASE = ["--metric", "score", "--mode", "max", "--trainable", "Curve", "--max-iterations", "1", "--samples", "1"]


class WrongInputTest(SystemTest):
    def refused(self, arguments, code, *words, **options):
        got, output, errors = self.run_program(*arguments, **options)
        self.assertEqual(got, code, output + errors)
        lines = [line for line in errors.splitlines() if "error" in line]
        self.assertEqual(len(lines), 1, errors)
        for word in words:
            self.assertIn(word, errors)

    def test_spaces(self):
        for name, space, words in [
            ("unknown key", {"x": {"flaot": [0, 1]}}, ["x", "flaot", "float"]),
            ("reversed bounds", {"x": {"float": [1, 0]}}, ["x", "1", "0"]),
            ("log with 0", {"x": {"float": [0, 1], "log": True}}, ["x", "log"]),
            ("step that does not divide", {"x": {"float": [0, 1], "step": 0.3}}, ["x", "0.3"]),
            ("empty choice", {"x": {"choice": []}}, ["x", "choice"]),
            ("not a number", '{"x": {"float": [0, NaN]}}', ["line 1"]),
            ("not JSON", "{", ["line 1"]),
        ]:
            with self.subTest(name):
                self.refused([self.write_space(space), *BASE, "--out", "run"], 2, *words)
                self.assertFalse((self.directory / "run").exists())

    def test_a_space_that_is_not_there(self):
        self.refused(["nowhere.json", *BASE], 2, "nowhere.json")

    def test_unknown_option(self):
        self.refused([self.write_space(), *BASE, "--sampels", "3"], 2, "--sampels", "--samples")

    def test_samples_without_an_end(self):
        for samples in ("-1", "0", "unlimited"):
            self.refused([self.write_space(), *BASE[:-2], "--samples", samples, "--time-budget", "1m", "--out", "run"], 2,
                         "--samples", samples, "at least 1")
        self.assertFalse((self.directory / "run").exists())

    def test_unknown_searcher_and_scheduler(self):
        self.refused([self.write_space(), *BASE, "--searcher", "magic"], 2, "magic", "random")
        self.refused([self.write_space(), *BASE, "--scheduler", "asha:eta=1"], 2, "eta")

    def test_options_of_a_scheduler_in_a_document(self):
        for name, scheduler, words in [
            ("unknown scheduler", {"asah": {}}, ["scheduler/asah", 'did you mean "asha"?']),
            ("unknown option", {"asha": {"grase": 2}}, ["scheduler/asha/grase", 'did you mean "grace"?']),
            ("out of range", {"asha": {"eta": 1}}, ["scheduler/asha/eta", "is 1", "2 to 1000"]),
            ("of another type", {"asha": {"eta": "3"}}, ["scheduler/asha/eta", "whole number", '"3"']),
            ("in a list", ["fifo", {"threshold": {"at": 3}}], ["scheduler[1]/threshold", "value is missing"]),
            ("not first", ["fifo", {"pbt": {}}], ["scheduler[1]/pbt", "has to stand first"]),
        ]:
            with self.subTest(name):
                document = {"space": {"x": {"float": [0, 1]}}, "metric": "score", "trainable": "Curve", "scheduler": scheduler}
                self.refused([self.write_space(document, "experiment.json"), "--out", "run"], 2, "experiment.json: ", *words)
                self.assertFalse((self.directory / "run").exists())

    def test_a_trainable_that_does_not_exist(self):
        self.refused([self.write_space(), *BASE[:-6], "--trainable", "Nobody"], 2, "Nobody", "Curve")

    def test_a_plugin_that_does_not_exist(self):
        self.refused([self.write_space(), "--metric", "score", "--trainable", "./libno.so:Net"], 2, "libno.so",
                     program=BIN / "tune_run")

    def test_a_plugin_of_another_version(self):
        plugin = os.environ["MANTA_TEST_FOREIGN_PLUGIN"]
        self.refused([self.write_space(), "--metric", "score", "--trainable", plugin + ":Foreign"], 2, "version",
                     program=BIN / "tune_run")

    def test_a_metric_that_no_report_has(self):
        self.refused([self.write_space(), "--metric", "scores", "--trainable", "Curve", "--max-iterations", "2",
                      "--samples", "2"], 2, "scores", "own_iteration")

    def test_more_than_the_machine_has(self):
        self.refused([self.write_space(), *BASE, "--gpus-per-trial", "64"], 2, "64", "GPU")

    def test_a_file_instead_of_a_directory(self):
        (self.directory / "taken").write_text("mine")
        self.refused([self.write_space(), *BASE, "--out", "taken"], 3, "taken")
        self.assertEqual((self.directory / "taken").read_text(), "mine")

    @unittest.skipIf(os.geteuid() == 0 and shutil.which("setpriv") is None, "needs a way to drop root")
    def test_a_directory_that_is_not_writable(self):
        closed = self.directory / "closed"
        closed.mkdir(mode=0o555)
        os.chmod(self.directory, 0o755)
        space = self.write_space()
        program = [os.environ["MANTA_TEST_PROGRAMS"]]
        if os.geteuid() == 0:  # Root may write anywhere: be somebody else.
            program = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *program]
        copy = subprocess.run([*program, space, *BASE, "--out", str(closed / "run")], text=True, capture_output=True)
        self.assertEqual(copy.returncode, 3, copy.stderr)
        self.assertIn("closed", copy.stderr)

    def test_a_second_run_on_the_same_directory(self):
        process = self.start(self.write_space(), "--metric", "score", "--trainable", "Endless", "--samples", "1",
                             "--max-iterations", "100000", "--out", "run")
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertTrue(read_until(process, "started"))

        self.refused(["--resume", "run"], 3, "run", str(process.pid))
        self.refused([self.write_space(), *BASE, "--out", "run"], 3, "run")

        process.kill()
        process.communicate()

    def test_a_finished_experiment_is_not_overwritten(self):
        self.run_program(self.write_space(), *BASE, "--out", "run")

        self.refused([self.write_space(), *BASE, "--out", "run"], 2, "run", "--resume")


class FullOutputTest(SystemTest):
    def test_help_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAMS, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("cannot write to standard output: No space left on device", done.stderr)


if __name__ == "__main__":
    main()
