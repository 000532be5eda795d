# SPDX-License-Identifier: Apache-2.0
"""Kills one process after the other of a program under load, at random moments, by role: driver, fork server, worker with a
task, worker with an actor. No result may be wrong or missing, and nothing may be left of the program: no process, also no
daemon of a worker's, no file, no cgroup, nothing in the object store.

MANTA_KILLS says how often (each role; scripts/soak: 1000), MANTA_SEED where the random moments begin, MANTA_KILL_PATIENCE within how
many seconds of each kill nothing may be left: the promise is 2, on a machine that does nothing else. How long it took is printed."""
import os
import pathlib
import random
import select
import signal
import time

from program import SystemTest, main

KILLS = int(os.environ.get("MANTA_KILLS", "100"))
SEED = int(os.environ.get("MANTA_SEED", "1"))
LOAD = os.environ["MANTA_TEST_KILL_LOOP"]
PATIENCE_SECONDS = int(os.environ.get("MANTA_KILL_PATIENCE", "60"))
ROLE_SECONDS = 30 + KILLS + PATIENCE_SECONDS  # Who takes longer hangs. CMakeLists.txt has room for four times 1000 kills.


def shared_files():
    """What a program could leave behind outside of its directories."""
    return {entry.name for entry in pathlib.Path("/dev/shm").iterdir() if "manta" in entry.name}


def groups_of(drivers):
    """The memory cgroups that these programs have made."""
    return [folder for _, folders, _ in os.walk("/sys/fs/cgroup") for folder in folders
            if folder.startswith("manta-") and int(folder.split("-")[1]) in drivers]


def summary(seconds):
    """The half, the 99th of a hundred and the longest."""
    ordered = sorted(seconds)
    at = lambda part: ordered[min(len(ordered) - 1, int(part * len(ordered)))]
    return f"{at(0.5):.3f} s (p50), {at(0.99):.3f} s (p99), {ordered[-1]:.3f} s (longest)" if ordered else "none"


def is_ours(path):
    """ThreadSanitizer has a file of its own for a moment, before main(): who is killed just then leaves it."""
    return not path.name.startswith("tsan.")


class KillLoopTest(SystemTest):
    took = {}  # By role: of each kill, the seconds until nothing was left.

    @classmethod
    def tearDownClass(cls):
        for role, seconds in cls.took.items():
            print(f"{role}: {len(seconds)} kills, nothing was left after {summary(seconds)}", flush=True)

    def setUp(self):
        super().setUp()
        self.drivers = set()
        self.shared = shared_files()
        self.saved = {name: os.environ.get(name) for name in ("TMPDIR", "XDG_RUNTIME_DIR")}
        for name in self.saved:
            os.environ[name] = str(self.directory)  # What it leaves in a temporary directory is found below.

    def tearDown(self):
        for name, value in self.saved.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        left = [str(path) for path in self.directory.rglob("*") if is_ours(path)]
        super().tearDown()
        self.assertEqual(left, [])
        self.assertEqual(shared_files() - self.shared, set())
        self.assertEqual(groups_of(self.drivers), [])

    def start(self, *arguments, **options):
        process = super().start(*arguments, **options)
        self.drivers.add(process.pid)
        return process

    def check_nothing_is_left(self, begin, where):
        """How long that took, from `begin` on."""
        left = self.wait_for_none_left(PATIENCE_SECONDS)
        took = time.monotonic() - begin
        self.assertEqual(left, [], f"{where}: processes lived on for {took:.1f} s")
        self.assertLess(took, PATIENCE_SECONDS, where)
        return took

    def kill_own(self, role):
        code, out, err = self.run_program(role, KILLS, SEED, PATIENCE_SECONDS, program=LOAD, timeout=ROLE_SECONDS)
        ended = time.monotonic()
        self.assertEqual(code, 0, f"seed {SEED}: {out}\n{err[-4000:]}")
        self.check_nothing_is_left(ended, f"seed {SEED}")
        lines = [line.split() for line in out.splitlines()]
        saw = dict(lines)
        self.took[role] = [float(value) for name, value in lines if name == "ended_after"]
        self.assertEqual(len(self.took[role]), KILLS)
        self.assertLess(int(saw["files"]), 100, "descriptors of dead processes were left open")
        self.assertEqual(saw["store_bytes_used"], "0", "what dead processes had of the store was not freed")
        self.assertEqual(saw["store_bytes_spilled"], "0")
        self.assertGreater(int(saw["most_bytes_spilled"]), 0, "nothing was ever on disk")

    def test_a_worker_with_a_task(self):
        self.kill_own("task")

    def test_a_worker_with_an_actor(self):
        self.kill_own("actor")

    def test_the_fork_server(self):
        self.kill_own("server")

    def test_the_driver(self):
        randomness = random.Random(SEED)
        begin = time.monotonic()
        self.took["driver"] = []
        for kill in range(KILLS):
            where = f"kill {kill}, seed {SEED}"
            self.assertLess(time.monotonic() - begin, ROLE_SECONDS, where)
            self.kill_driver(randomness, wait_until_ready=kill % 2 == 0, where=where)
        # What lay on the disk of the last one goes with the next.
        self.assertEqual(self.run_program("sweep", program=LOAD), (0, "", ""))

    def kill_driver(self, randomness, wait_until_ready, where):
        """Either under load, or at any moment from its first instruction on."""
        process = self.start("forever", program=LOAD)
        if wait_until_ready:
            self.assertEqual(process.stdout.readline(), "ready\n", where)
        select.select([], [], [], randomness.random() * (0.02 if wait_until_ready else 0.06))
        process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        # Whoever lives on would keep these open.
        out, err = process.communicate(timeout=60)
        self.assertIn(out, ("",) if wait_until_ready else ("", "ready\n"), f"{where}: {err[-2000:]}")
        self.took["driver"].append(self.check_nothing_is_left(killed, where))
        if wait_until_ready:  # Its own files, and those of no other: it has removed what the one before had left.
            self.assertEqual(len([path for path in self.directory.iterdir() if is_ours(path)]), 1, where)


if __name__ == "__main__":
    main()
