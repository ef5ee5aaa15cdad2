"""JoinableQueue: items that are done, and who waits for that."""

from __future__ import annotations

import multiprocessing
import threading
from multiprocessing.connection import Connection
from multiprocessing.queues import JoinableQueue, Queue
from queue import Empty, Full

from .support import finish, raises, start

TOO_OFTEN = "task_done() called too many times"


def _work(todo: JoinableQueue, done: Queue | None = None) -> None:
    """Take items until there is a None; each is done when it is put into the other queue."""
    for item in iter(todo.get, None):
        if done is not None:
            done.put(item)
        todo.task_done()
    todo.task_done()


def check_it_is_a_queue() -> None:
    queue = multiprocessing.JoinableQueue(2)
    assert isinstance(queue, multiprocessing.queues.Queue)
    assert isinstance(queue, multiprocessing.queues.JoinableQueue)
    queue.put("a")
    queue.put("b")
    assert queue.full() and queue.qsize() == 2
    with raises(Full, ""):
        queue.put_nowait("c")
    assert [queue.get(), queue.get()] == ["a", "b"]
    assert queue.empty() and queue.qsize() == 0
    with raises(Empty, ""):
        queue.get_nowait()


def check_join_of_a_fresh_queue_returns_at_once() -> None:
    multiprocessing.JoinableQueue().join()


def check_task_done_too_often() -> None:
    queue = multiprocessing.JoinableQueue()
    with raises(ValueError, TOO_OFTEN):
        queue.task_done()
    queue.put("one")
    queue.get()
    queue.task_done()
    for _ in range(2):
        with raises(ValueError, TOO_OFTEN):
            queue.task_done()
    queue.join()


def check_an_item_may_be_done_before_it_is_taken() -> None:
    queue = multiprocessing.JoinableQueue()
    queue.put("one")
    queue.task_done()
    queue.join()
    assert queue.get() == "one"
    with raises(ValueError, TOO_OFTEN):
        queue.task_done()


def check_join_waits_until_all_is_done() -> None:
    todo, done = multiprocessing.JoinableQueue(), multiprocessing.Queue()
    workers = [start(_work, todo, done) for _ in range(3)]
    for number in range(100):
        todo.put(number)
    todo.join()
    assert sorted(done.get() for _ in range(100)) == list(range(100))
    for _ in workers:
        todo.put(None)
    todo.join()
    finish(*workers)


def check_join_counts_what_was_put_not_what_was_taken() -> None:
    queue = multiprocessing.JoinableQueue()
    reader, report = multiprocessing.Pipe(duplex=False)
    queue.put("one")
    assert queue.get() == "one" and queue.empty()
    child = start(_join_and_report, queue, report)
    assert reader.recv() == "joining"
    assert not reader.poll(0.05)
    queue.task_done()
    assert reader.recv() == "joined"
    finish(child)


def _join_and_report(queue: JoinableQueue, report: Connection) -> None:
    report.send("joining")
    queue.join()
    report.send("joined")


def check_several_processes_join() -> None:
    queue = multiprocessing.JoinableQueue()
    reader, report = multiprocessing.Pipe(duplex=False)
    queue.put("one")
    children = [start(_join_and_report, queue, report) for _ in range(3)]
    assert [reader.recv() for _ in children] == ["joining"] * 3
    queue.get()
    queue.task_done()
    assert [reader.recv() for _ in children] == ["joined"] * 3
    finish(*children)


def check_a_put_counts_as_soon_as_it_has_returned() -> None:
    # Who is told of an item by somebody else waits for it, although it was put by another process.
    queue = multiprocessing.JoinableQueue()
    mine, other = multiprocessing.Pipe()
    child = start(_put_and_tell, queue, other, 20)
    for number in range(20):
        assert mine.recv() == number
        thread = threading.Thread(target=_finish_one, args=(queue,))
        thread.start()
        queue.join()
        with raises(ValueError, TOO_OFTEN):
            queue.task_done()
        thread.join()
        mine.send("next")
    finish(child)


def _put_and_tell(queue: JoinableQueue, tell: Connection, count: int) -> None:
    for number in range(count):
        queue.put(number)
        tell.send(number)
        tell.recv()


def _finish_one(queue: JoinableQueue) -> None:
    queue.get()
    queue.task_done()


def check_a_child_may_finish_for_another() -> None:
    todo, taken = multiprocessing.JoinableQueue(), multiprocessing.Queue()
    child = start(_take, todo, taken, 5)
    for number in range(5):
        todo.put(number)
    for _ in range(5):
        taken.get()
        todo.task_done()
    todo.join()
    finish(child)


def _take(todo: JoinableQueue, taken: Queue, count: int) -> None:
    for _ in range(count):
        taken.put(todo.get())


def check_join_goes_on_when_new_items_come_and_go() -> None:
    queue = multiprocessing.JoinableQueue(1)
    worker = start(_work, queue)
    for turn in range(10):
        for number in range(turn):
            queue.put(number)
        queue.join()
    queue.put(None)
    queue.join()
    finish(worker)


def check_close_leaves_the_counting_alone() -> None:
    queue = multiprocessing.JoinableQueue()
    queue.put("one")
    assert queue.get() == "one"
    queue.close()
    queue.join_thread()
    with raises(ValueError, f"Queue {queue!r} is closed"):
        queue.put("two")
    with raises(ValueError, f"Queue {queue!r} is closed"):
        queue.get()
    queue.task_done()
    queue.join()
    with raises(ValueError, TOO_OFTEN):
        queue.task_done()


def check_full_joinable_queue_takes_no_item_and_counts_none() -> None:
    queue = multiprocessing.JoinableQueue(1)
    queue.put("one")
    with raises(Full, ""):
        queue.put("two", timeout=0.02)
    queue.get()
    queue.task_done()
    queue.join()


def check_a_worker_that_ends_leaves_its_item_unfinished() -> None:
    queue = multiprocessing.JoinableQueue()
    queue.put("one")
    finish(start(queue.get))
    queue.task_done()
    queue.join()


def check_daemons_work_and_the_main_process_joins_the_queue() -> None:
    todo, done = multiprocessing.JoinableQueue(), multiprocessing.SimpleQueue()
    for _ in range(2):
        start(_work_for_ever, todo, done, daemon=True)
    for number in range(20):
        todo.put(number)
    todo.join()
    assert sorted(done.get() for _ in range(20)) == list(range(20))
    for child in multiprocessing.active_children():
        child.terminate()
        child.join()


def _work_for_ever(todo: JoinableQueue, done: multiprocessing.queues.SimpleQueue) -> None:
    while True:
        done.put(todo.get())
        todo.task_done()


MANY = 100_000


def check_many_small_items() -> None:
    queue, back = multiprocessing.JoinableQueue(), multiprocessing.SimpleQueue()
    child = start(_finish_many, queue, back)
    for number in range(MANY):
        queue.put((number, "small"))
    queue.join()
    assert back.get() == MANY * (MANY - 1) // 2
    finish(child)


def _finish_many(queue: JoinableQueue, back: multiprocessing.queues.SimpleQueue) -> None:
    total = 0
    for _ in range(MANY):
        total += queue.get()[0]
        queue.task_done()
    back.put(total)
