"""How does a manager share objects of any type?

What travels: the name of a method and its arguments to the
    manager, and what the method has returned back.
Ranks: 2 or more under mpiprocessing; the manager takes none,
    and workers wait for their turn.
Idea: a registered class is made in the manager and stays there;
    what the program gets is a proxy with its methods.
"""

import threading
from multiprocessing import Process
from multiprocessing.managers import SyncManager

WORKERS = 4


class Account:
    def __init__(self):
        self.balance = 0
        # Every proxy is served by a thread of its own.
        self.lock = threading.Lock()

    def deposit(self, amount):
        with self.lock:
            self.balance += amount
            return self.balance

    def read(self):
        return self.balance


class MyManager(SyncManager):
    """Has list, dict, Namespace, ... and what is registered."""


def worker(i, done, settings, account):
    account.deposit(i * settings.amount)
    done.append(i)


def main():
    MyManager.register("Account", Account)
    with MyManager() as manager:
        done = manager.list()
        settings = manager.Namespace(amount=10)
        account = manager.Account()
        jobs = []
        for i in range(WORKERS):
            args = (i, done, settings, account)
            p = Process(target=worker, args=args)
            jobs.append(p)
            p.start()
        for p in jobs:
            p.join()
        workers, balance = sorted(done), account.read()
        amount = settings.amount

    print(f"list: workers {workers} are done")
    print(f"namespace: the amount is {amount}")
    print(f"class of our own: the balance is {balance}")
    check(workers, balance)


def check(workers, balance):
    assert workers == list(range(WORKERS))
    assert balance == 10 * sum(workers)


if __name__ == "__main__":
    main()
