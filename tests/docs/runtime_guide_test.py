# SPDX-License-Identifier: Apache-2.0
"""The code of docs/guides/runtime.md runs to its end, and prints what its comments say.

The comment behind a std::printf() in main() begins with what that prints; "…" in it stands for anything, and what follows "; "
is for the reader.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import assemble_guide

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/runtime.md").read_text(encoding="utf-8")
PROGRAM = os.environ["MANTA_TEST_GUIDE"]
TORCH_PROGRAM = pathlib.Path(os.environ["MANTA_TEST_TORCH_GUIDE"])  # If there is LibTorch.
PRINT = re.compile(r'std::printf\("((?:[^"\\]|\\.)*)"[^;]*;(?: *// ([^\n]*))?\n')


def promises(kind=None):
    """Of each print in order: a regular expression of what comes out, and the line."""
    for place, code in assemble_guide.blocks(GUIDE):
        if place != assemble_guide.place_of("main", kind):
            continue
        for match in PRINT.finditer(code):
            form, comment = match.groups()
            if comment is None:
                if form.endswith("\\n"):
                    raise ValueError(f"no comment says what this prints: {match.group()}")
                continue  # The line goes on, and so does the promise of its end.
            line = r".*?".join(re.escape(part) for part in re.split(r"\s*…\s*", comment.split("; ")[0]))
            yield line + (r"\n" if form.endswith("\\n") else ""), match.group().strip()


class RuntimeGuideTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="manta-guide-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def check(self, program, kind=None):
        """Runs it, and returns what it wrote to standard error."""
        done = subprocess.run([program], cwd=self.directory, text=True, capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        expected = ""
        for line, source in promises(kind):
            expected += line
            self.assertIsNotNone(re.match(expected, done.stdout, re.DOTALL), f"{source}\n{done.stdout}")
        self.assertIsNotNone(re.fullmatch(expected, done.stdout, re.DOTALL), done.stdout)
        return done.stderr

    def test_the_program_does_what_the_guide_says(self):
        errors = self.check(PROGRAM)

        # Those of the runtime that is watched:
        self.assertEqual([path.read_text() for path in (self.directory / "logs").iterdir()], ["hello\n"])
        self.assertIn("hello\n", errors)
        self.assertIn("add", {event.get("name") for event in json.loads((self.directory / "trace.json").read_text())})
        self.assertIn("# HELP manta_", (self.directory / "metrics.prom").read_text())
        self.assertIn("# HELP manta_", errors)

    def test_so_does_that_with_libtorch(self):
        if not TORCH_PROGRAM.is_file():
            self.skipTest("LibTorch is not built here")
        self.check(TORCH_PROGRAM, "torch")

    def test_what_is_printed_is_looked_at(self):
        self.assertGreater(len(list(promises())), 35)
        self.assertEqual(len(list(promises("torch"))), 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
