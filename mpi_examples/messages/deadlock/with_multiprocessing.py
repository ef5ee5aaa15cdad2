"""Why does an exchange hang, and what prevents it?

What travels: for each way and each size, one block of bytes
    from each of the two to the other.
Ranks: 2 or more under mpiprocessing: the program and its
    partner run at once.
Idea: a pipe holds some 64 kB. If both send first, larger blocks
    wait in both directions for a reader who is not there.
"""

import multiprocessing
import threading

KILOBYTES = (1, 4, 64)


def in_turn(rank, mine, pipe, queues):
    if rank == 0:
        pipe.send(mine)
        return pipe.recv()
    theirs = pipe.recv()
    pipe.send(mine)
    return theirs


def both_at_once(rank, mine, pipe, queues):
    # A thread sends while this one receives: neither waits for
    # the other, whatever the size.
    sending = threading.Thread(target=pipe.send, args=(mine,))
    sending.start()
    theirs = pipe.recv()
    sending.join()
    return theirs


def in_background(rank, mine, pipe, queues):
    # put returns at once: a queue has a thread that sends.
    queues[rank].put(mine)
    return queues[1 - rank].get()


def exchange(rank, pipe, queues):
    agreed = []
    for way in (in_turn, both_at_once, in_background):
        for size in KILOBYTES:
            mine = bytes([rank]) * (size * 1024)
            theirs = way(rank, mine, pipe, queues)
            agreed.append(theirs == bytes([1 - rank]) * len(mine))
    return agreed


def partner(pipe, queues):
    pipe.send(exchange(1, pipe, queues))


def main():
    pipe, its_pipe = multiprocessing.Pipe()
    queues = [multiprocessing.Queue() for _ in range(2)]
    process = multiprocessing.Process(
        target=partner, args=(its_pipe, queues)
    )
    process.start()
    agreed = exchange(0, pipe, queues) + pipe.recv()
    process.join()

    for way in (in_turn, both_at_once, in_background):
        name = way.__name__.replace("_", " ")
        print(f"{name}:", *(f"{size} kB" for size in KILOBYTES))
    print("everybody has what the partner sent:", all(agreed))
    check(agreed)


def check(agreed):
    assert len(agreed) >= 2 * 3 * len(KILOBYTES)
    assert all(agreed)


if __name__ == "__main__":
    main()
