"""Threads that are told to end while they are blocked: what the rank runs next goes on as if nothing were pending."""

from __future__ import annotations

import _thread
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mpiprocessing.core import leftovers


def called() -> bool:
    return True


@pytest.fixture
def blocked() -> Iterator[threading.Thread]:
    reading, writing = os.pipe()

    def wait() -> None:
        with contextlib.suppress(SystemExit):
            os.read(reading, 1)

    thread = threading.Thread(target=wait)
    thread.start()
    # A thread that has been started need not have come so far; the kernel tells what it waits for, first of all the descriptor.
    told = Path(f"/proc/self/task/{thread.native_id}/syscall")
    while told.exists() and told.read_text().split()[1:2] != [hex(reading)]:
        time.sleep(0)
    yield thread
    os.write(writing, b"x")
    thread.join()
    os.close(reading)
    os.close(writing)


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
