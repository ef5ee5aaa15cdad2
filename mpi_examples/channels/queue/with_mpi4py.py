"""How does one process feed another, in order?

What travels: each item as a message, an empty message tagged
    END when no more will come; what was seen is gathered.
Ranks: 2 or more; rank 0 produces, rank 1 consumes, and the
    others have no part in it.
Idea: between two ranks messages never overtake each other, so
    MPI itself is the queue: isend puts, recv gets.
"""

import random
import sys

from mpi4py import MPI

ITEMS = 10
PRODUCER, CONSUMER = 0, 1  # ranks
ITEM, END = 1, 2  # tags
TOO_FEW = (
    "channels/queue needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.channels.queue.with_mpi4py"
)


class Producer:
    def __init__(self, comm):
        self.comm = comm

    def run(self):
        numbers = random.Random(2024)
        appended, sent = [], []
        for _ in range(ITEMS):
            item = numbers.randint(0, 256)
            put = self.comm.isend(item, dest=CONSUMER, tag=ITEM)
            sent.append(put)
            appended.append(item)
        sent.append(self.comm.isend(None, dest=CONSUMER, tag=END))
        MPI.Request.waitall(sent)
        return appended


class Consumer:
    def __init__(self, comm):
        self.comm = comm

    def run(self):
        popped = []
        # Not `while comm.iprobe()`: there is also no message while
        # the producer is busy. Only the producer knows the end.
        status = MPI.Status()
        while True:
            item = self.comm.recv(source=PRODUCER, status=status)
            if status.tag == END:
                break
            popped.append(item)
        return popped


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    seen = []
    if comm.rank == PRODUCER:
        seen = Producer(comm).run()
    elif comm.rank == CONSUMER:
        seen = Consumer(comm).run()
    seen = comm.gather(seen, root=0)
    if comm.rank != 0:
        return

    for item in seen[PRODUCER]:
        print(f"Process Producer : item {item} appended to queue")
    for item in seen[CONSUMER]:
        print(f"Process Consumer : item {item} popped from queue")
    print("the queue is empty")
    check(seen[PRODUCER], seen[CONSUMER])


def check(appended, popped):
    assert len(appended) == ITEMS
    assert popped == appended


if __name__ == "__main__":
    main()
