"""Processes that go from round to round together."""

from multiprocessing import Barrier, Process, Queue


def rounds(number, barrier, log):
    for turn in range(3):
        log.put((turn, barrier.wait()))


if __name__ == "__main__":
    barrier, log = Barrier(3), Queue()
    children = [Process(target=rounds, args=(number, barrier, log)) for number in range(3)]
    for child in children:
        child.start()
    entries = [log.get() for _ in range(9)]
    for child in children:
        child.join()
    print(sorted(entries))
    print(barrier.parties, barrier.n_waiting, barrier.broken)
