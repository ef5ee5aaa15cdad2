"""What the module itself offers: names, contexts, exceptions, submodules."""

from __future__ import annotations

import builtins
import importlib
import logging
import multiprocessing
import multiprocessing.reduction
import queue
import threading
from multiprocessing.connection import Connection

from .support import raises

FIRST = {
    *("Process", "current_process", "active_children", "cpu_count", "freeze_support", "get_context"),
    *("Queue", "Pipe", "Lock", "Barrier", "Pool", "ProcessError", "TimeoutError"),
}


def check_every_name_in_all_exists() -> None:
    missing = [name for name in multiprocessing.__all__ if not hasattr(multiprocessing, name)]
    assert not missing, missing


def check_the_everyday_names_are_public() -> None:
    assert set(multiprocessing.__all__) >= FIRST, FIRST - set(multiprocessing.__all__)


def check_star_import() -> None:
    names: dict[str, object] = {}
    exec("from multiprocessing import *", names)
    assert names["Process"] is multiprocessing.Process
    assert set(names) >= FIRST


def check_cpu_count() -> None:
    count = multiprocessing.cpu_count()
    assert type(count) is int and count >= 1


def check_freeze_support_does_nothing() -> None:
    assert multiprocessing.freeze_support() is None


def check_contexts_by_name() -> None:
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        assert context.get_start_method() == method
        assert callable(context.Process) and callable(context.Queue) and callable(context.Pool)


def check_context_of_unknown_name() -> None:
    with raises(ValueError, "cannot find context for 'nosuch'"):
        multiprocessing.get_context("nosuch")


def check_default_context() -> None:
    assert multiprocessing.get_context().get_start_method() == multiprocessing.get_start_method()
    assert multiprocessing.get_context().cpu_count() == multiprocessing.cpu_count()


def check_context_makes_the_same_kinds_of_object() -> None:
    context = multiprocessing.get_context("spawn")
    assert type(context.Lock()) is type(multiprocessing.Lock())
    assert type(context.Queue()) is type(multiprocessing.Queue())
    assert type(context.Barrier(1)) is type(multiprocessing.Barrier(1))
    assert issubclass(context.Process, multiprocessing.process.BaseProcess)


def _leave_seven() -> None:
    raise SystemExit(7)


def check_context_process_runs() -> None:
    child = multiprocessing.get_context("spawn").Process(target=_leave_seven)
    child.start()
    child.join()
    assert child.exitcode == 7


def check_start_method_can_be_set_by_force() -> None:
    multiprocessing.set_start_method("spawn", force=True)
    assert multiprocessing.get_start_method() == "spawn"


def check_start_method_cannot_be_set_twice() -> None:
    multiprocessing.set_start_method("spawn", force=True)
    with raises(RuntimeError, "context has already been set"):
        multiprocessing.set_start_method("spawn")


def check_exceptions_derive_from_process_error() -> None:
    for name in ("TimeoutError", "BufferTooShort", "AuthenticationError"):
        kind = getattr(multiprocessing, name)
        assert issubclass(kind, multiprocessing.ProcessError) and kind.__name__ == name
    assert multiprocessing.ProcessError.__bases__ == (Exception,)


def check_timeout_error_is_not_the_built_in_one() -> None:
    assert multiprocessing.TimeoutError is not builtins.TimeoutError
    assert not issubclass(multiprocessing.TimeoutError, OSError)


def check_exceptions_are_the_same_everywhere() -> None:
    context = multiprocessing.get_context("spawn")
    submodule = importlib.import_module("multiprocessing.context")
    pool = importlib.import_module("multiprocessing.pool")
    assert multiprocessing.TimeoutError is context.TimeoutError is submodule.TimeoutError is pool.TimeoutError
    assert multiprocessing.ProcessError is context.ProcessError is submodule.ProcessError


