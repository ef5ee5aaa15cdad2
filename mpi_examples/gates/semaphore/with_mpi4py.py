"""How are a few places shared by many?

What travels: a client's wish for a place to the owner, a place
    to the client, the place back to the owner.
Ranks: 2 or more; rank 0 owns the places, the five clients are
    dealt out to ranks 1, 2, ...
Idea: whoever owns the places answers at once while there is one
    left, and otherwise keeps the answer for later.
"""

import sys

from mpi4py import MPI

PLACES = 2
CLIENTS = [f"client {i}" for i in range(1, 6)]
OWNER = 0  # rank
ACQUIRE, PLACE, RELEASE = 1, 2, 3  # tags
TOO_FEW = (
    "gates/semaphore needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.gates.semaphore.with_mpi4py"
)


def client(name, comm):
    comm.send(name, dest=OWNER, tag=ACQUIRE)
    comm.recv(source=OWNER, tag=PLACE)
    # Connected: here it does what it wanted the place for.
    comm.send(name, dest=OWNER, tag=RELEASE)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != OWNER:
        for name in CLIENTS[comm.rank - 1 :: comm.size - 1]:
            client(name, comm)
        return
    entries, inside, waiting = [], [0], []
    status = MPI.Status()
    while len(entries) < 2 * len(CLIENTS):
        name = comm.recv(source=MPI.ANY_SOURCE, status=status)
        if status.tag == ACQUIRE:
            waiting.append((name, status.source))
        else:
            entries.append((name, "left"))
            inside.append(inside[-1] - 1)
        if waiting and inside[-1] < PLACES:
            name, rank = waiting.pop(0)
            comm.send(None, dest=rank, tag=PLACE)
            entries.append((name, "connected"))
            inside.append(inside[-1] + 1)
    over = sum(number > PLACES for number in inside)

    for name, event in sorted(entries):
        print(f"{name} {event}")
    print(f"times with more than {PLACES} connected: {over}")
    check(inside)


def check(inside):
    assert all(0 <= number <= PLACES for number in inside)
    assert inside[-1] == 0


if __name__ == "__main__":
    main()
