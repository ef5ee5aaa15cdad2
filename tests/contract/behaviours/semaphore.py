"""Semaphore and BoundedSemaphore in one process: how many units there are, and what is refused."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.synchronize import SEM_VALUE_MAX, BoundedSemaphore, Semaphore, SemLock

from .support import raises, shows

TOO_OFTEN = "semaphore or lock released too many times"


def check_one_unit_by_default() -> None:
    for semaphore in (multiprocessing.Semaphore(), multiprocessing.BoundedSemaphore()):
        assert semaphore.get_value() == 1
        assert semaphore.acquire() is True
        assert semaphore.get_value() == 0
        assert semaphore.release() is None
        assert semaphore.get_value() == 1


def check_as_many_as_there_are() -> None:
    semaphore = multiprocessing.Semaphore(3)
    for left in (2, 1, 0):
        assert semaphore.acquire(block=False) is True
        assert semaphore.get_value() == left
    assert semaphore.acquire(block=False) is False
    assert semaphore.acquire(False) is False
    for count in (1, 2, 3):
        semaphore.release()
        assert semaphore.get_value() == count


def check_none_at_first() -> None:
    semaphore = multiprocessing.Semaphore(0)
    assert semaphore.acquire(block=False) is False
    semaphore.release()
    assert semaphore.acquire(block=False) is True


def check_value_by_keyword() -> None:
    assert multiprocessing.Semaphore(value=4).get_value() == 4
    assert multiprocessing.BoundedSemaphore(value=4).get_value() == 4


def check_more_releases_than_acquires() -> None:
    semaphore = multiprocessing.Semaphore(1)
    for count in (2, 3, 4):
        semaphore.release()
        assert semaphore.get_value() == count
    assert all(semaphore.acquire(block=False) for _ in range(4))
    assert not semaphore.acquire(block=False)


def check_bounded_release_beyond_the_first_value() -> None:
    semaphore = multiprocessing.BoundedSemaphore(2)
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 2
    semaphore.acquire()
    semaphore.release()
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 2


def check_bounded_of_none() -> None:
    semaphore = multiprocessing.BoundedSemaphore(0)
    assert semaphore.acquire(block=False) is False
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.get_value() == 0


def check_negative_value() -> None:
    with raises(OSError, "[Errno 22] Invalid argument"):
        multiprocessing.Semaphore(-1)
    with raises(OSError, "[Errno 22] Invalid argument"):
        multiprocessing.BoundedSemaphore(-1)


def check_value_too_large() -> None:
    with raises(OverflowError):
        multiprocessing.Semaphore(2**40)
    with raises(OverflowError):
        multiprocessing.BoundedSemaphore(2**40)


def check_value_that_is_no_number() -> None:
    for value in ("1", None, 1.5):
        with raises(TypeError, f"'{type(value).__name__}' object cannot be interpreted as an integer"):
            multiprocessing.Semaphore(value)  # type: ignore[arg-type]
    assert multiprocessing.Semaphore(True).get_value() == 1


def check_the_largest_value() -> None:
    semaphore = multiprocessing.Semaphore(SEM_VALUE_MAX)
    assert semaphore.get_value() == SEM_VALUE_MAX
    with raises(ValueError, TOO_OFTEN):
        semaphore.release()
    assert semaphore.acquire(block=False)
    semaphore.release()


def check_acquire_with_timeout() -> None:
    semaphore = multiprocessing.Semaphore(1)
    assert semaphore.acquire(timeout=60) is True
    assert semaphore.acquire(timeout=0.02) is False
    assert semaphore.acquire(True, 0.02) is False
    assert semaphore.acquire(timeout=0) is False
    assert semaphore.acquire(timeout=-1) is False
    assert semaphore.acquire(False, 60) is False
    semaphore.release()
    assert semaphore.acquire(True, None) is True


def check_timeout_that_is_no_number() -> None:
    semaphore = multiprocessing.Semaphore(1)
    for block in (True, False):
        with raises(TypeError, "must be real number, not str"):
            semaphore.acquire(block, "1")  # type: ignore[arg-type]
    with raises(TypeError):
        semaphore.acquire(blocking=False)  # type: ignore[call-arg]
    assert semaphore.get_value() == 1


def check_waits_that_timed_out_leave_no_trace() -> None:
    semaphore = multiprocessing.Semaphore(0)
    for _ in range(3):
        assert semaphore.acquire(timeout=0.005) is False
    semaphore.release()
    assert semaphore.get_value() == 1
    assert semaphore.acquire(timeout=60) is True


def check_context_manager() -> None:
    semaphore = multiprocessing.Semaphore(2)
    with semaphore as entered:
        assert entered is True
        assert semaphore.get_value() == 1
    with raises(KeyError), semaphore:
        raise KeyError("inside")
    assert semaphore.get_value() == 2


def check_repr() -> None:
    semaphore, bounded = multiprocessing.Semaphore(3), multiprocessing.BoundedSemaphore(2)
    assert repr(semaphore) == "<Semaphore(value=3)>"
    assert shows(repr(bounded), "BoundedSemaphore(value=2,", "maxvalue=2)"), bounded
    semaphore.acquire()
    bounded.acquire()
    assert repr(semaphore) == "<Semaphore(value=2)>"
    assert shows(repr(bounded), "BoundedSemaphore(value=1,", "maxvalue=2)"), bounded


def check_classes() -> None:
    assert issubclass(BoundedSemaphore, Semaphore) and issubclass(Semaphore, SemLock)
    assert type(multiprocessing.Semaphore()) is Semaphore
    assert type(multiprocessing.BoundedSemaphore()) is BoundedSemaphore


def check_made_from_the_class() -> None:
    context = multiprocessing.get_context("spawn")
    assert Semaphore(2, ctx=context).get_value() == 2
    assert BoundedSemaphore(2, ctx=context).get_value() == 2
    assert context.Semaphore(3).get_value() == 3
    assert context.BoundedSemaphore(3).get_value() == 3


def check_semlock_itself() -> None:
    context = multiprocessing.get_context("spawn")
    with raises(ValueError, "unrecognized kind"):
        SemLock(5, 1, 1, ctx=context)
    units = SemLock(1, 0, 2, ctx=context)
    units.release()
    units.release()
    with raises(ValueError, TOO_OFTEN):
        units.release()
    assert units.acquire(False) and units.acquire(False) and not units.acquire(False)


def check_what_programs_ask_the_inner_object() -> None:
    semaphore = multiprocessing.BoundedSemaphore(2)
    inner = semaphore._semlock  # type: ignore[attr-defined]
    assert inner._get_value() == 2 and not inner._is_zero() and inner._count() == 0
    assert inner.maxvalue == 2 and inner.kind == 1
    assert semaphore.acquire() and semaphore.acquire()
    assert inner._get_value() == 0 and inner._is_zero() and inner._count() == 2 and inner._is_mine()
    semaphore.release()
    assert inner._get_value() == 1 and inner._count() == 1


def check_locked_where_there_is_such_a_method() -> None:
    semaphore = multiprocessing.Semaphore(1)
    if hasattr(semaphore, "locked"):
        assert semaphore.locked() is False
        semaphore.acquire()
        assert semaphore.locked() is True


def check_thread_is_woken_by_another() -> None:
    semaphore = multiprocessing.Semaphore(0)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(semaphore.acquire())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in threads:
        semaphore.release()
    for thread in threads:
        thread.join()
    assert found == [True] * 3 and semaphore.get_value() == 0
