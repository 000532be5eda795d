# SPDX-License-Identifier: Apache-2.0
"""How the peer is measured: as tests/bench/benchmark_support.h and core_benchmark_metg.cc measure ours."""

import json
import statistics
import time

SPANS, SPAN_SECONDS, WARM_UP_SECONDS = 3, 1.0, 1.0
TAIL_SECONDS, MOST_STEPS = 3.0, 10_000
PER_SECOND = {"us": 1e6, "ms": 1e3}
ENOUGH = 0.5  # Efficiency, for the granularity of tasks.


def emit(name, value, unit):
    print(json.dumps({"name": name, "value": value, "unit": unit}), flush=True)


def quantile(values, part):
    """The value that the share `part` of `values` lies below."""
    return sorted(values)[int(part * (len(values) - 1))]


def emit_tail(name, values, unit):
    """What the median hides, as far as there are so many values that one at least lies beyond it."""
    for part, enough in (("p99", 100), ("p99.9", 1000)):
        if len(values) >= enough:
            emit(f"{name}.{part}", quantile(values, float(part[1:]) / 100), unit)


def emit_times(name, seconds, unit):
    """Times of single steps in "us" or "ms": their median as `name`, and their tail."""
    values = [each * PER_SECOND[unit] for each in seconds]
    emit(name, quantile(values, 0.5), unit)
    emit_tail(name, values, unit)


def emit_steps(name, step, unit):
    """The time of one of many steps, as `name`, and the tail of single ones: as many as take some seconds."""
    rate = measure_rate(step)
    emit(name, PER_SECOND[unit] / rate, unit)
    single = latencies(step, min(MOST_STEPS, int(rate * TAIL_SECONDS)))
    emit_tail(name, [each * PER_SECOND[unit] for each in single], unit)


def time_of(function):
    """The seconds that function() takes."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def latencies(function, count, pause=0.0):
    """Times of `count` calls, one after the other, each after `pause` seconds; a tenth as many come first to warm up."""
    for _ in range(count // 10):
        function()
    times = []
    for _ in range(count):
        if pause:
            time.sleep(pause)
        times.append(time_of(function))
    return times


def rate_of_span(step, seconds, burst):
    """Steps per second over at least `seconds`, with a look at the clock after every `burst` of them."""
    begin = time.perf_counter()
    elapsed, steps = 0.0, 0
    while elapsed < seconds:
        for _ in range(burst):
            step()
        steps += burst
        elapsed = time.perf_counter() - begin
    return steps / elapsed


def measure_rate(step):
    """Steps per second: the median of the spans, after one that warms up and tells how rarely to look at the clock."""
    burst = max(1, int(rate_of_span(step, WARM_UP_SECONDS, 1) / 100))
    return statistics.median(rate_of_span(step, SPAN_SECONDS, burst) for _ in range(SPANS))


def shortest_work(efficiency, start, longest):
    """The work per task at which efficiency(work) falls to half: from a length that is enough down in steps of two, then
    between the last two on a logarithmic scale. None if not even `longest` is enough."""
    work = start
    here = efficiency(work)
    while here < ENOUGH:
        if work >= longest:
            return None
        work *= 2
        here = efficiency(work)
    while (below := efficiency(work / 2)) >= ENOUGH:
        work /= 2
        here = below
    return work / 2 * 2 ** ((ENOUGH - below) / (here - below))
