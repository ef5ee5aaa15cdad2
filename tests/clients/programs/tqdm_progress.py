"""tqdm: a progress bar over the results of a pool, and over those of its own executor."""

import multiprocessing

from tqdm import tqdm
from tqdm.contrib.concurrent import process_map

LIMIT = 2000


def collatz(n):
    """How many steps lead from n to 1."""
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


if __name__ == "__main__":
    serial = list(map(collatz, range(1, LIMIT)))
    with multiprocessing.Pool() as pool:
        results = pool.imap_unordered(collatz, range(1, LIMIT), chunksize=50)
        found = list(tqdm(results, total=LIMIT - 1, desc="imap_unordered"))
        print("imap_unordered, as in the serial run:", sorted(found) == sorted(serial))
        found = list(tqdm(pool.imap(collatz, range(1, LIMIT), chunksize=50), total=LIMIT - 1, desc="imap"))
        print("imap, as in the serial run:", found == serial)
    found = process_map(collatz, range(1, LIMIT), max_workers=3, chunksize=50, desc="process_map")
    print("process_map, as in the serial run:", found == serial)
