#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The measurements of manta_tune_benchmark, in Optuna: tune_benchmark.py sqlite|journal NAME… prints lines of JSON.

Its trials are calls in this one process. tests/compare/run starts it.
"""

import argparse
import json
import os
import sys
import tempfile
import time

import optuna

TRIALS = 300


def make_storage(kind, folder):
    if kind == "sqlite":
        return f"sqlite:///{folder}/study.db"
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(f"{folder}/study.log"))


def trials_per_second(kind, folder):
    """Trials of one random parameter and one value, one after the other: two at once take turns at the file."""
    study = optuna.create_study(storage=make_storage(kind, folder), sampler=optuna.samplers.RandomSampler(seed=0))
    begin = time.perf_counter()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=TRIALS)
    return TRIALS / (time.perf_counter() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("storage", choices=("sqlite", "journal"))
    parser.add_argument("names", nargs="+", choices=("trials_class",), metavar="NAME")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for name in options.names:
        with tempfile.TemporaryDirectory(prefix="optuna_", dir=os.getcwd()) as folder:  # On a disk, as ours.
            rate = trials_per_second(options.storage, folder)
        print(json.dumps({"name": name, "value": rate, "unit": "trials/s"}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
