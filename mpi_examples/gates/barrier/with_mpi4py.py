"""How do all processes finish a step together?

What travels: what the barrier needs between all ranks, phase by
    phase; a list of entries of a log from each (gather).
Ranks: 2 or more; the two workers are dealt out to ranks 1, 2,
    ..., and all ranks meet at the barrier.
Idea: a barrier belongs to a communicator, and cannot be broken:
    who may have to give up says so in an allreduce instead.
"""

import sys
from itertools import chain

from mpi4py import MPI

WORKERS = ["p1", "p2"]
PHASES = [1, 2]
MAIN = 0  # rank
TOO_FEW = (
    "gates/barrier needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.gates.barrier.with_mpi4py"
)


def worker(names, comm):
    for phase in PHASES:
        event = f"has finished phase {phase}"
        comm.gather([(name, event) for name in names], root=MAIN)
        comm.Barrier()
    waits = [(name, "waits again") for name in names]
    comm.gather(waits, root=MAIN)
    all_go_on = comm.allreduce(True, op=MPI.LAND)
    if not all_go_on:
        ends = [(name, "waits no more") for name in names]
        comm.gather(ends, root=MAIN)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        worker(WORKERS[comm.rank - 1 :: comm.size - 1], comm)
        return
    entries = []
    for _ in PHASES:
        entries += sorted(chain(*comm.gather([], root=MAIN)))
        # The action. Rank 0 comes to the barrier after it, so it
        # is done before anybody goes on.
        entries.append(("everybody", "has met"))
        comm.Barrier()
    entries += sorted(chain(*comm.gather([], root=MAIN)))
    broken = not comm.allreduce(False, op=MPI.LAND)
    entries += sorted(chain(*comm.gather([], root=MAIN)))

    for name, event in entries:
        print(f"{name} {event}")
    print(f"the barrier is broken: {broken}")
    check(entries)


def check(entries):
    names = [name for name, _ in entries]
    assert names == 2 * [*WORKERS, "everybody"] + 2 * WORKERS


if __name__ == "__main__":
    main()
