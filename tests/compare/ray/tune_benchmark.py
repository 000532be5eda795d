#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The measurements of manta_tune_benchmark, in Ray Tune: tune_benchmark.py [--reuse-actors] NAME… prints lines of JSON.

All of Ray's processes and files are gone when this program ends. tests/compare/run starts it.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
import traceback

os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ["TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S"] = "0"

from local_ray import end_on_sigterm, own_ray  # First: it sets what Ray reads when it is loaded.

import processes
from measuring import emit, quantile
from ray import tune

STATE_BYTES = 50_000_000
PARALLEL = 2


class Trivial(tune.Trainable):
    def setup(self, config):
        self.x = config["x"]

    def step(self):
        return {"loss": self.x}

    def reset_config(self, new_config):
        self.x = new_config["x"]
        return True

    def save_checkpoint(self, checkpoint_dir):  # Without it every trial ends in an error.
        pass


def trivial_function(config):
    tune.report({"loss": config["x"]})


class Heavy(Trivial):
    """A large state, kept in a file as the documentation shows it; `loaded` is 1 in the first result after a load."""

    def setup(self, config):
        super().setup(config)
        self.state = bytearray(STATE_BYTES)
        self.loaded = 0

    def step(self):
        loaded, self.loaded = self.loaded, 0
        return {"loss": self.x, "loaded": loaded}

    def save_checkpoint(self, checkpoint_dir):
        with open(os.path.join(checkpoint_dir, "state"), "wb") as file:
            file.write(self.state)

    def load_checkpoint(self, checkpoint):
        with open(os.path.join(checkpoint, "state"), "rb") as file:
            self.state = bytearray(file.read())
        self.loaded = 1


class Stopwatch(tune.Callback):
    """The time of every result: of all, and since the trial's last one where it has loaded a state in between."""

    def __init__(self):
        self.times, self.loads, self.last = [], [], {}

    def on_trial_result(self, iteration, trials, trial, result, **info):
        now = time.perf_counter()
        if result.get("loaded") and trial.trial_id in self.last:
            self.loads.append(now - self.last[trial.trial_id])
        self.last[trial.trial_id] = now
        self.times.append(now)


class Experiments:
    """Runs experiments one after the other in a folder that goes with this."""

    def __init__(self, reuse_actors):
        self.reuse_actors = reuse_actors
        self.folder = tempfile.mkdtemp(prefix="tune_", dir=os.getcwd())  # On a disk, as ours.

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, trainable, trials, iterations=1, scheduler=None):
        """Returns the seconds that it took, and the stopwatch."""
        stopwatch = Stopwatch()
        tuner = tune.Tuner(
            trainable,
            param_space={"x": tune.uniform(0, 1)},
            tune_config=tune.TuneConfig(metric="loss", mode="min", num_samples=trials, scheduler=scheduler,
                                        max_concurrent_trials=PARALLEL, reuse_actors=self.reuse_actors),
            run_config=tune.RunConfig(storage_path=self.folder, verbose=0, callbacks=[stopwatch],
                                      stop={"training_iteration": iterations}),
        )  # fmt: skip
        begin = time.perf_counter()
        results = tuner.fit()
        elapsed = time.perf_counter() - begin
        if results.num_errors:
            raise RuntimeError(f"{results.num_errors} trials have failed: {results.errors[0]}")
        return elapsed, stopwatch


def trials_class(name, experiments):
    print_trials(name, experiments, Trivial)


def trials_function(name, experiments):
    print_trials(name, experiments, trivial_function)


def print_trials(name, experiments, trainable):
    count = 400 if experiments.reuse_actors else 20
    elapsed, _ = experiments.run(trainable, count)
    emit(name, count / elapsed, "trials/s")


def reports_waiting(name, experiments):
    _, stopwatch = experiments.run(Trivial, 1, 3000)
    times = stopwatch.times[100:]  # Without the start of the trial's process.
    emit(name, (len(times) - 1) / (times[-1] - times[0]), "rows/s")


def pbt_exploit_50_mb(name, experiments):
    scheduler = tune.schedulers.PopulationBasedTraining(
        time_attr="training_iteration", perturbation_interval=1, quantile_fraction=0.5,
        hyperparam_mutations={"x": tune.uniform(0, 1)})  # fmt: skip
    _, stopwatch = experiments.run(Heavy, 2, 40 if experiments.reuse_actors else 5, scheduler)
    emit(name, quantile(stopwatch.loads, 0.5) * 1e3, "ms")


MEASUREMENTS = {function.__name__: function
                for function in (trials_class, trials_function, reports_waiting, pbt_exploit_50_mb)}  # fmt: skip


def run_each(names, experiments):
    """Returns the names of the measurements that failed."""
    failed = []
    for name in names:
        print(name, file=sys.stderr)
        try:
            MEASUREMENTS[name](name, experiments)
        except Exception:
            traceback.print_exc()
            failed.append(name)
    return failed


def main():
    end_on_sigterm()
    processes.adopt_orphans()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=MEASUREMENTS, metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--reuse-actors", action="store_true", help="keep a trial's process for the next")
    options = parser.parse_args()
    experiments = Experiments(options.reuse_actors)
    try:
        with own_ray():
            failed = run_each(options.names, experiments)
    finally:
        experiments.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
