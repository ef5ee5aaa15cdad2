"""The ranks of the experiment: each size of the sum, timed.

Theory of operation: measuring.py starts this file on its ranks
once for each repetition. All ranks make the same calls; rank 0
looks at the clock, and prints what it saw as one line of JSON:
the seconds of each size, and those from first to last.
"""

from __future__ import annotations

import json
import sys
import time

from mpi4py import MPI

from mpi_examples.pools.gil.with_mpi4py import processes


def main() -> None:
    """Time each of the sizes that the command line names."""
    comm = MPI.COMM_WORLD
    processes(comm.size, comm)  # the first call of all is slower
    comm.Barrier()
    begin = time.perf_counter()
    seconds, sums = [], []
    for words in sys.argv[1:]:
        operations, calls = map(int, words.split("x"))
        comm.Barrier()
        start = time.perf_counter()
        for _ in range(calls):
            total = processes(operations, comm)
        seconds.append((time.perf_counter() - start) / calls)
        sums.append(total)
    if comm.rank == 0:
        busy = time.perf_counter() - begin
        print(json.dumps([seconds, sums, busy]))


if __name__ == "__main__":
    main()
