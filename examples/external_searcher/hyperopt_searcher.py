# SPDX-License-Identifier: Apache-2.0
"""HyperOpt's TPE as a searcher: needs the module hyperopt."""
import math

import hyperopt
from manta_searcher import ENDED_WELL, loss_of, serve, values_of, within


def expression_of(parameter):
    name = parameter["name"]
    if values_of(parameter):
        return hyperopt.hp.choice(name, values_of(parameter))
    if "normal" in parameter:
        return hyperopt.hp.normal(name, *parameter["normal"])
    low, high = parameter.get("float") or parameter["int"]
    if parameter.get("log"):
        return hyperopt.hp.loguniform(name, math.log(low), math.log(high))
    return hyperopt.hp.uniform(name, low, high)


class HyperoptSearcher:
    def __init__(self, start):
        self.start = start
        self.space = {parameter["name"]: expression_of(parameter) for parameter in start["parameters"]}
        self.domain = hyperopt.base.Domain(lambda config: 0, self.space)
        self.trials = hyperopt.Trials()
        self.places = {}  # Of trials among HyperOpt's own.

    def ask(self, trial, answered):
        seed = (self.start["seed"] + trial) % 2**31
        documents = hyperopt.tpe.suggest(self.trials.new_trial_ids(1), self.domain, self.trials, seed)
        self.places[trial] = documents[0]["tid"]
        self.trials.insert_trial_docs(documents)
        self.trials.refresh()
        chosen = {name: values[0] for name, values in documents[0]["misc"]["vals"].items()}
        config = hyperopt.space_eval(self.space, chosen)
        return {parameter["name"]: self.plain(parameter, config[parameter["name"]]) for parameter in self.start["parameters"]}

    @staticmethod
    def plain(parameter, value):
        """Python's own number on the parameter's steps."""
        if values_of(parameter):
            return value
        return float(value) if "normal" in parameter else within(parameter, float(value))

    def tell(self, trial, config, state, value, iteration):
        if state == "running" or trial not in self.places:
            return
        loss = loss_of(self.start, value) if state in ENDED_WELL else None
        document = next(one for one in self.trials._dynamic_trials if one["tid"] == self.places[trial])
        document["state"] = hyperopt.JOB_STATE_DONE
        document["result"] = {"status": hyperopt.STATUS_FAIL} if loss is None else {"status": hyperopt.STATUS_OK, "loss": loss}
        self.trials.refresh()


if __name__ == "__main__":
    serve(HyperoptSearcher)
