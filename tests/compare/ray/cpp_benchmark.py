#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program of Ray's C++ API in a Ray of its own: cpp_benchmark.py PROGRAM LIBRARY; what it prints is printed."""

import subprocess
import sys

from local_ray import own_ray  # First: it sets what Ray reads when it is loaded.

import ray

TIMEOUT_SECONDS = 600


def main():
    with own_ray():
        address = ray.get_runtime_context().gcs_address
        program = subprocess.run([sys.argv[1], address, sys.argv[2]], timeout=TIMEOUT_SECONDS, check=False)
    return program.returncode


if __name__ == "__main__":
    sys.exit(main())
