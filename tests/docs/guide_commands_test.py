# SPDX-License-Identifier: Apache-2.0
"""Guides that bring a program: it runs, and after it the commands that stand behind the line "<!-- run -->"."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["MANTA_TEST_BIN"])
PROGRAMS = pathlib.Path(os.environ["MANTA_TEST_GUIDES"])
COMMANDS = re.compile(r"<!-- run -->\n```sh\n(.*?)```", re.DOTALL)


class GuideCommandsTest(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="manta-guide-"))
        self.addCleanup(shutil.rmtree, self.directory)

    def run_here(self, command):
        done = subprocess.run(command, cwd=self.directory, text=True, capture_output=True, timeout=300,
                              env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"})  # fmt: skip
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def check(self, name):
        guide = (ROOT / f"docs/guides/{name}.md").read_text(encoding="utf-8")
        self.assertIn('{"', self.run_here([PROGRAMS / f"{name}_guide"]))
        blocks = COMMANDS.findall(guide)
        self.assertGreater(len(blocks), 0)
        for block in blocks:
            for line in block.splitlines():
                self.run_here(["bash", "-euo", "pipefail", "-c", line])

    def test_from_ray_tune(self):
        self.check("from_ray_tune")
        self.assertEqual(len((self.directory / "trials.csv").read_text().splitlines()), 31)

    def test_from_optuna(self):
        self.check("from_optuna")
        self.assertEqual(len((self.directory / "trials.csv").read_text().splitlines()), 31)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
