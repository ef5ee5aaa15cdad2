"""Managers: types that a program registers, the proxies it writes for them, and how errors reach the caller."""

from __future__ import annotations

import multiprocessing
import operator
import sys
from collections.abc import Iterator
from multiprocessing.managers import (
    AutoProxy,
    BaseManager,
    BaseProxy,
    DictProxy,
    IteratorProxy,
    MakeProxyType,
    NamespaceProxy,
    RemoteError,
    SyncManager,
)
from typing import Any

from .support import finish, raises, start


class Account:
    """Kept by a manager."""

    def __init__(self, balance: int = 0) -> None:
        self.balance = balance

    def deposit(self, amount: int, *, times: int = 1) -> int:
        self.balance += amount * times
        return self.balance

    def __len__(self) -> int:
        return self.balance

    def _secret(self) -> str:
        return "secret"

    def fail(self, what: Any) -> None:
        raise what

    def leave(self) -> None:
        sys.exit(3)

    def unpicklable(self) -> Any:
        return lambda: (yield)

    def generator(self) -> Any:
        return (number for number in range(3))


class Bad(Exception):
    """Cannot be unpickled: it wants two arguments and passes one on."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(one)


class Locked(Exception):
    """Cannot be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("cannot be pickled")


def count_to(limit: int) -> Iterator[int]:
    yield from range(limit)


class AccountProxy(BaseProxy):
    """Written by the program."""

    _exposed_ = ("deposit", "__getattribute__", "fail")

    def deposit(self, amount: int) -> int:
        return self._callmethod("deposit", (amount,), {"times": 2})

    @property
    def balance(self) -> int:
        return self._callmethod("__getattribute__", ("balance",))

    def secret(self) -> Any:
        return self._callmethod("_secret")


class CountProxy(BaseProxy):
    """An iterator's proxy, as in the documentation."""

    _exposed_ = ("__next__",)

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> int:
        return self._callmethod("__next__")


class MadeProxy(MakeProxyType("MadeBase", ("deposit", "__len__"))):
    """Made from a list of methods."""


class OpenProxy(NamespaceProxy):
    """A namespace's proxy, extended."""

    _exposed_ = ("__getattribute__", "__setattr__", "__delattr__", "deposit")

    def deposit(self, amount: int) -> int:
        return self._callmethod("deposit", (amount,))


class Family:
    """Has methods whose results stay with the manager."""

    def __init__(self) -> None:
        self.accounts = [Account(1), Account(2)]

    def account(self, number: int) -> Account:
        return self.accounts[number]

    def numbers(self) -> Any:
        return iter([1, 2, 3])


def get_operator() -> Any:
    return operator


class Bank(BaseManager):
    """A manager with types of its own."""


Bank.register("Account", Account)
Bank.register("Proxied", Account, proxytype=AccountProxy)
Bank.register("Exposed", Account, exposed=("_secret", "deposit", "__len__"))
Bank.register("Open", Account, OpenProxy)
Bank.register("count", count_to, proxytype=CountProxy)
Bank.register("Family", Family, method_to_typeid={"account": "Owned", "numbers": "Iterator"})
Bank.register("Iterator", proxytype=IteratorProxy, create_method=False)
Bank.register("operator", get_operator)
Bank.register("table", dict, DictProxy)
Bank.register("Made", Account, MadeProxy)
Bank.register("Owned", proxytype=AccountProxy, create_method=False)


def check_a_registered_class() -> None:
    with Bank() as bank:
        account = bank.Account(5)
        assert account.deposit(3) == 8 and account.deposit(1, times=2) == 10
        finish(*[start(_deposit, account) for _ in range(3)])
        assert account.deposit(0) == 40
        assert type(account).__name__ == "AutoProxy[Account]" and isinstance(account, BaseProxy)
        assert not hasattr(account, "_secret") and not hasattr(account, "__len__")
        assert "AutoProxy[Account] object, typeid 'Account'" in repr(account)
        assert "Account object at 0x" in str(account)
        assert account._getvalue().balance == 40


def _deposit(account: Any) -> None:
    for _ in range(10):
        account.deposit(1)


def check_methods_that_are_exposed() -> None:
    with Bank() as bank:
        account = bank.Exposed(2)
        assert account._secret() == "secret" and len(account) == 2 and account.deposit(1) == 3
        with raises(AttributeError):
            account.fail(None)


def check_a_proxy_of_the_programs_own() -> None:
    with Bank() as bank:
        account = bank.Proxied(1)
        assert type(account) is AccountProxy and account.deposit(2) == 5 and account.balance == 5
        finish(start(_deposit_twice, account))
        assert account.balance == 9
        with raises(RemoteError):
            account.secret()
        opened = bank.Open(1)
        assert opened.balance == 1 and opened.deposit(1) == 2
        opened.balance = 7
        opened.colour = "red"
        assert opened.deposit(0) == 7 and opened.colour == "red"
        made = bank.Made(4)
        assert len(made) == 4 and made.deposit(1) == 5 and type(made).__name__ == "MadeProxy"


