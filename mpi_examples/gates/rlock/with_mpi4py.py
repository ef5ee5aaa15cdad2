"""How may one who holds a lock take it again?

What travels: each order (from, to, amount), as a message to the
    one rank that owns the accounts. No lock.
Ranks: 2 or more; the two clerks are dealt out to ranks 1, 2,
    ..., the others have no part in it.
Idea: one message, one whole change: the owner calls a function
    that calls others, and hears nobody until it is done.
"""

import sys

from mpi4py import MPI

START = [100, 100]
CLERKS = [(0, 1, 5), (1, 0, 3)]  # from, to, amount
TIMES = 10
OWNER = 0  # rank
ORDER = 1  # tag
TOO_FEW = (
    "gates/rlock needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.gates.rlock.with_mpi4py"
)


def deposit(accounts, account, amount):
    accounts[account] += amount


def withdraw(accounts, account, amount):
    accounts[account] -= amount


def transfer(accounts, source, target, amount):
    # Two messages, one for each half, would let others between.
    withdraw(accounts, source, amount)
    deposit(accounts, target, amount)


def clerk(comm, order):
    for _ in range(TIMES):
        comm.send(order, dest=OWNER, tag=ORDER)


def audit(accounts):
    # Never between the two halves of a transfer.
    return sum(accounts)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    if comm.rank != OWNER:
        for order in CLERKS[comm.rank - 1 :: comm.size - 1]:
            clerk(comm, order)
        return
    end, totals = list(START), set()
    for _ in range(len(CLERKS) * TIMES):
        order = comm.recv(source=MPI.ANY_SOURCE, tag=ORDER)
        transfer(end, *order)
        totals.add(audit(end))

    print(f"accounts before: {START}")
    print(f"totals that audits saw: {sorted(totals)}")
    print(f"accounts after: {end}")
    check(totals, end)


def check(totals, end):
    assert totals == {sum(START)}
    assert end == [80, 120]


if __name__ == "__main__":
    main()
