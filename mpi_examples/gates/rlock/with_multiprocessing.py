"""How may one who holds a lock take it again?

What travels: the lock from hand to hand; the accounts, read and
    written by whoever holds it.
Ranks: 2 or more under mpiprocessing; with 2 the second clerk
    begins when the first has ended.
Idea: an RLock knows who holds it and counts: transfer takes it
    once, and deposit and withdraw take it again inside.
"""

from multiprocessing import Process, RawArray, RLock

START = [100, 100]
CLERKS = [(0, 1, 5), (1, 0, 3)]  # from, to, amount
TIMES, AUDITS = 10, 5


def deposit(accounts, lock, account, amount):
    with lock:
        accounts[account] += amount


def withdraw(accounts, lock, account, amount):
    with lock:
        accounts[account] -= amount


def transfer(accounts, lock, source, target, amount):
    # With a plain Lock, withdraw would wait for its own caller.
    with lock:
        withdraw(accounts, lock, source, amount)
        deposit(accounts, lock, target, amount)


def clerk(accounts, lock, order):
    for _ in range(TIMES):
        transfer(accounts, lock, *order)


def audit(accounts, lock):
    # Never between the two halves of a transfer.
    with lock:
        return sum(accounts[:])


def main():
    accounts = RawArray("i", START)
    lock = RLock()
    clerks = [
        Process(target=clerk, args=(accounts, lock, order))
        for order in CLERKS
    ]
    for p in clerks:
        p.start()
    totals = {audit(accounts, lock) for _ in range(AUDITS)}
    for p in clerks:
        p.join()
    end = accounts[:]

    print(f"accounts before: {START}")
    print(f"totals that audits saw: {sorted(totals)}")
    print(f"accounts after: {end}")
    check(totals, end)


def check(totals, end):
    assert totals == {sum(START)}
    assert end == [80, 120]


if __name__ == "__main__":
    main()
