"""How is a map done by scatter and gather?

What travels: one chunk of the inputs to each worker, one chunk
    of results back.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to two.
Idea: a chunksize that makes one chunk per worker: the fewest
    messages, best where all calls take equally long.
"""

import multiprocessing

WORKERS = 2


def function_square(data):
    return data * data


def main():
    inputs = list(range(20))
    chunksize = -(-len(inputs) // WORKERS)  # rounded up
    pool = multiprocessing.Pool(processes=WORKERS)
    outputs = pool.map(function_square, inputs, chunksize)
    pool.close()
    pool.join()

    print("map:", outputs)
    check(inputs, outputs)


def check(inputs, outputs):
    assert outputs == [data**2 for data in inputs]


if __name__ == "__main__":
    main()
