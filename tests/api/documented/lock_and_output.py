# lines in any order
"""A lock keeps lines whole, and one process at a time in a section."""

from multiprocessing import Lock, Process


def say(lock, number):
    with lock:
        print("hello from", end=" ")
        print("number", number)


if __name__ == "__main__":
    lock = Lock()
    children = [Process(target=say, args=(lock, number)) for number in range(6)]
    for child in children:
        child.start()
    for child in children:
        child.join()
