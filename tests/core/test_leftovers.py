"""Threads that are told to end while they are blocked: what the rank runs next goes on as if nothing were pending."""

from __future__ import annotations

import _thread
import contextlib
import sys
import threading

import pytest

from mpiprocessing.core import leftovers


def called() -> bool:
    return True


@pytest.fixture
def blocked() -> object:
    lock = threading.Lock()
    lock.acquire()

    def wait() -> None:
        with contextlib.suppress(SystemExit):
            lock.acquire()

    thread = threading.Thread(target=wait)
    thread.start()
    yield thread
    lock.release()
    thread.join()


def test_traced_code_goes_on_beside_a_blocked_thread_that_is_to_end(blocked: threading.Thread) -> None:
    """In Python 3.11 this hung."""
    leftovers._gone.add([blocked])
    leftovers._gone.end(lambda thread: False)
    before = sys.getprofile()
    sys.setprofile(lambda *event: None)
    try:
        assert called()
    finally:
        sys.setprofile(before)
    assert blocked.is_alive()


def test_a_thread_that_has_just_been_started_does_not_keep_the_flag(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Until it runs it has the number of its starter, and meets what was meant for that."""
    done = threading.Semaphore(0)
    for _ in range(300):
        _thread.start_new_thread(done.release, ())
        leftovers._clear_flag()
    assert capfd.readouterr() == ("", "")


def test_a_thread_that_was_only_just_started_does_nothing() -> None:
    """It has no number yet by which it could be told to end: its process was ended in the midst of `start`."""
    ran: list[int] = []
    thread = threading.Thread(target=ran.append, args=(1,))
    leftovers._gone.add([thread])
    leftovers._gone.end(lambda ident: False)
    thread.start()
    thread.join()
    assert not ran
