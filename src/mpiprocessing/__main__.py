"""`mpiexec -n N python -m mpiprocessing [--keep-multiprocessing] [-m module | -c code | script.py] [args]`

Rank 0 runs the program, each other rank one child process at a time. With `--keep-multiprocessing` the name `multiprocessing`
stays the standard library's, whose children are processes of rank 0's machine; ours are found as `mpiprocessing`.

`python -m mpiprocessing compare …` runs the comparison instead.
"""

from __future__ import annotations

import sys

from mpiprocessing import binding, process
from mpiprocessing.core.errors import LaunchError
from mpiprocessing.core.job import run
from mpiprocessing.core.program import Program

USAGE = """\
usage: mpiexec -n RANKS python -m mpiprocessing [--keep-multiprocessing] (PROGRAM.py | -m MODULE | -c CODE) [ARGUMENT ...]
       python -m mpiprocessing compare [PATTERN ... | PROGRAM.py] [-n RANKS]

Runs a program written for multiprocessing: rank 0 runs it, each other rank runs one child process at a time.

  --keep-multiprocessing   `import multiprocessing` is the standard library's, as without mpiprocessing; ours is mpiprocessing
"""

KEEP = "--keep-multiprocessing"


def parse(arguments: list[str]) -> Program:
    """What the command line asks to be run.

    Args:
        arguments: the command line without the program's own name.

    Raises:
        LaunchError: it asks for nothing that could be run.
    """
    if not arguments:
        raise LaunchError("no program given\n\n" + USAGE)
    first, *rest = arguments
    if first in ("-m", "-c"):
        if not rest:
            raise LaunchError(f"{first} needs an argument\n\n" + USAGE)
        return Program("module" if first == "-m" else "code", rest[0], tuple(rest[1:]))
    if first.startswith("-"):
        raise LaunchError(f"unknown option {first}\n\n" + USAGE)
    return Program("script", first, tuple(rest))


def main() -> int:
    """Run what the command line asks for; returns the status for the shell."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["compare"]:
        from mpiprocessing.compare.cli import (
            main as compare,  # the other way to use this package: no MPI in this process
        )

        return compare(arguments[1:])
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(USAGE)
        return 0
    bind = binding.bind
    if arguments[:1] == [KEEP]:
        del arguments[0]
        bind = binding.keep
    try:
        return run(parse(arguments), bind, process.shut_down, process.run_child)
    except LaunchError as error:
        sys.stderr.write(f"mpiprocessing: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
