#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program of Ray's C++ API in a Ray of its own: cpp_benchmark.py PROGRAM LIBRARY; what it prints is printed."""

import subprocess
import sys

from local_ray import own_ray  # First: it sets what Ray reads when it is loaded.

import ray

TIMEOUT_SECONDS = 180  # It takes 30 where it does not hang, as it has done.


def main():
    with own_ray():
        address = ray.get_runtime_context().gcs_address
        try:
            return subprocess.run([sys.argv[1], address, sys.argv[2]], timeout=TIMEOUT_SECONDS, check=False).returncode
        except subprocess.TimeoutExpired:
            print(f"{sys.argv[1]} has not ended within {TIMEOUT_SECONDS} s", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
