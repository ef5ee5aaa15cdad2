"""Callbacks, initializers, workers that are replaced, and the order of an end."""

import multiprocessing

where = None


def prepare(word):
    global where
    where = word


def use(n):
    return f"{where} {n}"


def fail(n):
    raise KeyError(n)


if __name__ == "__main__":
    got, failed = [], []
    pool = multiprocessing.Pool(2, initializer=prepare, initargs=("prepared",), maxtasksperchild=2)
    print(pool.map(use, range(5), chunksize=1))
    pool.map_async(use, range(3), callback=got.append).wait()
    result = pool.apply_async(fail, ("k",), error_callback=failed.append)
    result.wait()
    try:
        result.get()
    except KeyError as error:
        print(repr(error), result.successful())
    try:
        pool.join()
    except ValueError as error:
        print(error)
    pool.close()
    try:
        pool.apply(use, (1,))
    except ValueError as error:
        print(error)
    pool.join()
    print(got, failed)
