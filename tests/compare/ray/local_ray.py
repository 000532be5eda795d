# SPDX-License-Identifier: Apache-2.0
"""A Ray of one's own: with a directory of its own and without the dashboard. Import this before Ray."""

import contextlib
import os
import shutil
import signal
import sys
import tempfile

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.pop("RAY_ADDRESS", None)

import processes
import ray

CPUS = 2
PATIENCE_SECONDS = 10


def end_on_sigterm():
    """So that all that was started is ended, and all that was written is removed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextlib.contextmanager
def own_ray(cpus=CPUS):
    """A Ray that lives as long as the block, and leaves nothing."""
    # Directly below /tmp: the path of a socket in it has at most 107 characters.
    folder = tempfile.mkdtemp(prefix="ray_", dir="/tmp")
    try:
        ray.init(address="local", num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level="ERROR",
                 _temp_dir=folder)  # fmt: skip
        end_on_sigterm()  # Ray has a handler of its own, which cleans nothing up.
        yield
    finally:
        ray.shutdown()
        processes.end_descendants(PATIENCE_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
