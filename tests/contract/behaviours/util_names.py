"""The submodules `util` and `reduction`: the logger, finalizers, the temporary folder, the pickler for children."""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import pickle
import sys
import threading
from collections.abc import Callable
from multiprocessing import reduction, util
from typing import Any

from .support import append, finish, raises, scratch_file, start, words


class Level:
    """A thing that may be pickled in two ways."""

    def __init__(self, number: int) -> None:
        self.number = number


def _reduce_level(level: Level) -> tuple[type[Level], tuple[int]]:
    return Level, (level.number * 10,)


# ---- the logger -------------------------------------------------------------------------------------------------


def _heard(level: int, speak: Callable[[], object]) -> list[str]:
    """What the logger says while something is done."""
    logger, stream = multiprocessing.get_logger(), io.StringIO()
    handler = logging.StreamHandler(stream)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        speak()
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
    return stream.getvalue().split()


def check_there_is_one_logger() -> None:
    logger = multiprocessing.get_logger()
    assert logger is util.get_logger() is multiprocessing.get_context("spawn").get_logger()
    assert logger.name == util.LOGGER_NAME == "multiprocessing" and logger.propagate == 0


def check_levels() -> None:
    levels = (util.NOTSET, util.SUBDEBUG, util.DEBUG, util.INFO, util.SUBWARNING)
    assert levels == (0, 5, 10, 20, 25)


def _speak() -> None:
    util.sub_debug("sub-debug")
    util.debug("de-%s", "bug")
    util.info("info")
    util.sub_warning("sub-warning")


def check_what_the_logger_is_told_it_says() -> None:
    said = _heard(util.SUBDEBUG, _speak)
    assert [word for word in said if word in ("sub-debug", "de-bug", "info", "sub-warning")] == [
        *("sub-debug", "de-bug", "info", "sub-warning"),
    ]
    assert _heard(util.SUBWARNING, _speak) == ["sub-warning"]


def check_log_to_stderr_gives_the_logger_a_handler() -> None:
    logger = multiprocessing.get_logger()
    before = logger.level, list(logger.handlers)
    try:
        assert multiprocessing.log_to_stderr(logging.ERROR) is logger
        assert logger.level == logging.ERROR and len(logger.handlers) == len(before[1]) + 1
        formatter = logger.handlers[-1].formatter
        assert formatter is not None and formatter._fmt == util.DEFAULT_LOGGING_FORMAT
    finally:
        logger.level, logger.handlers[:] = before


def check_a_child_may_log() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = start(_log_in_child, sender, name="chatter")
    assert receiver.recv() == ["[INFO/chatter]", "hello"]
    finish(child)


def _log_in_child(sender: Any) -> None:
    logger, stream = multiprocessing.get_logger(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter(util.DEFAULT_LOGGING_FORMAT))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.info("hello")
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    sender.send(stream.getvalue().split())


# ---- finalizers -------------------------------------------------------------------------------------------------


def check_a_finalizer_runs_once() -> None:
    called: list[tuple[object, ...]] = []
    finalizer = util.Finalize(None, lambda *args, **named: called.append((args, named)), (1, 2), {"c": 3}, 10)
    assert finalizer.still_active()
    finalizer()
    finalizer()
    assert called == [((1, 2), {"c": 3})] and not finalizer.still_active()


def check_a_cancelled_finalizer_does_not_run() -> None:
    called: list[int] = []
    finalizer = util.Finalize(None, called.append, (1,), exitpriority=10)
    finalizer.cancel()
    finalizer()
    assert called == [] and not finalizer.still_active()


def check_a_finalizer_runs_when_its_object_goes() -> None:
    called: list[str] = []
    thing = Level(1)
    util.Finalize(thing, called.append, ("gone",))
    del thing
    assert called == ["gone"]


def check_a_finalizer_without_object_needs_a_priority() -> None:
    with raises(ValueError, "Without object, exitpriority cannot be None"):
        util.Finalize(None, print)
    with raises(TypeError, begins="Exitpriority"):
        util.Finalize(None, print, exitpriority="1")  # type: ignore[arg-type]


