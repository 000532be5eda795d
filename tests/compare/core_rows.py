# SPDX-License-Identifier: Apache-2.0
"""The rows of the suite `core`: an actor runtime against Ray. docs/benchmarks_core.md says what each means.

The goals are for two CPUs.
"""

from comparison import Row
from goal import at_least, at_most, below

MIB = 1 << 20
ROUND_TRIP = {"yardstick": "ipc_lat futex 0 1 2000", "limit": "rtt.p50"}
PIPELINE = {"yardstick": "ipc_ring rpc 0 1 64 32 1024 2000", "limit": "calls", "scale": 1e6}
SHARE_OF_COPY = 0.85  # That a put is to reach of the speed of a copy.


def row(name, unit, *goals, program="", **compared):
    """A row whose program is the one of the same name, if no other is said."""
    return Row(name, f"core_benchmark {program or name}", name, unit, goals=goals, **compared)


def copy_of(size, limit="memcpy_warm.us"):
    return {"yardstick": f"mem warm {size}", "limit": limit}


def times(name, unit, *goals, **compared):
    """A row of single calls, whose tail is in the table too."""
    return row(name, unit, *goals, has_tail=True, **compared)


ACTOR_SYNC = times("1_1_actor_calls_sync", "us", at_most(0.75), at_most(1.5, "limit"), at_least(500, "peer"),
                   others=("zeromq", "caf", "ray_cpp"), **ROUND_TRIP)  # fmt: skip
TASKS_SYNC = times("single_client_tasks_sync", "us", at_most(2, ACTOR_SYNC.name), at_least(30, "peer"), others=("ray_cpp",),
                   **ROUND_TRIP)  # fmt: skip

ROWS = [
    ACTOR_SYNC,
    times("1_1_actor_calls_sync_one_core", "us", at_most(1.5, "limit"), at_least(80, "peer"),
          yardstick="ipc_lat futex 0 0 0", limit="rtt.p50"),
    times("1_1_actor_calls_sync_asleep", "us", at_most(1.5, "limit"), at_least(9, "peer"),
          yardstick="ipc_lat futex 0 1 0", limit="rtt.p50"),
    row("1_1_actor_calls_async", "calls/s", at_least(5e6), at_least(1000, "peer"), at_least(2, "zeromq"),
        at_least(40, "caf"), others=("zeromq", "caf", "ray_cpp"), **PIPELINE),
    row("1_1_actor_calls_concurrent", "calls/s"),
    row("1_1_actor_calls_with_arg_async", "calls/s", at_least(0.5, "1_1_actor_calls_async"), at_least(500, "peer")),
    row("1_n_actor_calls_async", "calls/s"),
    row("n_n_actor_calls_async", "calls/s", at_least(4e6), at_least(500, "peer")),
    row("n_n_actor_calls_with_arg_async", "calls/s", at_least(0.5, "n_n_actor_calls_async"), at_least(500, "peer")),
    times("1_1_async_actor_calls_sync", "us"),
    row("1_1_async_actor_calls_async", "calls/s"),
    row("1_1_async_actor_calls_with_args_async", "calls/s"),
    row("1_n_async_actor_calls_async", "calls/s"),
    row("n_n_async_actor_calls_async", "calls/s"),
    TASKS_SYNC,
    row("single_client_tasks_async", "tasks/s", at_least(1e6), at_least(500, "peer"), others=("ray_cpp",),
        **PIPELINE),
    row("single_client_tasks_and_get_batch", "batches/s"),
    row("multi_client_tasks_async", "tasks/s", at_least(100, "peer")),
    times("single_client_get_calls", "us", at_most(0.2), at_least(500, "peer"), others=("ray_cpp",)),
    times("single_client_put_calls", "us", at_most(0.4), at_least(1000, "peer"), others=("ray_cpp",)),
    row("multi_client_put_calls", "puts/s"),
    row("single_client_put_gigabytes", "GB/s", **copy_of(800 * MIB, "memcpy_warm.GBps")),
    row("multi_client_put_gigabytes", "GB/s"),
    times("put_1_mb", "us", at_most(1 / SHARE_OF_COPY, "limit"), at_least(25, "peer"), others=("ray_cpp",),
          **copy_of(MIB)),
    times("put_100_mb", "us", at_most(1 / SHARE_OF_COPY, "limit"), at_least(2, "peer"), others=("ray_cpp",),
          **copy_of(100 * MIB)),
    times("get_100_mb", "us", at_most(5), at_least(25, "peer"), others=("ray_cpp",)),
    times("get_1_gb", "us", at_most(5), has_peer=False),
    row("get_1_gb.first", "us", program="get_1_gb", has_peer=False),
    times("single_client_wait_1k_refs", "ms", at_most(5), at_least(20, "peer")),
    times("single_client_as_completed_10k_refs", "ms", has_peer=False),
    times("single_client_get_object_containing_10k_refs", "ms", at_least(20, "peer")),
    times("actor_creation", "ms", at_most(1), at_least(300, "peer")),
    Row("actor_creation_libtorch", "torch_benchmark actor_creation_libtorch", "actor_creation_libtorch", "ms",
        goals=(at_most(4),), has_tail=True, has_peer=False, needs="LibTorch"),
    times("start_to_first_result", "ms", at_most(25), at_least(150, "peer"),
          yardstick="spawn posix 20 0 -- {bin}/manta_spawned_process", limit="to_main", scale=1e-3),
    row("death_to_error", "ms", at_most(100), program="death", has_tail=True, has_peer=False),
    row("death_to_next_task", "ms", at_most(200), program="death", has_tail=True, has_peer=False),
    row("metg_1_worker", "us", at_most(5), at_least(100, "peer")),
    row("metg_2_workers", "us", at_most(5), at_least(100, "peer")),
    row("idle_memory_worker", "MB", at_most(2), at_least(20, "peer"), program="idle_memory"),
    row("idle_memory_runtime", "MB", at_most(8), at_least(50, "peer"), program="idle_memory"),
    row("idle_cpu", "%", below(0.5)),
    row("waiting_cost_all_cores_busy", "%", at_most(5), has_peer=False),
    row("waiting_cost_one_core", "%", at_most(5), has_peer=False),
]  # fmt: skip
