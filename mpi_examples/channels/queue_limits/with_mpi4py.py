"""What happens when a queue is full, or empty?

What travels: five items to the consumer; for each that it takes
    a credit back, an empty message: one more place is free.
Ranks: 2 or more; rank 0 produces, rank 1 consumes, and the
    others have no part in it.
Idea: MPI has no bound to set. Who may have two items under way
    has two credits, spends one a send, and waits for more.
"""

import sys

from mpi4py import MPI

ITEMS = 5
MAXSIZE = 2
PRODUCER, CONSUMER = 0, 1  # ranks
ITEM, PLACE, BEGIN, END, SEEN = 1, 2, 3, 4, 5  # tags
TOO_FEW = (
    "channels/queue_limits needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.channels.queue_limits.with_mpi4py"
)


def consumer(comm):
    arrived = comm.iprobe(source=PRODUCER, tag=ITEM)
    comm.send("item" if arrived else "Empty", PRODUCER, tag=SEEN)
    comm.recv(source=PRODUCER, tag=BEGIN)
    popped, status = [], MPI.Status()
    while True:
        item = comm.recv(source=PRODUCER, status=status)
        if status.tag == END:
            break
        popped.append(item)
        comm.send(None, dest=PRODUCER, tag=PLACE)
    arrived = comm.iprobe(source=PRODUCER, tag=ITEM)
    last = "item" if arrived else "Empty"
    comm.send((popped, last), dest=PRODUCER, tag=SEEN)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank == CONSUMER:
        consumer(comm)
    if comm.rank != PRODUCER:
        return
    first = comm.recv(source=CONSUMER, tag=SEEN)
    sent, credits = [], MAXSIZE
    for item in range(MAXSIZE):
        sent.append(comm.isend(item, dest=CONSUMER, tag=ITEM))
        credits -= 1
    size = MAXSIZE - credits
    # A look, not a wait: MPI has no receive with a time limit.
    credits += comm.iprobe(source=CONSUMER, tag=PLACE)
    third = "put" if credits else "Full"
    comm.send(None, dest=CONSUMER, tag=BEGIN)
    for item in range(MAXSIZE, ITEMS):
        comm.recv(source=CONSUMER, tag=PLACE)  # waits for a credit
        sent.append(comm.isend(item, dest=CONSUMER, tag=ITEM))
    for _ in range(MAXSIZE):
        comm.recv(source=CONSUMER, tag=PLACE)
    sent.append(comm.isend(None, dest=CONSUMER, tag=END))
    MPI.Request.waitall(sent)
    popped, last = comm.recv(source=CONSUMER, tag=SEEN)

    print("get before the first put:", first)
    print("items in the queue:", size)
    print("one put more:", third)
    print("items that were popped:", popped)
    print("get after the last put:", last)
    check(first, size, third, popped, last)


def check(first, size, third, popped, last):
    assert (first, third, last) == ("Empty", "Full", "Empty")
    assert size == MAXSIZE
    assert popped == list(range(ITEMS))


if __name__ == "__main__":
    main()
