"""What a pool can be asked for: calls, results later, in order, in any order, errors, time limits."""

import math
import multiprocessing
import time


def calculate(function, arguments):
    return f"{function.__name__}{arguments} = {function(*arguments)}"


def unpack(call):
    return calculate(*call)


def multiply(a, b):
    return a * b


def plus(a, b):
    return a + b


def reciprocal(x):
    return 1.0 / (x - 5.0)


def patience(x):
    time.sleep(60)
    return x


if __name__ == "__main__":
    with multiprocessing.Pool(4) as pool:
        tasks = [(multiply, (i, 7)) for i in range(6)] + [(plus, (i, 8)) for i in range(6)]
        results = [pool.apply_async(calculate, task) for task in tasks]
        for result in results:
            print(result.get())
        for line in pool.imap(unpack, tasks):
            print(line)
        print(sorted(pool.imap_unordered(unpack, tasks)) == sorted(map(unpack, tasks)))
        print(pool.map(math.sqrt, [4.0, 9.0]))
        print(pool.apply(plus, (20,), {"b": 22}))

        for call in (
            lambda: pool.apply(reciprocal, (5,)),
            lambda: pool.map(reciprocal, list(range(10))),
            lambda: list(pool.imap(reciprocal, list(range(10)))),
        ):
            try:
                print(call())
            except ZeroDivisionError as error:
                print("raised", error)
        iterator = pool.imap(reciprocal, range(10))
        seen = []
        for _ in range(11):
            try:
                seen.append(round(next(iterator), 3))
            except ZeroDivisionError:
                seen.append("division")
            except StopIteration:
                seen.append("end")
        print(seen)
        result = pool.apply_async(patience, (3,))
        try:
            result.get(timeout=0.1)
        except multiprocessing.TimeoutError:
            print("not in time", result.ready())
        iterator = pool.imap(patience, [1])
        try:
            iterator.next(timeout=0.1)
        except multiprocessing.TimeoutError:
            print("not in time either")
