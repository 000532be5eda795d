# SPDX-License-Identifier: Apache-2.0
"""The rows of the suite `tune`: whole experiments against Ray Tune and Optuna. docs/benchmarks.md says what each means.

The goals are for two CPUs.
"""

from comparison import Row
from goal import at_least, at_most

ENOUGH = 1 / 0.7  # How many times worse than the limit is still good.
WRITER = "results_benchmark --benchmark_filter=throughput/metrics:1/trials:{}/ --benchmark_format=json"


def sqlite(batch, rows):
    """SQLite itself, with as many rows in a transaction, all durable."""
    return {"yardstick": f"sq FULL {batch} {rows}", "limit": "rows", "scale": 1e3}


def row(name, unit, *goals, program="tune_benchmark", measurement="", has_peer=False, **compared):
    """A row whose measurement is the one of the same name, if no other is said."""
    return Row(name, f"{program} {measurement or name}", name, unit, goals=goals, has_peer=has_peer, **compared)


def simulated(name, unit, *goals, measurement=""):
    return row(name, unit, *goals, program="simulation_benchmark", measurement=measurement)


def writer(name, trials, *goals):
    """The results' writer alone, fed as fast as its queue takes it."""
    return Row(name, WRITER.format(trials), "items_per_second", "rows/s", goals=goals, has_peer=False, **sqlite(1000, 300_000))


def taskset(scheduler, *goals):
    """Normalised regret after parts of the budget; a goal is for one of these."""
    return [simulated(f"taskset_{scheduler}.{part}", "regret", *(goal for of, goal in goals if of == part),
                      measurement="taskset")
            for part in (10, 25, 50, 100)]  # fmt: skip


ROWS = [
    row("trials_class", "trials/s", at_least(5000), at_least(2000, "peer"), at_least(150, "ray_reuse"),
        at_least(100, "optuna_sqlite"), has_peer=True, others=("ray_reuse", "optuna_sqlite", "optuna_journal"),
        **sqlite(1, 1000)),
    row("trials_function", "trials/s", at_least(5000), at_least(2000, "peer"), has_peer=True, others=("ray_reuse",),
        **sqlite(1, 1000)),
    row("trials_fresh", "trials/s", at_least(300)),
    row("trials_command", "trials/s", at_most(ENOUGH, "limit"), limit_key="trials_command.xargs"),
    row("reports_waiting", "rows/s", at_most(ENOUGH, "limit"), at_least(200, "peer"), has_peer=True, **sqlite(1, 3000)),
    row("reports_two_trials", "rows/s", **sqlite(2, 6000)),
    row("reports_pipelined", "rows/s", at_least(100_000)),
    row("reports_64_trials", "rows/s", at_least(150_000), **sqlite(64, 32_000)),
    writer("writer_one_trial", 1, at_least(100_000)),
    writer("writer_64_trials", 64, at_least(150_000)),
    row("pbt_exploit_50_mb", "ms", at_most(15), has_peer=True, others=("ray_reuse",)),
    row("pause_50_mb", "ms", at_most(15)),
    row("resume_50_mb", "ms", at_most(15), measurement="pause_50_mb"),
    row("slots_busy", "%", at_least(97)),
    row("slots_idle_gp", "%", at_most(3)),
    row("resume_1m_reports", "s", at_most(1)),
    simulated("decision", "us"),
    simulated("decision.last", "us", at_most(1.5, "decision"), measurement="decision"),
    simulated("bytes_per_trial", "bytes", at_most(512), measurement="decision"),
    simulated("simulated_slots_busy", "%", at_least(97)),
    simulated("simulated_reports_fifo", "reports/s", at_least(200_000), measurement="simulated_reports"),
    simulated("simulated_reports_asha", "reports/s", at_least(200_000), measurement="simulated_reports"),
    *taskset("random"),
    *taskset("i_epoch"),
    *taskset("asha", (25, at_most(0.182)), (100, at_most(0.062))),
    *taskset("asha_promote", (25, at_most(0.182)), (25, at_most(1, "taskset_asha.25")),
             (100, at_most(0.062)), (100, at_most(1, "taskset_asha.100"))),
]  # fmt: skip
