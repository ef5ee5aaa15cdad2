"""How do processes change one thing without mishap?

What travels: each change, as a message to the one rank that
    owns the balance. No lock, and no balance.
Ranks: 2 or more; the two jobs are dealt out to ranks 1, 2, ...,
    the others have no part in it.
Idea: state that has one owner needs no lock: the owner takes
    one message after the other, and nobody is in between.
"""

import sys

from mpi4py import MPI

START, TIMES = 100, 10
PAID_IN, PAID_OUT = 5, 3
OWNER = 0  # rank
CHANGE = 1  # tag
TOO_FEW = (
    "gates/lock needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.gates.lock.with_mpi4py"
)


def deposit(comm):
    for _ in range(TIMES):
        comm.send(PAID_IN, dest=OWNER, tag=CHANGE)


def withdraw(comm):
    for _ in range(TIMES):
        # Says what to change, not what the balance is to become:
        # so it does not matter whose message comes first.
        comm.send(-PAID_OUT, dest=OWNER, tag=CHANGE)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    jobs = [deposit, withdraw]
    if comm.rank != OWNER:
        for job in jobs[comm.rank - 1 :: comm.size - 1]:
            job(comm)
        return
    end = START
    for _ in range(len(jobs) * TIMES):
        end += comm.recv(source=MPI.ANY_SOURCE, tag=CHANGE)

    print(f"balance before: {START}")
    print(f"paid in: {TIMES} times {PAID_IN}")
    print(f"paid out: {TIMES} times {PAID_OUT}")
    print(f"balance after: {end}")
    check(end)


def check(end):
    assert end == START + TIMES * (PAID_IN - PAID_OUT)


if __name__ == "__main__":
    main()
