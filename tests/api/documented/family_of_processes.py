"""Children with children, a daemon that ends with its parent, and one that may not have any."""

import multiprocessing
import time


def grandparent(results):
    child = multiprocessing.Process(target=parent, args=(results,), name="parent")
    child.start()
    child.join()
    results.put("grandparent")


def parent(results):
    results.put(f"child of {multiprocessing.parent_process().name}")


def daemon(results):
    try:
        multiprocessing.Process(target=time.sleep, args=(0,)).start()
    except AssertionError as error:
        results.put(str(error))
    time.sleep(1000)


if __name__ == "__main__":
    results = multiprocessing.Queue()
    eldest = multiprocessing.Process(target=grandparent, args=(results,), name="eldest")
    eldest.start()
    print(results.get())
    print(results.get())
    eldest.join()
    multiprocessing.Process(target=daemon, args=(results,), daemon=True).start()
    print(results.get())
