"""How are processes started, and waited for?

What travels: the argument i to each process, one line back
    from each through a queue.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: the program starts one process for each call of foo and
    waits until all of them have ended.
"""

import multiprocessing

PROCESSES = 5


def foo(i, lines):
    lines.put((i, f"called function in process: {i}"))


def main():
    lines = multiprocessing.Queue()
    process_jobs = []
    for i in range(PROCESSES):
        p = multiprocessing.Process(target=foo, args=(i, lines))
        process_jobs.append(p)
        p.start()
    # With p.join() in the loop above, as it is often written,
    # only one process runs at a time. So: start them all, read
    # what they say in any order, then wait for them all.
    called = sorted(lines.get() for _ in process_jobs)
    for p in process_jobs:
        p.join()

    for _, line in called:
        print(line)
    check(called)


def check(called):
    assert [i for i, _ in called] == list(range(PROCESSES))


if __name__ == "__main__":
    main()
