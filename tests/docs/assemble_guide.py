#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""assemble_guide.py GUIDE PROGRAM [KIND]: makes one program of a guide's code, so that what stands there compiles and runs.

A code block after the line "<!-- top -->" stands outside of functions, one after "<!-- main -->" inside main(); each kind in
the order of the guide. With the KIND torch, those after "<!-- torch top -->" and "<!-- torch main -->" are taken instead. One
after a file's name, "<!-- program.cc -->", is a program of its own, which tests/consumer builds. A C++ block after none of these
is an error: it would be shown and never compiled.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"(?:<!-- ((?:torch )?(?:top|main)|\w+\.cc) -->\n)?```cpp\n(.*?)```", re.DOTALL)


def blocks(text):
    """Where each piece of C++ stands, and the code."""
    for match in BLOCK.finditer(text):
        place, code = match.groups()
        if place is None:
            raise ValueError(f"a code block says neither top nor main: {code.splitlines()[0]}")
        yield place, code


def place_of(part, kind):
    return f"{kind} {part}" if kind else part


def assemble(text, kind=None):
    parts = {place_of(part, kind): [] for part in ("top", "main")}
    for place, code in blocks(text):
        if place in parts:
            parts[place].append(code)
    top, main_code = parts.values()
    if not main_code:
        raise ValueError("the guide has no code for main()")
    return "\n".join(top) + "\nint main(int argc, char** argv) {\n" + "\n".join(main_code) + "}\n"


def main():
    guide, program = map(pathlib.Path, sys.argv[1:3])
    program.write_text(assemble(guide.read_text(), *sys.argv[3:]))


if __name__ == "__main__":
    main()
