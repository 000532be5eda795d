# SPDX-License-Identifier: Apache-2.0
"""Disks that are full and databases that others hold: the sweep waits, and goes on."""
import contextlib
import os
import sqlite3
import subprocess
import unittest

from program import IN_NAMESPACE, PROGRAMS, SystemTest, main, needs_mount, read_until, wait_for

BASE = ["--metric", "score", "--mode", "max"]


class FullDiskTest(SystemTest):
    @unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a small file system")
    def test_the_sweep_waits_for_space_says_so_once_and_goes_on(self):
        small = self.directory / "small"
        small.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)]).returncode != 0:
            self.skipTest("mounting is not allowed here")
        try:
            process = self.start(self.write_space(), *BASE, "--trainable", "Curve", "--samples", 8, "--max-iterations",
                                 1000, "--out", small / "run")
            self.assertTrue(read_until(process, "waits for space"))
            subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
            output, errors = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, output + errors)
            self.assertEqual(errors.count("there is space on the disk again"), 1)
            self.assertNotIn("waits for space", errors)
            self.assertEqual(self.query("select count(*) n, min(iteration) low, max(attempts) attempts from trials",
                                        "small/run"), [{"n": 8, "low": 1000, "attempts": 1}])
            self.assertEqual(self.query("select count(*) n from results", "small/run"), [{"n": 8000}])
        finally:
            self.wait_for_none_left()
            subprocess.run(["umount", str(small)], check=True)


    @needs_mount
    def test_F13_after_the_wait_for_space_it_ends_with_exit_code_4_and_can_be_resumed(self):
        # Both runs in one namespace, as the small disk goes with it.
        script = ('mount -t tmpfs -o size=1m none small; code=0; "$@" --out small/run || code=$?; test "$code" = 4; '
                  'echo "ended with $code"; mount -o remount,size=64m small; exec "$1" --resume small/run')
        (self.directory / "small").mkdir()
        process = self.start(*IN_NAMESPACE[1:], script, "sh", PROGRAMS, self.write_space(), *BASE, "--trainable", "Curve", "--samples", 8,
                             "--max-iterations", 1000, "--storage-wait", "2", "--searcher", "random", program=IN_NAMESPACE[0])
        output, errors = process.communicate(timeout=300)

        self.assertEqual(process.returncode, 0, output + errors)
        self.assertIn("ended with 4", output)
        self.assertEqual(errors.count("waits for space"), 1, errors)
        self.assertRegex(errors, r"disk full: .*experiment\.db.*free there: make room, then go on with --resume")
        self.assertIn("8 completed", output)


class LockedDatabaseTest(SystemTest):
    def test_a_shell_that_holds_the_database_fails_nothing(self):
        seconds = 4 if os.environ.get("MANTA_TEST_IS_SLOW") else 60
        process = self.start(self.write_space(), *BASE, "--trainable", "Endless", "--samples", 2, "--max-iterations", 400,
                             "--out", "run", "--progress", "plain")
        self.assertTrue(wait_for(lambda: self.rows() > 10))
        with contextlib.closing(sqlite3.connect(self.directory / "run/experiment.db", isolation_level=None)) as shell:
            shell.execute("begin exclusive")
            before = shell.execute("select count(*) from results").fetchone()
            wait_for(lambda: False, seconds)
            self.assertEqual(shell.execute("select count(*) from results").fetchone(), before)
            self.assertIsNone(process.poll())
            shell.execute("rollback")
        output, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, output + errors)
        self.assertEqual(errors.count("another program is writing"), 1)
        self.assertEqual(self.query("select iteration, attempts from trials"), 2 * [{"iteration": 400, "attempts": 1}])


if __name__ == "__main__":
    main()