def check_queue_exceptions_are_those_of_queue() -> None:
    submodule = importlib.import_module("multiprocessing.queues")
    assert submodule.Empty is queue.Empty
    assert submodule.Full is queue.Full


def check_submodules_hold_the_classes_of_the_objects() -> None:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier, Lock

    reader, writer = multiprocessing.Pipe(duplex=False)
    assert isinstance(reader, Connection) and isinstance(writer, Connection)
    assert isinstance(multiprocessing.Queue(), Queue)
    assert isinstance(multiprocessing.Lock(), Lock)
    assert isinstance(multiprocessing.Barrier(2), Barrier)
    assert isinstance(multiprocessing.current_process(), BaseProcess)
    assert issubclass(multiprocessing.Process, BaseProcess)


def check_submodules_are_attributes() -> None:
    from multiprocessing import connection, pool, process, queues, synchronize

    assert (
        multiprocessing.process.current_process is multiprocessing.current_process is process.current_process
    )
    assert multiprocessing.connection is connection and multiprocessing.pool is pool
    assert multiprocessing.queues is queues and multiprocessing.synchronize is synchronize


def check_context_classes_can_be_made_and_derived_from() -> None:
    from multiprocessing.context import ForkContext, ForkServerContext, SpawnContext

    class Own(SpawnContext):
        """As libraries do it."""

    made = [SpawnContext(), ForkContext(), ForkServerContext(), Own()]
    assert [context.get_start_method() for context in made] == ["spawn", "fork", "forkserver", "spawn"]
    for context in made[:1] + made[3:]:
        child = context.Process(target=_leave_seven)
        child.start()
        child.join()
        assert child.exitcode == 7


def check_a_context_s_method_is_fixed() -> None:
    context = multiprocessing.get_context("spawn")
    with raises(ValueError, "cannot set start method of concrete context"):
        context.set_start_method("fork")
    assert context.get_context() is context
    assert context.get_start_method(allow_none=True) == "spawn"


def check_unknown_start_method() -> None:
    with raises(ValueError, "cannot find context for 'nosuch'"):
        multiprocessing.set_start_method("nosuch", force=True)
    assert multiprocessing.get_start_method() == "spawn"
    assert set(multiprocessing.get_all_start_methods()) >= {"fork", "spawn", "forkserver"}


class Odd:
    """Something that pickle is told about by `ForkingPickler.register`."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.lock = threading.Lock()


def _reduce(odd: Odd) -> tuple[type[Odd], tuple[int]]:
    return Odd, (odd.value + 1,)


def _send_value(connection: Connection, odd: Odd) -> None:
    connection.send(odd.value)


def check_what_is_registered_with_forking_pickler_travels() -> None:
    multiprocessing.reduction.ForkingPickler.register(Odd, _reduce)
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=_send_value, args=(writer, Odd(1)))
    child.start()
    assert reader.recv() == 2
    child.join()
    writer.send([Odd(5)])
    assert reader.recv()[0].value == 6


def check_loggers() -> None:
    logger = multiprocessing.get_logger()
    assert logger is multiprocessing.get_logger() and logger.name == "multiprocessing"
    assert not logger.propagate
    before, level = list(logger.handlers), logger.level
    try:
        assert multiprocessing.log_to_stderr() is logger
        assert len(logger.handlers) == len(before) + 1
        assert multiprocessing.log_to_stderr(logging.ERROR).level == logging.ERROR
    finally:
        logger.handlers[:] = before
        logger.setLevel(level)


def check_subclasses_of_a_context_s_process() -> None:
    context = multiprocessing.get_context("spawn")
    assert issubclass(Seven, type(context.Process(target=_leave_seven)).__mro__[1])
    child = Seven()
    child.start()
    child.join()
    assert child.exitcode == 7


class Seven(multiprocessing.get_context("spawn").Process):  # type: ignore[misc,name-defined]
    """A process by a context's class."""

    def run(self) -> None:
        _leave_seven()
