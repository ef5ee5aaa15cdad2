"""A child and its parent: what it knows of it, what it inherits from it, and the errors of starting one."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import resource
import signal
import threading
import time
import weakref
from multiprocessing.connection import Connection, wait
from typing import Any

from .support import append, finish, raises, scratch_file, shows, start, until, words


def _return() -> None:
    pass


def _tell_parent(report: Connection) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.is_alive() and parent.exitcode is None
    assert not wait([parent.sentinel], 0)
    assert parent.join(0) is None
    with raises(AssertionError, "can only test a child process"):
        multiprocessing.process.BaseProcess.is_alive(parent)
    report.send((parent.name, parent.pid, parent.ident, shows(repr(parent), "started")))


def check_parent_process() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_tell_parent, report))
    name, pid, ident, _ = reader.recv()
    assert (name, pid, ident) == ("MainProcess", os.getpid(), os.getpid())


def _leave_a_child_behind(report: Connection, count: int) -> None:
    for _ in range(count):
        start(_tell_when_orphaned, report)
    threading.Event().wait()


def _tell_when_orphaned(report: Connection) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    report.send(parent.is_alive())
    parent.join()
    report.send((parent.is_alive(), bool(wait([parent.sentinel], 0))))


def check_the_child_of_a_terminated_process_knows() -> None:
    for end in ("terminate", "kill"):
        reader, report = multiprocessing.Pipe(duplex=False)
        child = start(_leave_a_child_behind, report, 1)
        assert reader.recv() is True
        getattr(child, end)()
        child.join()
        assert reader.recv() == (False, True)
        report.close()
        with raises(EOFError):  # the orphan has ended
            reader.recv()


def _tell_key(report: Connection) -> None:
    report.send_bytes(bytes(multiprocessing.current_process().authkey))


def check_authkey_is_inherited_and_can_be_set() -> None:
    me = multiprocessing.current_process()
    before = me.authkey
    reader, report = multiprocessing.Pipe(duplex=False)
    try:
        me.authkey = b"a key"
        assert type(me.authkey).__name__ == "AuthenticationString"
        finish(start(_tell_key, report))
        assert reader.recv_bytes() == b"a key"
        child = multiprocessing.Process(target=_tell_key, args=(report,))
        child.authkey = b"its own"
        child.start()
        assert reader.recv_bytes() == b"its own"
        finish(child)
    finally:
        me.authkey = before
    with raises(TypeError, begins="Pickling an AuthenticationString object is disallowed"):
        report.send(before)


def check_sentinel_in_wait() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    child = start(_wait_for_word, reader)
    assert type(child.sentinel) is int
    assert wait([child.sentinel], 0) == []
    gate.send("go")
    assert wait([child.sentinel]) == [child.sentinel]
    finish(child)
    assert wait([child.sentinel], 0) == [child.sentinel]


def _wait_for_word(gate: Connection) -> None:
    gate.recv()


def check_a_closed_process_can_be_collected() -> None:
    child = start(_return)
    finish(child)
    child.close()
    noted = weakref.ref(child)
    del child
    gc.collect()
    assert noted() is None


def check_ended_children_that_nobody_joins_are_forgotten() -> None:
    child = start(_return)
    until(lambda: not multiprocessing.active_children())
    noted = weakref.ref(child)
    del child
    gc.collect()
    assert noted() is None


def check_methods_before_start() -> None:
    child = multiprocessing.Process(target=_return)
    for act in (child.terminate, child.kill):
        with raises(AttributeError):
            act()


def _start_for(child: multiprocessing.Process, report: Connection) -> None:
    for act, text in (
        (child.join, "can only join a child process"),
        (child.is_alive, "can only test a child process"),
    ):
        with raises(AssertionError, text):
            act()
    with raises(AssertionError, "can only start a process object created by current process"):
        child.start()
    report.send("told")


def check_a_process_object_is_for_its_maker_alone() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    other = multiprocessing.Process(target=_return)
    finish(start(_start_for, other, report))
    assert reader.recv() == "told"


class Keeps(multiprocessing.Process):
    """A subclass with something that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__()
        self.table = {"lock": threading.Lock()}


def check_an_attribute_that_cannot_travel() -> None:
    with raises(TypeError, begins="cannot pickle '_thread.lock' object"):
        Keeps().start()
    with raises(TypeError, begins="cannot pickle 'generator' object"):
        multiprocessing.Process(target=_return, kwargs={"rows": (row for row in ())}).start()
    assert multiprocessing.active_children() == []


def _count(path: str) -> None:
    append(path, "x")


def check_start_from_several_threads() -> None:
    with scratch_file() as path:

        def work() -> None:
            for _ in range(3):
                finish(start(_count, path))

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert words(path) == ["x"] * 9


def _log(level_only: bool) -> None:
    multiprocessing.get_logger().warning("from the child")


def check_the_logger_of_a_child_is_set_as_that_of_its_parent() -> None:
    logger = multiprocessing.get_logger()
    before = logger.level, list(logger.handlers)
    reader, report = multiprocessing.Pipe(duplex=False)
    try:
        logger.setLevel(logging.ERROR)
        finish(start(_tell_level, report))
        assert reader.recv() == logging.ERROR
    finally:
        logger.setLevel(before[0])


def _tell_level(report: Connection) -> None:
    report.send(multiprocessing.get_logger().level)


def _put(queue: Any, path: str) -> None:
    queue.put(path)


def check_a_bound_method_of_a_subclass_instance_as_target() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_Teller(report).tell, "word"))
    assert reader.recv() == "word!"


class _Teller:
    def __init__(self, report: Connection) -> None:
        self.report = report

    def tell(self, word: str) -> None:
        self.report.send(word + "!")


def _tell_legacy(report: Connection) -> None:
    mask = os.umask(0o022)
    os.umask(mask)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    report.send((mask, files, signal.getsignal(signal.SIGUSR1) == signal.SIG_IGN, time.tzname[0]))


def check_what_the_system_hands_down() -> None:
    mask, limits = os.umask(0o027), resource.getrlimit(resource.RLIMIT_NOFILE)
    handler, zone = signal.signal(signal.SIGUSR1, signal.SIG_IGN), os.environ.get("TZ")
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0] - 8, limits[1]))
    os.environ["TZ"] = "XYZ-3"
    time.tzset()
    try:
        reader, report = multiprocessing.Pipe(duplex=False)
        finish(start(_tell_legacy, report))
    finally:
        os.umask(mask)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        signal.signal(signal.SIGUSR1, handler)
        del os.environ["TZ"]
        if zone is not None:
            os.environ["TZ"] = zone
        time.tzset()
    assert reader.recv() == (0o027, limits[0] - 8, True, "XYZ")
    finish(start(_tell_legacy, report))
    assert reader.recv() == (mask, limits[0], False, time.tzname[0])


def check_children_have_the_parents_start_method() -> None:
    multiprocessing.set_start_method("spawn", force=True)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    for _ in range(2):
        child = start(_tell_start_method, sender)
        assert receiver.recv() == ("spawn", "context has already been set")
        finish(child)


def _tell_start_method(sender: Any) -> None:
    method = multiprocessing.get_start_method(allow_none=True)
    try:
        multiprocessing.set_start_method("forkserver")
    except RuntimeError as error:
        sender.send((method, str(error)))
    else:
        sender.send((method, "set anew"))
