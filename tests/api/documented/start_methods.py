"""The start method, once for all, and by a context that is passed to a library."""

import multiprocessing as mp


def put(queue, word):
    queue.put(word)


def library(context):
    queue = context.Queue()
    child = context.Process(target=put, args=(queue, "by a context"))
    child.start()
    word = queue.get()
    child.join()
    return word


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.Queue()
    child = mp.Process(target=put, args=(queue, "by the module"))
    child.start()
    print(queue.get())
    child.join()
    print(library(mp.get_context("spawn")))
    print(mp.get_start_method(), {"spawn", "fork", "forkserver"} <= set(mp.get_all_start_methods()))
    try:
        mp.set_start_method("spawn")
    except RuntimeError as error:
        print(error)
