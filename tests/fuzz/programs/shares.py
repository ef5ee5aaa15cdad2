"""End processes that share objects with others at any moment, and see that nothing is lost, comes twice or out of order.

What a process may take along is what the standard library lets it take: of a queue one object for each `get`, and the units of
locks that it holds. All else is there, whole, in order, and everybody goes on.

python -m mpiprocessing shares.py SEED ROUNDS
"""

from __future__ import annotations

import itertools
import multiprocessing
import queue
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

PATIENCE = 25.0
ITEMS = 300
SIZES = (0, 0, 0, 1_000, 40_000, 300_000)
"""Bytes that travel with a number: inside the message, and beside it."""

Item = tuple[int, int, bytes]
LAST: Item = -1, 0, b""


def items(maker: int) -> Iterator[Item]:
    chance = random.Random(maker)
    for number in itertools.count():
        size = chance.choice(SIZES)
        yield maker, number, bytes([number % 256]) * size


def check(item: Item) -> Item:
    maker, number, data = item
    assert data == bytes([number % 256]) * len(data), (maker, number)
    return item


def in_order(found: list[Item]) -> None:
    """What each maker has made is there, from its first on, in its order and once."""
    for maker in {item[0] for item in found}:
        numbers = [number for of, number, _ in found if of == maker]
        assert numbers == list(range(len(numbers))), (maker, numbers)


