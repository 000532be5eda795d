#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the Python package cmaes itself takes for a suggestion and its result: cmaes_benchmark.py NAME… prints lines
of JSON. NAME is of the form cma-es_TRIALS; so many go before. tests/compare/run starts it.
"""

import argparse
import json
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import cmaes
import numpy

PARAMETERS = 10
GENERATIONS = 1000  # Measured.


def milliseconds(trials):
    """CPU time of one of a generation's points and its share of what is learned from it."""
    bounds = numpy.array([[0, 1]] * PARAMETERS)
    strategy = cmaes.CMA(mean=numpy.full(PARAMETERS, 0.5), sigma=1 / 6, bounds=bounds, seed=1)
    place = 0.2 + 0.05 * numpy.arange(PARAMETERS)
    scale = 1 / (1 + numpy.arange(PARAMETERS))
    points = 0

    def generation():
        told = []
        for _ in range(strategy.population_size):
            point = strategy.ask()
            told.append((point, float(((point - place) ** 2 * scale).sum())))
        strategy.tell(told)

    while points < trials:
        generation()
        points += strategy.population_size
    begin = time.process_time()
    for _ in range(GENERATIONS):
        generation()
    return 1e3 * (time.process_time() - begin) / GENERATIONS / strategy.population_size


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    for name in parser.parse_args().names:
        print(json.dumps({"name": name, "value": milliseconds(int(name.split("_")[1])), "unit": "ms"}), flush=True)


if __name__ == "__main__":
    main()
