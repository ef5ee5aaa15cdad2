"""How are shares dealt out that are not equal?

What travels: to each worker its block of the array, as bare
    bytes; from each the block doubled.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    worker waits for its turn.
Idea: two lists say how the array is cut: how many numbers each
    one gets, and where its block begins.
"""

import multiprocessing
from itertools import accumulate

import numpy as np

WORKERS = 3
NUMBERS = 10


def cut(total, size):
    least, over = divmod(total, size)
    counts = [least + (rank < over) for rank in range(size)]
    starts = [0, *accumulate(counts)][:-1]
    return counts, starts


def member(count, pipe):
    block = np.empty(count)
    pipe.recv_bytes_into(block)
    pipe.send(2 * block)


def main():
    numbers = np.arange(float(NUMBERS))
    counts, starts = cut(NUMBERS, WORKERS)
    pipes, processes = [], []
    for count, start in zip(counts, starts, strict=True):
        pipe, its_pipe = multiprocessing.Pipe()
        p = multiprocessing.Process(
            target=member, args=(count, its_pipe)
        )
        p.start()
        pipe.send_bytes(numbers[start : start + count])
        pipes.append(pipe)
        processes.append(p)
    blocks = [pipe.recv() for pipe in pipes]
    for p in processes:
        p.join()

    print("counts and starts for three:", *cut(10, 3))
    print("doubled:", np.concatenate(blocks).tolist())
    check(blocks)


def check(blocks):
    assert [len(block) for block in blocks] == cut(10, len(blocks))[
        0
    ]
    assert sum(block.sum() for block in blocks) == 90.0


if __name__ == "__main__":
    main()
