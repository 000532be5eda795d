#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the rules of the house over a source tree: layout.py ROOT prints each breach and exits with 1 if there is one.

Rules: includes between folders point only where FOLDERS allows; a third-party header stays in its HOMES; a source
includes its own header first; a test's names stand in a namespace of its own; no file exceeds MAX_LINES; the SPDX line comes first; no marks of unfinished work; the
top level holds TOP_LEVEL and dotfiles only. That each header compiles alone is checked by the build (CMakeLists.txt).
"""

import os
import re
import subprocess
import sys

MAX_LINES = 600
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "README.md", "LICENSE",
    "core", "tune", "searchers", "schedulers", "integrations", "examples", "tests", "docs", "scripts",
}  # fmt: skip
SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCE_ENDINGS = (".h", ".cc", ".py", ".sh", ".cmake", ".cmake.in", "CMakeLists.txt")
# Spelled in two halves, so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)

# The floors of core/, lowest first: a folder sees those before it.
CORE = ["base", "shm", "objects", "placement", "net", "control", "node", "worker", "api"]
# Those that every program has.
ROOT_INTEGRATIONS = ["integrations/command", "integrations/external_searcher", "integrations/plugin"]
# What each folder may include besides itself; "core/*" is all of core, "tune" the interfaces directly in tune/.
FOLDERS = {
    **{f"core/{name}": [f"core/{lower}" for lower in CORE[:floor]] for floor, name in enumerate(CORE)},
    "tune/space": ["core/base"],
    "tune/trial": ["core/base", "tune/space"],
    "tune/checkpoint": ["core/*", "tune/trial"],
    "tune": ["core/*", "tune/space", "tune/trial", "tune/checkpoint"],
    "tune/results": ["core/base", "core/objects", "tune", "tune/space", "tune/trial", "tune/checkpoint", "tune/loop"],
    "tune/loop": ["core/base", "core/objects", "tune", "tune/space", "tune/trial", "tune/checkpoint"],
    "tune/actor": ["core/*", "tune", "tune/space", "tune/trial", "tune/checkpoint"],
    "searchers": ["core/base", "tune", "tune/space", "tune/trial"],
    "schedulers": ["core/base", "tune", "tune/space", "tune/trial", "searchers"],
    "integrations/*": ["core/*", "tune", "tune/space", "tune/trial", "tune/checkpoint"],
    "integrations/external_searcher": ["core/*", "tune", "tune/space", "tune/trial", "integrations/command"],
    # The composition root: the only places that know all parts by name.
    "tune/cli": ["core/*", "tune/*", "searchers", "schedulers", *ROOT_INTEGRATIONS],
    "tune/include": ["core/*", "tune/*", "searchers", "schedulers", *ROOT_INTEGRATIONS],
    "examples/*": ["core/*", "tune/*", "searchers", "schedulers", "integrations/*"],
    "tests": ["core/*", "tune/*", "searchers", "schedulers", "integrations/*", "examples/*"],
}
# Where each third-party header may be included, by the start of its name.
HOMES = {
    "grpc": ["core/net"],
    "google/protobuf": ["core/net"],
    "sqlite3": ["tune/results", "core/control", "tests"],
    "torch/": ["integrations/torch", "examples", "tests"],
    "ATen/": ["integrations/torch", "examples", "tests"],
    "c10/": ["integrations/torch", "examples", "tests"],
    "Eigen/": ["searchers", "integrations/eigen", "examples", "tests"],
    "CLI/": ["tune/cli"],
    "boost/": ["searchers"],
    "rapidcheck": ["tests"],
    "nlohmann/": [""],  # Anywhere, but in a header only where the header is internal to its folder.
}


def list_files(root):
    """All files of the tree: what git knows or would add, or, without git, everything but builds and runs."""
    git = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(git, capture_output=True, check=True).stdout.decode().split("\0")
        return sorted({path for path in listed if path and os.path.exists(os.path.join(root, path))})
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".") and os.path.join(folder, f) not in
                      (os.path.join(root, "build"), os.path.join(root, "runs"))]
        found += [os.path.relpath(os.path.join(folder, file), root) for file in files]
    return sorted(found)


def folder_of(path):
    """The folder whose rules govern `path`: "core/base/result.h" is of "core/base", "tune/searcher.h" of "tune"."""
    parts = path.split("/")[:-1]
    if not parts:
        return ""
    if parts[0] in ("searchers", "schedulers", "tests"):
        return parts[0]
    return "/".join(parts[:2])


def rule_of(folder):
    """The entry of FOLDERS for `folder`, or None if no rule knows it."""
    return FOLDERS.get(folder, FOLDERS.get(folder.split("/")[0] + "/*"))


def permits(allowed, folder):
    """True if `folder` is one of `allowed`, in which "tune/*" stands for tune/ and all that is below."""
    top = folder.split("/")[0]
    return folder in allowed or top + "/*" in allowed


def resolve(path, name, files):
    """The tracked file that `#include "name"` in `path` means, or None: from the root, else from beside `path`."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name))
    return name if name in files else beside if beside in files else None


