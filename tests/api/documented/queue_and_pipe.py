"""Objects exchanged through a queue and through a pipe."""

from multiprocessing import Pipe, Process, Queue


def through_queue(queue):
    queue.put([42, None, "hello", {"nested": (1, 2)}])


def through_pipe(connection):
    while (item := connection.recv()) is not None:
        connection.send(item * 2)
    connection.close()


if __name__ == "__main__":
    queue = Queue()
    child = Process(target=through_queue, args=(queue,))
    child.start()
    print(queue.get())
    child.join()
    ours, theirs = Pipe()
    child = Process(target=through_pipe, args=(theirs,))
    child.start()
    theirs.close()
    for item in (3, "ab", [1]):
        ours.send(item)
        print(ours.recv())
    ours.send(None)
    try:
        ours.recv()
    except EOFError:
        print("the other end is closed")
    child.join()
