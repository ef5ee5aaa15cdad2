"""How is one call handed to a worker?

What travels: the argument to whichever worker is free, the
    result back; the function itself, once to each worker.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to two.
Idea: apply waits for its result, apply_async hands out a
    promise: ask for all of them before you wait for one.
"""

import multiprocessing

WORKERS = 2


def function_square(data):
    return data * data


def apply(pool, data):
    # Nothing is gained by this alone: the caller only waits.
    return pool.apply(function_square, (data,))


def apply_async(pool, data):
    return pool.apply_async(function_square, (data,))


def main():
    pool = multiprocessing.Pool(processes=WORKERS)
    now = apply(pool, 3)
    later = [apply_async(pool, data) for data in range(4)]
    meanwhile = function_square(12)
    # The results are asked for in the order of the calls, in
    # whatever order they have come.
    squares = [result.get() for result in later]
    pool.close()
    pool.join()

    print("apply:", now)
    print("meanwhile:", meanwhile)
    print("apply_async:", squares)
    check(now, meanwhile, squares)


def check(now, meanwhile, squares):
    assert (now, meanwhile) == (9, 144)
    assert squares == [0, 1, 4, 9]


if __name__ == "__main__":
    main()
