# SPDX-License-Identifier: Apache-2.0
"""Optuna as a searcher: needs the module optuna. An argument names the sampler: TPE (default), GP, CmaEs, NSGAII, …

With several metrics and constraints on them the study has them too, as far as the sampler can.
"""
import re
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


def direction_of(objective):
    return "maximize" if objective["mode"] == "max" else "minimize"


def excess_over(constraint):
    """The metric of "ms <= 20", and what makes of its value a number that is 0 or less where the constraint is kept."""
    metric, comparison, threshold = re.fullmatch(r"(.*?)\s*([<>]=?)\s*(\S+)", constraint).groups()
    sign = 1 if comparison.startswith("<") else -1
    return metric, lambda value: sign * (value - float(threshold))


class OptunaSearcher:
    def __init__(self, start, sampler):
        self.distributions = {parameter["name"]: distribution_of(parameter) for parameter in start["parameters"]}
        self.further = start.get("further_objectives", [])
        self.constraints = {text: excess_over(text) for text in start.get("metric_constraints", [])}
        self.study = optuna.create_study(directions=[direction_of(each) for each in (start["objective"], *self.further)],
                                         sampler=sampler)
        self.asked = {}
        self.metrics = {}

    def ask(self, trial, answered):
        if answered:
            self.study.enqueue_trial({name: answered[name] for name in self.distributions if name in answered})
        self.asked[trial] = self.study.ask(self.distributions)
        return dict(self.asked[trial].params)

    def tell_metrics(self, trial, metrics):
        self.metrics[trial] = metrics

    def values_of(self, trial, value):
        """One for each objective, or None: not all are known."""
        metrics = self.metrics.get(trial, {})
        values = [value, *(metrics.get(each["metric"]) for each in self.further)]
        return None if None in values else values

    def tell(self, trial, config, state, value, iteration):
        if state == "running":
            return
        values = self.values_of(trial, value)
        metrics = self.metrics.pop(trial, {})
        ended_well = state in ENDED_WELL and values is not None
        asked = self.asked.pop(trial, None)
        if asked is not None:
            for text, (metric, excess) in self.constraints.items():
                if metrics.get(metric) is not None:
                    asked.set_constraint(text, excess(metrics[metric]))
            self.study.tell(asked, values if ended_well else None,
                            state=None if ended_well else optuna.trial.TrialState.FAIL)
        elif ended_well and set(self.distributions) <= set(config):  # Of an earlier experiment, or the user's own.
            params = {name: config[name] for name in self.distributions}
            self.study.add_trial(optuna.trial.create_trial(params=params, distributions=self.distributions, values=values))


def make(start):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    name = sys.argv[1] if len(sys.argv) > 1 else "TPE"
    kind = getattr(optuna.samplers, name + "Sampler", None)
    if kind is None:
        raise ValueError(f"Optuna has no {name}Sampler")
    return OptunaSearcher(start, kind(seed=start["seed"] % 2**32))


if __name__ == "__main__":
    serve(make)
