"""Event: a flag that is set, cleared and waited for."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event

from .condition import sleeping
from .support import finish, raises, shows, start, until


def check_not_set_at_first() -> None:
    event = multiprocessing.Event()
    assert event.is_set() is False
    assert event.wait(0.02) is False


def check_set_and_clear() -> None:
    event = multiprocessing.Event()
    for _ in range(2):
        assert event.set() is None
        assert event.is_set() is True
        assert event.set() is None
        assert event.is_set() is True
        assert event.clear() is None
        assert event.is_set() is False
        assert event.clear() is None
        assert event.is_set() is False


def check_wait_for_what_is_set() -> None:
    event = multiprocessing.Event()
    event.set()
    assert event.wait() is True
    assert event.wait(0) is True
    assert event.wait(-1) is True
    assert event.wait(timeout=60) is True
    assert event.is_set() is True


def check_wait_in_vain() -> None:
    event = multiprocessing.Event()
    assert event.wait(0.02) is False
    assert event.wait(0) is False
    assert event.wait(-1) is False
    assert event.wait(timeout=0.0) is False
    event.set()
    event.clear()
    assert event.wait(0.005) is False


def check_timeout_that_is_no_number() -> None:
    event = multiprocessing.Event()
    with raises(TypeError, "must be real number, not str"):
        event.wait("1")  # type: ignore[arg-type]
    assert event.is_set() is False


def check_class() -> None:
    assert type(multiprocessing.Event()) is Event
    context = multiprocessing.get_context("spawn")
    assert not Event(ctx=context).is_set()
    assert not context.Event().is_set()


def check_repr() -> None:
    event = multiprocessing.Event()
    if "__repr__" in vars(Event):  # since Python 3.11
        assert shows(repr(event), "Event", "at", f"{id(event):#x}", "unset"), event
        event.set()
        assert shows(repr(event), "Event", "at", f"{id(event):#x}", "set"), event


def _wait(event: Event, report: Connection) -> None:
    report.send("waits")
    report.send(event.wait())


def check_set_wakes_all() -> None:
    event = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_wait, event, report) for _ in range(4)]
    assert [reader.recv() for _ in children] == ["waits"] * 4
    event.set()
    assert [reader.recv() for _ in children] == [True] * 4
    finish(*children)


def _set(event: Event) -> None:
    event.set()


def check_child_sets_it() -> None:
    event = multiprocessing.Event()
    child = start(_set, event)
    assert event.wait() is True
    finish(child)
    assert event.is_set() is True


def _clear(event: Event) -> None:
    assert event.is_set() is True
    event.clear()
    assert event.is_set() is False


def check_child_clears_it() -> None:
    event = multiprocessing.Event()
    event.set()
    finish(start(_clear, event))
    assert event.is_set() is False
    assert event.wait(0) is False


def check_child_wakes_child() -> None:
    event = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    waiter = start(_wait, event, report)
    assert reader.recv() == "waits"
    finish(start(_set, event))
    assert reader.recv() is True
    finish(waiter)


def check_threads_wait_beside_children() -> None:
    event = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(event.wait())) for _ in range(2)]
    for thread in threads:
        thread.start()
    child = start(_wait, event, report)
    assert reader.recv() == "waits"
    event.set()
    assert reader.recv() is True
    for thread in threads:
        thread.join()
    finish(child)
    assert found == [True, True]


def _wait_in_vain(event: Event) -> None:
    for timeout in (0.02, 0, -1):
        assert event.wait(timeout) is False
    assert event.is_set() is False


def check_child_waits_in_vain() -> None:
    event = multiprocessing.Event()
    finish(*[start(_wait_in_vain, event) for _ in range(2)])
    event.set()
    assert event.wait() is True


def _set_then_tell(event: Event, report: Connection) -> None:
    event.set()
    report.send("set")
    report.close()


def check_who_is_told_that_it_is_set_finds_it_set() -> None:
    event = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_set_then_tell, event, report)
    assert reader.recv() == "set"
    assert event.is_set() is True
    finish(child)


def _tell_then_set(event: Event, report: Connection) -> None:
    report.send("told")
    event.set()


def check_what_was_sent_before_it_was_set_is_there() -> None:
    event = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_tell_then_set, event, report)
    assert event.wait() is True
    assert reader.poll()
    assert reader.recv() == "told"
    finish(child)


def _work_until(stop: Event, report: Connection) -> None:
    rounds = 0
    while not stop.is_set():
        rounds += 1
        if rounds == 5:
            report.send("works")
    report.send(rounds)


def check_work_until_it_is_set() -> None:
    stop = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    children = [start(_work_until, stop, report) for _ in range(2)]
    assert [reader.recv() for _ in children] == ["works"] * 2
    stop.set()
    finish(*children)
    assert reader.recv() >= 5 and reader.recv() >= 5


def _take_turns(mine: Event, other: Event, rounds: int) -> None:
    for _ in range(rounds):
        mine.wait()
        mine.clear()
        other.set()


def check_two_events_make_two_processes_take_turns() -> None:
    first, second = multiprocessing.Event(), multiprocessing.Event()
    child = start(_take_turns, first, second, 20)
    for _ in range(20):
        first.set()
        assert second.wait() is True
        second.clear()
    finish(child)
    assert not first.is_set() and not second.is_set()


def check_two_events_are_two() -> None:
    first, second = multiprocessing.Event(), multiprocessing.Event()
    first.set()
    assert first.is_set() and not second.is_set()


def _use_both(events: list[Event]) -> None:
    events[0].set()
    assert events[1].is_set() is True


def check_same_event_twice() -> None:
    event = multiprocessing.Event()
    finish(start(_use_both, [event, event]))
    assert event.is_set() is True


def check_setter_may_end() -> None:
    event = multiprocessing.Event()
    finish(start(_set, event))
    reader, report = multiprocessing.Pipe(duplex=False)
    finish(start(_wait, event, report))
    assert [reader.recv(), reader.recv()] == ["waits", True]


def check_terminated_while_it_waits() -> None:
    event = multiprocessing.Event()
    reader, report = multiprocessing.Pipe(duplex=False)
    child = start(_wait, event, report)
    assert reader.recv() == "waits"
    until(lambda: _sleeps(event))
    child.terminate()
    child.join()
    assert child.exitcode == -15
    assert event.is_set() is False
    assert event.wait(0.02) is False


def _sleeps(event: Event) -> bool:
    """Whether a process sleeps there; the lock of the standard library's event is lost with who is ended on its way to that."""
    condition = getattr(event, "_cond", None)
    if condition is None:
        return True
    with condition:
        return sleeping(condition, 1)
