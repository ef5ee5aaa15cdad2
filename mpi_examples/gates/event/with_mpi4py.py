"""How does one process give the others a signal?

What travels: the signal from rank 0 to all others (bcast); two
    lists of entries of a log from each (gather).
Ranks: 2 or more; the two runners of a heat are dealt out to
    ranks 1, 2, ..., and all ranks take part in the calls.
Idea: a signal is a message to everybody. Whoever receives it
    has used it up: there is nothing to clear.
"""

import sys
from itertools import chain

from mpi4py import MPI

HEATS = [["p1", "p2"], ["p3", "p4"]]
MAIN = 0  # rank
TOO_FEW = (
    "gates/event needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.gates.event.with_mpi4py"
)


def runner(names, comm):
    comm.gather([(name, "ready") for name in names], root=MAIN)
    comm.bcast(None, root=MAIN)
    comm.gather([(name, "off") for name in names], root=MAIN)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        for heat in HEATS:
            runner(heat[comm.rank - 1 :: comm.size - 1], comm)
        return
    entries = []
    for _ in HEATS:
        # bcast lets nobody go on before rank 0 has called it,
        # and rank 0 calls it when all lists have come.
        ready = comm.gather([], root=MAIN)
        entries += sorted(chain(*ready))
        entries.append(("main", "signal"))
        comm.bcast("go", root=MAIN)
        off = comm.gather([], root=MAIN)
        entries += sorted(chain(*off))

    for name, event in entries:
        print(f"{name}: {event}")
    check(entries)


def check(entries):
    heat = ["ready", "ready", "signal", "off", "off"]
    assert [event for _, event in entries] == 2 * heat


if __name__ == "__main__":
    main()
