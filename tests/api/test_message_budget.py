"""What operations cost in messages, counted in real runs. The counts are upper bounds that hold for any timing."""

from __future__ import annotations

ITEMS = 400
MOVING = 12  # messages a home may take to settle where it is used; not per operation


def test_processes_and_a_pipe_and_a_barrier_and_a_lock(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def nothing():
            pass

        def read(connection, barrier, lock):
            for number in range({ITEMS}):
                assert connection.recv() == number
            for _ in range({ITEMS}):
                barrier.wait()
            for _ in range({ITEMS}):
                with lock:
                    pass

        def pair(barrier):
            for _ in range({ITEMS}):
                barrier.wait()

        if __name__ == "__main__":
            for _ in range(10):
                child = mp.Process(target=nothing)
                child.start()
                child.join()
            reader, writer = mp.Pipe(duplex=False)
            barrier, lock = mp.Barrier(2), mp.Lock()
            children = [mp.Process(target=read, args=(reader, barrier, lock)), mp.Process(target=pair, args=(barrier,))]
            for child in children:
                child.start()
            for number in range({ITEMS}):
                writer.send(number)
            for child in children:
                child.join()
        """
    )
    assert counted.messages("Process*", "Host*") == 3 * 12
    # What was sent before the pipe's home had moved to its reader went with it.
    assert counted.messages("PipeSend") <= ITEMS
    assert counted.messages("Pipe*") <= ITEMS + MOVING
    # Two parties, and the barrier's home with one of them.
    assert counted.messages("Barrier*") <= 2 * ITEMS + MOVING
    # One process took the lock again and again: it stayed.
    assert counted.messages("Permit*") <= 3
    assert counted.messages("Home*") <= MOVING


def test_an_object_through_a_pipe_in_turns_is_one_message_each_way(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def echo(connection):
            for _ in range({ITEMS}):
                connection.send(connection.recv())

        if __name__ == "__main__":
            here, there = mp.Pipe()
            child = mp.Process(target=echo, args=(there,))
            child.start()
            for number in range({ITEMS}):
                here.send(number)
                assert here.recv() == number
            child.join()
        """,
        ranks=2,
    )
    assert counted.messages("PipeSend") <= 2 * ITEMS + 1
    assert counted.messages("Pipe*") <= 2 * ITEMS + 2 * MOVING


def test_a_queue_with_one_consumer_costs_a_message_an_item(count):
    counted = count(
        f"""
        import multiprocessing as mp
        import time

        def produce(queue, results, settled):
            for number in range({MOVING}):
                queue.put(number)
            settled.wait()
            for number in range({ITEMS}):
                queue.put(number)
            results.put("done")

        def consume(queue, results, settled):
            for _ in range(2 * {MOVING}):
                queue.get()
            while "items" not in queue.statistics():  # until the producers are held, it is elsewhere
                time.sleep(0.001)
            settled.set()
            results.put(sorted(queue.get() for _ in range(2 * {ITEMS})))

        if __name__ == "__main__":
            queue, results, settled = mp.Queue(), mp.Queue(), mp.Event()
            producers = [mp.Process(target=produce, args=(queue, results, settled)) for _ in range(2)]
            consumer = mp.Process(target=consume, args=(queue, results, settled))
            for child in (consumer, *producers):
                child.start()
            got = [results.get() for _ in range(3)]
            assert sorted([*range({ITEMS})] * 2) in got
            for child in (consumer, *producers):
                child.join()
        """,
        ranks=4,
    )
    assert counted.messages("QueuePut") <= 2 * (MOVING + ITEMS) + 3
    assert counted.messages("QueueGet", "QueueGot") <= 2 * 2 * MOVING
    # Five that put for the first time, and two that are held while the queue moves.
    assert counted.messages("Writer*") <= 2 * 5 + 3 * 2
    assert counted.messages("Permit*") == 0


def test_a_settled_queue_is_put_to_directly(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def consume(queue, ready):
            queue.get()
            ready.send(True)
            for _ in range({ITEMS}):
                queue.get()

        if __name__ == "__main__":
            queue = mp.Queue()
            here, there = mp.Pipe()
            child = mp.Process(target=consume, args=(queue, there))
            child.start()
            queue.put("first")
            here.recv()
            for number in range({ITEMS}):
                queue.put(number)
            child.join()
        """,
        ranks=2,
    )
    assert counted.messages("Queue*") <= ITEMS + MOVING


def test_a_queue_with_several_consumers_costs_at_most_two_more_an_item(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def consume(queue, results):
            results.put(sum(iter(queue.get, None)))

        if __name__ == "__main__":
            queue, results = mp.Queue(), mp.Queue()
            children = [mp.Process(target=consume, args=(queue, results)) for _ in range(2)]
            for child in children:
                child.start()
            for number in range({ITEMS}):
                queue.put(number)
            for _ in children:
                queue.put(None)
            assert sum(results.get() for _ in children) == sum(range({ITEMS}))
            for child in children:
                child.join()
        """
    )
    assert counted.messages("QueuePut", "QueueUnget") <= 2 * ITEMS + MOVING
    assert counted.messages("QueueGet", "QueueGot") <= 2 * (ITEMS + 2) + 2 * MOVING


