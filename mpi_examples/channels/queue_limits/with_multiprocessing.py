"""What happens when a queue is full, or empty?

What travels: five items through a queue of two places; by a
    pipe, what the consumer saw, and the word to begin.
Ranks: 2 or more under mpiprocessing: producer and consumer run
    at once.
Idea: put waits for a place, get for an item. Who will not wait,
    or not for long, gets queue.Full or queue.Empty instead.
"""

import multiprocessing
from queue import Empty, Full

ITEMS = 5
MAXSIZE = 2


def consumer(queue, producer):
    try:
        first = queue.get_nowait()
    except Empty:
        first = "Empty"
    producer.send(first)
    producer.recv()  # begin
    popped = list(iter(queue.get, None))
    try:
        last = queue.get(timeout=0.1)
    except Empty:
        last = "Empty"
    producer.send((popped, last))


def main():
    queue = multiprocessing.Queue(MAXSIZE)
    child, producer = multiprocessing.Pipe()
    p = multiprocessing.Process(
        target=consumer, args=(queue, producer)
    )
    p.start()
    first = child.recv()
    for item in range(MAXSIZE):
        queue.put_nowait(item)
    size = queue.qsize()
    try:
        queue.put(MAXSIZE, timeout=0.1)
        third = "put"
    except Full:
        third = "Full"
    child.send("begin")
    for item in range(MAXSIZE, ITEMS):
        queue.put(item)  # waits while there is no place
    queue.put(None)
    popped, last = child.recv()
    p.join()

    print("get before the first put:", first)
    print("items in the queue:", size)
    print("one put more:", third)
    print("items that were popped:", popped)
    print("get after the last put:", last)
    check(first, size, third, popped, last)


def check(first, size, third, popped, last):
    assert (first, third, last) == ("Empty", "Full", "Empty")
    assert size == MAXSIZE
    assert popped == list(range(ITEMS))


if __name__ == "__main__":
    main()
