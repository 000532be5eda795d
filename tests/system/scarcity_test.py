# SPDX-License-Identifier: Apache-2.0
"""Whole programs that lack memory, or room for their logs: what wants too much goes or is left out, the rest goes on."""
import os
import pathlib
import subprocess
import unittest

from program import IN_NAMESPACE, IS_SANITIZED, SystemTest, main, needs_mount

RUNTIME = os.environ["MANTA_TEST_RUNTIME"]
LIMIT_BYTES = 256 << 20


def own_group():
    """The folder of this process' memory group and the name of its limit; None where there is none to be found."""
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return pathlib.Path("/sys/fs/cgroup/memory" + path), "memory.limit_in_bytes"
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        if line.startswith("0::"):
            return pathlib.Path("/sys/fs/cgroup" + line[3:]), "memory.max"
    return None


@unittest.skipIf(IS_SANITIZED, "a sanitizer needs memory of its own")
class SqueezeTest(SystemTest):
    def setUp(self):
        super().setUp()
        found = own_group()
        if not found:
            self.skipTest("there are no memory cgroups")
        parent, limit = found
        self.group = parent / f"manta-squeeze-{os.getpid()}"
        try:
            self.group.mkdir()
            self.addCleanup(self.group.rmdir)
            (self.group / limit).write_text(str(LIMIT_BYTES))
        except OSError as error:
            self.skipTest(f"this process may make no memory cgroups: {error}")

    def test_a_task_without_a_limit_goes_and_the_program_goes_on(self):
        process = self.start("squeeze", program=RUNTIME, stdin=subprocess.PIPE,
                             preexec_fn=lambda: (self.group / "cgroup.procs").write_text("0"))
        out, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, out + errors)
        cause, then, ready = out.splitlines()
        self.assertRegex(cause, r"killed by signal 9 .*peak memory \d+ MiB; perhaps because memory had run out")
        self.assertEqual((then, ready), ("then 3", "ready"))


class LogDiskTest(SystemTest):
    LINES = 50_000  # Of some 40 bytes.

    @needs_mount
    def test_a_task_goes_on_printing_when_the_disk_of_its_log_is_full(self):
        logs = self.directory / "logs"
        logs.mkdir()
        script = f'mount -t tmpfs -o size=1m none {logs}; "$@"; ls {logs}; tail -n 1 {logs}/*'
        process = self.start(*IN_NAMESPACE[1:], script, "sh", RUNTIME, "chatter", self.LINES, f"logs={logs}",
                             program=IN_NAMESPACE[0], stdin=subprocess.PIPE)
        out, errors = process.communicate(timeout=120)

        self.assertEqual(process.returncode, 0, errors[-2000:])
        self.assertIn(f"printed {self.LINES}", out)
        self.assertEqual(errors.count("No space left on device"), 1, errors[-2000:])
        self.assertEqual(errors.count("of a task that has much to say"), self.LINES)


if __name__ == "__main__":
    main()
