"""Lock: who may hold it, for how long one waits, who may release it."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock

from .support import append, finish, raises, scratch_file, shows, start, words

TOO_OFTEN = "semaphore or lock released too many times"


def check_acquire_and_release() -> None:
    lock = multiprocessing.Lock()
    for _ in range(3):
        assert lock.acquire() is True
        assert lock.release() is None


def check_lock_is_not_reentrant() -> None:
    lock = multiprocessing.Lock()
    assert lock.acquire()
    assert lock.acquire(block=False) is False
    assert lock.acquire(False) is False
    lock.release()
    assert lock.acquire(block=False) is True
    lock.release()


def check_acquire_with_timeout() -> None:
    lock = multiprocessing.Lock()
    assert lock.acquire(timeout=60) is True
    assert lock.acquire(timeout=0.02) is False
    assert lock.acquire(True, 0.02) is False
    assert lock.acquire(timeout=0) is False
    lock.release()
    assert lock.acquire(True, None) is True
    lock.release()


def check_negative_timeout_is_no_wait() -> None:
    lock = multiprocessing.Lock()
    assert lock.acquire(True, -1) is True
    assert lock.acquire(True, -1) is False
    lock.release()


def check_timeout_without_block_is_ignored() -> None:
    lock = multiprocessing.Lock()
    assert lock.acquire(False, 60) is True
    assert lock.acquire(False, 60) is False
    lock.release()


def check_a_wait_that_timed_out_leaves_no_trace() -> None:
    lock = multiprocessing.Lock()
    lock.acquire()
    for _ in range(3):
        assert lock.acquire(timeout=0.005) is False
    lock.release()
    assert lock.acquire(timeout=60) is True
    assert lock.acquire(block=False) is False
    lock.release()


def check_release_of_a_free_lock() -> None:
    lock = multiprocessing.Lock()
    with raises(ValueError, TOO_OFTEN):
        lock.release()
    with lock:
        pass
    with raises(ValueError, TOO_OFTEN):
        lock.release()


def check_context_manager() -> None:
    lock = multiprocessing.Lock()
    with lock as entered:
        assert entered is True
        assert lock.acquire(block=False) is False
    assert lock.acquire(block=False) is True
    lock.release()


def check_context_manager_releases_after_an_exception() -> None:
    lock = multiprocessing.Lock()
    with raises(KeyError), lock:
        raise KeyError("inside")
    assert lock.acquire(block=False) is True
    lock.release()


def check_acquire_takes_block_and_timeout_alone() -> None:
    lock = multiprocessing.Lock()
    with raises(TypeError):
        lock.acquire(blocking=False)  # type: ignore[call-arg]
    assert lock.acquire(block=True, timeout=60)
    lock.release()


def _count_up(lock: Lock, path: str, rounds: int) -> None:
    for _ in range(rounds):
        with lock:
            with open(path) as file:
                number = int(file.read() or 0)
            with open(path, "w") as file:
                file.write(str(number + 1))


def check_mutual_exclusion_of_a_counter_in_a_file() -> None:
    lock = multiprocessing.Lock()
    with scratch_file() as path:
        children = [start(_count_up, lock, path, 50) for _ in range(3)]
        _count_up(lock, path, 50)
        finish(*children)
        assert words(path) == ["200"]


def check_mutual_exclusion_of_threads_and_a_child() -> None:
    lock = multiprocessing.Lock()
    with scratch_file() as path:
        child = start(_count_up, lock, path, 30)
        threads = [threading.Thread(target=_count_up, args=(lock, path, 30)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finish(child)
        assert words(path) == ["90"]


def _release(lock: Lock) -> None:
    lock.release()


def check_release_from_another_process() -> None:
    lock = multiprocessing.Lock()
    lock.acquire()
    finish(start(_release, lock))
    assert lock.acquire(block=False) is True
    lock.release()


def check_release_from_another_thread() -> None:
    lock = multiprocessing.Lock()
    lock.acquire()
    thread = threading.Thread(target=lock.release)
    thread.start()
    thread.join()
    assert lock.acquire(block=False) is True
    lock.release()


def _release_too_often(lock: Lock) -> None:
    with raises(ValueError, TOO_OFTEN):
        lock.release()


def check_release_of_a_free_lock_in_a_child() -> None:
    lock = multiprocessing.Lock()  # kept here: the standard library loses a lock that nobody holds by name
    finish(start(_release_too_often, lock))


def _find_held(lock: Lock) -> None:
    assert lock.acquire(block=False) is False
    assert lock.acquire(timeout=0.02) is False
    assert lock.acquire(timeout=0) is False


def check_child_finds_it_held() -> None:
    lock = multiprocessing.Lock()
    with lock:
        finish(start(_find_held, lock))
    assert lock.acquire(block=False) is True
    lock.release()


def _hold(lock: Lock, talk: Connection) -> None:
    with lock:
        talk.send("held")
        assert talk.recv() == "let go"


def check_waiter_is_woken_by_a_release_elsewhere() -> None:
    lock = multiprocessing.Lock()
    talk, other = multiprocessing.Pipe()
    child = start(_hold, lock, other)
    assert talk.recv() == "held"
    assert lock.acquire(block=False) is False
    talk.send("let go")
    assert lock.acquire(timeout=60) is True
    lock.release()
    finish(child)


def _acquire_and_end(lock: Lock) -> None:
    lock.acquire()


def check_lock_of_a_process_that_ended_stays_held() -> None:
    lock = multiprocessing.Lock()
    finish(start(_acquire_and_end, lock))
    assert lock.acquire(block=False) is False
    lock.release()
    assert lock.acquire(block=False) is True
    lock.release()


def _write_when_free(lock: Lock, path: str) -> None:
    with lock:
        append(path, "child")


def check_holder_goes_first() -> None:
    lock = multiprocessing.Lock()
    with scratch_file() as path:
        with lock:
            child = start(_write_when_free, lock, path)
            child.join(0.05)
            append(path, "parent")
        finish(child)
        assert words(path) == ["parent", "child"]


def check_two_locks_are_two() -> None:
    first, second = multiprocessing.Lock(), multiprocessing.Lock()
    with first:
        assert second.acquire(block=False) is True
        second.release()
        finish(start(_write_when_free, second, "/dev/null"))


def check_many_locks() -> None:
    locks = [multiprocessing.Lock() for _ in range(40)]
    for lock in locks:
        assert lock.acquire(block=False) is True
    finish(start(_release_all, locks))
    assert all(lock.acquire(block=False) for lock in locks)


def _release_all(locks: list[Lock]) -> None:
    for lock in locks:
        lock.release()


def check_repr_names_the_owner() -> None:
    lock = multiprocessing.Lock()
    assert shows(repr(lock), "Lock(owner=None)"), lock
    with lock:
        assert shows(repr(lock), "Lock(owner=MainProcess)"), lock
        finish(start(_see_other_owner, lock))
    assert shows(repr(lock), "Lock(owner=None)"), lock


def _see_other_owner(lock: Lock) -> None:
    assert shows(repr(lock), "Lock(owner=SomeOtherProcess)"), lock
