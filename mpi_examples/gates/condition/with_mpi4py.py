"""How does a process wait until something is so?

What travels: each item to stage two, and for each the word that
    it was taken back to stage one.
Ranks: 2 or more; rank 0 is stage one, rank 1 is stage two, the
    others have no part in it.
Idea: a message is what is so: whoever receives it knows, and
    needs no lock to look and nobody to wake it.
"""

import sys

from mpi4py import MPI

ITEMS = 4
STAGE_ONE, STAGE_TWO = 0, 1  # ranks
FULL, EMPTY = 1, 2  # tags
TOO_FEW = (
    "gates/condition needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.gates.condition.with_mpi4py"
)


def stage_one(comm):
    entries = []
    for item in range(ITEMS):
        entries.append(("stage one put", item))
        comm.send(item, dest=STAGE_TWO, tag=FULL)
        # Here the next item could be made. It has to wait until
        # this one was taken: the slot is the message itself.
        taken = comm.recv(source=STAGE_TWO, tag=EMPTY)
        entries.append(("stage two took", taken))
    return entries


def stage_two(comm):
    for _ in range(ITEMS):
        item = comm.recv(source=STAGE_ONE, tag=FULL)
        comm.send(item, dest=STAGE_ONE, tag=EMPTY)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank == STAGE_TWO:
        stage_two(comm)
    if comm.rank != STAGE_ONE:
        return
    entries = stage_one(comm)

    for event, item in entries:
        print(f"{event} {item}")
    check(entries)


def check(entries):
    stages = ["stage one put", "stage two took"] * ITEMS
    assert [event for event, _ in entries] == stages
    assert [item for _, item in entries[::2]] == [*range(ITEMS)]
    assert [item for _, item in entries[1::2]] == [*range(ITEMS)]


if __name__ == "__main__":
    main()
