"""One column of the whole catalogue as one program.

    every_twin.py multiprocessing RANKS [START_METHOD]
    every_twin.py mpi4py RANKS

Theory of operation: starting MPI takes much longer than any twin, so this program calls `main` of every twin
that RANKS allow, one after the other, under a heading each. It is a program for multiprocessing like any other:
under `-m mpiprocessing` it plays the column of that name. A heading goes to stderr too, where the last one tells
in which twin a job has failed or hung.
"""

import importlib
import itertools
import multiprocessing.process
import sys

from mpi_examples.catalogue import CATALOGUE

HEADING = "=== "


def main(column: str, ranks: str, method: str = "") -> None:
    if method:
        multiprocessing.set_start_method(method)
    play = {"multiprocessing": play_multiprocessing, "mpi4py": play_mpi4py}[column]
    play(int(ranks))


def play_multiprocessing(ranks: int) -> None:
    for pattern in CATALOGUE:
        if pattern.min_ranks <= ranks:
            announce(str(pattern))
            # Default names are numbered, and every twin is written as a program of its own.
            multiprocessing.process._process_counter = itertools.count(1)
            importlib.import_module(pattern.multiprocessing_module).main()


def play_mpi4py(ranks: int) -> None:
    from mpi4py import MPI

    for pattern in CATALOGUE:
        if pattern.mpi4py_min_ranks <= ranks:
            # A twin receives from any source: none may be ahead in the next twin.
            MPI.COMM_WORLD.Barrier()
            if MPI.COMM_WORLD.rank == 0:
                announce(str(pattern))
            importlib.import_module(pattern.mpi4py_module).main()


def announce(name: str) -> None:
    for stream in (sys.stdout, sys.stderr):
        print(f"{HEADING}{name}", file=stream, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
