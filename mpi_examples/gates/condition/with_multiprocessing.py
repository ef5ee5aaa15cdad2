"""How does a process wait until something is so?

What travels: the lock and the slot from stage to stage, and the
    word to look again; two entries of a log for each item.
Ranks: 3 or more under mpiprocessing: the program and both
    stages run at once.
Idea: wait gives the lock away and sleeps; whoever changes the
    slot notifies, and the sleeper looks whether it is so.
"""

import multiprocessing
from multiprocessing import Condition, Process

ITEMS = 4
EMPTY = -1


def stage_one(changed, slot, log):
    for item in range(ITEMS):
        with changed:
            changed.wait_for(lambda: slot.value == EMPTY)
            slot.value = item
            log.put(("stage one put", item))
            changed.notify_all()


def stage_two(changed, slot, log):
    for _ in range(ITEMS):
        with changed:
            # What wait_for does. Not `if`: being woken says that
            # something has changed, not what is so now.
            while slot.value == EMPTY:
                changed.wait()
            log.put(("stage two took", slot.value))
            slot.value = EMPTY
            changed.notify_all()


def main():
    changed = Condition()
    slot = multiprocessing.RawValue("i", EMPTY)
    log = multiprocessing.SimpleQueue()
    stages = [
        Process(target=stage, args=(changed, slot, log))
        for stage in (stage_one, stage_two)
    ]
    for p in stages:
        p.start()
    entries = [log.get() for _ in range(2 * ITEMS)]
    for p in stages:
        p.join()

    for event, item in entries:
        print(f"{event} {item}")
    check(entries)


def check(entries):
    stages = ["stage one put", "stage two took"] * ITEMS
    assert [event for event, _ in entries] == stages
    assert [item for _, item in entries[::2]] == [*range(ITEMS)]
    assert [item for _, item in entries[1::2]] == [*range(ITEMS)]


if __name__ == "__main__":
    main()
