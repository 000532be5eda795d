# SPDX-License-Identifier: Apache-2.0
"""The examples, at a small size."""

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

    def test_command(self):
        for name in ("simulate.py", "space.json"):
            shutil.copy(EXAMPLES / "command" / name, self.directory / name)
        code, output, errors = self.run_program("space.json", "--samples", "4", "--out", "run", program=BIN / "tune_run")
        self.assertEqual(code, 0, output + errors)
        self.assertGreater(len(self.query("select * from learning_curves")), 0)


if __name__ == "__main__":
    main()
