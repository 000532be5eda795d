# SPDX-License-Identifier: Apache-2.0
"""Kills one process after the other of a program under load, at random moments, by role: driver, fork server, worker with a
task, worker with an actor. No result may be wrong or missing, and nothing may be left of the program.

MANTA_KILLS says how often (each role; scripts/soak: 1000), MANTA_SEED where the random moments begin."""
import os
import pathlib
import random
import select
import signal
import subprocess

from program import SystemTest, main

KILLS = int(os.environ.get("MANTA_KILLS", "100"))
SEED = int(os.environ.get("MANTA_SEED", "1"))
LOAD = os.environ["MANTA_TEST_KILL_LOOP"]


def shared_files():
    """What a program could leave behind outside of its directories."""
    return {entry.name for entry in pathlib.Path("/dev/shm").iterdir() if "manta" in entry.name}


class KillLoopTest(SystemTest):
    def setUp(self):
        super().setUp()
        self.shared = shared_files()
        self.saved = {name: os.environ.get(name) for name in ("TMPDIR", "XDG_RUNTIME_DIR")}
        for name in self.saved:
            os.environ[name] = str(self.directory)  # What it leaves in a temporary directory is found below.

    def tearDown(self):
        for name, value in self.saved.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        left = [str(path) for path in self.directory.rglob("*") if not path.is_dir()]
        super().tearDown()
        self.assertEqual(left, [])
        self.assertEqual(shared_files() - self.shared, set())

    def kill_own(self, role):
        code, out, err = self.run_program(role, KILLS, SEED, program=LOAD, timeout=30 + KILLS)
        self.assertEqual(code, 0, f"seed {SEED}: {out}\n{err[-4000:]}")
        files = int(out.split(" files")[0].rsplit("\n", 1)[-1])
        self.assertLess(files, 100, "descriptors of dead processes were left open")
        self.assertEqual(self.wait_for_none_left(), [], f"seed {SEED}")

    def test_a_worker_with_a_task(self):
        self.kill_own("task")

    def test_a_worker_with_an_actor(self):
        self.kill_own("actor")

    def test_the_fork_server(self):
        self.kill_own("server")

    def test_the_driver(self):
        randomness = random.Random(SEED)
        for kill in range(KILLS):
            process = self.start("forever", program=LOAD)
            self.assertEqual(process.stdout.readline(), "ready\n", f"kill {kill}, seed {SEED}")
            select.select([], [], [], randomness.random() * 0.02)
            process.send_signal(signal.SIGKILL)
            # Whoever lives on would keep these open.
            out, err = process.communicate(timeout=60)
            self.assertEqual(out, "", f"kill {kill}, seed {SEED}: {err[-2000:]}")
            self.assertEqual(self.wait_for_none_left(), [], f"kill {kill}, seed {SEED}")


if __name__ == "__main__":
    main()
