"""Interrupt calls of all kinds by a handler that raises, at any moment, and go on: nothing is lost, done twice or left taken.

python -m mpiprocessing alarms.py SEED ROUNDS

The handler raises in calls only: between two lines of this program it would tear what no library can hold together.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any

MANY = 40
PATIENCE = 25.0

chance = random.Random()
rung = 0
armed = False


class Alarm(Exception):
    """A call has taken too long."""


def ring(number: int, frame: Any) -> None:
    global rung
    if not armed:
        return
    if frame.f_code.co_filename == __file__:
        signal.setitimer(signal.ITIMER_REAL, 2e-4)
        return
    rung += 1
    raise Alarm


def attempt(call: Callable[[], Any]) -> Any:
    """Call once; it may be interrupted.

    Raises:
        Alarm: it was.
    """
    global armed
    armed = True
    signal.setitimer(signal.ITIMER_REAL, chance.choice((1e-4, 3e-4, 1e-3, 3e-3, 1e-2)))
    try:
        return call()
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)


def insist(call: Callable[[], Any]) -> Any:
    """Call until it has an answer; each time it may be interrupted."""
    while True:
        with contextlib.suppress(Alarm):
            return attempt(call)


# ---- what others do ----


def produce(items: Any) -> None:
    for x in range(MANY):
        if chance.random() < 0.3:
            signal.sigtimedwait([signal.SIGUSR2], chance.random() * 2e-3)
        items.put(x)


def consume(items: Any, told: Any) -> None:
    seen = []
    while (x := items.get()) is not None:
        seen.append(x)
        if hasattr(items, "task_done"):
            items.task_done()
    told.put(seen)


def send_all(end: Any) -> None:
    for x in range(MANY):
        end.send((x, bytes(100_000 * (x % 3))))
    end.close()


def receive_all(end: Any, told: Any) -> None:
    seen = []
    while True:
        try:
            seen.append(end.recv())
        except EOFError:
            told.put(seen)
            return


def take_turns(lock: Any, count: Any) -> None:
    for _ in range(MANY):
        with lock:
            count.value += 1


def notify(condition: Any, count: Any) -> None:
    for _ in range(MANY):
        with condition:
            count.value += 1
            condition.notify_all()


def work(x: int) -> int:
    if x % 4 == 0:
        signal.sigtimedwait([signal.SIGUSR2], 1e-3)
    return x * x


def started(target: Callable[..., Any], *args: Any) -> Any:
    child = multiprocessing.Process(target=target, args=args)
    child.start()
    return child


# ---- what is interrupted ----


def get() -> None:
    items: Any = chance.choice((multiprocessing.Queue, multiprocessing.SimpleQueue))()
    child = started(produce, items)
    assert [insist(items.get) for _ in range(MANY)] == list(range(MANY))
    insist(child.join)


def put() -> None:
    items: Any = chance.choice((multiprocessing.Queue, multiprocessing.JoinableQueue))(2)
    told = multiprocessing.Queue()
    child = started(consume, items, told)
    for x in range(MANY):
        insist(lambda x=x: items.put(x))  # type: ignore[misc]
    if hasattr(items, "join"):
        insist(items.join)
    items.put(None)
    seen = told.get()
    assert seen == list(range(MANY)), seen
    insist(child.join)


def receive() -> None:
    ours, theirs = multiprocessing.Pipe()
    child = started(send_all, theirs)
    theirs.close()
    for x in range(MANY):
        assert insist(lambda: wait([ours])) == [ours]
        number, load = insist(ours.recv)
        assert (number, len(load)) == (x, 100_000 * (x % 3)), (number, x)
    insist(child.join)


def send() -> None:
    ours, theirs = multiprocessing.Pipe()
    told = multiprocessing.Queue()
    child = started(receive_all, theirs, told)
    theirs.close()
    for x in range(MANY):
        insist(lambda x=x: ours.send((x, bytes(100_000 * (x % 3)))))  # type: ignore[misc]
    ours.close()
    seen = told.get()
    assert [x for x, _ in seen] == list(range(MANY)), [x for x, _ in seen]
    insist(child.join)


def lock() -> None:
    kind = chance.choice(("Lock", "RLock", "Semaphore", "BoundedSemaphore"))
    mine, count = getattr(multiprocessing, kind)(), multiprocessing.Value("i", 0, lock=False)
    children = [started(take_turns, mine, count) for _ in range(2)]
    taken = 0
    for _ in range(MANY):
        assert insist(mine.acquire)
        taken += 1
        count.value += 1
        mine.release()
    for child in children:
        insist(child.join)
    assert count.value == 2 * MANY + taken, count.value
    assert mine.acquire(block=False)
    mine.release()


def condition() -> None:
    mine, count = multiprocessing.Condition(), multiprocessing.Value("i", 0, lock=False)
    child = started(notify, mine, count)
    with mine:
        while (
            count.value < MANY
        ):  # to be seen again after each interruption: the last word may have come in it
            insist(lambda: count.value == MANY or mine.wait(PATIENCE))
    insist(child.join)
    assert mine.acquire(False)
    mine.release()


def event() -> None:
    mine = multiprocessing.Event()
    child = started(mine.set)
    assert insist(mine.wait)
    insist(child.join)


def pool() -> None:
    with multiprocessing.Pool(2) as mine:
        for _ in range(3):
            with contextlib.suppress(Alarm):  # its tasks are run all the same
                assert attempt(lambda: mine.map(work, range(20), 1)) == [x * x for x in range(20)]
            with contextlib.suppress(Alarm):
                assert attempt(lambda: mine.apply(work, (7,))) == 49
            result = mine.map_async(work, range(20))
            assert insist(result.get) == [x * x for x in range(20)]
        for method in (mine.imap, mine.imap_unordered):
            results = method(work, range(30))
            seen = []
            while len(seen) < 30:
                seen.append(insist(results.next))
            assert sorted(seen) == [x * x for x in range(30)], seen
        mine.close()
        insist(mine.join)


def manager() -> None:
    with multiprocessing.Manager() as mine:
        table, items = mine.dict(), mine.Queue()
        for x in range(MANY):
            insist(lambda x=x: table.__setitem__(x, -x))  # type: ignore[misc]
            assert insist(lambda x=x: table[x]) == -x  # type: ignore[misc]
        assert table.copy() == {x: -x for x in range(MANY)}
        items.put(1)
        assert items.get() == 1


def memory() -> None:
    array = multiprocessing.Array("i", MANY)
    for x in range(MANY):
        insist(lambda x=x: array.__setitem__(x, x))  # type: ignore[misc]
    assert insist(lambda: array[:]) == list(range(MANY))
    assert array.get_lock().acquire(False)
    array.get_lock().release()


def start() -> None:
    children: list[Any] = []

    def begin() -> None:
        children.append(multiprocessing.Process(target=work, args=(1,)))
        children[-1].start()

    for _ in range(5):
        insist(begin)
    for child in children:
        if child.pid is not None or child in multiprocessing.active_children():
            insist(child.join)
            assert child.exitcode == 0, child.exitcode


CALLS = [get, put, receive, send, lock, condition, event, pool, manager, memory, start]


def play(seed: int, rounds: int) -> None:
    chance.seed(seed)
    signal.signal(signal.SIGALRM, ring)
    for _ in range(rounds):
        chance.choice(CALLS)()


def main(seed: int, rounds: int) -> None:
    play(seed, rounds)
    child = started(play, seed + 1000, rounds)  # a child that has children of its own
    child.join()
    assert child.exitcode == 0, child.exitcode
    assert rung
    print("fine")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
