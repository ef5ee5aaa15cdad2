"""RLock: its holder, a thread of a process, may take it again; nobody else may release it."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.synchronize import RLock, SemLock

from .support import append, finish, raises, scratch_file, shows, start, words

NOT_MINE = "attempt to release recursive lock not owned by thread"


def in_thread(body: Callable[[], object]) -> object:
    """Run something in another thread and return what it returned."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(body()), name="other")
    thread.start()
    thread.join()
    return found[0]


def check_holder_may_take_it_again() -> None:
    lock = multiprocessing.RLock()
    for _ in range(5):
        assert lock.acquire() is True
    assert lock.acquire(block=False) is True
    assert lock.acquire(timeout=0.01) is True
    for _ in range(7):
        assert lock.release() is None


def check_one_release_too_many() -> None:
    lock = multiprocessing.RLock()
    with raises(AssertionError, NOT_MINE):
        lock.release()
    lock.acquire()
    lock.acquire()
    lock.release()
    lock.release()
    with raises(AssertionError, NOT_MINE):
        lock.release()


def check_context_manager() -> None:
    lock = multiprocessing.RLock()
    with lock as outer, lock as inner:
        assert outer is True and inner is True
    with raises(KeyError), lock, lock:
        raise KeyError("inside")
    with raises(AssertionError, NOT_MINE):
        lock.release()


def check_another_thread_is_another_owner() -> None:
    lock = multiprocessing.RLock()
    with lock:
        assert in_thread(lambda: lock.acquire(block=False)) is False
        assert in_thread(lambda: lock.acquire(timeout=0.02)) is False
        assert in_thread(lambda: lock.acquire(timeout=-1)) is False
        assert in_thread(lambda: _cannot_release(lock)) == "refused"
        assert lock.acquire(block=False) is True
        lock.release()
    assert in_thread(lambda: _use(lock)) == "used"


def _cannot_release(lock: RLock) -> str:
    with raises(AssertionError, NOT_MINE):
        lock.release()
    return "refused"


def _use(lock: RLock) -> str:
    with lock, lock:
        return "used"


def check_held_until_the_last_release() -> None:
    lock = multiprocessing.RLock()
    for _ in range(3):
        lock.acquire()
    for _ in range(2):
        lock.release()
        assert in_thread(lambda: lock.acquire(block=False)) is False
    lock.release()
    assert in_thread(lambda: _use(lock)) == "used"


def check_timeout_that_is_no_number() -> None:
    lock = multiprocessing.RLock()
    with raises(TypeError, "must be real number, not str"):
        lock.acquire(False, "1")  # type: ignore[arg-type]
    with raises(TypeError):
        lock.acquire(blocking=False)  # type: ignore[call-arg]
    with raises(AssertionError, NOT_MINE):
        lock.release()


def check_class() -> None:
    assert type(multiprocessing.RLock()) is RLock and issubclass(RLock, SemLock)
    context = multiprocessing.get_context("spawn")
    with RLock(ctx=context), context.RLock() as entered:
        assert entered


def check_what_programs_ask_the_inner_object() -> None:
    lock = multiprocessing.RLock()
    inner = lock._semlock  # type: ignore[attr-defined]
    assert not inner._is_mine() and inner._count() == 0 and inner._get_value() == 1
    with lock, lock:
        assert inner._is_mine() and inner._count() == 2 and inner._is_zero()
        assert in_thread(inner._is_mine) is False
    assert not inner._is_mine() and inner._count() == 0


def check_repr_names_owner_and_depth() -> None:
    lock = multiprocessing.RLock()
    assert repr(lock) == "<RLock(None, 0)>"
    with lock:
        assert repr(lock) == "<RLock(MainProcess, 1)>"
        with lock:
            assert repr(lock) == "<RLock(MainProcess, 2)>"
            assert in_thread(lambda: repr(lock)) == "<RLock(SomeOtherThread, nonzero)>"
            finish(start(_see_other_owner, lock))
    assert repr(lock) == "<RLock(None, 0)>"
    assert in_thread(lambda: _repr_inside(lock)) == "<RLock(MainProcess|other, 1)>"


