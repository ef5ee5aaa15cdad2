"""Start processes that do all kinds of things, end them at any moment, and see that their ranks are as good as new.

python -m mpiprocessing ends.py SEED ROUNDS
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

PLACES = 4
PATIENCE = 25.0


def nothing(*arguments: Any) -> Any:
    return arguments


# ---- what they do ----


def map_in_a_pool() -> None:
    with multiprocessing.Pool(2) as pool:
        while True:
            pool.map(nothing, range(20), 1)


def replace_workers() -> None:
    pool = multiprocessing.Pool(2, maxtasksperchild=2)
    while True:
        list(pool.imap_unordered(nothing, range(20)))


def use_an_executor() -> None:
    with ProcessPoolExecutor(2) as executor:
        while True:
            list(executor.map(nothing, range(5)))


def start_and_join() -> None:
    while True:
        child = multiprocessing.Process(target=nothing)
        child.start()
        child.join()


def have_children() -> None:
    multiprocessing.Process(target=time.sleep, args=(600,), daemon=True).start()
    multiprocessing.Process(target=time.sleep, args=(0.02,)).start()
    time.sleep(600)


def call_a_manager() -> None:
    manager = multiprocessing.Manager()
    table, items, lock = manager.dict(n=0), manager.Queue(), manager.Lock()
    threading.Thread(target=items.get, daemon=True).start()
    while True:
        with lock:
            table["n"] += 1


def fill_a_queue() -> None:
    items = multiprocessing.Queue(5)
    multiprocessing.Process(target=take_all, args=(items,), daemon=True).start()
    while True:
        items.put(bytes(1000))


def take_all(items: Any) -> None:
    while True:
        items.get()


def wait_in_threads() -> None:
    threading.Thread(target=queue.Queue().get).start()
    lock, condition = multiprocessing.Lock(), multiprocessing.Condition()
    lock.acquire()
    threading.Thread(target=lock.acquire, daemon=True).start()
    with condition:
        condition.wait()


def handle_errors() -> None:
    while True:
        try:
            raise LookupError
        except LookupError as error:
            multiprocessing.Queue().empty()
            nothing(error)


def exit_in_a_thread() -> None:
    pool = multiprocessing.Pool(2)
    pool.map_async(time.sleep, [0.01] * 10)
    threading.Timer(0.01, os._exit, (3,)).start()
    time.sleep(600)


DEEDS: list[Callable[[], None]] = [
    map_in_a_pool,
    replace_workers,
    use_an_executor,
    start_and_join,
    have_children,
    call_a_manager,
    fill_a_queue,
    wait_in_threads,
    handle_errors,
    exit_in_a_thread,
]


# ---- what is seen afterwards ----


def meet(barrier: Any) -> None:
    barrier.wait(PATIENCE)


def fail() -> None:
    sys.exit(1)


def look(number: int) -> None:
    """Every rank is free, and processes there end as they should."""
    barrier = multiprocessing.Barrier(PLACES)
    for target, arguments, status in ((meet, (barrier,), 0), (fail, (), 1)):
        children = [multiprocessing.Process(target=target, args=arguments) for _ in range(PLACES)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        assert [child.exitcode for child in children] == [status] * PLACES, (number, target, children)


def main(seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    for number in range(rounds):
        children = [
            multiprocessing.Process(target=chance.choice(DEEDS)) for _ in range(chance.choice([1, 1, 2]))
        ]
        for child in children:
            child.start()
        time.sleep(
            chance.random() * chance.choice([0.01, 0.05, 0.2])
        )  # no order is meant: any moment will do
        for child in children:
            chance.choice([child.terminate, child.kill])()
        for child in children:
            child.join()
        if number % 5 == 4:
            look(number)
    print("fine")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
