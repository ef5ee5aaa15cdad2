"""Set things for the whole process, as programs and libraries do, and use every object: all has to go on as without that.

python -m mpiprocessing surroundings.py GROUP
"""

from __future__ import annotations

import asyncio
import builtins
import decimal
import gc
import json
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import socket
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory
from multiprocessing.connection import wait
from typing import Any

import numpy

PATIENCE = 30.0

kept: list[Any] = []

# ---- what is set ----


def default_timeout() -> None:
    socket.setdefaulttimeout(0.05)


def little_recursion() -> None:
    sys.setrecursionlimit(150)


def warnings_are_errors() -> None:
    warnings.simplefilter("error")


def threads_switch_all_the_time() -> None:
    sys.setswitchinterval(1e-6)


def collection_all_the_time() -> None:
    gc.set_threshold(5, 1, 1)


def small_stacks() -> None:
    threading.stack_size(65536)


def no_collection() -> None:
    gc.disable()


def saved_garbage() -> None:
    gc.set_debug(gc.DEBUG_SAVEALL)


def threads_hardly_switch() -> None:
    sys.setswitchinterval(0.5)


def no_streams() -> None:
    sys.stdin = sys.stdout = sys.stderr = None  # type: ignore[assignment]


def sleep_that_raises() -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError("tests do not sleep")

    time.sleep = sleep


def frozen_clocks() -> None:
    now, then = time.time(), time.monotonic()
    time.time = lambda: now
    time.monotonic = time.perf_counter = lambda: then


def own_print() -> None:
    def own(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody prints")

    builtins.print = own  # type: ignore[assignment]


def own_open() -> None:
    def own(*_: Any, **__: Any) -> None:
        raise PermissionError("no files")

    builtins.open = own  # type: ignore[assignment]


def own_import() -> None:
    real = builtins.__import__

    def own(name: str, *rest: Any, **more: Any) -> Any:
        return real(name, *rest, **more)

    builtins.__import__ = own


def pickle_patched() -> None:
    def own(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody pickles so")

    pickle.dumps = pickle.loads = own  # type: ignore[assignment]


def json_patched() -> None:
    def own(*_: Any, **__: Any) -> None:
        raise AssertionError("no json")

    json.dumps = json.loads = own  # type: ignore[assignment]


def hooks_that_raise() -> None:
    def hook(*_: Any) -> None:
        raise ValueError("a hook")

    sys.excepthook = sys.unraisablehook = threading.excepthook = hook


def audited() -> None:
    def hook(event: str, arguments: Any) -> None:
        kept.append(event)

    sys.addaudithook(hook)


def every_line_traced() -> None:
    def trace(frame: Any, event: str, argument: Any) -> Any:
        return trace

    threading.settrace(trace)
    sys.settrace(trace)


def every_call_profiled() -> None:
    def profile(frame: Any, event: str, argument: Any) -> None:
        pass

    threading.setprofile(profile)
    sys.setprofile(profile)


def wakeup_descriptor() -> None:
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    kept.append((reading, writing))
    timer_that_ticks()


def timer_that_ticks() -> None:
    signal.signal(signal.SIGALRM, _tick)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)


def profiling_timer() -> None:
    signal.signal(signal.SIGPROF, _tick)
    signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)


def signals_blocked() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))


def signals_ignored() -> None:
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
        signal.signal(number, signal.SIG_IGN)


def few_descriptors() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 40, hard))


def no_files_to_be_read() -> None:
    os.umask(0o777)


def no_folder() -> None:
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    os.rmdir(folder)


def no_environment() -> None:
    os.environ.clear()


def one_core() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def loop_in_a_thread() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    threading.Thread(target=loop.run_forever, daemon=True).start()


def many_threads() -> None:
    for _ in range(50):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


def thread_that_computes() -> None:
    def compute() -> None:
        while True:
            sum(range(1000))

    threading.Thread(target=compute, daemon=True).start()


def names_of_modules_gone() -> None:
    for name in ("json", "select", "struct", "queue", "_queue", "array", "pickle", "tempfile"):
        sys.modules.pop(name, None)


def no_logging() -> None:
    logging.disable(logging.CRITICAL)


def memory_traced() -> None:
    tracemalloc.start(10)


def numpy_raises() -> None:
    numpy.seterr(all="raise")


def decimal_traps() -> None:
    decimal.setcontext(decimal.Context(prec=1, traps=list(decimal.getcontext().traps)))


def _tick(*_: Any) -> None:
    pass


