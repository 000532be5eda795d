# SPDX-License-Identifier: Apache-2.0
"""Runs the peer of a suite in its Python environment, which is made when it is missing."""

import pathlib
import subprocess
import sys

from comparison import yardstick

FOLDER = pathlib.Path(__file__).resolve().parent
TIMEOUT_SECONDS = 1200  # All rows of one round.
PATIENCE_SECONDS = 60  # To end its processes when told to.


def pinned_version(requirements, package):
    """The version of `package` that the text of a requirements.txt pins, or None."""
    for line in requirements.splitlines():
        name, _, version = line.partition("==")
        if name.strip() == package:
            return version.strip()
    return None


def make_environment(folder, requirements):
    """Returns the Python of the environment at `folder` with what the file `requirements`, below this folder, pins; or
    None, with a message, if it cannot be made."""
    command = [str(FOLDER / "make_venv"), str(folder), str(FOLDER / requirements)]
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode == 0:
        return folder / "bin/python"
    print("the peer's environment cannot be made: its columns stay empty", file=sys.stderr)
    return None


def run_peer(command, folder):
    """The values, by name, that the program `command` prints in `folder`. What fails is missing, with a message."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    except BaseException as error:
        # It ends all that it has started when it is asked to, and not when it is killed.
        process.terminate()
        try:
            output, errors = process.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
    if process.returncode != 0:
        print(f"{command[0]}: status {process.returncode}: {errors[-2000:]}", file=sys.stderr)
    return yardstick.read_lines("\n".join(line for line in output.splitlines() if line.startswith('{"name"')))
