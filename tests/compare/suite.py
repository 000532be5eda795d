# SPDX-License-Identifier: Apache-2.0
"""The suites: which rows, against which peer, beside which other systems."""

import dataclasses

import core_rows
import messaging
import peer
import ray_cpp
import search_rows
import tune_peers
import tune_rows


@dataclasses.dataclass(frozen=True)
class Suite:
    """One table."""

    rows: list  # Of comparison.Row.
    peer: str  # As the table says it, without its version.
    program: str  # The peer's, below this folder.
    titles: dict  # Of the other systems, by name.
    # From rows, the peers' Python and a folder to a function that measures: see comparison.Tools.run_others.
    prepare_others: object
    package: str = "ray"  # The peer's, whose version is told.
    requirements: str = "ray/requirements.txt"  # What its Python environment holds; below this folder.
    environment: str = "build/compare/venv"  # Where that is, below the source tree.

    def run_peer(self, python, folder):
        """See comparison.Tools.run_peer."""
        command = [str(python), "-B", str(peer.FOLDER / self.program)]
        return lambda measurements: peer.run_peer([*command, *measurements], folder)


def prepare_core(rows, python, folder):
    wanted = dict.fromkeys(name for row in rows for name in row.others)
    systems = messaging.build([name for name in wanted if name in messaging.SYSTEMS], folder)
    of_ray = ray_cpp.build(python, folder) if python and ray_cpp.NAME in wanted else None

    def measure():
        values = messaging.measure(systems, folder)
        return values | ({ray_cpp.NAME: ray_cpp.measure(of_ray, folder)} if of_ray else {})

    return measure


def prepare_programs(systems):
    return lambda rows, python, folder: lambda: tune_peers.measure(systems, rows, python, folder) if python else {}


SUITES = {
    "core": Suite(core_rows.ROWS, "Ray", "ray/microbenchmark.py",
                  {name: system.title for name, system in messaging.SYSTEMS.items()} | {ray_cpp.NAME: ray_cpp.TITLE},
                  prepare_core),
    "tune": Suite(tune_rows.ROWS, "Ray Tune", "ray/tune_benchmark.py",
                  {name: system.title for name, system in tune_peers.SYSTEMS.items()},
                  prepare_programs(tune_peers.SYSTEMS)),
    "search": Suite(search_rows.ROWS, "Optuna", "optuna/search_benchmark.py",
                    {name: system.title for name, system in tune_peers.SEARCH_SYSTEMS.items()},
                    prepare_programs(tune_peers.SEARCH_SYSTEMS), "optuna", "optuna/requirements.txt",
                    "build/compare/venv_search"),
}  # fmt: skip
