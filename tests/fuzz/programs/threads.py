"""Use shared objects from several threads of several processes at once, with threads that switch all the time.

python -m mpiprocessing threads.py SEED ROUNDS
"""

from __future__ import annotations

import multiprocessing
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

THREADS = 4
PROCESSES = 3  # with the main one
TURNS = 40

chance = random.Random()


def at_once(work: Callable[..., None], *args: Any) -> None:
    """Let several threads do the same, and have what goes wrong raised here."""
    sys.setswitchinterval(chance.choice((1e-6, 1e-5, 5e-3)))
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number, *args)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def everywhere(work: Callable[..., None], *args: Any) -> None:
    """Let several threads of several processes do the same."""
    children = [multiprocessing.Process(target=at_once, args=(work, *args)) for _ in range(PROCESSES - 1)]
    for child in children:
        child.start()
    at_once(work, *args)
    for child in children:
        child.join()
        assert child.exitcode == 0, child.exitcode


ALL = THREADS * PROCESSES * TURNS

# ---- what they do ----


def count(number: int, lock: Any, total: Any) -> None:
    for turn in range(TURNS):
        if turn % 5 == number:
            while not lock.acquire(timeout=0.001 * (turn % 3)):
                pass
        else:
            lock.acquire()
        total.value += 1
        lock.release()


def locks() -> None:
    kind = chance.choice(("Lock", "RLock", "Semaphore", "BoundedSemaphore"))
    lock, total = getattr(multiprocessing, kind)(), multiprocessing.Value("i", 0, lock=False)
    everywhere(count, lock, total)
    assert total.value == ALL, (kind, total.value)


def count_twice(number: int, lock: Any, total: Any) -> None:
    for _ in range(TURNS):
        with lock, lock:
            total.value += 1


def deep_locks() -> None:
    lock, total = multiprocessing.RLock(), multiprocessing.Value("i", 0, lock=False)
    everywhere(count_twice, lock, total)
    assert total.value == ALL, total.value


def enter(number: int, semaphore: Any, inside: Any) -> None:
    for _ in range(TURNS):
        with semaphore:
            with inside.get_lock():
                inside.value += 1
                assert inside.value <= 3, inside.value
            with inside.get_lock():
                inside.value -= 1


def semaphores() -> None:
    semaphore, inside = multiprocessing.BoundedSemaphore(3), multiprocessing.Value("i", 0)
    everywhere(enter, semaphore, inside)
    assert inside.value == 0
    assert [semaphore.acquire(block=False) for _ in range(4)] == [True] * 3 + [False]


def pass_on(number: int, items: Any, other: Any) -> None:
    for _ in range(TURNS):
        if number % 2:
            items.put((number, bytes(chance.choice((1, 1000, 100_000)))))
        else:
            other.put(len(items.get()[1]))


