"""How do many numbers become one?

What travels: the number of its share to a worker that asks, the
    share's four partial results back.
Ranks: 2 or more under mpiprocessing; the pool takes the ranks
    that are free, up to three.
Idea: starmap returns the partial results in the order of the
    shares; the program alone combines them, one by one.
"""

import multiprocessing
from functools import reduce
from operator import itemgetter

DIGITS = "3141592653589793238462643383279502884197"
MODULUS = 97
WORKERS = 3


def append(left, right):
    # A run of digits is its remainder and its shift, 10**length.
    # The right run shifts the left one: their order matters.
    remainder = left[0] * right[1] + right[0]
    return remainder % MODULUS, left[1] * right[1] % MODULUS


def partial(rank, size):
    first = len(DIGITS) * rank // size
    text = DIGITS[first : len(DIGITS) * (rank + 1) // size]
    total = sum(map(int, text))
    largest = max(map(int, text), default=-1)
    place = first + text.find(str(largest))
    run = int(text or "0") % MODULUS, pow(10, len(text), MODULUS)
    return total, largest, place, run


def combine(partials):
    totals, largests, places, runs = zip(*partials, strict=True)
    pairs = zip(largests, places, strict=True)
    # Of equal ones, max keeps the first: the lower place.
    largest, place = max(pairs, key=itemgetter(0))
    return sum(totals), largest, place, reduce(append, runs)[0]


def main():
    with multiprocessing.Pool(WORKERS) as pool:
        shares = [(rank, WORKERS) for rank in range(WORKERS)]
        result = combine(pool.starmap(partial, shares))

    total, largest, place, remainder = result
    print(f"sum of {len(DIGITS)} digits: {total}")
    print(f"the largest: {largest}, first at {place}")
    print(f"remainder of all divided by {MODULUS}: {remainder}")
    check(total, largest, place, remainder)


def check(total, largest, place, remainder):
    assert total == sum(map(int, DIGITS))
    assert largest == max(map(int, DIGITS))
    assert place == DIGITS.index(str(largest))
    assert remainder == int(DIGITS) % MODULUS


if __name__ == "__main__":
    main()
