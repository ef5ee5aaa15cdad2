"""How does a producer learn that all work is done?

What travels: items to whichever consumer asks, results in a
    second queue; for each item one task_done; None at the end.
Ranks: 2 or more under mpiprocessing; with 2 one consumer does
    all the work.
Idea: the queue counts what was put and is not yet done. get
    does not count down, task_done does; join waits for 0.
"""

import multiprocessing

CONSUMERS = 2
ITEMS = 10


def consumer(queue, results):
    while True:
        item = queue.get()
        if item is not None:
            results.put((item, item * item))
        queue.task_done()  # done: after the work, not before
        if item is None:
            break


def main():
    queue = multiprocessing.JoinableQueue()
    results = multiprocessing.Queue()
    jobs = []
    for _ in range(CONSUMERS):
        p = multiprocessing.Process(
            target=consumer, args=(queue, results)
        )
        jobs.append(p)
        p.start()
    for item in range(ITEMS):
        queue.put(item)
    queue.join()
    try:
        queue.task_done()
        once_more = "done"
    except ValueError:
        once_more = "too many"
    for _ in jobs:
        queue.put(None)
    squares = sorted(results.get() for _ in range(ITEMS))
    for p in jobs:
        p.join()

    for item, square in squares:
        print(f"item {item} done: {square}")
    print("all items are done")
    print("one more task_done:", once_more)
    check(squares, once_more)


def check(squares, once_more):
    assert squares == [(i, i * i) for i in range(ITEMS)]
    assert once_more == "too many"


if __name__ == "__main__":
    main()
