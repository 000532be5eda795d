# SPDX-License-Identifier: Apache-2.0
"""Optuna as a searcher: needs the module optuna. An argument names the sampler: TPE (default), GP, CmaEs, Random, …"""
import sys

import optuna
from manta_searcher import ENDED_WELL, serve, values_of


def distribution_of(parameter):
    if values_of(parameter):
        return optuna.distributions.CategoricalDistribution(values_of(parameter))
    if "normal" in parameter:  # Optuna has none: four deviations to each side, evenly.
        mean, deviation = parameter["normal"]
        return optuna.distributions.FloatDistribution(mean - 4 * deviation, mean + 4 * deviation)
    low, high = parameter.get("float") or parameter["int"]
    log = parameter.get("log", False)
    if "int" in parameter:
        return optuna.distributions.IntDistribution(low, high, log=log, step=parameter.get("step", 1))
    return optuna.distributions.FloatDistribution(low, high, log=log, step=parameter.get("step"))


class OptunaSearcher:
    def __init__(self, start, sampler):
        self.distributions = {parameter["name"]: distribution_of(parameter) for parameter in start["parameters"]}
        direction = "maximize" if start["objective"]["mode"] == "max" else "minimize"
        self.study = optuna.create_study(direction=direction, sampler=sampler)
        self.asked = {}

    def ask(self, trial, answered):
        if answered:
            self.study.enqueue_trial({name: answered[name] for name in self.distributions if name in answered})
        self.asked[trial] = self.study.ask(self.distributions)
        return dict(self.asked[trial].params)

    def tell(self, trial, config, state, value, iteration):
        ended_well = state in ENDED_WELL and value is not None
        if state == "running":
            return
        asked = self.asked.pop(trial, None)
        if asked is not None:
            self.study.tell(asked, value if ended_well else None,
                            state=None if ended_well else optuna.trial.TrialState.FAIL)
        elif ended_well and set(self.distributions) <= set(config):  # Of an earlier experiment, or the user's own.
            params = {name: config[name] for name in self.distributions}
            self.study.add_trial(optuna.trial.create_trial(params=params, distributions=self.distributions, value=value))


def make(start):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    name = sys.argv[1] if len(sys.argv) > 1 else "TPE"
    kind = getattr(optuna.samplers, name + "Sampler", None)
    if kind is None:
        raise ValueError(f"Optuna has no {name}Sampler")
    return OptunaSearcher(start, kind(seed=start["seed"] % 2**32))


if __name__ == "__main__":
    serve(make)
