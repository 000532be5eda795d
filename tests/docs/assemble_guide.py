#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assemble_guide.py GUIDE PROGRAM: makes one program of a guide's code, so that what stands there compiles and runs.

A code block after the line "<!-- top -->" stands outside of functions, one after "<!-- main -->" inside main(); each kind in
the order of the guide. A C++ block after neither is an error: it would be shown and never compiled.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"(?:<!-- (top|main) -->\n)?```cpp\n(.*?)```", re.DOTALL)


def assemble(text):
    parts = {"top": [], "main": []}
    for match in BLOCK.finditer(text):
        place, code = match.groups()
        if place is None:
            raise ValueError(f"a code block says neither top nor main: {code.splitlines()[0]}")
        parts[place].append(code)
    if not parts["main"]:
        raise ValueError("the guide has no code for main()")
    return "\n".join(parts["top"]) + "\nint main(int argc, char** argv) {\n" + "\n".join(parts["main"]) + "}\n"


def main():
    guide, program = map(pathlib.Path, sys.argv[1:])
    program.write_text(assemble(guide.read_text()))


if __name__ == "__main__":
    main()
