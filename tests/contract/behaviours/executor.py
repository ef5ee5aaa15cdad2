"""concurrent.futures.ProcessPoolExecutor: its workers, queues, pipes and sentinels come from multiprocessing."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures import TimeoutError as FuturesTimeout
from concurrent.futures.process import BrokenProcessPool

from .support import raises, until

_base = 0


def _square(number: int) -> int:
    return number * number


def _fail(number: int) -> None:
    raise LookupError(f"no number {number}")


def _set_base(base: int) -> None:
    global _base
    _base = base


def _add_base(number: int) -> int:
    return _base + number


def check_submit_and_map() -> None:
    with ProcessPoolExecutor(2) as executor:
        assert executor.submit(_square, 7).result(60) == 49
        assert executor.submit(pow, 2, exp=10).result() == 1024
        assert list(executor.map(_square, range(50))) == [n * n for n in range(50)]
        assert list(executor.map(_square, range(50), chunksize=7)) == [n * n for n in range(50)]
        assert list(executor.map(pow, [2, 3], [4, 5])) == [16, 243]
        assert list(executor.map(_square, [])) == []


def check_work_is_done_by_other_processes() -> None:
    with ProcessPoolExecutor(2) as executor:
        pids = set(executor.map(_pid, range(20)))
        assert os.getpid() not in pids and 1 <= len(pids) <= 2


def _pid(_: object) -> int:
    return os.getpid()


def check_exceptions_carry_the_remote_traceback() -> None:
    with ProcessPoolExecutor(1) as executor:
        future = executor.submit(_fail, 7)
        with raises(LookupError, "no number 7"):
            future.result(60)
        error = future.exception()
        assert type(error.__cause__).__name__ == "_RemoteTraceback"
        assert "in _fail" in str(error.__cause__)
        assert executor.submit(_square, 2).result() == 4


def check_initializer() -> None:
    with ProcessPoolExecutor(2, initializer=_set_base, initargs=(100,)) as executor:
        assert list(executor.map(_add_base, range(5))) == [100, 101, 102, 103, 104]


def check_initializer_that_fails_breaks_the_executor() -> None:
    with ProcessPoolExecutor(1, initializer=_fail, initargs=(1,)) as executor:
        with raises(BrokenProcessPool):
            executor.submit(_square, 1).result(60)
        with raises(BrokenProcessPool):
            executor.submit(_square, 1)


def check_contexts() -> None:
    for context in (None, multiprocessing.get_context("spawn"), multiprocessing.get_context()):
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            assert executor.submit(_square, 3).result(60) == 9


def check_as_completed_and_callbacks() -> None:
    called = []
    with ProcessPoolExecutor(2) as executor:
        futures = {executor.submit(_square, n): n for n in range(10)}
        for future in futures:
            future.add_done_callback(lambda future: called.append(future.result()))
        found = {futures[future]: future.result() for future in as_completed(futures, timeout=60)}
    assert found == {n: n * n for n in range(10)}
    assert sorted(called) == sorted(found.values())


def check_shutdown_refuses_new_work() -> None:
    executor = ProcessPoolExecutor(1)
    future = executor.submit(_square, 3)
    executor.shutdown()
    assert future.result() == 9
    with raises(RuntimeError, "cannot schedule new futures after shutdown"):
        executor.submit(_square, 4)
    ProcessPoolExecutor(1).shutdown()  # without ever having worked


def check_shutdown_cancels_what_has_not_begun() -> None:
    gate, other = multiprocessing.Pipe()
    executor = ProcessPoolExecutor(1, initializer=_set_base, initargs=(other,))
    futures = [executor.submit(_wait_for_gate, n) for n in range(8)]
    assert gate.recv() == 0
    (worker,) = executor._processes.values()
    executor.shutdown(wait=False, cancel_futures=True)
    for _ in range(8):
        gate.send("go")
    assert futures[0].result(60) == 0
    until(lambda: all(future.done() for future in futures))
    assert futures[-1].cancelled()
    worker.join()


def _wait_for_gate(number: int) -> int:
    _base.send(number)  # type: ignore[attr-defined]
    _base.recv()  # type: ignore[attr-defined]
    return number


def check_more_workers_than_can_run_at_a_time() -> None:
    with ProcessPoolExecutor(8) as executor:
        assert sum(executor.map(_square, range(40))) == sum(n * n for n in range(40))


def check_as_many_workers_as_there_are() -> None:
    with ProcessPoolExecutor() as executor:
        assert sum(executor.map(_square, range(10))) == sum(n * n for n in range(10))


def check_wrong_numbers_of_workers() -> None:
    for number in (0, -1):
        with raises(ValueError, "max_workers must be greater than 0"):
            ProcessPoolExecutor(number)
    with raises(TypeError, "initializer must be a callable"):
        ProcessPoolExecutor(1, initializer="x")
    with raises(ValueError, "chunksize must be >= 1."):
        ProcessPoolExecutor(1).map(_square, [1], chunksize=0)


def check_a_worker_may_be_replaced_after_each_task() -> None:
    if sys.version_info < (3, 11):
        return
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as executor:
        assert list(executor.map(_square, range(4))) == [0, 1, 4, 9]


def check_a_terminated_worker_breaks_the_executor() -> None:
    _break_it("terminate")


def check_a_killed_worker_breaks_the_executor() -> None:
    _break_it("kill")


def _break_it(how: str) -> None:
    gate, other = multiprocessing.Pipe()
    executor = ProcessPoolExecutor(2, initializer=_set_base, initargs=(other,))
    busy = executor.submit(_wait_for_gate, 1)
    assert gate.recv() == 1
    (worker,) = executor._processes.values()
    getattr(worker, how)()
    with raises(BrokenProcessPool, begins="A process in the process pool was terminated abruptly"):
        busy.result(60)
    with raises(BrokenProcessPool):
        executor.submit(_square, 2)
    executor.shutdown()


def check_a_worker_that_ends_in_its_task_breaks_the_executor() -> None:
    with ProcessPoolExecutor(1) as executor:
        with raises(BrokenProcessPool):
            executor.submit(os._exit, 3).result(60)


def check_a_task_that_calls_sys_exit() -> None:
    with ProcessPoolExecutor(1) as executor:
        with raises(SystemExit, "3"):
            executor.submit(sys.exit, 3).result(60)
        assert executor.submit(_square, 2).result() == 4


def check_an_argument_that_cannot_be_pickled() -> None:
    with ProcessPoolExecutor(1) as executor:
        with raises(TypeError, "cannot pickle '_thread.lock' object"):
            executor.submit(_square, threading.Lock()).result(60)
        assert executor.submit(_square, 5).result(60) == 25


def check_a_result_that_cannot_be_pickled() -> None:
    with ProcessPoolExecutor(1) as executor:
        with raises(TypeError, "cannot pickle '_thread.lock' object"):
            executor.submit(threading.Lock).result(60)
        assert executor.submit(_square, 5).result(60) == 25


def check_result_that_is_not_there_in_time() -> None:
    gate, other = multiprocessing.Pipe()
    with ProcessPoolExecutor(1, initializer=_set_base, initargs=(other,)) as executor:
        future = executor.submit(_wait_for_gate, 1)
        with raises(FuturesTimeout):
            future.result(0.02)
        gate.send("go")
        assert future.result(60) == 1


def check_large_arguments_and_results() -> None:
    import numpy as np

    with ProcessPoolExecutor(2) as executor:
        arrays = [np.full(200_000, float(n)) for n in range(4)]
        for array, doubled in zip(arrays, executor.map(np.negative, arrays), strict=True):
            assert np.array_equal(doubled, -array)


def check_two_executors_and_a_queue_at_a_time() -> None:
    queue = multiprocessing.Queue()
    with (
        ProcessPoolExecutor(1, initializer=_set_base, initargs=(queue,)) as first,
        ProcessPoolExecutor(1) as second,
    ):
        first.submit(_put_square, 3).result(60)
        assert queue.get() == 9
        assert second.submit(_square, 4).result(60) == 16


def _put_square(number: int) -> None:
    _base.put(number * number)  # type: ignore[attr-defined]


def check_an_executor_in_a_child() -> None:
    reader, report = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=_use_executor, args=(report,))
    child.start()
    assert reader.recv() == [0, 1, 4]
    child.join()
    assert child.exitcode == 0


def _use_executor(report: multiprocessing.connection.Connection) -> None:
    with ProcessPoolExecutor(1) as executor:
        report.send(list(executor.map(_square, range(3))))


def check_threads_submit() -> None:
    with ProcessPoolExecutor(2) as executor:
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(executor.submit(_square, n).result(60)))
            for n in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [n * n for n in range(6)]
