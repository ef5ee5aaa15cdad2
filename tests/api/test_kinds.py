"""Kinds of messages that no simulated schedule sends: a real job sends each of them, as its own count of messages says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PROGRAM = """
    import functools, multiprocessing as mp, os, pickle, threading, time
    from mpiprocessing.core import thisrank

    def fail():
        raise ValueError("initializer")

    def first_waits(pair):
        number, queue = pair
        if number == 0:
            threading.Thread(target=answer_who_sleeps, args=(queue,)).start()
            return queue.get()

    def answer_who_sleeps(queue):
        while thisrank.running().progress.before_sleep is not None:  # the wait becomes sleep, which this rank tells the pool
            time.sleep(0.01)
        queue.put("come")

    def leave_a_child(told):
        child = mp.Process(target=outlive, args=(told,))
        child.start()
        told.get()
        os._exit(0)

    def outlive(told):
        told.put("here")
        mp.parent_process().join()
        told.put("alone")

    def sleep():
        time.sleep(60)

    def cancelled():
        children = [mp.Process(target=sleep) for _ in range(3)]
        for child in children:
            child.start()
        for child in reversed(children):
            child.terminate()
            child.join()

    def pools():
        with mp.Pool(1) as pool:
            for number in range(80):
                assert pool.apply(functools.partial(pow, number), (2,)) == number**2
            with mp.Manager() as manager:
                queue = manager.Queue()
                assert pool.map(str, range(3)) == ["0", "1", "2"]
        with mp.Pool(2) as pool, mp.Manager() as manager:
            queue = manager.Queue()
            pool.map(first_waits, [(number, queue) for number in range(6)], 1)

    def ask(shared, pickled):
        assert list(iter(shared)) == ["a"]
        try:
            shared._callmethod("nonsense")
        except Exception:
            pass
        lock = pickle.loads(pickled)
        assert lock.acquire(False)
        lock.release()
        cancelled()

    def refused():
        pool = mp.Pool(1, fail)
        try:
            pool.apply_async(sleep).get()
        except Exception:
            pass
        pool.terminate()

    if __name__ == "__main__":
        child = mp.Process(target=print, args=("a line",))
        child.start()
        child.join()
        told = mp.SimpleQueue()
        child = mp.Process(target=leave_a_child, args=(told,))
        child.start()
        child.join()
        assert told.get() == "alone"
        lock = mp.Lock()
        with mp.Manager() as manager:
            child = mp.Process(target=ask, args=(manager.dict(a=1), pickle.dumps(lock)))
            child.start()
            child.join()
            assert child.exitcode == 0
        pools()
        refused()
"""

KINDS = ("HostCancel", "OutputWritten", "ParentExited", "PoolFailed", "PoolForget", "PoolWaiting", "ReferentFailed",
         "ReferentShared", "ShareTake")  # fmt: skip


def test_they_are_all_sent(count: Callable[..., Any]) -> None:
    counted = count(PROGRAM)
    sent = {kind for kind in KINDS if counted.messages(kind)}
    assert sent == set(KINDS)
