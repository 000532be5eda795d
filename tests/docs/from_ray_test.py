# SPDX-License-Identifier: Apache-2.0
"""The program in docs/guides/from_ray.md runs to its end, and has all that the page's tables name of Manta."""
import os
import pathlib
import re
import subprocess
import sys
import unittest

import assemble_guide

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/from_ray.md").read_text(encoding="utf-8")
NAME = re.compile(r"manta::(\w+)")


class FromRayTest(unittest.TestCase):
    def test_the_program_runs_to_its_end(self):
        done = subprocess.run([os.environ["MANTA_TEST_GUIDE"]], text=True, capture_output=True, timeout=300)

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_it_has_all_that_the_tables_name(self):
        tables = "\n".join(line for line in GUIDE.splitlines() if line.startswith("| "))
        named = set(NAME.findall(tables))
        program = assemble_guide.assemble(GUIDE)

        self.assertGreater(len(named), 25)
        self.assertEqual(named - set(NAME.findall(program)), set())

    def test_it_has_the_options_that_the_tables_name(self):
        tables = "\n".join(line for line in GUIDE.splitlines() if line.startswith("| "))
        of_calls = {"max_retries", "retry_on", "cpus", "memory", "resources", "name", "lifetime", "max_restarts",
                    "max_task_retries", "max_pending_calls", "when_full", "checkpoint_every", "stream_buffer"}  # fmt: skip
        program = assemble_guide.assemble(GUIDE)

        for option in of_calls:
            self.assertIn(option, tables)
            self.assertIn(f".{option} = ", program)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
