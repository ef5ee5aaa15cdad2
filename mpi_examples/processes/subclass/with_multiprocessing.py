"""How does a process become a class of one's own?

What travels: the object, with its i, to each process; its
    result back from each through a queue.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: derive from Process, take arguments in __init__, work in
    run. start gives the child a copy of the object.
"""

import multiprocessing

PROCESSES = 5


class MyProcess(multiprocessing.Process):
    def __init__(self, i, results):
        super().__init__(name=f"MyProcess-{i}")
        self.i = i
        self.result = None
        self.results = results

    def run(self):
        # Stored in the child's copy: the parent never sees it.
        self.result = self.i * self.i
        self.results.put((self.name, self.result))


def main():
    results = multiprocessing.Queue()
    jobs = [MyProcess(i, results) for i in range(1, PROCESSES + 1)]
    for p in jobs:
        p.start()
    done = sorted(results.get() for _ in jobs)
    for p in jobs:
        p.join()

    for name, result in done:
        print(f"called run method in process: {name} -> {result}")
    check(done)


def check(done):
    assert [result for _, result in done] == [1, 4, 9, 16, 25]


if __name__ == "__main__":
    main()
