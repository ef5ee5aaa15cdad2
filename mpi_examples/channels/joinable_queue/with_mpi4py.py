"""How does a producer learn that all work is done?

What travels: an item to each rank that is free; its result back
    tells that it is done; an empty message tagged STOP.
Ranks: 2 or more; rank 0 produces and counts, all the others
    consume.
Idea: that a message has arrived says nothing of the work. So
    each item is answered, and rank 0 counts the answers.
"""

import sys

from mpi4py import MPI

ITEMS = 10
MAIN, CARELESS = 0, 1  # ranks; one answers once too often
ITEM, DONE, STOP = 1, 2, 3  # tags
TOO_FEW = (
    "channels/joinable_queue needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.channels.joinable_queue.with_mpi4py"
)


def consumer(comm):
    status = MPI.Status()
    while True:
        item = comm.recv(source=MAIN, status=status)
        if status.tag == STOP:
            break
        comm.send((item, item * item), dest=MAIN, tag=DONE)
    if comm.rank == CARELESS:
        comm.send(None, dest=MAIN, tag=DONE)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != MAIN:
        consumer(comm)
        return
    items = iter(range(ITEMS))
    squares, unfinished = [], ITEMS
    # First an item to each, then one to whoever has done its own.
    for rank in range(1, min(comm.size, ITEMS + 1)):
        comm.send(next(items), dest=rank, tag=ITEM)
    status = MPI.Status()
    while unfinished:
        done = comm.recv(tag=DONE, status=status)
        squares.append(done)
        unfinished -= 1
        item = next(items, None)
        if item is not None:
            comm.send(item, dest=status.source, tag=ITEM)
    for rank in range(1, comm.size):
        comm.send(None, dest=rank, tag=STOP)
    # MPI does not mind an answer too many: whoever counts must.
    comm.recv(source=CARELESS, tag=DONE)
    unfinished -= 1
    once_more = "too many" if unfinished < 0 else "done"
    squares.sort()

    for item, square in squares:
        print(f"item {item} done: {square}")
    print("all items are done")
    print("one more task_done:", once_more)
    check(squares, once_more)


def check(squares, once_more):
    assert squares == [(i, i * i) for i in range(ITEMS)]
    assert once_more == "too many"


if __name__ == "__main__":
    main()