GROUPS: dict[str, list[Callable[[], None]]] = {
    "network": [default_timeout],
    "interpreter": [
        little_recursion,
        warnings_are_errors,
        threads_switch_all_the_time,
        collection_all_the_time,
        small_stacks,
    ],
    "garbage": [no_collection, saved_garbage, threads_hardly_switch],
    "streams": [no_streams],
    "replaced": [
        sleep_that_raises,
        frozen_clocks,
        own_print,
        own_open,
        own_import,
        pickle_patched,
        json_patched,
    ],
    "hooks": [hooks_that_raise, audited, every_line_traced, every_call_profiled],
    "alarm": [wakeup_descriptor, timer_that_ticks],
    "profiler": [profiling_timer],
    "blocked": [signals_blocked],
    "ignored": [signals_ignored],
    "system": [few_descriptors, no_files_to_be_read, no_folder, no_environment, one_core],
    "threads": [loop_in_a_thread, many_threads, thread_that_computes],
    "modules": [names_of_modules_gone, no_logging, memory_traced, numpy_raises, decimal_traps],
}


def surround(group: str) -> None:
    for setting in GROUPS[group]:
        setting()


# ---- what is done ----


def double(x: Any) -> Any:
    return 2 * x


def fail(x: Any) -> Any:
    raise KeyError(x)


def answer(group: str, requests: Any, replies: Any, lock: Any, total: Any) -> None:
    surround(group)
    while (x := requests.get()) is not None:
        with lock:
            total.value += x
        replies.send(2 * x)
    replies.close()


def pass_gates(group: str, event: Any, barrier: Any, condition: Any, count: Any) -> None:
    surround(group)
    event.wait()
    barrier.wait()
    with condition:
        count.value += 1
        condition.notify()


def ask() -> None:
    requests, lock, total = multiprocessing.Queue(), multiprocessing.Lock(), multiprocessing.Value("i", 0)
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.Process(target=answer, args=(sys.argv[1], requests, theirs, lock, total))
    child.start()
    theirs.close()
    for x in range(20):
        requests.put(x)
        assert wait([ours], PATIENCE) == [ours]
        assert ours.recv() == 2 * x
    requests.put(None)
    try:
        ours.recv()
    except EOFError:
        pass
    else:
        raise AssertionError("no end")
    child.join()
    assert child.exitcode == 0, child.exitcode
    assert total.value == sum(range(20))


def gates() -> None:
    event, barrier, condition = (
        multiprocessing.Event(),
        multiprocessing.Barrier(3),
        multiprocessing.Condition(),
    )
    count = multiprocessing.Value("i", 0)
    children = [
        multiprocessing.Process(target=pass_gates, args=(sys.argv[1], event, barrier, condition, count))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    assert not event.wait(0.01)
    event.set()
    barrier.wait()
    with condition:
        while count.value < 2:
            assert condition.wait(PATIENCE)
    for child in children:
        child.join(PATIENCE)
        assert child.exitcode == 0, child.exitcode


def pools() -> None:
    with multiprocessing.Pool(2, surround, (sys.argv[1],)) as pool:
        assert pool.map(double, range(50)) == list(range(0, 100, 2))
        assert sorted(pool.imap_unordered(double, range(20))) == list(range(0, 40, 2))
        assert list(pool.imap(double, [bytes(200_000)] * 3)) == [bytes(400_000)] * 3
        try:
            pool.apply(fail, (3,))
        except KeyError as error:
            assert error.args == (3,)
        pool.close()
        pool.join()
    with ProcessPoolExecutor(2) as executor:
        assert list(executor.map(double, range(10))) == list(range(0, 20, 2))


def managers() -> None:
    with multiprocessing.Manager() as manager:
        table, items = manager.dict(), manager.Queue()
        table["a"] = 1
        items.put(2)
        assert (table.copy(), items.get()) == ({"a": 1}, 2)


def memory() -> None:
    shared = shared_memory.SharedMemory(create=True, size=100)
    try:
        shared.buf[:3] = b"abc"
        child = multiprocessing.Process(target=write, args=(shared.name,))
        child.start()
        child.join()
        assert child.exitcode == 0, child.exitcode
        assert bytes(shared.buf[:4]) == b"xbc\0"
    finally:
        shared.close()
        shared.unlink()


def write(name: str) -> None:
    shared = shared_memory.SharedMemory(name)
    shared.buf[:1] = b"x"
    shared.close()


def wait_for_ever() -> None:
    multiprocessing.Event().wait()


def ends() -> None:
    child = multiprocessing.Process(target=wait_for_ever)
    child.start()
    child.terminate()
    child.join()
    assert child.exitcode == -signal.SIGTERM, child.exitcode


STEPS = [ask, gates, pools, managers, memory, ends]

if __name__ == "__main__":
    surround(sys.argv[1])
    for step in STEPS:
        step()
    for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):  # else Python itself would end by it
        signal.setitimer(timer, 0)
    os.write(1, b"fine\n")
