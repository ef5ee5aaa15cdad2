"""How does one process feed another, in order?

What travels: each item through the queue, None when no more
    will come; what was seen goes back in a second queue.
Ranks: 2 or more under mpiprocessing; with 2 the consumer runs
    when the producer has ended, and the queue keeps the items.
Idea: the queue is a third thing between the two, passed to
    both: neither side knows who is on the other.
"""

import multiprocessing
import random

ITEMS = 10


class Producer(multiprocessing.Process):
    def __init__(self, queue, report):
        super().__init__(name="producer")
        self.queue = queue
        self.report = report

    def run(self):
        numbers = random.Random(2024)
        appended = []
        for _ in range(ITEMS):
            item = numbers.randint(0, 256)
            self.queue.put(item)
            appended.append(item)
        self.queue.put(None)
        self.report.put((self.name, appended))


class Consumer(multiprocessing.Process):
    def __init__(self, queue, report):
        super().__init__(name="consumer")
        self.queue = queue
        self.report = report

    def run(self):
        popped = []
        # Not `until queue.empty()`: a queue is also empty while
        # the producer is busy. Only the producer knows the end.
        while True:
            item = self.queue.get()
            if item is None:
                break
            popped.append(item)
        self.report.put((self.name, popped))


def main():
    queue = multiprocessing.Queue()
    report = multiprocessing.Queue()
    process_producer = Producer(queue, report)
    process_consumer = Consumer(queue, report)
    process_producer.start()
    process_consumer.start()
    seen = dict(report.get() for _ in range(2))
    process_producer.join()
    process_consumer.join()

    for item in seen["producer"]:
        print(f"Process Producer : item {item} appended to queue")
    for item in seen["consumer"]:
        print(f"Process Consumer : item {item} popped from queue")
    print("the queue is empty")
    check(seen["producer"], seen["consumer"])


def check(appended, popped):
    assert len(appended) == ITEMS
    assert popped == appended


if __name__ == "__main__":
    main()
