"""How do processes change one thing without mishap?

What travels: the lock from hand to hand, and the balance, read
    and written again by whoever holds the lock.
Ranks: 2 or more under mpiprocessing; with 2 the deposits are
    all made before the first withdrawal.
Idea: the number is nobody's, and all may change it: what keeps
    them apart is a lock that each takes before it reads.
"""

from multiprocessing import Lock, Process, RawValue

START, TIMES = 100, 10
PAID_IN, PAID_OUT = 5, 3


def deposit(balance, lock):
    for _ in range(TIMES):
        with lock:
            balance.value += PAID_IN


def withdraw(balance, lock):
    for _ in range(TIMES):
        # Reads, subtracts, writes. A deposit between the reading
        # and the writing would be lost, hence the lock.
        with lock:
            balance.value -= PAID_OUT


def main():
    balance = RawValue("i", START)
    lock = Lock()
    jobs = [
        Process(target=target, args=(balance, lock))
        for target in (deposit, withdraw)
    ]
    for p in jobs:
        p.start()
    for p in jobs:
        p.join()
    end = balance.value

    print(f"balance before: {START}")
    print(f"paid in: {TIMES} times {PAID_IN}")
    print(f"paid out: {TIMES} times {PAID_OUT}")
    print(f"balance after: {end}")
    check(end)


def check(end):
    assert end == START + TIMES * (PAID_IN - PAID_OUT)


if __name__ == "__main__":
    main()
