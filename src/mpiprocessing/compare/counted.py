"""Run a plain mpi4py program counted: `python -m mpiprocessing.compare.counted [-m module | script.py] [args]`.

Theory of operation: the work is done by counting/program.py, or by counting/tracedprogram.py where MPIPROCESSING_TIMELINE
asks for recordings; this file only starts it. Python runs the
`__init__` of every package on the way to a module, here that of the library, which the program has no use for
and whose import would count as its start-up. Started by its path, as the comparison does, this file therefore
puts a bare package in the place of the library while it imports the counter, and forgets both afterwards: a
program that imports mpiprocessing itself gets the real one.
"""

from __future__ import annotations

import importlib
import os
import sys
import types

__all__ = ["main"]

_LIBRARY = "mpiprocessing"
_TIMELINE = "MPIPROCESSING_TIMELINE"


def main(argv: list[str]) -> None:
    """Run a program of plain mpi4py and write its figures.

    Args:
        argv: `-m module` or a script (or `-c code`), and the program's own arguments.

    Raises:
        SystemExit: what the program ended with, or 2 without a program.
    """
    by_path = _LIBRARY not in sys.modules
    if by_path:
        _stand_in()
    if os.environ.get(_TIMELINE):
        program = importlib.import_module(f"{_LIBRARY}.compare.counting.tracedprogram")
    else:
        program = importlib.import_module(f"{_LIBRARY}.compare.counting.program")
    if by_path:
        _forget()
    program.main(argv)


def _stand_in() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    bare = types.ModuleType(_LIBRARY)
    bare.__path__ = [os.path.dirname(here)]
    sys.modules[_LIBRARY] = bare
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = os.getcwd()  # what it is for -m; a script's own folder takes its place later


def _forget() -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == _LIBRARY]:
        del sys.modules[name]


if __name__ == "__main__":
    main(sys.argv[1:])
