"""Contexts, submodules and constants by their names: what a program finds that asks for them one by one."""

from __future__ import annotations

import ctypes
import inspect
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.managers
import multiprocessing.pool
import multiprocessing.process
import multiprocessing.queues
import multiprocessing.reduction
import multiprocessing.sharedctypes
import multiprocessing.synchronize
import os
import pickle
import sys
from types import ModuleType

from .support import finish, raises, start

METHODS = ("fork", "spawn", "forkserver")
NAME_AT_IMPORT = multiprocessing.current_process().name


def check_a_context_is_one_object() -> None:
    for method in METHODS:
        assert multiprocessing.get_context(method) is multiprocessing.get_context(method)


def check_the_classes_of_contexts() -> None:
    names = {"fork": "ForkContext", "spawn": "SpawnContext", "forkserver": "ForkServerContext"}
    for method, name in names.items():
        context = multiprocessing.get_context(method)
        assert type(context) is getattr(multiprocessing.context, name), context
        assert type(context).__name__ == name
        assert isinstance(context, multiprocessing.context.BaseContext)


def check_contexts_can_be_made_by_their_class() -> None:
    context = multiprocessing.context.SpawnContext()
    assert context.get_start_method() == "spawn"
    assert type(context.Lock()) is type(multiprocessing.Lock())
    child = context.Process(target=os._exit, args=(3,))
    assert isinstance(child, multiprocessing.context.SpawnProcess)


def check_a_context_gives_itself() -> None:
    context = multiprocessing.get_context("spawn")
    assert context.get_context() is context


def check_a_context_has_one_method_for_good() -> None:
    for context in (multiprocessing.get_context("spawn"), multiprocessing.get_context()):
        with raises(ValueError, "cannot set start method of concrete context"):
            context.set_start_method("fork")


def check_the_modules_context_is_that_of_its_method() -> None:
    multiprocessing.set_start_method("spawn", force=True)
    assert multiprocessing.get_context() is multiprocessing.get_context("spawn")


def check_start_method_is_fixed_once_it_was_asked_for() -> None:
    multiprocessing.set_start_method(None, force=True)
    assert multiprocessing.get_start_method(allow_none=True) is None
    assert multiprocessing.get_start_method() in METHODS
    try:
        with raises(RuntimeError, "context has already been set"):
            multiprocessing.set_start_method("spawn")
    finally:
        multiprocessing.set_start_method("spawn", force=True)


def check_unknown_start_method() -> None:
    with raises(ValueError, "cannot find context for 'nosuch'"):
        multiprocessing.set_start_method("nosuch", force=True)
    assert multiprocessing.get_start_method() in METHODS


def check_all_start_methods() -> None:
    assert set(METHODS) <= set(multiprocessing.get_all_start_methods())


def check_the_name_of_the_start_method_in_a_child() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = start(_tell_method, sender)
    assert receiver.recv() == "spawn"
    finish(child)


def _tell_method(sender: multiprocessing.connection.Connection) -> None:
    sender.send(multiprocessing.get_start_method())


def check_reducer() -> None:
    assert multiprocessing.reducer is multiprocessing.reduction
    assert multiprocessing.get_context("spawn").reducer is multiprocessing.reduction


def check_calls_that_have_nothing_to_do() -> None:
    assert multiprocessing.allow_connection_pickling() is None
    assert multiprocessing.set_forkserver_preload(["math"]) is None
    assert multiprocessing.freeze_support() is None


def check_what_a_submodule_exports_is_there() -> None:
    for module in _submodules():
        missing = [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)]
        assert not missing, (module.__name__, missing)


def _submodules() -> list[ModuleType]:
    return [
        *(
            multiprocessing.connection,
            multiprocessing.context,
            multiprocessing.managers,
            multiprocessing.pool,
        ),
        *(multiprocessing.process, multiprocessing.queues, multiprocessing.reduction),
        *(multiprocessing.sharedctypes, multiprocessing.synchronize),
    ]


def check_factories_make_the_classes_of_the_submodules() -> None:
    made = {
        "queues": ("Queue", "JoinableQueue", "SimpleQueue"),
        "synchronize": ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event"),
        "pool": ("Pool",),
    }
    for submodule, names in made.items():
        for name in names:
            kind = getattr(getattr(multiprocessing, submodule), name)
            assert inspect.isclass(kind), (submodule, name)
            if name != "Pool":
                assert type(getattr(multiprocessing, name)()) is kind, (submodule, name)


def check_classes_of_the_submodules_take_a_context() -> None:
    context = multiprocessing.get_context("spawn")
    for kind in (multiprocessing.queues.Queue, multiprocessing.queues.JoinableQueue):
        kind(3, ctx=context).put("item")
    multiprocessing.queues.SimpleQueue(ctx=context).put("item")
    assert multiprocessing.synchronize.Lock(ctx=context).acquire(False)
    assert multiprocessing.synchronize.RLock(ctx=context).acquire(False)
    assert multiprocessing.synchronize.Semaphore(2, ctx=context).acquire(False)
    assert multiprocessing.synchronize.BoundedSemaphore(2, ctx=context).acquire(False)
    assert not multiprocessing.synchronize.Event(ctx=context).is_set()
    assert multiprocessing.synchronize.Barrier(2, ctx=context).parties == 2
    with multiprocessing.synchronize.Condition(ctx=context):
        pass
    with multiprocessing.pool.Pool(1, context=context) as workers:
        assert workers.apply(abs, (-3,)) == 3


