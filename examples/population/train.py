#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A training in plain Python that can be paused, cloned and resumed; it imports nothing of Manta.

Stochastic gradient descent on a long, noisy valley. At first a large rate is best, which carries the weights to the
bottom; there the noise of each step keeps them away from it, and only a small rate comes closer. A population can
change its rates on the way.
"""

import argparse
import json
import os
import random

STEEPNESS = [10.0 ** (-2 * i / 19) for i in range(20)]  # From 1 down to 0.01.
EPOCHS = 30
STEPS = 20  # Of each epoch.
NOISE = 0.5


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--momentum", type=float, required=True)
    return parser.parse_args()


def begin():
    """The state to go on from: what another run left, or the beginning."""
    if "MANTA_CHECKPOINT" in os.environ:
        with open(os.environ["MANTA_CHECKPOINT"]) as file:
            return json.load(file)
    return {"epoch": 0, "weights": [3.0] * len(STEEPNESS), "velocity": [0.0] * len(STEEPNESS)}


def train(state, rate, momentum):
    """One epoch."""
    noise = random.Random(state["epoch"])
    for _ in range(STEPS):
        for i, steepness in enumerate(STEEPNESS):
            gradient = steepness * state["weights"][i] + noise.gauss(0, NOISE)
            state["velocity"][i] = momentum * state["velocity"][i] - rate * gradient
            state["weights"][i] += state["velocity"][i]
    state["epoch"] += 1
    return 0.5 * sum(steepness * weight**2 for steepness, weight in zip(STEEPNESS, state["weights"]))


def report(state, loss):
    """One line, and with it, where Manta asks for them, the name of a file that has the state."""
    line = {"loss": loss}
    if "MANTA_CHECKPOINT_DIR" in os.environ:
        line["checkpoint"] = f"epoch-{state['epoch']}"  # A new name each time; Manta removes those it needs no more.
        with open(os.path.join(os.environ["MANTA_CHECKPOINT_DIR"], line["checkpoint"]), "w") as file:
            json.dump(state, file)
    print(json.dumps(line), flush=True)


def main():
    options = parse_arguments()
    state = begin()
    while state["epoch"] < EPOCHS:
        loss = train(state, options.rate, options.momentum)
        report(state, loss)


if __name__ == "__main__":
    main()
