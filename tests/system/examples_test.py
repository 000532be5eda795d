# SPDX-License-Identifier: Apache-2.0
"""The examples, at a small size."""

import collections
import re
import shutil

from program import BIN, SOURCE, SystemTest, main

EXAMPLES = SOURCE / "examples"


class ExamplesTest(SystemTest):
    def example(self, name, *arguments):
        program = BIN / name
        if not program.exists():
            self.skipTest(f"{name} is not built here")
        code, output, errors = self.run_program(EXAMPLES / name / "space.json", "--out", "run", *arguments,
                                                program=program)
        self.assertEqual(code, 0, output + errors)
        best = self.query("select * from best_trials where rank = 1")
        self.assertEqual(len(best), 1)
        return best[0]

    def test_quickstart(self):
        self.example("quickstart")

    def test_digits(self):
        best = self.example("digits", "--samples", "4", "--max-iterations", "3")
        self.assertGreater(best["value"], 0.5)  # Of ten classes.

    def test_mnist(self):
        best = self.example("mnist", "--samples", "4", "--max-iterations", "2")
        self.assertGreater(best["value"], 0.5)

    def test_pbt_torch(self):
        self.example("pbt_torch", "--samples", "4", "--max-iterations", "6")
        self.assertGreater(self.query("select max(value) best from learning_curves where metric = 'val_accuracy'")[0]["best"], 0.5)
        self.assertGreater(len(self.query("select * from attempts where from_iteration > 0")), 0)
        code, figure, errors = self.run_program("export", "run", "--svg", program=BIN / "manta")
        self.assertEqual(code, 0, errors)
        for name in ("val_loss", "lr (logarithmic)", "momentum", "weight_decay (logarithmic)", "dropout"):
            self.assertIn(f">{name}</text>", figure)

    def run_example(self, name, *arguments):
        code, output, errors = self.run_program(*arguments, program=BIN / name)
        self.assertEqual(code, 0, output + errors)
        return output

    def test_pi(self):
        self.assertRegex(self.run_example("pi", "8"), r"pi is about 3\.1[34]")

    def check_word_count(self, path):
        counts = collections.Counter(re.findall(rb"[a-z]+", path.read_bytes().lower()))
        first = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
        output = self.run_example("word_count", path)
        self.assertEqual(output.splitlines(), [f"{count:5} {word.decode()}" for word, count in first])
        return output

    def test_word_count(self):
        self.assertIn(self.check_word_count(SOURCE / "LICENSE"), (EXAMPLES / "word_count/README.md").read_text())

    def test_word_count_of_a_text_that_each_part_reads_in_shared_memory(self):
        text = self.directory / "text"
        text.write_bytes(b"".join(path.read_bytes() for path in sorted((SOURCE / "docs").rglob("*.md"))))
        self.assertGreater(text.stat().st_size, 16 * 8192)  # More than a value that travels with a message.
        self.check_word_count(text)

    def test_parameter_server(self):
        self.assertRegex(self.run_example("parameter_server"), r"round 4: error 0\.0\d\d, y = [23]\.\d\d \+ [12]\.\d\d x")

    def test_pipeline(self):
        # The writer is slow: it holds back the transformer, and that the program.
        self.assertEqual(self.run_example("pipeline"), "500 lines, 3890 bytes; "
                         "at most 8 calls pending on the transformer, 8 on the writer\n")

    def test_cache(self):
        output = self.run_example("cache")
        counts = re.fullmatch(r"5000 of 5000 requests answered right, 50 loads, up to (\d+) requests waiting at a time\n", output)
        self.assertIsNotNone(counts, output)
        self.assertGreaterEqual(int(counts[1]), 1000)

    def test_supervisor(self):
        diary = self.run_example("supervisor")
        self.assertEqual(diary.count("a new one takes over"), 4)
        self.assertIn("too many deaths", diary)

    def test_command(self):
        for name in ("simulate.py", "space.json"):
            shutil.copy(EXAMPLES / "command" / name, self.directory / name)
        code, output, errors = self.run_program("space.json", "--samples", "4", "--out", "run", program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertGreater(len(self.query("select * from learning_curves")), 0)

    def test_population(self):
        for name in ("train.py", "space.json"):
            shutil.copy(EXAMPLES / "population" / name, self.directory / name)
        code, output, errors = self.run_program("space.json", "--out", "run", program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertEqual(self.query("select distinct state, iterations from trial_summary"), [{"state": "completed", "iterations": 30}])
        # Clones went on from the weights of others, and came about as far as the best constant rates (0.11).
        self.assertGreater(len(self.query("select * from attempts where from_iteration > 0")), 3)
        self.assertLess(self.query("select value from best_trials where rank = 1")[0]["value"], 0.15)

    def test_resume(self):
        shutil.copytree(EXAMPLES / "resume", self.directory / "resume")
        code, output, errors = self.run_program(BIN / "tune_run", self.directory / "run", program=self.directory / "resume/run")
        self.assertEqual(code, 0, output + errors)
        self.assertIn("rows from before the kill that are gone or differ: 0\n", output)
        self.assertIn("trials without each of the iterations 1 to 10: 0\n", output)
        self.assertEqual(self.query("select distinct state, iterations from trial_summary"), [{"state": "completed", "iterations": 10}])
        # Those that ran when the kill came, and no others, have a second attempt; none failed.
        self.assertIn(self.query("select count(*) n from attempts where attempt = 2")[0]["n"], (1, 2))
        self.assertEqual(self.query("select state, count(*) n from attempts where state != 'interrupted' group by state"),
                         [{"state": "completed", "n": 12}])

    def test_hyperband_vs_asha(self):
        example = EXAMPLES / "hyperband_vs_asha"
        code, output, errors = self.run_program(BIN / "tune_run", program=example / "compare")
        self.assertEqual(code, 0, output + errors)
        self.assertIn(output, (example / "README.md").read_text(encoding="utf-8"))  # It is the same each time.


if __name__ == "__main__":
    main()
