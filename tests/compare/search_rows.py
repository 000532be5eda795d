# SPDX-License-Identifier: Apache-2.0
"""The rows of the suite `search`: what a suggestion costs, beside Optuna. docs/benchmarks.md says what each means."""

from comparison import Row
from goal import at_least, at_most


def suggestion(searcher, trials, *goals, has_peer=False, **compared):
    """Of `searcher`, after so many trials."""
    name = f"{searcher}_{trials}"
    return Row(name, f"searchers_benchmark {name}", name, "ms", goals=goals, has_peer=has_peer, **compared)


def gp(trials, milliseconds):
    """The limit: mean and variance at 1,000 points, by Eigen."""
    return suggestion("gp", trials, at_most(milliseconds), at_least(30, "peer"), has_peer=True,
                      yardstick=f"gp {trials}", limit="predict_mean_var_1000")


def memory(searcher):
    """Optuna keeps trials in the study, whatever the sampler."""
    name = f"memory_{searcher}"
    return Row(name, f"searchers_benchmark {name}", name, "bytes", goals=(at_most(200),), has_peer=searcher == "tpe")


ROWS = [
    *(gp(trials, milliseconds) for trials, milliseconds in ((100, 5), (500, 20), (1000, 60), (2000, 200))),
    suggestion("gp", 5000),
    suggestion("tpe", 1000, at_most(0.5), at_least(30, "peer"), has_peer=True),
    suggestion("tpe", 10000, at_most(4), at_least(30, "peer"), has_peer=True),
    suggestion("cma-es", 1000, at_most(0.01), has_peer=True, others=("cmaes",)),
    suggestion("forest", 1000),
    suggestion("de", 1000),
    *(memory(searcher) for searcher in ("tpe", "gp", "forest", "cma-es", "de", "auto")),
]
