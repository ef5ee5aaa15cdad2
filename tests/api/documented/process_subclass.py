"""A process as a class of one's own."""

from multiprocessing import Process, Queue


class Summing(Process):
    def __init__(self, numbers, results):
        super().__init__(daemon=True)
        self.numbers = numbers
        self.results = results

    def run(self):
        self.results.put((self.name, sum(self.numbers)))


if __name__ == "__main__":
    results = Queue()
    workers = [Summing(range(10 * n), results) for n in range(1, 4)]
    for worker in workers:
        worker.start()
    for line in sorted(results.get() for _ in workers):
        print(*line)
    for worker in workers:
        worker.join()
    print([worker.exitcode for worker in workers])
