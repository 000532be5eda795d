#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Has Spin go through all states of a model: run_spin.py MODEL [DEFINE...]

Each DEFINE breaks the model on purpose: Spin has to find a fault then, and none without.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path


def count_faults(model, define):
    """How many errors Spin reports of `model`, and how many states it has seen."""
    with tempfile.TemporaryDirectory() as folder:
        flags = [f"-D{define}"] if define else []
        subprocess.run(["spin", *flags, "-a", str(model)], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cc", "-O2", "-DSAFETY", "-w", "-o", "pan", "pan.c"], cwd=folder, check=True)
        ran = subprocess.run(["./pan", "-m1000000"], cwd=folder, check=True, capture_output=True, text=True)
    errors = re.search(r"errors: (\d+)", ran.stdout)
    states = re.search(r"(\d+) states, stored", ran.stdout)
    if errors is None or states is None or "max search depth too small" in ran.stdout:
        sys.exit(f"Spin did not finish:\n{ran.stdout}")
    return int(errors[1]), int(states[1])


def main():
    model = Path(sys.argv[1]).resolve()
    good = True
    for define in ["", *sys.argv[2:]]:
        errors, states = count_faults(model, define)
        print(f"{model.name} {define or 'as it is'}: {errors} errors in {states} states")
        good &= (errors > 0) == bool(define)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
