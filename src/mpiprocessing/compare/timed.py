"""`python timed.py [-m module | script.py] [args]`: run a program as Python does, and note how long it took.

Theory of operation: the column of the standard library is run through this file, so that its work time
means what it means in the other columns: the user's program, from the first line of its module to the last.
The file is started by its path and imports nothing but the standard library: that column has no part of
this package in it. The program becomes `__main__`, with the `sys.argv` and `sys.path` that it would have by
itself, also in the children that the spawn start method makes.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import time

__all__ = ["main"]


def main(argv: list[str]) -> None:
    """Run a program and write its work time to the file that MPIPROCESSING_STATISTICS names.

    Args:
        argv: `-m module` or a script, and the program's own arguments.

    Raises:
        SystemExit: what the program ended with, or 2 without a program.
    """
    is_module = argv[:1] == ["-m"]
    words = argv[1:] if is_module else argv
    if not words:
        print("usage: python timed.py [-m module | script.py] [args]", file=sys.stderr)
        sys.exit(2)
    sys.argv[:] = words
    if not getattr(sys.flags, "safe_path", False):  # with -P, Python puts no folder in front
        sys.path[0] = os.getcwd() if is_module else os.path.dirname(os.path.realpath(words[0]))
    owner, started = os.getpid(), time.perf_counter()
    try:
        if is_module:
            runpy.run_module(words[0], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(words[0], run_name="__main__")
    finally:
        if os.getpid() == owner:  # not in a child that the program forked and that comes back here
            _write(time.perf_counter() - started)


def _write(seconds: float) -> None:
    path = os.environ.get("MPIPROCESSING_STATISTICS")
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"ranks": 1, "kinds": {}, "work_seconds": seconds}, file)


if __name__ == "__main__":
    main(sys.argv[1:])