def _deposit_twice(account: Any) -> None:
    assert type(account) is AccountProxy
    account.deposit(2)


def check_iterators_and_modules() -> None:
    with Bank() as bank:
        assert list(bank.count(4)) == [0, 1, 2, 3]
        assert bank.operator().add(1, 2) == 3 and bank.operator().pow(2, 5) == 32
        assert bank.table(a=1).copy() == {"a": 1}


def check_results_that_stay_with_the_manager() -> None:
    with Bank() as bank:
        family = bank.Family()
        account = family.account(1)
        assert type(account) is AccountProxy and account.deposit(1) == 4
        assert family.account(1).balance == 4
        assert list(family.numbers()) == [1, 2, 3]


def check_exceptions_have_their_types() -> None:
    with Bank() as bank:
        account = bank.Account()
        for error in (ValueError("v", 2), KeyError("k"), EOFError("e"), AttributeError("a"), OSError(2, "o")):
            with raises(type(error), str(error)):
                account.fail(error)
        with raises(TypeError, "Account.deposit() missing 1 required positional argument: 'amount'"):
            account.deposit()
        assert account.deposit(1) == 1


class Odd(Exception):
    """What looks for its attributes in a table of its own."""

    def __getattr__(self, name: str) -> Any:
        return {}[name]


def check_exceptions_that_cannot_be_shown() -> None:
    with Bank() as bank:
        account = bank.Account()
        with raises(Odd):
            account.fail(Odd("odd"))
        assert account.deposit(1) == 1


def check_exceptions_in_the_making() -> None:
    with Bank() as bank:
        with raises(RemoteError, ""):
            bank.Account(1, 2, 3)
        try:
            bank.Account(1, 2, 3)
        except RemoteError as error:
            lines = str(error).strip().splitlines()
            assert lines[0] == lines[-1] == "-" * 75 and lines[1] == "Traceback (most recent call last):"
            assert "TypeError: Account.__init__() takes from 1 to 2 positional arguments" in lines[-2]
        assert bank.Account(1).deposit(1) == 2


def check_what_cannot_be_pickled_on_its_way_back() -> None:
    with Bank() as bank:
        account = bank.Account()
        try:
            account.generator()
        except RemoteError as error:
            assert "Unserializable message: Traceback" in str(error) and "generator" in str(error)
        else:
            raise AssertionError("nothing was raised")
        assert account.deposit(1) == 1


def check_what_cannot_be_pickled_on_its_way_there() -> None:
    with Bank() as bank:
        account = bank.Account()
        try:
            account.deposit(iter(number for number in range(3)))
        except TypeError as error:
            assert "generator" in str(error)
        else:
            raise AssertionError("nothing was raised")
        assert account.deposit(1) == 1


def check_exceptions_that_cannot_be_pickled() -> None:
    with multiprocessing.Manager() as manager:
        shared = manager.dict()
        shared[Unhashed()] = 1
        try:
            Unhashed.failing = True
            shared._callmethod("__getitem__", (Failing(),))
        except RemoteError as error:
            assert "Unserializable message: Traceback" in str(error)
        else:
            raise AssertionError("nothing was raised")
        assert len(shared) == 1


class Unhashed:
    """A key like any other."""

    failing = False


class Failing:
    """Raises what cannot be pickled when it is hashed."""

    def __hash__(self) -> int:
        raise Locked("locked")


def check_unknown_methods() -> None:
    with Bank() as bank:
        account = bank.Account()
        try:
            account._callmethod("nope")
        except RemoteError as error:
            text = str(error)
            assert "AttributeError: method 'nope' of <class " in text and "object is not in exposed={" in text
            assert "KeyError: 'nope'" in text
        else:
            raise AssertionError("nothing was raised")


def check_a_method_that_leaves() -> None:
    with Bank() as bank:
        account = bank.Account()
        with raises(EOFError):
            account.leave()


def check_subclasses_have_registries_of_their_own() -> None:
    class Child(SyncManager):
        pass

    Child.register("Account", Account)
    assert hasattr(Child, "Account") and not hasattr(SyncManager, "Account")
    assert "Account" in Child._registry and "Account" not in SyncManager._registry
    Child.register("hidden", Account, create_method=False)
    assert not hasattr(Child, "hidden")
    assert Child._registry["dict"] == SyncManager._registry["dict"]


def check_same_object_each_time() -> None:
    with Sharing() as manager:
        manager.table().update({"a": 1})
        assert manager.table().copy() == {"a": 1}
        table = manager.table()
        finish(start(_set_b, table))
        assert manager.table().get("b") == 2


_TABLE: dict[str, int] = {}


def get_table() -> dict[str, int]:
    return _TABLE


def _set_b(table: Any) -> None:
    table.update(b=2)


class Sharing(BaseManager):
    """Gives access to an object of the server's."""


Sharing.register("table", get_table)


def check_AutoProxy_is_a_function() -> None:
    assert callable(AutoProxy) and Bank._registry["Account"][-1] is AutoProxy
    assert Bank._registry["Proxied"] == (Account, AccountProxy._exposed_, None, AccountProxy)
