# SPDX-License-Identifier: Apache-2.0
"""Other message systems beside the peer: small programs that do what some rows do, by a library of the distribution.

Each prints the keys of the rows that it measures. What cannot be built stays out, with a message.
"""

import dataclasses
import pathlib
import sys

from comparison import yardstick

FOLDER = pathlib.Path(__file__).resolve().parent / "messaging"


@dataclasses.dataclass(frozen=True)
class System:
    """One of them."""

    title: str  # As the table says it.
    libraries: tuple
    package: str  # Of Debian.


SYSTEMS = {
    "zeromq": System("ZeroMQ", ("-lzmq",), "libzmq3-dev"),
    "caf": System("CAF", ("-lcaf_io", "-lcaf_core"), "libcaf-dev"),
}


def build(names, folder):
    """Builds the programs of the systems `names` into `folder`. Returns the names of those that could be built."""
    built = []
    for name in names:
        system = SYSTEMS[name]
        command = ["g++", "-std=c++20", "-O2", str(FOLDER / f"{name}.cc"), "-o", str(folder / name), *system.libraries]
        if yardstick.run(command, folder) is not None:
            built.append(name)
        else:
            print(f"{system.title} stays out; its library: apt-get install {system.package}", file=sys.stderr)
    return built


def measure(names, folder):
    """The values, by key, that the program of each system prints; nothing of one that fails."""
    values = {}
    for name in names:
        print(SYSTEMS[name].title, file=sys.stderr)
        values[name] = yardstick.read_lines(yardstick.run([str(folder / name)], folder) or "")
    return values