def _repr_inside(lock: RLock) -> str:
    with lock:
        return repr(lock)


def _see_other_owner(lock: RLock) -> None:
    assert repr(lock) == "<RLock(SomeOtherProcess, nonzero)>"


def check_owner_in_a_child() -> None:
    lock = multiprocessing.RLock()
    finish(start(_see_own_name, lock, name="worker"))


def _see_own_name(lock: RLock) -> None:
    with lock:
        assert shows(repr(lock), "RLock(worker,", "1)"), lock


def _find_held(lock: RLock) -> None:
    assert lock.acquire(block=False) is False
    assert lock.acquire(timeout=0.02) is False
    with raises(AssertionError, NOT_MINE):
        lock.release()


def check_child_finds_it_held_and_cannot_release_it() -> None:
    lock = multiprocessing.RLock()
    with lock, lock:
        finish(start(_find_held, lock))
    finish(start(_use, lock))


def _hold(lock: RLock, talk: Connection) -> None:
    lock.acquire()
    lock.acquire()
    talk.send("held twice")
    assert talk.recv() == "once"
    lock.release()
    talk.send("held once")
    assert talk.recv() == "let go"
    lock.release()


def check_free_for_others_after_the_last_release_alone() -> None:
    lock = multiprocessing.RLock()
    talk, other = multiprocessing.Pipe()
    child = start(_hold, lock, other)
    assert talk.recv() == "held twice"
    assert lock.acquire(block=False) is False
    talk.send("once")
    assert talk.recv() == "held once"
    assert lock.acquire(block=False) is False
    talk.send("let go")
    assert lock.acquire(timeout=60) is True
    assert lock.acquire(timeout=60) is True
    lock.release()
    lock.release()
    finish(child)


def _use_both(pair: tuple[RLock, RLock], path: str) -> None:
    first, second = pair
    with first:
        append(path, "inside")
    with second:
        append(path, "again")


def check_same_lock_twice() -> None:
    lock = multiprocessing.RLock()
    with scratch_file() as path:
        finish(start(_use_both, (lock, lock), path))
        assert words(path) == ["inside", "again"]


def _count_up(lock: RLock, path: str, rounds: int) -> None:
    for _ in range(rounds):
        with lock, lock:
            with open(path) as file:
                number = int(file.read() or 0)
            with open(path, "w") as file:
                file.write(str(number + 1))


def check_mutual_exclusion_of_processes_and_threads() -> None:
    lock = multiprocessing.RLock()
    with scratch_file() as path:
        children = [start(_count_up, lock, path, 25) for _ in range(3)]
        threads = [threading.Thread(target=_count_up, args=(lock, path, 25)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finish(*children)
        assert words(path) == ["125"]


def _acquire_and_end(lock: RLock) -> None:
    lock.acquire()


def check_lock_of_a_process_that_ended_stays_held() -> None:
    lock = multiprocessing.RLock()
    finish(start(_acquire_and_end, lock))
    assert lock.acquire(block=False) is False
    assert shows(repr(lock), "RLock(SomeOtherProcess,", "nonzero)"), lock


def _hold_for_ever(lock: RLock, talk: Connection) -> None:
    with lock:
        talk.send("held")
        talk.recv()


def _wait_for_ever(lock: RLock, talk: Connection) -> None:
    talk.send("waits")
    lock.acquire()


def check_terminated_while_it_waits() -> None:
    lock = multiprocessing.RLock()
    talk, other = multiprocessing.Pipe()
    with lock:
        child = start(_wait_for_ever, lock, other)
        assert talk.recv() == "waits"
        child.terminate()
        child.join()
        assert child.exitcode == -15
    finish(start(_use, lock))
    with lock:
        pass