def queues() -> None:
    size = chance.choice((0, 1, 5))
    items: Any = multiprocessing.Queue(size) if chance.random() < 0.7 else multiprocessing.SimpleQueue()
    other = multiprocessing.Queue()
    everywhere(pass_on, items, other)
    got = [other.get() for _ in range(ALL // 2)]
    assert set(got) <= {1, 1000, 100_000}
    assert other.empty() and items.empty()


def in_order(number: int, items: Any) -> None:
    for turn in range(TURNS):
        items.put((multiprocessing.current_process().name, number, turn))


def order() -> None:
    items: Any = multiprocessing.Queue(chance.choice((0, 3)))
    seen: dict[Any, int] = {}

    def take() -> None:
        for _ in range(ALL):
            name, number, turn = items.get()
            assert seen.get((name, number), -1) == turn - 1, (name, number, turn)
            seen[name, number] = turn

    taker = threading.Thread(target=take)
    taker.start()
    everywhere(in_order, items)
    taker.join()
    assert len(seen) == THREADS * PROCESSES, seen


def tasks(number: int, items: Any) -> None:
    for _ in range(TURNS):
        if number % 2:
            items.put(number)
        else:
            items.get()
            items.task_done()


def joinable() -> None:
    items = multiprocessing.JoinableQueue()
    everywhere(tasks, items)
    items.join()


def talk(number: int, ends: Any, locks: Any) -> None:
    ours, theirs = ends
    for turn in range(TURNS):
        if number % 2:
            with locks[0]:
                ours.send((number, turn, bytes(chance.choice((1, 70_000)))))
        else:
            with locks[1]:
                theirs.recv()


def pipes() -> None:
    ends, locks = multiprocessing.Pipe(), (multiprocessing.Lock(), multiprocessing.Lock())
    everywhere(talk, ends, locks)
    assert not ends[1].poll()


def meet(number: int, barrier: Any, total: Any) -> None:
    for turn in range(TURNS // 4):
        with total.get_lock():
            total.value += 1
        barrier.wait()
        assert total.value >= (turn + 1) * barrier.parties
        barrier.wait()


def barriers() -> None:
    everywhere(meet, multiprocessing.Barrier(THREADS * PROCESSES), multiprocessing.Value("i", 0))


def take_turns(number: int, condition: Any, turn: Any, places: Any) -> None:
    with places.get_lock():
        place = places.value
        places.value += 1
    for lap in range(TURNS // 10):
        mine = lap * THREADS * PROCESSES + place
        with condition:
            assert condition.wait_for(lambda mine=mine: turn.value == mine, 25)  # type: ignore[misc]
            turn.value += 1
            condition.notify_all()


def conditions() -> None:
    turn, places = (multiprocessing.Value("i", 0) for _ in range(2))
    everywhere(take_turns, multiprocessing.Condition(), turn, places)
    assert turn.value == THREADS * PROCESSES * (TURNS // 10), turn.value


def square(x: int) -> int:
    return x * x


def ask_a_pool(number: int, pool: Any) -> None:
    for turn in range(TURNS // 8):
        assert pool.apply(square, (turn,)) == turn * turn
        assert pool.map(square, range(number, number + 10)) == [x * x for x in range(number, number + 10)]
        assert list(pool.imap(square, range(5))) == [0, 1, 4, 9, 16]
        assert sorted(pool.imap_unordered(square, range(5), 2)) == [0, 1, 4, 9, 16]


def pools() -> None:
    with multiprocessing.Pool(3, maxtasksperchild=chance.choice((None, None, 20))) as pool:
        at_once(ask_a_pool, pool)
        pool.close()
        pool.join()


def ask_an_executor(number: int, executor: Any) -> None:
    for turn in range(TURNS // 4):
        assert executor.submit(square, turn).result() == turn * turn
        assert list(executor.map(square, range(5))) == [0, 1, 4, 9, 16]


def executors() -> None:
    with ProcessPoolExecutor(3) as executor:
        at_once(ask_an_executor, executor)


def ask_a_manager(number: int, table: Any, lock: Any, total: Any) -> None:
    me = f"{multiprocessing.current_process().name} {number}"
    for turn in range(TURNS // 4):
        table[me] = turn
        assert table[me] == turn
        with lock:
            total.value += 1


def managers() -> None:
    with multiprocessing.Manager() as manager:
        table, total = manager.dict(), manager.Value("i", 0)
        everywhere(ask_a_manager, table, manager.Lock(), total)
        assert (len(table), total.value) == (THREADS * PROCESSES, THREADS * PROCESSES * (TURNS // 4))


def start(number: int, told: Any) -> None:
    for turn in range(TURNS // 10):
        child = multiprocessing.Process(target=told.put, args=((number, turn),))
        child.start()
        child.join()
        assert child.exitcode == 0, child.exitcode


def processes() -> None:
    told = multiprocessing.Queue()
    at_once(start, told)
    seen = sorted(told.get() for _ in range(THREADS * (TURNS // 10)))
    assert seen == [(number, turn) for number in range(THREADS) for turn in range(TURNS // 10)]


def make(number: int) -> None:
    for _ in range(TURNS):
        ours, theirs = multiprocessing.Pipe()
        items, lock, value = multiprocessing.Queue(), multiprocessing.Lock(), multiprocessing.Array("d", 3)
        with lock:
            ours.send(items)
            theirs.recv().put(value)
            items.get()[1] = 2.0
        assert value[:] == [0.0, 2.0, 0.0]


def objects() -> None:
    everywhere(make)


KINDS = [
    *(locks, deep_locks, semaphores, queues, order, joinable, pipes, barriers, conditions),
    *(pools, executors, managers, processes, objects),
]


def main(seed: int, rounds: int) -> None:
    chance.seed(seed)
    for _ in range(rounds):
        kind = chance.choice(KINDS)
        began = time.monotonic()
        kind()
        if len(sys.argv) > 3:
            print(f"{kind.__name__:12} {time.monotonic() - began:6.3f} s", file=sys.stderr)
    print("fine")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
