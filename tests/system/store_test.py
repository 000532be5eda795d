# SPDX-License-Identifier: Apache-2.0
"""The object store of whole programs: no room in /dev/shm, no room on disk, and what killed ones leave behind."""
import os
import pathlib
import re
import signal
import subprocess

from program import IN_NAMESPACE, SystemTest, main, needs_mount, read_until, wait_for

PROGRAM = os.environ["MANTA_TEST_STORE_PROGRAM"]


class StoreTest(SystemTest):
    def environment(self):
        name, value = self.mark.split("=")
        return {**os.environ, name: value}

    def run_store(self, command, code=0):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=self.environment())
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def counts(self, output):
        """How many pieces were put, how many of them were right, how many bytes were on disk."""
        return tuple(int(number) for number in re.search(r"put (\d+), right (\d+), spilled (\d+)", output).groups())

    def fill_in_namespace(self, preparation, *arguments):
        script = f"{preparation}\n\"$0\" \"$@\"; ls -A /dev/shm >&2"
        return self.run_store([*IN_NAMESPACE, script, PROGRAM, "fill", *map(str, arguments)])

    def check_small_shm(self, size):
        output, errors = self.fill_in_namespace(f"mount -t tmpfs -o size={size} none /dev/shm", self.directory, 128, 200)

        put, right, spilled = self.counts(output)
        self.assertEqual((put, right), (200, 200))
        self.assertGreater(spilled, 0)
        self.assertEqual(errors, "", "nothing is made in /dev/shm, and nothing is said")

    @needs_mount
    def test_the_size_of_dev_shm_does_not_matter(self):
        self.check_small_shm("64m")

    @needs_mount
    def test_dev_shm_without_room_does_not_matter(self):
        self.check_small_shm("4k")

    @needs_mount
    def test_a_full_spill_disk_loses_nothing(self):
        disk = self.directory / "disk"
        disk.mkdir()
        output, errors = self.fill_in_namespace(f"mount -t tmpfs -o size=20m none {disk}", disk, 8, 100)

        put, right, spilled = self.counts(output)
        self.assertEqual(put, right)
        self.assertTrue(7 <= put < 100, output)
        self.assertIn("exhausted: object store: no room for 1 MiB", output)
        self.assertIn("limit of", output)  # Half of what was free: the disk is not filled to its end.
        self.assertEqual(errors.count("objects stay in memory"), 1, errors)

    @needs_mount
    def test_a_disk_that_others_have_filled_loses_nothing(self):
        disk = self.directory / "disk"
        disk.mkdir()
        output, errors = self.fill_in_namespace(
            f"mount -t tmpfs -o size=20m none {disk}; cat /dev/zero > {disk}/x 2>/dev/null || true", disk, 8, 100)

        put, right, spilled = self.counts(output)
        self.assertEqual((put, right, spilled), (7, 7, 0))
        self.assertIn("limit of 0 bytes", output)

    def test_a_limit_on_files_loses_nothing(self):
        output, errors = self.run_store([PROGRAM, "fill", str(self.directory), "8", "100", "512"])

        put, right, spilled = self.counts(output)
        self.assertEqual((put, right), (put, put))
        self.assertLess(put, 100)
        self.assertIn("File too large", output)
        self.assertEqual(errors.count("File too large"), 1, errors)

    def test_what_killed_programs_leave_is_removed_by_the_next(self):
        shm = sorted(os.listdir("/dev/shm"))
        for _ in range(5):
            process = subprocess.Popen([PROGRAM, "hold", str(self.directory)], stdout=subprocess.PIPE, text=True,
                                       env=self.environment())
            self.assertTrue(read_until(process, "ready", "stdout"))
            # What the one before left is gone, what this one needs is there.
            folders = list(self.directory.iterdir())
            self.assertEqual(len(folders), 1, folders)
            self.assertIn(f".{process.pid}.", folders[0].name)
            self.assertEqual(folders[0].stat().st_mode & 0o777, 0o700)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            self.assertEqual(self.wait_for_none_left(), [])
            self.assertTrue(any(folders[0].iterdir()), "it was killed before it could clean up")

        self.run_store([PROGRAM, "fill", str(self.directory), "8", "20"])

        self.assertEqual(list(self.directory.iterdir()), [])
        self.assertEqual(sorted(os.listdir("/dev/shm")), shm)

    def test_two_programs_share_a_spill_directory(self):
        process = subprocess.Popen([PROGRAM, "hold", str(self.directory)], stdout=subprocess.PIPE, text=True,
                                   env=self.environment())
        self.assertTrue(read_until(process, "ready", "stdout"))
        folder = next(self.directory.iterdir())
        files = sorted(folder.iterdir())

        self.run_store([PROGRAM, "fill", str(self.directory), "8", "20"])

        self.assertEqual(sorted(folder.iterdir()), files)
        process.kill()
        process.communicate()


if __name__ == "__main__":
    main()
