"""How does each get a share of its own?

What travels: to each worker its own share of the numbers, and
    nobody else's; from each one sum.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    worker waits for its turn.
Idea: shares are dealt out as cards are, and each goes down the
    pipe of the worker that it is for.
"""

import multiprocessing

WORKERS = 3
NUMBERS = list(range(1, 13))


def deal(numbers, size):
    return [numbers[rank::size] for rank in range(size)]


def work(share):
    return sum(n * n for n in share)


def member(pipe):
    share = pipe.recv()
    pipe.send((share, work(share)))


def main():
    pipes, processes = [], []
    for _ in range(WORKERS):
        pipe, its_pipe = multiprocessing.Pipe()
        p = multiprocessing.Process(target=member, args=(its_pipe,))
        p.start()
        pipes.append(pipe)
        processes.append(p)
    shares = deal(NUMBERS, WORKERS)
    for pipe, share in zip(pipes, shares, strict=True):
        pipe.send(share)
    every = [pipe.recv() for pipe in pipes]
    for p in processes:
        p.join()

    print("dealt out to three:", deal(NUMBERS, 3))
    print(
        "sum of all squares:", sum(squares for _, squares in every)
    )
    check(every)


def check(every):
    shares = [share for share, _ in every]
    assert shares == deal(NUMBERS, len(shares))
    assert sum(squares for _, squares in every) == work(NUMBERS)


if __name__ == "__main__":
    main()
