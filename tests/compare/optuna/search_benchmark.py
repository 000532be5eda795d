#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The measurements of manta_searchers_benchmark, in Optuna: search_benchmark.py NAME… prints lines of JSON.

NAME is of the form SAMPLER_TRIALS, as tpe_1000, or memory_tpe. A sampler whose packages are not there is left out, with
a message, and the exit code is 1. tests/compare/run starts it.
"""

import argparse
import json
import os
import random
import sys
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # Read when the libraries are loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import optuna

PARAMETERS = 10
SECONDS, MOST = 20, 64  # Suggestions are made until either is over.
TRIALS = 100_000
PAGE = 4096


def make_sampler(name):
    if name == "gp":
        return optuna.samplers.GPSampler(seed=0)
    if name == "cma-es":
        return optuna.samplers.CmaEsSampler(seed=0)
    return optuna.samplers.TPESampler(seed=0, multivariate=True)


def suggest(trial):
    return [trial.suggest_float(f"x{i}", 0, 1) for i in range(PARAMETERS)]


def loss(values):
    return sum((x - 0.2 - 0.05 * i) ** 2 / (1 + i) for i, x in enumerate(values))


def earlier_trial(number):
    """The first of two is anywhere, the other near to the best."""
    source = random.Random(number)
    values = [source.random() if number % 2 == 0 else min(1, max(0, source.gauss(0.2 + 0.05 * i, 0.1)))
              for i in range(PARAMETERS)]  # fmt: skip
    names = [f"x{i}" for i in range(PARAMETERS)]
    return optuna.trial.create_trial(
        params=dict(zip(names, values)), value=loss(values),
        distributions={name: optuna.distributions.FloatDistribution(0, 1) for name in names})  # fmt: skip


def milliseconds(name):
    """CPU time of a suggestion and its result; the first is left out, as ours is."""
    sampler, trials = name.split("_")
    study = optuna.create_study(sampler=make_sampler(sampler))
    study.add_trials([earlier_trial(number) for number in range(int(trials))])
    times = []
    begin = time.perf_counter()
    while len(times) < MOST + 1 and (len(times) < 2 or time.perf_counter() - begin < SECONDS):
        before = time.process_time()
        trial = study.ask()
        study.tell(trial, loss(suggest(trial)))
        times.append(time.process_time() - before)
    return 1e3 * sum(times[1:]) / len(times[1:])


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return PAGE * int(file.read().split()[1])


def bytes_per_trial():
    """Memory of a study in memory; its sampler is asked once."""
    study = optuna.create_study(sampler=make_sampler("tpe"))
    before = resident_bytes()
    for number in range(TRIALS):
        study.add_trial(earlier_trial(number))
    suggest(study.ask())
    return (resident_bytes() - before) / TRIALS


def measure(name):
    if name == "memory_tpe":
        return {"name": name, "value": bytes_per_trial(), "unit": "bytes"}
    return {"name": name, "value": milliseconds(name), "unit": "ms"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    missing = 0
    for name in options.names:
        try:
            print(json.dumps(measure(name)), flush=True)
        except ImportError as error:
            missing += 1
            print(f"{name}: {error}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
