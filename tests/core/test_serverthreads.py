"""The threads of a manager's server: who makes whose calls."""

from __future__ import annotations

import queue
import threading
from typing import Any

from mpiprocessing.core.serverthreads import ServerThreads

CALLER = 5
LONG = 30.0


class Calls:
    """Calls of one caller, each made when it is let; says which threads have made them."""

    def __init__(self) -> None:
        self.threads = ServerThreads()
        self.lock = threading.Lock()  # stands for the runtime's
        self.made: queue.Queue[threading.Thread] = queue.Queue()

    def submit(self, awaited: bool) -> threading.Event:
        gate = threading.Event()

        def job() -> None:
            assert gate.wait(LONG)
            with self.lock:
                self.threads.idle(CALLER)
            self.made.put(threading.current_thread())

        with self.lock:
            self.threads.submit(CALLER, job, awaited)
        return gate

    def maker(self) -> threading.Thread:
        return self.made.get(timeout=LONG)


def test_what_nobody_waits_for_is_made_before_the_next_call_by_the_same_thread() -> None:
    calls = Calls()
    gates = [calls.submit(awaited) for awaited in (False, False, True)]
    makers: list[Any] = []
    for gate in gates:
        assert not makers or not makers[0].mpiprocessing_resting
        gate.set()
        makers.append(calls.maker())
    assert len(set(makers)) == 1
    assert makers[0].mpiprocessing_resting and not makers[0].busy
    calls.threads.end()


def test_a_call_that_was_given_up_does_not_keep_the_next_one_waiting() -> None:
    calls = Calls()
    given_up = calls.submit(True)
    calls.submit(True).set()
    fresh = calls.maker()
    given_up.set()
    old = calls.maker()
    assert old is not fresh
    old.join(LONG)
    assert not old.is_alive()
    calls.threads.end()
