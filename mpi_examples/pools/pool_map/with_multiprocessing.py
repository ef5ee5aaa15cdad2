"""How do workers share the calls of one function?

What travels: chunks of the inputs to the workers that ask for
    more, chunks of results back.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to four.
Idea: map looks like the builtin; the pool hands out chunks
    while it runs, so that unequal tasks even out.
"""

import multiprocessing

WORKERS = 4


def function_square(data):
    return data * data


def main():
    inputs = list(range(100))
    pool = multiprocessing.Pool(processes=WORKERS)
    pool_outputs = pool.map(function_square, inputs)
    pool.close()
    pool.join()

    print("Pool:", pool_outputs)
    check(inputs, pool_outputs)


def check(inputs, outputs):
    assert outputs == [data**2 for data in inputs]


if __name__ == "__main__":
    main()
