# SPDX-License-Identifier: Apache-2.0
"""The processes below this one: their memory and time, as tests/bench/process_usage.h counts them, and their end."""

import ctypes
import os
import pathlib
import signal
import time

PROC = pathlib.Path("/proc")
PR_SET_CHILD_SUBREAPER = 36
KILOBYTE = 1024


def adopt_orphans():
    """From now on a process whose parent ends becomes a child of this one, so that none gets out of sight."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parent_of(stat):
    """The parent of a process, from the text of its stat: "PID (any name) STATE PARENT …"."""
    return int(stat.rpartition(")")[2].split()[1])


def descendants():
    """All processes below this one; those that have ended and wait for their parent are among them."""
    children = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                children.setdefault(parent_of((folder / "stat").read_text()), []).append(int(folder.name))
            except OSError:
                continue  # It has just ended.
    found = [os.getpid()]
    for process in found:
        found += children.get(process, [])
    return found[1:]


def memory_of(rollup):
    """Bytes that no other process maps, and those with a share of what others map too, of the text of a smaps_rollup."""
    own = proportional = 0
    for line in rollup.splitlines()[1:]:
        key, value, *_ = line.split()
        own += int(value) * KILOBYTE if key.startswith("Private_") else 0
        proportional += int(value) * KILOBYTE if key == "Pss:" else 0
    return own, proportional


def memory_use(processes):
    """The sums of memory_of() over `processes`; one that has ended counts nothing."""
    own = proportional = 0
    for process in processes:
        try:
            more = memory_of((PROC / str(process) / "smaps_rollup").read_text())
        except OSError:
            continue
        own, proportional = own + more[0], proportional + more[1]
    return own, proportional


def cpu_seconds(processes):
    """How long the threads of `processes` have run."""
    nanoseconds = 0
    for process in processes:
        for file in PROC.glob(f"{process}/task/*/schedstat"):
            try:
                nanoseconds += int(file.read_text().split()[0])
            except OSError:
                continue
    return nanoseconds / 1e9


def end_descendants(patience_seconds):
    """Waits until no process is left below this one; kills, after `patience_seconds`, those that are."""
    deadline = time.monotonic() + patience_seconds
    while left := descendants():
        if time.monotonic() > deadline:
            for process in left:
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            continue
        time.sleep(0.02)
