"""A child that raises: the parent goes on, and learns it from the exit code."""

from multiprocessing import Process


def divide(a, b):
    print(a // b)


if __name__ == "__main__":
    for b in (2, 0):
        child = Process(target=divide, args=(7, b), name="divider")
        child.start()
        child.join()
        print("exit code", child.exitcode)
    raise SystemExit(5)
