# SPDX-License-Identifier: Apache-2.0
"""Runs whole programs for the system tests, and finds out what they leave behind."""
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

BIN = pathlib.Path(os.environ["MANTA_TEST_BIN"])
PROGRAMS = str(pathlib.Path(os.environ["MANTA_TEST_PROGRAMS"]))
SOURCE = pathlib.Path(__file__).resolve().parents[2]
# Sanitizers have crash handlers of their own.
IS_SANITIZED = any(name in pathlib.Path(PROGRAMS).read_bytes() for name in (b"__asan_init", b"__tsan_init"))
SPACE = {"x": {"float": [0.1, 1.0]}}
# The promise is two seconds; a machine that also runs a sanitizer's tests gets more, as no time is asserted here.
PATIENCE_SECONDS = 20


# Mounts are made in a namespace of their own, which goes with the program.
IN_NAMESPACE = ["unshare", "--mount", "--propagation", "private", "sh", "-ec"]


def can_mount():
    if os.geteuid() != 0:
        return False
    made = subprocess.run([*IN_NAMESPACE, "mount -t tmpfs -o size=1m none /mnt"], capture_output=True)
    return made.returncode == 0


needs_mount = unittest.skipUnless(can_mount(), "only root, where it may mount, can make a file system of a given size")


def marked_processes(mark):
    """The processes, zombies left out, that have the mark in their environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


class SystemTest(unittest.TestCase):
    """A scratch directory, and the certainty that no process outlives the test."""

    def setUp(self):
        self.mark = "MANTA_TEST_MARK=" + uuid.uuid4().hex
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="manta-system-"))

    def tearDown(self):
        left = self.wait_for_none_left()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.directory, ignore_errors=True)
        self.assertEqual(left, [], "processes were left behind")

    def wait_for_none_left(self, seconds=PATIENCE_SECONDS):
        end = time.monotonic() + seconds
        while (left := marked_processes(self.mark)) and time.monotonic() < end:
            select.select([], [], [], 0.01)
        return left

    def workers(self):
        """The processes that host trials: they have a link to their node among their descriptors' names."""
        found = []
        for pid in marked_processes(self.mark):
            try:
                name = pathlib.Path(f"/proc/{pid}/comm").read_text()
            except OSError:
                continue
            if name.startswith("trial-"):
                found.append((pid, name.strip()))
        return found

    def wait_for_worker(self):
        """The process of a trial, once there is one."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (found := self.workers()) and time.monotonic() < end:
            select.select([], [], [], 0.001)
        self.assertTrue(found, "no trial has started")
        return found[0][0]

    def write_space(self, space=None, name="space.json"):
        path = self.directory / name
        path.write_text(space if isinstance(space, str) else json.dumps(SPACE if space is None else space))
        return str(path)

    def start(self, *arguments, program=PROGRAMS, environment=None, **options):
        name, value = self.mark.split("=")
        return subprocess.Popen([str(a) for a in (program, *arguments)], cwd=self.directory, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={**os.environ, name: value, **(environment or {})}, **options)

    def run_program(self, *arguments, program=PROGRAMS, timeout=300):
        process = self.start(*arguments, program=program)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"no end after {timeout} s:\n{out}\n{err}")
        return process.returncode, out, err

    def sweep(self, *arguments, trainable="Curve", out="run", expect=0, space=None, program=PROGRAMS):
        base = [self.write_space(space), "--metric", "score", "--mode", "max", "--out", out]
        if "--searcher" not in arguments:
            base += ["--searcher", "random"]  # What is looked at here is not what a model suggests.
        if trainable:
            base += ["--trainable", trainable]
        code, output, errors = self.run_program(*base, *arguments, program=program)
        self.assertEqual(code, expect, output + errors)
        return output, errors

    def query(self, sql, out="run"):
        path = f"file:{self.directory / out / 'experiment.db'}?mode=ro"
        with contextlib.closing(sqlite3.connect(path, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql)]

    def rows(self, out="run"):
        """How many values there are in the database; 0 while it is still being made."""
        try:
            return self.query("select count(*) n from learning_curves", out)[0]["n"]
        except sqlite3.OperationalError:
            return 0


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.002)
    return True


def read_until(process, text, stream="stderr"):
    """Reads lines of the process until one has the text; returns False at its end."""
    for line in getattr(process, stream):
        if text in line:
            return True
    return False


def main():
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
