"""How does a manager share objects of any type?

What travels: the name of an object, of a method, and arguments
    to rank 0, and what the method has returned back.
Ranks: 2 or more; rank 0 has the objects, the four workers are
    dealt out to ranks 1, 2, ...
Idea: a manager is a rank that receives calls, makes them, and
    sends the results back, until all have said END.
"""

import sys
from types import SimpleNamespace

from mpi4py import MPI

WORKERS = 4
OWNER = 0  # rank
CALL, RESULT, END = 1, 2, 3  # tags
TOO_FEW = (
    "shared/manager_types needs 2 ranks or more: mpiexec -n 2 "
    "python -m mpi_examples.shared.manager_types.with_mpi4py"
)


class Account:
    def __init__(self):
        self.balance = 0

    def deposit(self, amount):
        self.balance += amount
        return self.balance

    def read(self):
        return self.balance


class MyManager:
    def __init__(self, comm):
        self.comm = comm

    def call(self, *request):
        self.comm.send(request, dest=OWNER, tag=CALL)
        return self.comm.recv(source=OWNER, tag=RESULT)

    def serve(self, **objects):
        status = MPI.Status()
        working = self.comm.size - 1
        while working:
            request = self.comm.recv(status=status)
            if status.tag == END:
                working -= 1
                continue
            name, method, *args = request
            result = getattr(objects[name], method)(*args)
            self.comm.send(result, status.source, tag=RESULT)


def worker(i, manager):
    # A namespace, too, is served by its methods.
    amount = manager.call("settings", "__getattribute__", "amount")
    manager.call("account", "deposit", i * amount)
    manager.call("done", "append", i)


def main():
    comm = MPI.COMM_WORLD
    if comm.size < 2:
        sys.exit(TOO_FEW)
    manager = MyManager(comm)
    if comm.rank != OWNER:
        for i in range(comm.rank - 1, WORKERS, comm.size - 1):
            worker(i, manager)
        comm.send(None, dest=OWNER, tag=END)
        return
    done, account = [], Account()
    settings = SimpleNamespace(amount=10)
    manager.serve(done=done, settings=settings, account=account)
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
