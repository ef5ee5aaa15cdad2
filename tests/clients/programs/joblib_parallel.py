"""joblib: `Parallel` over MPI: large arrays, generators, exceptions, calls within calls, a writable memory map."""

import os
import tempfile

import numpy as np
from joblib import Parallel, delayed, parallel_config


def square(n):
    return n * n


def row_mean(matrix, row):
    return matrix[row].mean()


def may_write(matrix):
    return matrix.flags.writeable


def fail(n):
    if n == 3:
        raise LookupError(f"no number {n}")
    return n


def sum_of_squares(n):
    return sum(Parallel(n_jobs=2)(delayed(square)(i) for i in range(n)))


def fill(output, row):
    output[row] = row


if __name__ == "__main__":
    squares = [n * n for n in range(200)]
    with parallel_config(backend="mpi"):
        print("in order:", Parallel()(delayed(square)(n) for n in range(200)) == squares)
        results = Parallel(return_as="generator")(delayed(square)(n) for n in range(200))
        print("as a generator:", list(results) == squares)
        results = Parallel(return_as="generator_unordered", n_jobs=2)(delayed(square)(n) for n in range(200))
        print("as they come:", sorted(results) == squares)

        matrix = np.random.default_rng(1).normal(size=(100, 5000))  # 4 MB: goes once to each worker
        means = Parallel(batch_size=1)(delayed(row_mean)(matrix, row) for row in range(100))
        print("of a large array:", np.array_equal(means, [row.mean() for row in matrix]))
        print("which is read-only:", not any(Parallel()(delayed(may_write)(matrix) for _ in range(3))))

        with Parallel(batch_size=2) as parallel:
            try:
                parallel(delayed(fail)(n) for n in range(10))
            except LookupError as error:
                print("an exception:", error)
            print(
                "and on with the same workers:", parallel(delayed(square)(n) for n in range(200)) == squares
            )
        try:
            Parallel()(delayed(len)(print) for _ in range(3))
        except TypeError as error:
            print("another:", error)
        print("calls within calls:", Parallel()(delayed(sum_of_squares)(n) for n in range(5)))
        print("a lambda:", Parallel()(delayed(lambda n: n + len(squares))(n) for n in range(3)))

        with tempfile.TemporaryDirectory() as folder:
            output = np.memmap(os.path.join(folder, "output"), dtype=float, shape=(6, 4), mode="w+")
            Parallel()(delayed(fill)(output, row) for row in range(6))
            print("written by the workers:", output.sum(axis=1))
    print("without a word, joblib's default:", Parallel(n_jobs=-1)(delayed(square)(n) for n in range(5)))
