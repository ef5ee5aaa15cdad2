"""Objects made on one rank and used by all, in a program that runs on every rank."""

from __future__ import annotations

import os
import tempfile
import threading

import numpy as np
import pytest

from tests.helpers import agree

pytestmark = pytest.mark.mpi(min_size=2)


def shared(comm, make):
    """What rank 0 makes, on every rank."""
    return comm.bcast(make() if comm.rank == 0 else None)


def test_every_rank_knows_how_many_there_are(comm, mp):
    agree(comm, mp.cpu_count() == comm.size, f"cpu_count() is {mp.cpu_count()} of {comm.size}")
    mp.init()  # a second time does nothing
    agree(comm, mp.active_children() == [])


def test_a_queue_brings_everything_once_and_in_the_order_of_each_producer(comm, mp):
    count = 100
    queue = shared(comm, mp.Queue)
    for number in range(count):
        queue.put((comm.rank, number))
    if comm.rank == comm.size - 1:
        got = [queue.get() for _ in range(comm.size * count)]
        for rank in range(comm.size):
            assert [number for source, number in got if source == rank] == [*range(count)]
        assert queue.empty() and queue.qsize() == 0
    comm.barrier()


def test_a_bounded_queue_between_all_ranks(comm, mp):
    count = 60
    queue = shared(comm, lambda: mp.Queue(2))
    last = comm.size - 1
    if comm.rank == last:
        got = [queue.get() for _ in range(last * count)]
        for rank in range(last):
            assert [number for source, number in got if source == rank] == [*range(count)]
    else:
        for number in range(count):
            queue.put((comm.rank, number))
    comm.barrier()
    if comm.rank == 0:
        queue.put(1)
        queue.put(2)
        assert (
            queue.qsize() == 2
        )  # asked after the puts; comm.barrier alone would not wait for them to arrive
    comm.barrier()
    agree(comm, queue.full() and queue.qsize() == 2, f"qsize {queue.qsize()}")


def test_several_consumers_get_every_item_once(comm, mp):
    queue = shared(comm, mp.Queue)
    if comm.rank == 0:
        for number in range(200):
            queue.put(number)
        for _ in range(comm.size):
            queue.put(None)
    got = list(iter(queue.get, None))
    everything = sorted(number for part in comm.allgather(got) for number in part)
    agree(comm, everything == [*range(200)])
    agree(comm, got == sorted(got), "items overtook each other")


def test_a_lock_lets_in_one_rank_at_a_time(comm, mp):
    lock = shared(comm, mp.Lock)
    path = comm.bcast(tempfile.mkstemp()[1] if comm.rank == 0 else None)
    rounds = 40
    for _ in range(rounds):
        with lock:
            with open(path) as file:  # read, then write: two ranks at once would lose one's addition
                value = int(file.read() or 0)
            with open(path, "w") as file:
                file.write(str(value + 1))
    comm.barrier()
    with open(path) as file:
        value = int(file.read())
    agree(comm, value == rounds * comm.size, f"counted {value}")
    comm.barrier()
    if comm.rank == 0:
        os.unlink(path)


def test_a_lock_is_released_by_another_rank(comm, mp):
    lock = shared(comm, mp.Lock)
    if comm.rank == 0:
        lock.acquire()
    comm.barrier()
    if comm.rank == 1:
        assert not lock.acquire(block=False)
        lock.release()
    comm.barrier()
    if comm.rank == 0:
        assert lock.acquire(timeout=20)
        lock.release()
        with pytest.raises(ValueError, match="released too many times"):
            lock.release()
    comm.barrier()


def test_a_barrier_lets_nobody_pass_before_the_last(comm, mp):
    barrier = shared(comm, lambda: mp.Barrier(comm.size))
    arrivals = shared(comm, mp.Queue)
    for number in range(30):
        arrivals.put(number)
        index = barrier.wait()
        indexes = comm.allgather(index)
        agree(comm, sorted(indexes) == [*range(comm.size)], f"round {number}: {indexes}")
        if index == 0:
            got = [arrivals.get() for _ in range(comm.size)]  # nobody is in the next round yet
            assert got == [number] * comm.size
        barrier.wait()


