#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The measurements of manta_core_benchmark, in Ray: microbenchmark.py [NAME…] prints lines of JSON; without names, all.

Each Ray is one of our own, with a directory of its own and without the dashboard, and all of its processes have ended
when this program ends. tests/compare/run starts it.
"""

import os
import subprocess
import sys
import time
import traceback

from local_ray import CPUS, end_on_sigterm, own_ray  # First: it sets what Ray reads when it is loaded.

import numpy
import processes
import ray
from measuring import (ENOUGH, emit, emit_steps, emit_times, latencies, measure_rate, rate_of_span, shortest_work,
                       time_of)  # fmt: skip

MIB = 1 << 20
BATCH, BATCH_OF_EACH, REFS = 1000, 5000, 1000
TASKS, PUTS_OF_TASK, LARGE_PUTS_OF_TASK, LARGE_BYTES = 10, 100, 10, 80 * MIB
MEASUREMENTS = {}  # From names to functions.
SHARING = []  # Names of those that share one Ray; the others start their own.


def measurement(name, shares_ray=True):
    """Enters a function, which gets its name."""

    def enter(function):
        MEASUREMENTS[name] = function
        if shares_ray:
            SHARING.append(name)
        return function

    return enter


@ray.remote(num_cpus=0)
class SmallActor:
    def small_value(self):
        return b"ok"

    def small_value_with(self, _):
        return b"ok"

    def pid(self):
        return os.getpid()


@ray.remote(num_cpus=0)
class AsyncActor:
    async def small_value(self):
        return b"ok"

    async def small_value_with(self, _):
        return b"ok"


@ray.remote
def small_value():
    return b"ok"


@ray.remote(num_cpus=0)
class Client:
    def call_actor(self, actor):
        get_batch(actor.small_value.remote)

    def call_actor_with_ref(self, actor):
        argument = ray.put(0)
        get_batch(lambda: actor.small_value_with.remote(argument))

    def run_tasks(self):
        get_batch(small_value.remote)


@ray.remote
def put_many():
    for _ in range(PUTS_OF_TASK):
        ray.put(0)


@ray.remote
def put_large():
    array = numpy.zeros(LARGE_BYTES // 8, dtype=numpy.int64)
    for _ in range(LARGE_PUTS_OF_TASK):
        ray.put(array)


@ray.remote
def many_refs():
    return [ray.put(1) for _ in range(10 * REFS)]


def get_batch(call):
    ray.get([call() for _ in range(BATCH)])


# Calls of actors, and tasks.


def print_calls(name, actor):
    emit_times(name, latencies(lambda: ray.get(actor.small_value.remote()), 3000), "us")


@measurement("1_1_actor_calls_sync")
def actor_calls_sync(name):
    print_calls(name, SmallActor.remote())


@measurement("1_1_async_actor_calls_sync")
def async_actor_calls_sync(name):
    print_calls(name, AsyncActor.remote())


@measurement("1_1_actor_calls_sync_one_core", shares_ray=False)
def actor_calls_sync_one_core(name):
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        with own_ray():
            actor = SmallActor.remote()
            emit_times(name, latencies(lambda: ray.get(actor.small_value.remote()), 1000), "us")
    finally:
        os.sched_setaffinity(0, cores)


@measurement("1_1_actor_calls_sync_asleep")
def actor_calls_sync_asleep(name):
    actor = SmallActor.remote()
    emit_times(name, latencies(lambda: ray.get(actor.small_value.remote()), 1000, pause=0.01), "us")


def print_batches(name, actor):
    emit(name, measure_rate(lambda: get_batch(actor.small_value.remote)) * BATCH, "calls/s")


@measurement("1_1_actor_calls_async")
def actor_calls_async(name):
    print_batches(name, SmallActor.remote())


@measurement("1_1_actor_calls_concurrent")
def actor_calls_concurrent(name):
    print_batches(name, SmallActor.options(max_concurrency=16).remote())


@measurement("1_1_async_actor_calls_async")
def async_actor_calls_async(name):
    print_batches(name, AsyncActor.remote())


@measurement("1_1_actor_calls_with_arg_async")
def actor_calls_with_arg_async(name):
    actor = SmallActor.remote()

    def batch():
        argument = ray.put(0)
        get_batch(lambda: actor.small_value_with.remote(argument))

    emit(name, measure_rate(batch) * BATCH, "calls/s")


@measurement("1_1_async_actor_calls_with_args_async")
def async_actor_calls_with_args_async(name):
    actor = AsyncActor.remote()

    def batch():
        ray.get([actor.small_value_with.remote(i) for i in range(BATCH)])

    emit(name, measure_rate(batch) * BATCH, "calls/s")


def print_one_to_n(name, actor_class):
    actors = [actor_class.remote() for _ in range(CPUS)]

    def batch():
        ray.get([actor.small_value.remote() for actor in actors for _ in range(BATCH_OF_EACH)])

    emit(name, measure_rate(batch) * CPUS * BATCH_OF_EACH, "calls/s")


@measurement("1_n_actor_calls_async")
def one_to_n_actor_calls_async(name):
    print_one_to_n(name, SmallActor)


@measurement("1_n_async_actor_calls_async")
def one_to_n_async_actor_calls_async(name):
    print_one_to_n(name, AsyncActor)


def print_n_to_n(name, actor_class, method):
    """Each client by its `method` with an actor of its own."""
    actors = [actor_class.remote() for _ in range(CPUS)]
    clients = [Client.remote() for _ in range(CPUS)]

    def batch():
        ray.get([getattr(client, method).remote(actor) for client, actor in zip(clients, actors)])

    emit(name, measure_rate(batch) * CPUS * BATCH, "calls/s")


@measurement("n_n_actor_calls_async")
def n_to_n_actor_calls_async(name):
    print_n_to_n(name, SmallActor, "call_actor")


@measurement("n_n_actor_calls_with_arg_async")
def n_to_n_actor_calls_with_arg_async(name):
    print_n_to_n(name, SmallActor, "call_actor_with_ref")


@measurement("n_n_async_actor_calls_async")
def n_to_n_async_actor_calls_async(name):
    print_n_to_n(name, AsyncActor, "call_actor")


@measurement("single_client_tasks_sync")
def tasks_sync(name):
    emit_times(name, latencies(lambda: ray.get(small_value.remote()), 2000), "us")


@measurement("single_client_tasks_async")
def tasks_async(name):
    emit(name, measure_rate(lambda: get_batch(small_value.remote)) * BATCH, "tasks/s")


@measurement("single_client_tasks_and_get_batch")
def tasks_and_get_batch(name):
    emit(name, measure_rate(lambda: get_batch(small_value.remote)), "batches/s")


@measurement("multi_client_tasks_async")
def multi_client_tasks_async(name):
    clients = [Client.remote() for _ in range(CPUS)]
    emit(name, measure_rate(lambda: ray.get([c.run_tasks.remote() for c in clients])) * CPUS * BATCH, "tasks/s")


# Objects.


@measurement("single_client_get_calls")
def get_calls(name):
    ref = ray.put(0)
    emit_steps(name, lambda: ray.get(ref), "us")


@measurement("single_client_put_calls")
def put_calls(name):
    emit_steps(name, lambda: ray.put(0), "us")


@measurement("multi_client_put_calls")
def multi_client_put_calls(name):
    emit(name, measure_rate(lambda: ray.get([put_many.remote() for _ in range(TASKS)])) * TASKS * PUTS_OF_TASK, "puts/s")


@measurement("single_client_put_gigabytes")
def put_gigabytes(name):
    array = numpy.zeros(100 * MIB, dtype=numpy.int64)
    emit(name, measure_rate(lambda: ray.put(array)) * array.nbytes / 1e9, "GB/s")


@measurement("multi_client_put_gigabytes")
def multi_client_put_gigabytes(name):
    rate = measure_rate(lambda: ray.get([put_large.remote() for _ in range(TASKS)]))
    emit(name, rate * TASKS * LARGE_PUTS_OF_TASK * LARGE_BYTES / 1e9, "GB/s")


def put_array(name, size, repetitions):
    array = numpy.ones(size // 8, dtype=numpy.int64)
    emit_times(name, [time_of(lambda: ray.put(array)) for _ in range(3 + repetitions)][3:], "us")


@measurement("put_1_mb")
def put_1_mb(name):
    put_array(name, MIB, 1000)


@measurement("put_100_mb")
def put_100_mb(name):
    put_array(name, 100 * MIB, 100)


@measurement("get_100_mb")
def get_100_mb(name):
    ref = ray.put(numpy.ones(100 * MIB // 8, dtype=numpy.int64))
    emit_steps(name, lambda: ray.get(ref), "us")


@measurement("single_client_wait_1k_refs")
def wait_1k_refs(name):
    def step():
        pending = [small_value.remote() for _ in range(REFS)]
        _, pending = ray.wait(pending)  # This asks for all values to be brought here; once is enough.
        while pending:
            _, pending = ray.wait(pending, fetch_local=False)

    emit_steps(name, step, "ms")


@measurement("single_client_get_object_containing_10k_refs")
def get_10k_refs(name):
    ref = many_refs.remote()
    emit_steps(name, lambda: ray.get(ref), "ms")


# Processes.


def create_actor():
    actor = SmallActor.remote()
    ray.get(actor.small_value.remote())
    return actor


@measurement("actor_creation")
def actor_creation(name):
    times = []
    for _ in range(12):
        begin = time.perf_counter()
        actor = create_actor()
        times.append(time.perf_counter() - begin)
        del actor  # Its process ends outside of the time that is taken.
    emit_times(name, times[2:], "ms")


def first_result():
    """A whole program, which start_to_first_result starts: runs one task and says when its result was there."""
    with own_ray():
        ray.get(small_value.remote())
        print(time.monotonic(), flush=True)


@measurement("start_to_first_result", shares_ray=False)
def start_to_first_result(name):
    times = []
    for _ in range(3):
        begin = time.monotonic()
        done = subprocess.run([sys.executable, "-B", __file__, "first_result"], stdout=subprocess.PIPE, check=True)
        times.append(float(done.stdout) - begin)
    emit_times(name, times, "ms")


@measurement("idle_memory", shares_ray=False)
def idle_memory(_):
    with own_ray():
        actor = create_actor()
        pid = ray.get(actor.pid.remote())
        time.sleep(5)  # Until workers that are started ahead are there.
        for name, of in (("idle_memory_worker", [pid]), ("idle_memory_runtime", processes.descendants())):
            own, proportional = processes.memory_use(of)
            emit(name, own / 1e6, "MB")
            emit(f"{name}.proportional", proportional / 1e6, "MB")


@measurement("idle_cpu", shares_ray=False)
def idle_cpu(name):
    with own_ray():
        actor = create_actor()
        time.sleep(5)
        ours = [os.getpid(), *processes.descendants()]
        before, begin = processes.cpu_seconds(ours), time.perf_counter()
        time.sleep(2)
        elapsed = time.perf_counter() - begin
        emit(name, (processes.cpu_seconds(ours) - before) / elapsed * 100, "%")
        del actor


# The granularity of tasks.


def work(steps):
    """A fixed amount of work. Spinning until some time would count the time in which another process had the core."""
    value = steps
    for _ in range(steps):
        value = (value * 5 + 1) & 0xFFFF
    return value


def print_metg(name, workers):
    remote_work = ray.remote(work)
    steps_per_us = max(10_000 / time_of(lambda: work(10_000)) for _ in range(100)) / 1e6

    def efficiency(us):
        steps = int(us * steps_per_us)
        rate = rate_of_span(lambda: get_batch(lambda: remote_work.remote(steps)), 1.0, 1)
        return rate * BATCH * us / 1e6 / workers

    with own_ray(workers):
        get_batch(lambda: remote_work.remote(1))
        us = shortest_work(efficiency, 4096, 4 * 4096)
        if us is None:
            raise RuntimeError("no task is long enough: is the machine busy?")
        emit(name, us / ENOUGH, "us")
        emit(f"{name}.work", us, "us")


@measurement("metg_1_worker", shares_ray=False)
def metg_1_worker(name):
    print_metg(name, 1)


@measurement("metg_2_workers", shares_ray=False)
def metg_2_workers(name):
    print_metg(name, 2)


def run_each(names):
    """Returns the names of the measurements that failed."""
    failed = []
    for name in names:
        print(name, file=sys.stderr)
        try:
            MEASUREMENTS[name](name)
        except Exception:
            traceback.print_exc()
            failed.append(name)
    return failed


def main():
    end_on_sigterm()
    processes.adopt_orphans()
    names = sys.argv[1:] or list(MEASUREMENTS)
    if names == ["first_result"]:
        return first_result()
    if unknown := [name for name in names if name not in MEASUREMENTS]:
        print(f"unknown: {' '.join(unknown)}; there are: {' '.join(MEASUREMENTS)}", file=sys.stderr)
        return 2
    shared = [name for name in names if name in SHARING]
    failed = run_each([name for name in names if name not in SHARING])
    if shared:
        with own_ray():
            failed += run_each(shared)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
