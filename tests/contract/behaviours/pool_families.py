"""Pool: pools within tasks and children, and subclasses as programs make them."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from .support import finish, raises, start


def _square(number: int) -> int:
    return number * number


def _name(_: object = None) -> str:
    return multiprocessing.current_process().name


def _try_a_pool() -> None:
    multiprocessing.Pool(1)


def check_a_pool_within_a_task() -> None:
    with (
        multiprocessing.Pool(1) as pool,
        raises(AssertionError, "daemonic processes are not allowed to have children"),
    ):
        pool.apply(_try_a_pool)


def _use_a_pool(talk: Connection) -> None:
    with multiprocessing.Pool(2) as pool:
        talk.send((pool.map(_square, range(5)), list(pool.imap(_square, range(3))), pool.apply(_name)))


def check_a_pool_in_a_child() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_use_a_pool, writer)
    squares, first, name = reader.recv()
    assert squares == [0, 1, 4, 9, 16] and first == [0, 1, 4] and "PoolWorker-" in name
    finish(child)


def _leave_a_pool(talk: Connection) -> None:
    pool = multiprocessing.Pool(1)
    talk.send(pool.apply(_square, (3,)))
    globals()["POOL"] = pool


def check_a_child_that_leaves_a_pool() -> None:
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_leave_a_pool, writer)
    assert reader.recv() == 9
    finish(child)


class NoDaemonProcess(multiprocessing.Process):
    """A process that may have children, whatever the pool says: a recipe found in many programs."""

    @property
    def daemon(self) -> bool:
        return False

    @daemon.setter
    def daemon(self, value: bool) -> None:
        pass


class NoDaemonContext(type(multiprocessing.get_context())):  # type: ignore[misc]
    Process = NoDaemonProcess


class NestablePool(multiprocessing.pool.Pool):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["context"] = NoDaemonContext()
        super().__init__(*args, **kwargs)


class StaticPool(multiprocessing.pool.Pool):
    @staticmethod
    def Process(ctx: Any, *args: Any, **kwds: Any) -> Any:
        return NoDaemonProcess(*args, **kwds)


class BoundPool(multiprocessing.pool.Pool):
    def Process(self, *args: Any, **kwds: Any) -> Any:  # type: ignore[override]
        process = super().Process(*args, **kwds)
        process.__class__ = NoDaemonProcess
        return process


def _square_in_a_pool(number: int) -> int:
    with multiprocessing.Pool(1) as pool:
        return pool.apply(_square, (number,))


def _check_nesting(kind: Callable[..., Any]) -> None:
    pool = kind(2)
    assert pool.map(_square_in_a_pool, range(4), chunksize=1) == [0, 1, 4, 9]
    assert all(isinstance(worker, NoDaemonProcess) for worker in pool._pool)
    pool.close()
    pool.join()
    assert multiprocessing.active_children() == []


def check_a_pool_with_a_context_of_its_own() -> None:
    _check_nesting(NestablePool)


def check_a_pool_with_a_static_process() -> None:
    _check_nesting(StaticPool)


def check_a_pool_with_a_bound_process() -> None:
    _check_nesting(BoundPool)
