"""How does one process give the others a signal?

What travels: the signal to each who waits for it; two entries
    of a log from each runner.
Ranks: 3 or more under mpiprocessing: the program and the two
    runners of a heat run at once.
Idea: an event is a flag that all can see: wait returns when it
    is up, and it stays up until somebody clears it.
"""

import multiprocessing
from multiprocessing import Event, Process, SimpleQueue

HEATS = [["p1", "p2"], ["p3", "p4"]]


def runner(start, log):
    name = multiprocessing.current_process().name
    log.put((name, "ready"))
    start.wait()
    log.put((name, "off"))


def main():
    start = Event()
    log = SimpleQueue()
    entries = []
    for heat in HEATS:
        runners = [
            Process(name=name, target=runner, args=(start, log))
            for name in heat
        ]
        for p in runners:
            p.start()
        entries += sorted(log.get() for _ in heat)
        entries.append(("main", "signal"))
        start.set()
        entries += sorted(log.get() for _ in heat)
        for p in runners:
            p.join()
        # Now nobody waits. Without this line the next heat would
        # be off as soon as it is there.
        start.clear()

    for name, event in entries:
        print(f"{name}: {event}")
    check(entries)


def check(entries):
    heat = ["ready", "ready", "signal", "off", "off"]
    assert [event for _, event in entries] == 2 * heat


if __name__ == "__main__":
    main()
