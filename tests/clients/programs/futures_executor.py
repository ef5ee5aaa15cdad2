"""concurrent.futures: the executor that comes with Python, with its map, its futures and its exceptions."""

from concurrent.futures import ProcessPoolExecutor, as_completed


def primes_below(n):
    return sum(all(k % d for d in range(2, int(k**0.5) + 1)) for k in range(2, n))


def fail(n):
    raise LookupError(f"no number {n}")


if __name__ == "__main__":
    numbers = range(100, 2100, 100)
    serial = [primes_below(n) for n in numbers]
    with ProcessPoolExecutor() as executor:
        print("map, as in the serial run:", list(executor.map(primes_below, numbers, chunksize=2)) == serial)
        futures = {executor.submit(primes_below, n): n for n in numbers}
        found = {futures[future]: future.result() for future in as_completed(futures)}
        print("submit, as in the serial run:", [found[n] for n in numbers] == serial)
        print("an exception:", executor.submit(fail, 7).exception())
