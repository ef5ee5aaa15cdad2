"""How do processes meet, or take turns?

What travels: what the barrier needs between p1 and p2, and six
    entries of a log to rank 0. No lock.
Ranks: 3 or more; p1 to p4 are dealt out to ranks 1, 2, ..., so
    that p1 and p2 are on two different ranks.
Idea: a barrier belongs to a communicator, the group of ranks
    that wait. Turns come by themselves: one rank owns the log.
"""

import sys

from mpi4py import MPI

WITH = ["p1 - test_with_barrier", "p2 - test_with_barrier"]
WITHOUT = ["p3 - test_without_barrier", "p4 - test_without_barrier"]
ENTRIES = 2 * len(WITH) + len(WITHOUT)
MAIN = 0  # rank
LOG = 1  # tag
TOO_FEW = (
    "gates/barrier_lock needs 3 ranks or more: mpiexec -n 3 "
    "python -m mpi_examples.gates.barrier_lock.with_mpi4py"
)


def test_with_barrier(name, synchronizer, comm):
    # A plain send may be overtaken by another rank's. This one
    # returns when rank 0 is taking it: logged, then the barrier.
    comm.ssend((name, "arrived"), dest=MAIN, tag=LOG)
    synchronizer.Barrier()
    comm.ssend((name, "passed"), dest=MAIN, tag=LOG)


def test_without_barrier(name, comm):
    comm.ssend((name, "passed"), dest=MAIN, tag=LOG)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 3:
        sys.exit(TOO_FEW if comm.rank == MAIN else None)
    synchronizer = comm.Split(color=comm.rank in (1, 2))
    jobs = (WITH + WITHOUT)[comm.rank - 1 :: comm.size - 1]
    entries = []
    if comm.rank == MAIN:
        # No lock here: whoever owns the log takes one at a time.
        for _ in range(ENTRIES):
            entry = comm.recv(source=MPI.ANY_SOURCE, tag=LOG)
            entries.append(entry)
    else:
        for name in jobs:
            if name in WITH:
                test_with_barrier(name, synchronizer, comm)
            else:
                test_without_barrier(name, comm)
    synchronizer.Free()
    if comm.rank != MAIN:
        return

    for name, event in sorted(entries):
        print(f"process {name} ----> {event}")
    order = [event for name, event in entries if name in WITH]
    print("order at the barrier:", ", ".join(order))
    check(order)


def check(order):
    assert order == ["arrived", "arrived", "passed", "passed"]


if __name__ == "__main__":
    main()
