"""What a rank states of itself: nothing while any of its threads is at work, and of its messages just what is not settled."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mpiprocessing.watch.ledger import Ledger
from mpiprocessing.watch.waits import Statement


@contextmanager
def calling(ledger: Ledger, inside: bool = True) -> Iterator[None]:
    """Another thread is in a call of MPI, or at work; this one is none of the program's."""
    ready, over = threading.Event(), threading.Event()

    def call() -> None:
        receive = ledger.post("world", (1,), 3, True, "comm.recv()", "prog.py:7")
        with ledger.inside(sys._getframe(), "comm.recv()", "", "prog.py:7", [receive]):
            ready.set()
            if inside:
                stay()
            else:
                work()

    def work() -> None:
        over.wait()

    lock = threading.Lock()  # blocks within the frame that has called, as MPI does
    lock.acquire()
    stay = lock.acquire
    thread = threading.Thread(target=call)
    thread.start()
    ready.wait()
    yield
    over.set()
    lock.release()
    thread.join()


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = Ledger(0)
    ledger._ignored.update(
        sys._current_frames()
    )  # the threads of the test run, those that `threading` does not know included
    yield ledger


def stated(ledger: Ledger) -> Statement:
    while (statement := ledger.statement()) is None:  # the other thread is on its way into the call
        threading.Event().wait(0.001)
    return statement


def test_a_rank_whose_threads_are_all_in_mpi_states_where(ledger: Ledger) -> None:
    with calling(ledger):
        statement = stated(ledger)
    (call,) = statement.calls
    assert (call.text, call.line) == ("comm.recv()", "prog.py:7")
    assert statement.posted == call.waits


def test_a_function_that_mpi_calls_is_work(ledger: Ledger) -> None:
    with calling(ledger, inside=False):
        threading.Event().wait(0.05)
        assert ledger.statement() is None


def test_another_thread_is_work(ledger: Ledger) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    with calling(ledger):
        stated(ledger)
        thread.start()
        assert ledger.statement() is None
        over.set()
        thread.join()
        stated(ledger)


def test_the_serial_stays_as_long_as_nothing_happens(ledger: Ledger) -> None:
    with calling(ledger):
        before = stated(ledger).serial
        assert stated(ledger).serial == before
        ledger.send("world", 1, 0, False, "", "")
        assert stated(ledger).serial != before


def test_an_ended_program_states_what_it_has_left(ledger: Ledger) -> None:
    ledger.send("world", 1, 5, False, "comm.isend()", "prog.py:1")
    ledger.send("world", 1, 5, False, "comm.isend()", "prog.py:1")
    ledger.send("world", 1, 6, False, "comm.isend()", "prog.py:2")
    ledger.end()
    statement = stated(ledger)
    assert statement.ended and not statement.calls
    assert statement.sent["world", 1].counts == {5: 2, 6: 1}
    assert statement.sent["world", 1].recent == ((5, "prog.py:1", 2), (6, "prog.py:2", 1))


def test_what_could_not_be_sent_is_taken_back(ledger: Ledger) -> None:
    send = ledger.send("world", 1, 5, False, "", "prog.py:1")
    ledger.unsend(send)
    ledger.end()
    assert stated(ledger).sent["world", 1].counts == {5: 0}


def test_a_collective_that_has_failed_leaves_it_uncertain_how_many_there_were(ledger: Ledger) -> None:
    ledger.take_part("world", (0, 1), (0, 1), "comm.Barrier()", "")
    ledger.part_failed(ledger.take_part("half", (0, 1), (), "comm.scatter()", ""))
    ledger.end()
    statement = stated(ledger)
    assert (statement.parts["world"].uncertain, statement.parts["half"].uncertain) == (False, True)


def test_a_receive_that_has_overtaken_another_is_kept_until_that_is_over(ledger: Ledger) -> None:
    first = ledger.post("world", (1, 2), None, True, "", "")
    second = ledger.post("world", (1,), 0, True, "", "")
    ledger.received(second, 1, 0)
    ledger.end()
    statement = stated(ledger)
    assert statement.posted == (first, second._replace(got=(1, 0)))
    assert statement.received == {}
    ledger.received(first, 2, 4)
    statement = stated(ledger)
    assert statement.posted == ()
    assert statement.received == {("world", 1): {0: 1}, ("world", 2): {4: 1}}


def test_a_receive_for_other_messages_keeps_nothing(ledger: Ledger) -> None:
    ledger.post("world", (1, 2), 9, True, "", "")
    for _ in range(3):
        ledger.received(ledger.post("world", (1,), 0, True, "", ""), 1, 0)
    ledger.end()
    statement = stated(ledger)
    assert len(statement.posted) == 1
    assert statement.received == {("world", 1): {0: 3}}


def test_what_is_kept_is_bounded_and_then_order_is_unknown(ledger: Ledger) -> None:
    ledger.post("world", (1,), None, True, "", "")
    for _ in range(1000):
        ledger.received(ledger.post("world", (1,), 0, True, "", ""), 1, 0)
    ledger.end()
    statement = stated(ledger)
    assert len(statement.posted) < 300
    assert statement.unordered == {"world"}
