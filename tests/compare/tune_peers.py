# SPDX-License-Identifier: Apache-2.0
"""Other tuners beside the peer: Python programs in its environment, which print the keys of the rows that they measure."""

import dataclasses
import sys

import peer


@dataclasses.dataclass(frozen=True)
class System:
    """One of them."""

    title: str  # As the table says it.
    program: str  # Below this folder.
    arguments: tuple


SYSTEMS = {
    "ray_reuse": System("Ray Tune, actors reused", "ray/tune_benchmark.py", ("--reuse-actors",)),
    "optuna_sqlite": System("Optuna on SQLite", "optuna/tune_benchmark.py", ("sqlite",)),
    "optuna_journal": System("Optuna on its journal", "optuna/tune_benchmark.py", ("journal",)),
}

SEARCH_SYSTEMS = {"cmaes": System("cmaes", "optuna/cmaes_benchmark.py", ())}


def measure(systems, rows, python, folder):
    """The values, by key, that each of `systems` prints for the rows that name it; nothing of one that fails."""
    values = {}
    for name, system in systems.items():
        measurements = list(dict.fromkeys(row.measurement for row in rows if name in row.others))
        if not measurements:
            continue
        print(system.title, file=sys.stderr)
        command = [str(python), "-B", str(peer.FOLDER / system.program), *system.arguments, *measurements]
        values[name] = peer.run_peer(command, folder)
    return values
