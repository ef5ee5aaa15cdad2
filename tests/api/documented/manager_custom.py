"""Classes of one's own behind a manager: what they expose, generators, a module."""

import operator
from multiprocessing.managers import BaseManager, BaseProxy


class Adder:
    def __init__(self, base=0):
        self.base = base

    def add(self, x):
        return self.base + x

    def _hidden(self, x):
        return -x


class Counter:
    def __iter__(self):
        return iter(range(5))


def numbers():
    for i in range(6):
        yield i * i


class NumbersProxy(BaseProxy):
    _exposed_ = ["__next__"]

    def __iter__(self):
        return self

    def __next__(self):
        return self._callmethod("__next__")


def get_operator():
    return operator


class OurManager(BaseManager):
    pass


OurManager.register("Adder", Adder)
OurManager.register("HiddenAdder", Adder, exposed=("add", "_hidden"))
OurManager.register("numbers", numbers, proxytype=NumbersProxy)
OurManager.register("operator", get_operator, exposed=("add", "mul"))


if __name__ == "__main__":
    manager = OurManager()
    manager.start()
    adder = manager.Adder(10)
    print(adder.add(5), hasattr(adder, "_hidden"))
    hidden = manager.HiddenAdder()
    print(hidden.add(2), hidden._hidden(4))
    print(list(manager.numbers()))
    op = manager.operator()
    print(op.add(23, 45), op.mul(2, 3))
    try:
        adder.add("text")
    except TypeError as error:
        print(type(error).__name__, "unsupported operand" in str(error))
    manager.shutdown()