def test_a_bounded_queue_costs_a_message_an_item_and_now_and_then_a_credit(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def produce(queue, taken):
            for number in range({ITEMS}):
                queue.put(number)
                if number % 8 == 7:
                    taken.recv()  # so it is never ahead by the whole queue

        if __name__ == "__main__":
            queue = mp.Queue(16)
            here, there = mp.Pipe()
            child = mp.Process(target=produce, args=(queue, there))
            child.start()
            for number in range({ITEMS}):
                assert queue.get() == number
                if number % 8 == 7:
                    here.send(True)
            child.join()
        """,
        ranks=2,
    )
    assert ITEMS // 8 <= counted.messages("QueuePut") <= ITEMS  # what gathers travels together
    assert counted.messages("QueueGet", "QueueGot") == 0
    assert counted.messages("Permit*") <= 3 * ITEMS // 8  # at most three for a batch of eight


def test_a_full_queue_costs_at_most_a_request_and_a_reply_more_an_item(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def produce(queue):
            for number in range({ITEMS}):
                queue.put(number)

        if __name__ == "__main__":
            queue = mp.Queue(3)
            child = mp.Process(target=produce, args=(queue,))
            child.start()
            assert [queue.get() for _ in range({ITEMS})] == [*range({ITEMS})]
            child.join()
        """,
        ranks=2,
    )
    assert ITEMS // 3 <= counted.messages("QueuePut") <= ITEMS
    assert counted.messages("Permit*") <= 2 * ITEMS


def test_processes_that_take_turns_with_a_lock_take_three_messages_each_time(count):
    counted = count(
        f"""
        import multiprocessing as mp

        def play(lock, turn):
            for _ in range({ITEMS}):
                turn.recv()
                with lock:
                    pass
                turn.send(True)

        if __name__ == "__main__":
            lock = mp.Lock()
            here, there = mp.Pipe()
            children = [mp.Process(target=play, args=(lock, turn)) for turn in (here, there)]
            for child in children:
                child.start()
            here.send(True)
            for child in children:
                child.join()
        """
    )
    assert counted.messages("Permit*") <= 3 * 2 * ITEMS + MOVING


def test_a_pool_takes_two_messages_a_task_and_tells_each_worker_once(count):
    counted = count(
        """
        import functools, multiprocessing as mp

        def begin(queue, data):
            queue.put((mp.current_process().name, len(data)))

        def look(table, number):
            return table[number]

        if __name__ == "__main__":
            begun = mp.Queue()
            table = bytes(range(256)) * 20
            with mp.Pool(2, begin, (begun, bytes(100_000))) as pool:
                assert sorted(size for _, size in (begun.get(), begun.get())) == [100_000] * 2
                for _ in range(3):
                    assert pool.map(functools.partial(look, table), range(256), chunksize=2) == [*range(256)]
                for number in range(16):
                    assert pool.apply(look, (b"abc", 1)) == 98
                assert begun.empty()
                pool.close()
                pool.join()
        """
    )
    tasks = 3 * 128 + 16
    # At the end of a map an idle worker gets what another has not begun.
    recalls = counted.messages("PoolRecall")
    assert recalls == counted.messages("PoolReturned") <= 3 * 2
    # Tasks that take less than the message share one, as far as they were short so far.
    again = max(0, counted.messages("PoolRun") - tasks)
    assert counted.messages("PoolRan") <= tasks and again <= recalls * 3
    assert counted.messages("PoolFunction") <= 2 * 2  # two functions, two workers
    assert counted.messages("Pool*") <= 2 * tasks + 2 * 4 + 2 * recalls + again
    assert counted.figures["kinds"]["PoolRun"]["bytes"] < tasks * 200  # the table stays at home
    assert counted.figures["kinds"]["PoolFunction"]["bytes"] < 2 * 6000
    assert counted.messages("Process*", "Host*") == 3 * 2
    assert counted.figures["messages"] <= 2 * tasks + 40 + 2 * recalls + again


def test_the_figures_add_up(count):
    counted = count(
        """
        import multiprocessing as mp

        def work(queue, size):
            queue.put(bytes(size))

        if __name__ == "__main__":
            queue = mp.Queue()
            child = mp.Process(target=work, args=(queue, 1_000_000))
            child.start()
            assert len(queue.get()) == 1_000_000
            child.join()
        """,
        ranks=2,
    )
    figures = counted.figures
    assert figures["ranks"] == 2
    assert figures["messages"] == sum(kind["messages"] for kind in figures["kinds"].values())
    assert figures["bytes"] == sum(kind["bytes"] for kind in figures["kinds"].values())
    assert 1_000_000 < figures["kinds"]["QueuePut"]["bytes"] < 1_000_200
    assert figures["work_seconds"] > 0