def check_values_of_the_submodule() -> None:
    assert multiprocessing.sharedctypes.Value("i", 5).value == 5
    assert multiprocessing.sharedctypes.Array("i", [1, 2])[:] == [1, 2]
    assert multiprocessing.sharedctypes.RawValue(ctypes.c_double, 0.5).value == 0.5
    assert multiprocessing.sharedctypes.RawArray("b", 3)[:] == [0, 0, 0]


def check_objects_tell_their_class() -> None:
    words = {
        "Lock": multiprocessing.Lock(),
        "Queue": multiprocessing.Queue(),
        "Connection": multiprocessing.Pipe()[0],
        "Process": multiprocessing.Process(),
    }
    for name, thing in words.items():
        assert name in repr(thing) and type(thing).__name__ == name, thing


def check_queues_can_be_written_with_their_type_of_item() -> None:
    assert multiprocessing.queues.SimpleQueue[int].__origin__ is multiprocessing.queues.SimpleQueue
    assert multiprocessing.pool.AsyncResult[int].__origin__ is multiprocessing.pool.AsyncResult


def check_authentication_keys() -> None:
    key = multiprocessing.current_process().authkey
    assert isinstance(key, multiprocessing.process.AuthenticationString) and len(key) == 32
    with raises(TypeError, begins="Pickling an AuthenticationString object is disallowed"):
        pickle.dumps(key)
    child = multiprocessing.Process()
    assert child.authkey == key
    child.authkey = b"secret"
    assert child.authkey == b"secret" and type(child.authkey) is type(key)


def check_what_a_process_is_when_it_is_only_made() -> None:
    child = multiprocessing.Process(name="made")
    assert (child.name, child.pid, child.ident, child.exitcode) == ("made", None, None, None)
    assert not child.is_alive() and not child.daemon
    with raises(ValueError, "process not started"):
        child.sentinel  # noqa: B018  # the attribute raises


def check_original_directory() -> None:
    assert os.path.isdir(multiprocessing.process.ORIGINAL_DIR)


def check_pool_constants() -> None:
    pool = multiprocessing.pool
    assert len({pool.INIT, pool.RUN, pool.CLOSE, pool.TERMINATE}) == 4


def check_the_parts_of_a_pools_errors() -> None:
    error = multiprocessing.pool.MaybeEncodingError(KeyError("why"), [1, 2])
    assert (error.exc, error.value) == ("KeyError('why')", "[1, 2]")
    assert str(error) == "Error sending result: '[1, 2]'. Reason: 'KeyError('why')'"
    with multiprocessing.Pool(1) as workers:
        try:
            workers.apply(divmod, (1, 0))
        except ZeroDivisionError as raised:
            cause = raised.__cause__
    assert type(cause) is multiprocessing.pool.RemoteTraceback
    assert "ZeroDivisionError" in cause.tb and str(cause) == cause.tb


def check_nobody_is_being_started() -> None:
    assert multiprocessing.context.get_spawning_popen() is None
    with raises(RuntimeError, begins="NoneType objects should only be shared between processes"):
        multiprocessing.context.assert_spawning(None)


def check_set_executable() -> None:
    assert multiprocessing.set_executable(sys.executable) is None
    finish(start(_nothing))


def _nothing() -> None:
    pass


class Worker(multiprocessing.context.SpawnProcess):
    """A process that is derived from the class of a start method."""

    def run(self) -> None:
        sys.exit(11)


def check_a_process_of_a_start_methods_class() -> None:
    child = Worker()
    child.start()
    child.join()
    assert child.exitcode == 11


def check_constants_of_semaphores() -> None:
    assert multiprocessing.synchronize.SEM_VALUE_MAX >= 2**31 - 1
    assert len({multiprocessing.synchronize.RECURSIVE_MUTEX, multiprocessing.synchronize.SEMAPHORE}) == 2


def check_a_manager_is_one_of_its_submodule() -> None:
    with multiprocessing.Manager() as manager:
        assert isinstance(manager, multiprocessing.managers.SyncManager)
        assert isinstance(manager.list(), multiprocessing.managers.ListProxy)
        assert isinstance(manager.dict(), multiprocessing.managers.DictProxy)
        assert isinstance(manager.Namespace(), multiprocessing.managers.NamespaceProxy)
        assert isinstance(manager.Value("i", 1), multiprocessing.managers.ValueProxy)
        assert isinstance(manager.Array("i", [1]), multiprocessing.managers.ArrayProxy)
        assert isinstance(manager.Lock(), multiprocessing.managers.AcquirerProxy)
        assert isinstance(manager.Condition(), multiprocessing.managers.ConditionProxy)
        assert isinstance(manager.Event(), multiprocessing.managers.EventProxy)
        assert isinstance(manager.Barrier(1), multiprocessing.managers.BarrierProxy)
        assert isinstance(manager.list(), multiprocessing.managers.BaseProxy)


def check_a_module_that_is_imported_in_a_child_knows_its_name() -> None:
    assert NAME_AT_IMPORT == "MainProcess"
    receiver, sender = multiprocessing.Pipe(duplex=False)
    for name in ("first", "second"):
        child = start(_tell_name_at_import, sender, name=name)
        assert receiver.recv() == name
        finish(child)


def _tell_name_at_import(sender: multiprocessing.connection.Connection) -> None:
    sender.send(NAME_AT_IMPORT)
