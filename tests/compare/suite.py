# SPDX-License-Identifier: Apache-2.0
"""The suites: which rows, against which peer, beside which other systems."""

import dataclasses

import core_rows
import messaging
import peer
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

    def run_peer(self, python, folder):
        """See comparison.Tools.run_peer."""
        command = [str(python), "-B", str(peer.FOLDER / self.program)]
        return lambda measurements: peer.run_peer([*command, *measurements], folder)


def prepare_messaging(rows, _, folder):
    systems = messaging.build(dict.fromkeys(name for row in rows for name in row.others), folder)
    return lambda: messaging.measure(systems, folder)


def prepare_tuners(rows, python, folder):
    return lambda: tune_peers.measure(rows, python, folder) if python else {}


def prepare_none(*_):
    return dict


SUITES = {
    "core": Suite(core_rows.ROWS, "Ray", "ray/microbenchmark.py",
                  {name: system.title for name, system in messaging.SYSTEMS.items()}, prepare_messaging),
    "tune": Suite(tune_rows.ROWS, "Ray Tune", "ray/tune_benchmark.py",
                  {name: system.title for name, system in tune_peers.SYSTEMS.items()}, prepare_tuners),
    "search": Suite(search_rows.ROWS, "Optuna", "optuna/search_benchmark.py", {}, prepare_none, "optuna"),
}  # fmt: skip
