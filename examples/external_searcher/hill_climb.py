# SPDX-License-Identifier: Apache-2.0
"""A searcher in forty lines: some random points, then small steps from the best one. The standard library only."""
import math
import random

from manta_searcher import draw, loss_of, serve, values_of, within

FIRST = 8  # Random trials at the beginning,
STRAY = 0.1  # and the share of random ones afterwards.


def step_from(parameter, value, rng):
    """A value near `value`."""
    values = values_of(parameter)
    if "ordinal" in parameter:
        place = values.index(value) + rng.choice((-1, 1))
        return values[min(max(place, 0), len(values) - 1)]
    if values:
        return rng.choice(values)
    if "normal" in parameter:
        return rng.gauss(value, 0.3 * parameter["normal"][1])
    low, high = parameter.get("float") or parameter["int"]
    if parameter.get("log"):
        return within(parameter, value * math.exp(rng.gauss(0, 0.15 * math.log(high / low))))
    return within(parameter, rng.gauss(value, 0.15 * (high - low)))


class HillClimb:
    def __init__(self, start):
        self.start = start
        self.best = None
        self.best_loss = math.inf
        self.questions = {}  # How often each trial was asked for.

    def ask(self, trial, answered):
        # Each question has numbers of its own: what was drawn before does not matter. A trial is asked for again when its
        # configuration breaks a constraint.
        self.questions[trial] = self.questions.get(trial, 0) + 1
        rng = random.Random(f"{self.start['seed']}/{trial}/{self.questions[trial]}")
        is_random = self.best is None or trial < FIRST or rng.random() < STRAY
        config = {parameter["name"]: draw(parameter, rng) for parameter in self.start["parameters"]}
        if is_random:
            return config
        moved = rng.randrange(len(self.start["parameters"]))
        for place, parameter in enumerate(self.start["parameters"]):
            value = self.best.get(parameter["name"])
            if value is not None:  # Not inactive in the best one.
                config[parameter["name"]] = step_from(parameter, value, rng) if place == moved or rng.random() < 0.3 else value
        return config

    def tell(self, trial, config, state, value, iteration):
        loss = loss_of(self.start, value)
        if loss is not None and loss < self.best_loss:
            self.best, self.best_loss = config, loss


if __name__ == "__main__":
    serve(HillClimb)
