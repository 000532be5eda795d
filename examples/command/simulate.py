#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A little flow simulation that knows nothing of Manta: it prints one JSON line per report.

It carries a wave once around a ring, u_t + u_x = 0, and reports how fast it departs from the exact solution. Artificial
viscosity keeps the central scheme stable, smears the wave when it is too large, and blows the solution up when it is
larger still; the right amount depends on the time step. That is what the sweep has to find out.
"""

import argparse
import json
import math


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cfl", type=float, required=True, help="time step over cell width")
    parser.add_argument("--viscosity", type=float, required=True)
    parser.add_argument("--scheme", choices=["upwind", "central"], required=True)
    parser.add_argument("--cells", type=int, default=40)
    parser.add_argument("--reports", type=int, default=20)
    return parser.parse_args()


def advance(u, time_step, width, viscosity, scheme):
    """One explicit Euler step."""
    n = len(u)
    result = []
    for i in range(n):
        left, right = u[i - 1], u[(i + 1) % n]
        slope = (u[i] - left) / width if scheme == "upwind" else (right - left) / (2 * width)
        result.append(u[i] + time_step * (viscosity * (right - 2 * u[i] + left) / width**2 - slope))
    return result


def error_rate(u, width, time):
    """Root mean square distance from the exact solution, a sine that has travelled for `time`, per unit of time."""
    squares = [(value - math.sin(2 * math.pi * (i * width - time))) ** 2 for i, value in enumerate(u)]
    return math.sqrt(sum(squares) / len(u)) / time


def main():
    options = parse_arguments()
    width = 1.0 / options.cells
    u = [math.sin(2 * math.pi * i * width) for i in range(options.cells)]
    for report in range(options.reports):
        # The same simulated time for every time step: reports of different trials can be compared.
        steps = math.ceil(1.0 / options.reports / (options.cfl * width))
        time_step = 1.0 / options.reports / steps
        for _ in range(steps):
            u = advance(u, time_step, width, options.viscosity, options.scheme)
        error = error_rate(u, width, (report + 1) / options.reports)
        if not error < 1e6:
            raise SystemExit(f"report {report + 1}: the solution blew up")
        print(json.dumps({"error": error, "steps": steps}), flush=True)


if __name__ == "__main__":
    main()
