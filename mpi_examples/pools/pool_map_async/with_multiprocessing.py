"""How does the caller go on while workers compute?

What travels: chunks of the inputs to the workers, results back,
    or the exception that one of the calls has raised.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to two.
Idea: map_async returns at once. When all results are in, a
    thread of the pool calls callback, or error_callback.
"""

import math
import multiprocessing

WORKERS = 2
GOOD, BAD = [0, 1, 4, 9, 16, 25], [36, -1, 49]


def function_root(data):
    if data < 0:
        raise ValueError(f"{data} has no root")
    return math.isqrt(data)


def map_async(pool, inputs, done, failed):
    return pool.map_async(
        function_root,
        inputs,
        callback=done.append,
        error_callback=failed.append,
    )


def main():
    pool = multiprocessing.Pool(processes=WORKERS)
    done, failed, meanwhile = [], [], []
    for inputs in (GOOD, BAD):
        result = map_async(pool, inputs, done, failed)
        meanwhile.append(sum(inputs))
        # What a callback leaves is there after this, not before.
        result.wait()
    pool.close()
    pool.join()

    print("meanwhile:", *meanwhile)
    print("callback:", *done)
    print("error_callback:", *failed)
    check(meanwhile, done, failed)


def check(meanwhile, done, failed):
    assert meanwhile == [sum(GOOD), sum(BAD)]
    assert done == [[0, 1, 2, 3, 4, 5]]
    assert list(map(type, failed)) == [ValueError]


if __name__ == "__main__":
    main()