def check_project_include(path, name, files):
    """Breaches of #include "name" in `path`."""
    target = resolve(path, name, files)
    if target is None:
        return [f'includes "{name}", which is no file of this tree']
    here, there = folder_of(path), folder_of(target)
    owner = target.split("/internal/")[0]
    if owner != target and not path.startswith((owner + "/", f"tests/{owner}/")):
        return [f"includes {target}, which is internal to its folder"]
    if here == there:
        return []
    allowed = rule_of(here)
    if allowed is None:
        return [f'folder "{here}" has no rule in tests/layout/layout.py: add it to FOLDERS']
    return [] if permits(allowed, there) else [f"includes {target}: {here} may not use {there}"]


def check_third_party_include(path, name):
    """Breaches of #include <name> in `path`."""
    for start, homes in HOMES.items():
        if not name.startswith(start):
            continue
        if not any(home == "" or path.startswith(home + "/") for home in homes):
            return [f"includes <{name}>, whose home is {' or '.join(homes)}"]
        if start == "nlohmann/" and path.endswith(".h") and "/internal/" not in path:
            return [f"includes <{name}> in a header: JSON stays in .cc files at the borders"]
    return []


def check_source(path, text, files):
    """All breaches inside one C++ file."""
    breaches = []
    includes = INCLUDE.findall(text)
    for quote, name in includes:
        breaches += check_project_include(path, name, files) if quote == '"' else check_third_party_include(path, name)
    own_header = path[:-3] + ".h"
    if path.endswith(".cc") and own_header in files:
        if not includes or resolve(path, includes[0][1], files) != own_header:
            breaches.append(f"must include {own_header} first, which proves that the header compiles alone")
    if path.endswith("_test.cc"):
        stem = os.path.basename(path)[:-3]
        if not re.search(rf"^namespace manta(::\w+)*::{stem} {{$", text, re.MULTILINE):
            breaches.append(f"must put its names into namespace manta::{stem}, since it may be compiled together with others")
    return breaches


def check_file(path, text, files):
    """All breaches inside one file that is a source of any language."""
    breaches = []
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        breaches.append(f"has {len(lines)} lines; the limit is {MAX_LINES}: give each concept a file of its own")
    first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not first or SPDX not in first[0]:
        breaches.append(f'must start with the line "{SPDX}"')
    for number, line in enumerate(lines, start=1):
        if UNFINISHED.search(line):
            breaches.append(f"line {number} marks unfinished work")
    if path.endswith((".h", ".cc")):
        breaches += check_source(path, text, files)
    return breaches


def is_source(path, text):
    """True for what a person wrote as code: by ending, or by the first line of a script."""
    return path.endswith(SOURCE_ENDINGS) or text.startswith("#!")


def check_tree(root):
    """All breaches in the tree at `root`, as lines "path: what is wrong"."""
    files = set(list_files(root))
    breaches = []
    for entry in sorted({path.split("/")[0] for path in files}):
        if entry not in TOP_LEVEL and not entry.startswith("."):
            breaches.append(f"{entry}: does not belong at the top level, which holds {' '.join(sorted(TOP_LEVEL))}")
    for path in sorted(files):
        if path.startswith("examples/data/"):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        if is_source(path, text):
            breaches += [f"{path}: {breach}" for breach in check_file(path, text, files)]
    return breaches


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        print(__doc__, file=sys.stderr)
        return 2
    breaches = check_tree(sys.argv[1])
    for breach in breaches:
        print(breach)
    print(f"{len(breaches)} breaches of the layout", file=sys.stderr)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
