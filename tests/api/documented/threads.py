"""A pool of threads, and the interface of this module on threads."""

import multiprocessing.dummy
from multiprocessing.pool import ThreadPool

seen = []


def note(n):
    seen.append(n)
    return n + 1


if __name__ == "__main__":
    with ThreadPool(4) as pool:
        print(pool.map(note, range(5)), sorted(seen))
        print(sorted(pool.imap_unordered(note, range(3))), pool.apply_async(note, (9,)).get())
    with multiprocessing.dummy.Pool(2) as pool:
        print(pool.map(note, [10, 20]))
    thread = multiprocessing.dummy.Process(target=note, args=(7,))
    thread.start()
    thread.join()
    print(7 in seen, thread.exitcode)
