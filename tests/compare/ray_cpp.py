# SPDX-License-Identifier: Apache-2.0
"""Ray's C++ API beside its Python one: a program of ours against the library of the package ray-cpp."""

import sys

import peer
from comparison import yardstick

NAME, TITLE = "ray_cpp", "Ray's C++ API"
SOURCE = peer.FOLDER / "ray/cpp_calls.cc"
# As Ray's own template for users: its library is built for the C++ ABI of old.
OPTIONS = ["-std=c++17", "-O2", "-w", "-D_GLIBCXX_USE_CXX11_ABI=0"]


def build(python, folder):
    """Builds the program and the library that Ray's workers load, with the package of the environment that `python` is
    of. Returns the command that measures, or None, with a message."""
    package = next(python.parent.parent.glob("lib/python*/site-packages/ray/cpp"), None)
    if package is None:
        print(f"{TITLE} stays out: there is no package ray-cpp beside {python}", file=sys.stderr)
        return None
    link = ["-isystem", str(package / "include"), str(SOURCE), f"-L{package / 'lib'}", "-lray_api",
            f"-Wl,-rpath,{package / 'lib'}", "-lpthread"]  # fmt: skip
    program, library = folder / "ray_cpp_calls", folder / "ray_cpp_calls.so"
    for target, kind in ((program, []), (library, ["-shared", "-fPIC"])):
        if yardstick.run(["g++", *OPTIONS, *kind, *link, "-o", str(target)], folder) is None:
            print(f"{TITLE} stays out: its program cannot be compiled", file=sys.stderr)
            return None
    return [str(python), "-B", str(peer.FOLDER / "ray/cpp_benchmark.py"), str(program), str(library)]


def measure(command, folder):
    """The values, by key."""
    print(TITLE, file=sys.stderr)
    return peer.run_peer(command, folder)
