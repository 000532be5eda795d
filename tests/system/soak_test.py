# SPDX-License-Identifier: Apache-2.0
"""F36: reports and pauses without end. Memory, descriptors and files stay what they are after the first tenth.

MANTA_SOAK_RESULTS=500000 makes it a soak, 10 million reports without a pause, and MANTA_SOAK_SECONDS ends each of both by then: as
scripts/soak does.
"""
import os
import pathlib
import select
import signal
import sqlite3
import time

from program import IS_SANITIZED, SystemTest, main

RESULTS = int(os.environ.get("MANTA_SOAK_RESULTS", "2000"))
SECONDS = float(os.environ.get("MANTA_SOAK_SECONDS", "300"))
TRIALS = 4
MIB = 1 << 20
# SQLite's own caches, and what waits for a slow disk, come and go. A sanitizer keeps 256 MiB of what was freed besides.
ROOM_BYTES = (512 if IS_SANITIZED else 24) * MIB


def resident_bytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_ticks(stat):
    fields = stat.read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


class SoakTest(SystemTest):
    def look(self, pid):
        """What the driver holds now; None once it has ended."""
        try:
            threads = {task.name: cpu_ticks(task / "stat") for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}
            return {"bytes": resident_bytes(pid), "files": len(os.listdir(f"/proc/{pid}/fd")), "threads": threads}
        except OSError:
            return None

    def newest(self):
        """About how many reports there are: counting them would take longer with each."""
        try:
            return self.query("select coalesce(max(id), 0) n from results")[0]["n"]
        except sqlite3.OperationalError:
            return 0  # The database is being made.

    def writes_most(self, pid):
        """The thread that syncs: the one whose writes the kernel counts."""
        written = {}
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            try:
                lines = dict(line.split(": ") for line in (task / "io").read_text().splitlines())
                written[task.name] = int(lines["write_bytes"])
            except (OSError, KeyError):
                continue
        return max(written, key=written.get, default=None)

    def soak(self, scheduler, results, *more):
        iterations = results // TRIALS
        process = self.start(self.write_space(), "--trainable", "Walk", "--metric", "score", "--mode", "max", "--samples", TRIALS,
                             "--max-iterations", iterations, "--concurrency", 2, "--cpus-per-trial", 0.1, "--searcher", "random",
                             "--scheduler", scheduler, "--progress", "none", "--out", "run", *more)
        began = time.monotonic()
        looks, writer, is_cut = [], None, False
        while process.poll() is None:
            select.select([], [], [], min(1.0, SECONDS / 100) if results > 100_000 else 0.02)
            if self.newest() > results * (len(looks) + 1) / 20 and (seen := self.look(process.pid)):
                looks.append(seen)
                writer = self.writes_most(process.pid) or writer
            if time.monotonic() - began > SECONDS and not is_cut:
                is_cut = True
                process.send_signal(signal.SIGINT)
        output, errors = process.communicate()
        self.assertEqual(process.returncode, 130 if is_cut else 0, errors)
        return looks, writer, is_cut

    def expect_flat(self, looks, is_cut):
        self.assertGreaterEqual(len(looks), 1 if is_cut else 4)
        early, late = looks[len(looks) // 10], looks[-1]
        self.assertLess(late["bytes"], early["bytes"] + ROOM_BYTES)
        self.assertLessEqual(late["files"], early["files"] + 4)
        self.assertLessEqual(len(late["threads"]), len(early["threads"]))

    def expect_whole(self, results, is_cut):
        rows = self.query("select trial, count(*) n, min(iteration) low, max(iteration) high, count(distinct iteration) of from results "
                          "group by trial")
        for row in rows:
            self.assertEqual((row["n"], row["low"], row["high"]), (row["of"], 1, row["n"]))
        if not is_cut:
            self.assertEqual([row["n"] for row in rows], TRIALS * [results // TRIALS])
        self.assertLessEqual(len(list((self.directory / "run/checkpoints").rglob("*.ckpt"))), 2 * TRIALS)

    def tell(self, name, looks, writer):
        late = looks[-1]
        total = sum(late["threads"].values()) or 1
        share = 100 * late["threads"].get(writer, 0) / total
        reports = self.query("select count(*) n from results")[0]["n"]
        print(f"{name}: {reports} reports, {looks[0]['bytes'] // MIB} to {late['bytes'] // MIB} MiB, "
              f"{share:.0f} % of the driver's CPU time in the thread that writes")

    def test_F36_pauses_without_end(self):
        looks, writer, is_cut = self.soak("pbt-sync:interval=1,quantile=0", RESULTS)

        self.expect_flat(looks, is_cut)
        self.expect_whole(RESULTS, is_cut)
        # Who comes to the barrier last does not pause.
        self.assertGreaterEqual(self.query("select sum(attempts) n from trials")[0]["n"], 1 if is_cut else RESULTS // 2)
        self.tell("pauses", looks, writer)

    def test_F36_reports_without_end(self):
        looks, writer, is_cut = self.soak("fifo", 20 * RESULTS)

        self.expect_flat(looks, is_cut)
        self.expect_whole(20 * RESULTS, is_cut)
        self.assertEqual(self.query("select max(attempts) n from trials"), [{"n": 1}])
        self.tell("reports", looks, writer)


if __name__ == "__main__":
    main()
