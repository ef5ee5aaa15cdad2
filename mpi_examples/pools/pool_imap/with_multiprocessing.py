"""How do results arrive before all are done?

What travels: one input at a time to a worker, its square back.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to two.
Idea: imap returns an iterator, whose first result is there
    while others are computed. It keeps an early one back until
    its turn comes; imap_unordered does not.
"""

import multiprocessing

WORKERS = 2


def numbers():
    # A generator: an item is made when somebody asks for it.
    yield from range(10)


def function_square(data):
    return data * data


def imap_unordered(pool, inputs):
    return pool.imap_unordered(function_square, inputs)


def imap(pool, inputs):
    return pool.imap(function_square, inputs)


def main():
    pool = multiprocessing.Pool(processes=WORKERS)
    squares = []
    for square in imap(pool, numbers()):
        print("imap:", square)
        squares.append(square)
    # Who is first is luck: what must not differ from run to run
    # has to be independent of the order, such as a sum.
    total = sum(imap_unordered(pool, numbers()))
    pool.close()
    pool.join()

    print("sum of imap_unordered:", total)
    check(squares, total)


def check(squares, total):
    assert squares == [data**2 for data in range(10)]
    assert total == sum(squares)


if __name__ == "__main__":
    main()