class Crew:
    """Processes that will be ended.

    Args:
        chance: says when, and how.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._members: list[Any] = []

    def hire(self, target: Any, *arguments: Any) -> None:
        member = multiprocessing.Process(target=target, args=arguments)
        member.start()
        self._members.append(member)

    def end(self) -> int:
        """End all of them; returns how many there were."""
        # No order is meant: any moment will do.
        time.sleep(self._chance.random() * self._chance.choice([0.01, 0.05, 0.2]))
        for member in self._members:
            self._chance.choice([member.terminate, member.kill])()
        for member in self._members:
            member.join()
            assert member.exitcode in (-9, -15), member
        ended, self._members = len(self._members), []
        return ended


# ---- queues ----


def put_all(line: Any, maker: int) -> None:
    for item in items(maker):
        line.put(item)


def take_all(line: Any, found: Any) -> None:
    while True:
        found.send(line.get()[:2])


def drain(line: Any, patience: float = 1.0) -> list[Item]:
    found = []
    try:
        while True:
            found.append(check(line.get(timeout=patience)))
    except queue.Empty:
        return found


def up_to_last(line: Any) -> list[Item]:
    found = []
    while (item := check(line.get(timeout=PATIENCE))) != LAST:
        found.append(item)
    return found


def producers(chance: random.Random, crew: Crew) -> None:
    line = multiprocessing.Queue(chance.choice([0, 0, 3]))
    for maker in range(chance.choice([1, 2, 3])):
        crew.hire(put_all, line, maker)
    found = [check(line.get(timeout=PATIENCE)) for _ in range(chance.choice([0, 1, 50]))]
    crew.end()
    in_order(found + drain(line))


def consumers(chance: random.Random, crew: Crew) -> None:
    line = multiprocessing.Queue()
    kept = []
    for _ in range(chance.choice([1, 1, 2, 3])):
        reading, writing = multiprocessing.Pipe(duplex=False)
        crew.hire(take_all, line, writing)
        writing.close()
        kept.append(reading)
    for item in itertools.islice(items(7), ITEMS):
        line.put(item)
    ended = crew.end()
    taken = []
    for reading in kept:
        taken += until_end(reading)
    line.put(LAST)
    left = [item[:2] for item in [*up_to_last(line), *drain(line)]]
    assert left == sorted(set(left)), (ended, taken[-5:], left)
    everything = sorted(taken + left)
    assert len(set(everything)) == len(everything), everything
    assert len(everything) >= ITEMS - ended, (ended, len(taken), len(left))


# ---- pipes ----


def send_all(writing: Any, maker: int) -> None:
    for item in items(maker):
        writing.send(item)


def read_all(reading: Any) -> None:
    while True:
        check(reading.recv())


def until_end(reading: Any) -> Iterator[Any]:
    while reading.poll(PATIENCE):
        try:
            yield reading.recv()
        except EOFError:
            return
    raise AssertionError("no end of the pipe")


def writers(chance: random.Random, crew: Crew) -> None:
    reading, writing = multiprocessing.Pipe(duplex=chance.choice([False, True]))
    crew.hire(send_all, writing, 3)
    writing.close()
    found = [check(reading.recv()) for _ in range(chance.choice([0, 1, 50]))]
    crew.end()
    in_order(found + [check(item) for item in until_end(reading)])


def readers(chance: random.Random, crew: Crew) -> None:
    reading, writing = multiprocessing.Pipe(duplex=False)
    crew.hire(read_all, reading)
    reading.close()
    for item in itertools.islice(items(4), chance.choice([1, 50, ITEMS])):
        writing.send(item)
    crew.end()
    try:
        for item in itertools.islice(items(5), 1000):
            writing.send(item)
    except (BrokenPipeError, ConnectionResetError):
        return
    raise AssertionError("nobody reads, and nobody says so")


# ---- gates ----


def take_turns(gate: Any) -> None:
    while True:
        with gate:
            pass


def wait_again_and_again(condition: Any) -> None:
    while True:
        with condition:
            condition.wait()


def wait_for(event: Any, barrier: Any) -> None:
    while True:
        event.wait()
        try:
            barrier.wait(0.001)
        except Exception:
            barrier.reset()


def gates(chance: random.Random, crew: Crew) -> None:
    context: Any = multiprocessing
    gate = chance.choice([context.Lock, context.RLock, lambda: context.Semaphore(2), context.Condition])()
    for _ in range(chance.choice([1, 2, 3])):
        crew.hire(take_turns, gate)
    for _ in range(chance.choice([0, 1, 50])):
        with gate:
            pass
    ended = crew.end()
    # Who was ended may have kept it; whoever waits for it gives up in time.
    if gate.acquire(timeout=0.2):
        gate.release()
    else:
        assert ended


def conditions(chance: random.Random, crew: Crew) -> None:
    condition, sleepers = multiprocessing.Condition(), chance.choice([1, 2, 3])
    for _ in range(sleepers):
        crew.hire(wait_again_and_again, condition)
    for _ in range(chance.choice([0, 1, 50])):
        with condition:
            chance.choice([condition.notify, condition.notify_all])()
    crew.end()
    if condition.acquire(timeout=0.2):
        condition.notify_all()
        condition.release()


def events(chance: random.Random, crew: Crew) -> None:
    event, barrier = multiprocessing.Event(), multiprocessing.Barrier(3)
    for _ in range(chance.choice([1, 2, 3])):
        crew.hire(wait_for, event, barrier)
    for _ in range(chance.choice([0, 1, 50])):
        event.set()
        event.clear()
    event.set()
    crew.end()
    assert event.wait(PATIENCE)
    barrier.reset()


# ---- managers and pools ----


def append_all(numbers: Any, table: Any, maker: int) -> None:
    for number in itertools.count():
        numbers.append((maker, number, b""))
        table[maker] = number


def clients(chance: random.Random, crew: Crew) -> None:
    with multiprocessing.Manager() as manager:
        numbers, table = manager.list(), manager.dict()
        for maker in range(chance.choice([1, 2])):
            crew.hire(append_all, numbers, table, maker)
        crew.end()
        found = list(numbers)
        in_order(found)
        for maker, last in table.items():
            assert (maker, last, b"") in found


def double(number: int) -> int:
    return 2 * number


def workers(chance: random.Random, crew: Crew) -> None:
    with multiprocessing.Pool(2) as pool:
        before = pool.map(double, range(20), 1)
        result = pool.map_async(double, range(200), chance.choice([1, 7]))
        killed = chance.sample(multiprocessing.active_children(), chance.choice([1, 2]))
        for worker in killed:
            worker.kill()
        try:
            after = result.get(timeout=PATIENCE)
        except multiprocessing.ProcessError as error:
            assert "ended with exit code -9 during its task" in str(error), error
        else:
            assert after == [2 * number for number in range(200)]
        for worker in killed:
            worker.join()
        assert before == pool.map(double, range(20)) == [2 * number for number in range(20)]


WORKS = [producers, consumers, writers, readers, gates, conditions, events, clients, workers]


def main(seed: int, rounds: int) -> None:
    chance = random.Random(seed)
    for number in range(rounds):
        work = chance.choice(WORKS)
        try:
            work(chance, Crew(chance))
        except BaseException as error:
            raise RuntimeError(f"round {number}, {work.__name__}") from error
    print("fine")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
