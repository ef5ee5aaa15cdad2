"""How do many processes fill one dict?

What travels: each key and value to the manager, which has the
    dict; in the end a copy of the whole.
Ranks: 2 or more under mpiprocessing; the manager takes none,
    and workers wait for their turn.
Idea: the dict lives in one place, and everybody has a proxy: an
    object that sends each operation there.
"""

import multiprocessing

WORKERS = 10


def worker(dictionary, key, item):
    dictionary[key] = item


def main():
    with multiprocessing.Manager() as mgr:
        dictionary = mgr.dict()
        jobs = [
            multiprocessing.Process(
                target=worker, args=(dictionary, i, i * 2)
            )
            for i in range(WORKERS)
        ]
        for j in jobs:
            j.start()
        for j in jobs:
            j.join()
        # A plain dict: the proxy is of no use when the manager
        # has ended. Sorted: the order was who came first.
        results = dict(sorted(dictionary.items()))

    for key, item in results.items():
        print(f"key = {key} value = {item}")
    print("Results:", results)
    check(results)


def check(results):
    assert results == {i: i * 2 for i in range(WORKERS)}


if __name__ == "__main__":
    main()
