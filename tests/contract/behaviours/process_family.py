"""Who a Process is and whom it knows: names, parents and children, what it inherits and what it does not."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import threading
from multiprocessing.connection import Connection

from .support import finish, raises, shows, start, until

STATE = "fresh"
COUNTER = 0


def _wait_for_word(gate: Connection) -> None:
    gate.recv()


def _return() -> None:
    pass


def _number(child: multiprocessing.Process) -> int:
    return int(child.name.rpartition("-")[2])


class Named(multiprocessing.Process):
    """A subclass: its default names bear its own name."""


def check_default_names_count_up() -> None:
    first = multiprocessing.Process(target=_return)
    second = multiprocessing.Process(target=_return, name="given")
    third = Named()
    assert first.name == f"Process-{_number(first)}"
    assert second.name == "given"
    assert third.name == f"Named-{_number(first) + 2}"


def check_name_can_be_set() -> None:
    child = multiprocessing.Process(target=_return)
    child.name = "other"
    assert child.name == "other" and shows(repr(child), "name='other'")
    with raises(AssertionError, "name must be a string"):
        child.name = 5  # type: ignore[assignment]


def check_main_process() -> None:
    main = multiprocessing.current_process()
    assert main.name == "MainProcess" and main.pid == main.ident == os.getpid()
    assert main.is_alive() and not main.daemon and main.exitcode is None
    assert shows(repr(main), "name='MainProcess'", "parent=None", "started"), main
    assert multiprocessing.parent_process() is None
    with raises(AssertionError, "can only join a child process"):
        main.join()


def _tell_about_myself(report: Connection) -> None:
    me = multiprocessing.current_process()
    parent = multiprocessing.parent_process()
    assert me.is_alive() and shows(repr(me), f"name={me.name!r}", "started"), me
    with raises(AssertionError, "can only join a child process"):
        me.join()
    assert multiprocessing.active_children() == []
    assert threading.current_thread() is threading.main_thread()
    report.send((me.name, me.pid, os.getpid(), me.daemon, parent.name, parent.pid, type(me).__name__))


def check_current_process_in_the_child() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_tell_about_myself, report, name="inner", daemon=True)
    pid = child.pid
    told = reader.recv()
    finish(child)
    assert told == ("inner", pid, pid, True, "MainProcess", os.getpid(), "Process")


def check_pids_differ() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    children = [start(_wait_for_word, reader) for _ in range(3)]
    assert len({os.getpid(), *(child.pid for child in children)}) == 4
    for _ in children:
        gate.send("go")
    finish(*children)


def check_active_children_are_those_that_run() -> None:
    reader, gate = multiprocessing.Pipe(duplex=False)
    children = [start(_wait_for_word, reader) for _ in range(2)]
    assert set(multiprocessing.active_children()) == set(children)
    multiprocessing.active_children().clear()
    assert len(multiprocessing.active_children()) == 2
    for _ in children:
        gate.send("go")
    finish(*children)
    assert multiprocessing.active_children() == []


def check_active_children_joins_those_that_ended() -> None:
    child = start(_return)
    until(lambda: child not in multiprocessing.active_children())
    assert child.exitcode == 0 and not child.is_alive()


def check_daemon_flag() -> None:
    child = multiprocessing.Process(target=_return)
    assert child.daemon is False
    child.daemon = True
    assert child.daemon is True and shows(repr(child), "initial", "daemon")
    assert multiprocessing.Process(target=_return, daemon=True).daemon is True
    child.start()
    with raises(AssertionError, "process has already started"):
        child.daemon = False
    finish(child)


def _try_a_child() -> None:
    with raises(AssertionError, "daemonic processes are not allowed to have children"):
        multiprocessing.Process(target=_return).start()


def check_daemon_cannot_have_children() -> None:
    finish(start(_try_a_child, daemon=True))


def _have_a_child(report: Connection) -> None:
    child = start(_tell_name, report)
    assert multiprocessing.active_children() == [child]
    finish(child)


def _tell_name(report: Connection) -> None:
    parent = multiprocessing.parent_process()
    report.send((multiprocessing.current_process().name, parent.name))


def check_grandchild() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_have_a_child, report)
    assert reader.recv() == (f"{child.name}:1", child.name)
    finish(child)


def _leave_a_child(report: Connection, gate: Connection) -> None:
    start(_pass_on, report, gate)


def _pass_on(report: Connection, gate: Connection) -> None:
    report.send(gate.recv())


def check_child_waits_for_its_own_children() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    gate_reader, gate = multiprocessing.Pipe(duplex=False)
    child = start(_leave_a_child, report, gate_reader)
    child.join(0.05)
    assert child.is_alive()
    gate.send("late word")
    assert reader.recv() == "late word"
    finish(child)


def _leave_a_daemon(report: Connection) -> None:
    reader, ready = multiprocessing.Pipe(duplex=False)
    start(_sleep, ready, report, daemon=True)
    assert reader.recv() == "ready"


def _sleep(ready: Connection, report: Connection) -> None:
    ready.send("ready")
    threading.Event().wait()
    report.send("never")


def check_daemons_end_with_their_parent() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_leave_a_daemon, report)
    report.close()
    finish(child)
    with raises(EOFError):
        reader.recv()


def _tell_state(report: Connection) -> None:
    report.send(STATE)


def check_child_does_not_see_what_the_parent_changed_in_a_module() -> None:
    global STATE
    reader, report = multiprocessing.Pipe(duplex=False)
    STATE = "changed"
    try:
        finish(start(_tell_state, report))
    finally:
        STATE = "fresh"
    assert reader.recv() == "fresh"


def _count(report: Connection) -> None:
    global COUNTER
    COUNTER += 1
    report.send(COUNTER)


def check_child_does_not_see_what_an_earlier_child_changed_in_a_module() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    for _ in range(6):
        finish(start(_count, report))
    assert [reader.recv() for _ in range(6)] == [1] * 6
    assert COUNTER == 0


def _count_in_package(report: Connection) -> None:
    from contract_space import part  # type: ignore[import-not-found]

    part.counter += 1
    report.send(part.counter)


def check_nor_in_a_module_of_a_package_without_an_init() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "contract_space"))
        with open(os.path.join(folder, "contract_space", "part.py"), "w") as file:
            file.write("counter = 0\n")
        sys.path.append(folder)
        try:
            for _ in range(6):
                finish(start(_count_in_package, report))
        finally:
            sys.path.remove(folder)
    assert [reader.recv() for _ in range(6)] == [1] * 6


def _tell_surroundings(report: Connection) -> None:
    report.send((sys.argv, os.getcwd(), os.environ.get("CONTRACT_WORD"), sys.path))


def check_argv_directory_environment_and_path_are_those_of_the_parent() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    before = os.getcwd()
    os.environ["CONTRACT_WORD"] = "set late"
    os.chdir("/")
    sys.path.append("/nowhere")
    try:
        finish(start(_tell_surroundings, report))
    finally:
        os.chdir(before)
        del os.environ["CONTRACT_WORD"]
        sys.path.remove("/nowhere")
    argv, directory, word, path = reader.recv()
    assert argv == sys.argv and directory == "/" and word == "set late" and "/nowhere" in path


def _upset_surroundings() -> None:
    os.chdir("/")
    os.environ["CONTRACT_WORD"] = "leaked"
    sys.argv.append("leaked")
    sys.path.append("/leaked")


def check_surroundings_of_a_child_are_its_own() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(*[start(_upset_surroundings) for _ in range(5)])
    for _ in range(5):
        finish(start(_tell_surroundings, report))
    for _ in range(5):
        argv, directory, word, path = reader.recv()
        assert argv == sys.argv and directory == os.getcwd() and word is None and "/leaked" not in path