def check_a_child_runs_its_finalizers_in_order_of_priority() -> None:
    with scratch_file() as path:
        finish(start(_leave_finalizers, path))
        assert words(path) == ["high", "middle", "low"]


def _leave_finalizers(path: str) -> None:
    for word, priority in (("middle", 5), ("low", 1), ("high", 10)):
        util.Finalize(None, append, (path, word), exitpriority=priority)


def check_a_child_that_ends_at_once_runs_no_finalizer() -> None:
    with scratch_file() as path:
        child = start(_leave_at_once, path)
        child.join()
        assert child.exitcode == 7 and words(path) == []


def _leave_at_once(path: str) -> None:
    util.Finalize(None, append, (path, "late"), exitpriority=10)
    os._exit(7)


def check_a_finalizer_of_one_child_does_not_run_in_the_next() -> None:
    with scratch_file() as path:
        for _ in range(5):
            finish(start(_leave_finalizers, path))
        assert len(words(path)) == 15


def check_nobody_is_exiting() -> None:
    assert not util.is_exiting()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = start(_tell_exiting, sender)
    assert receiver.recv() is False
    finish(child)


def _tell_exiting(sender: Any) -> None:
    sender.send(bool(util.is_exiting()))


# ---- the rest of util -------------------------------------------------------------------------------------------


def check_the_temporary_folder_is_one_per_process() -> None:
    mine = util.get_temp_dir()
    assert os.path.isdir(mine) and util.get_temp_dir() == mine
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = start(_tell_folder, sender)
    theirs, there = receiver.recv()
    finish(child)
    assert there and isinstance(theirs, str)


def _tell_folder(sender: Any) -> None:
    folder = util.get_temp_dir()
    sender.send((folder, os.path.isdir(folder)))


def check_what_is_registered_for_after_a_fork_is_not_called_in_the_parent() -> None:
    called: list[object] = []
    thing = Level(1)
    util.register_after_fork(thing, called.append)
    finish(start(_nothing))
    assert called == []


def _nothing() -> None:
    pass


def check_locks_and_locals_of_threads() -> None:
    lock, local = util.ForkAwareThreadLock(), util.ForkAwareLocal()
    with lock:
        assert not lock.acquire(False)
    assert lock.acquire(False)
    lock.release()
    local.word = "mine"
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.append(hasattr(local, "word")))
    thread.start()
    thread.join()
    assert seen == [False] and local.word == "mine"


def check_constants_of_util() -> None:
    assert type(util.MAXFD) is int and util.MAXFD > 0
    assert util.abstract_sockets_supported == (sys.platform == "linux")
    assert util.is_abstract_socket_namespace("\0name") and not util.is_abstract_socket_namespace("/tmp/name")


def check_close_fds() -> None:
    ends = os.pipe()
    util.close_fds(*ends)
    with raises(OSError):
        os.fstat(ends[0])


# ---- reduction --------------------------------------------------------------------------------------------------


def check_the_pickler_for_children() -> None:
    content = reduction.ForkingPickler.dumps({"a": [1, 2]})
    assert reduction.ForkingPickler.loads(content) == pickle.loads(content) == {"a": [1, 2]}
    file = io.BytesIO()
    reduction.dump(("b", 3), file)
    assert pickle.loads(file.getvalue()) == ("b", 3)


def check_what_is_registered_for_the_pickler_is_used_by_it() -> None:
    reduction.register(Level, _reduce_level)
    level = reduction.ForkingPickler.loads(reduction.ForkingPickler.dumps(Level(4)))
    assert level.number == 40


def check_what_is_registered_is_used_for_messages() -> None:
    reduction.register(Level, _reduce_level)
    reader, writer = multiprocessing.Pipe(duplex=False)
    writer.send(Level(4))
    assert reader.recv().number == 40


def check_what_cannot_be_pickled_says_so() -> None:
    with raises(TypeError, begins="cannot pickle"):
        reduction.ForkingPickler.dumps(threading.Lock())


def check_a_reducer_has_the_functions_of_the_submodule() -> None:
    reducer = reduction.AbstractReducer()
    for name in ("ForkingPickler", "register", "dump", "send_handle", "recv_handle", "DupFd"):
        assert hasattr(reducer, name), name