def test_pipes_round_a_ring(comm, mp):
    after, before = (comm.rank + 1) % comm.size, (comm.rank - 1) % comm.size
    mine, theirs = mp.Pipe()
    previous = comm.sendrecv(theirs, dest=after, source=before)
    for number in range(50):
        mine.send((comm.rank, number))
        assert previous.recv() == (before, number)
        previous.send(number * number)
        assert mine.recv() == number * number
    assert not mine.poll() and not previous.poll()
    comm.barrier()


def test_an_end_sent_through_a_queue_is_counted(comm, mp):
    """Unlike one sent by `comm.bcast`: when its holders have closed it, the other side notices."""
    queue = shared(comm, mp.Queue)
    if comm.rank == 0:
        reader, writer = mp.Pipe(duplex=False)
        queue.put(reader)
        reader.close()
        del reader
        writer.send("last words")
        writer.close()
    elif comm.rank == 1:
        reader = queue.get()
        assert reader.recv() == "last words"
        with pytest.raises(EOFError):
            reader.recv()
    comm.barrier()


@pytest.mark.mpi(min_size=3)
def test_whoever_gets_the_lock_finds_what_was_sent_before_its_release(comm, mp):
    """Three ranks: the lock lives on 0, the writer is 1, the reader 2; the ways of pipe and lock have nothing in common."""
    lock, barrier = shared(comm, lambda: (mp.Lock(), mp.Barrier(3)))
    reader, writer = shared(comm, lambda: mp.Pipe(duplex=False))
    for number in range(60):
        data = np.full(1 if number % 3 else 50_000, number)
        if comm.rank == 1:
            lock.acquire()
        if comm.rank < 3:
            barrier.wait()
        if comm.rank == 1:
            writer.send(data)
            lock.release()
        elif comm.rank == 2:
            with lock:
                assert reader.poll(), f"round {number}: the lock was free before the pipe was written"
            assert np.array_equal(reader.recv(), data)
        if comm.rank < 3:
            barrier.wait()
    comm.barrier()


def test_a_rank_that_computes_answers_all_the_same(comm, mp):
    queue, lock = shared(comm, lambda: (mp.Queue(), mp.Lock()))
    if comm.rank == 0:
        turns = 0
        while not comm.iprobe(source=1, tag=9):  # no call of ours in this loop
            turns += sum(range(50)) > 0
        assert comm.recv(source=1, tag=9) == "done"
    elif comm.rank == 1:
        for number in range(20):
            queue.put(number)
            assert queue.get() == number
            with lock:
                pass
        comm.send("done", 0, tag=9)
    comm.barrier()


def test_threads_of_a_rank_wait_side_by_side(comm, mp):
    """Each rank has several threads that wait for items that only another rank puts."""
    requests, answers = shared(comm, lambda: [[mp.Queue() for _ in range(3 * comm.size)] for _ in range(2)])
    mine = range(3 * comm.rank, 3 * comm.rank + 3)
    theirs = [(place + 3) % (3 * comm.size) for place in mine]
    wrong: list[object] = []

    def answer(place):
        for number in range(20):
            got = requests[place].get()
            answers[place].put((place, got))
            if got != number:
                wrong.append((place, number, got))

    def ask(place):
        for number in range(20):
            requests[place].put(number)
            got = answers[place].get()
            if got != (place, number):
                wrong.append((place, number, got))

    threads = [threading.Thread(target=answer, args=(place,)) for place in mine]
    threads += [threading.Thread(target=ask, args=(place,)) for place in theirs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    agree(comm, not wrong, f"{wrong[:5]}")


def test_waiting_with_a_time_limit_loses_nothing(comm, mp):
    """Requests are withdrawn while answers are on their way; every item is still got exactly once."""
    from queue import Empty

    queue = shared(comm, mp.Queue)
    count = 60
    got = []
    if comm.rank == 0:
        for number in range(count):
            queue.put(number)
        queue.put(None)
        while (item := queue.get()) is not None:
            got.append(item)
        for _ in range(comm.size):
            queue.put(None)
    else:
        while True:
            try:
                item = queue.get(timeout=1e-4)
            except Empty:
                continue
            if item is None:
                queue.put(None)
                break
            got.append(item)
    everything = sorted(item for part in comm.allgather(got) for item in part)
    agree(comm, everything == [*range(count)], f"{everything}")
