"""How does a receiver learn what is coming?

What travels: to each writer the word that it may write, back
    from each one letter, of a length only the writer knows.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    writer waits for its turn.
Idea: poll says whether there is something, wait says where.
    How much it is, one learns only by receiving it.
"""

import multiprocessing
from multiprocessing.connection import wait

LETTERS = {1: b"All is well.", 2: b"Dear reader, the sea is calm."}


def writer(rank, pipe):
    pipe.recv()
    pipe.send_bytes(LETTERS[rank])


def something_there(pipes):
    return any(pipe.poll() for pipe in pipes)


def take(pipes):
    # Who is first, we see when it is there. recv_bytes makes as
    # much room as the letter needs.
    pipe = wait(list(pipes))[0]
    letter = pipe.recv_bytes()
    return pipes.pop(pipe), letter


def main():
    pipes, processes = {}, []
    for rank in LETTERS:
        pipe, its_pipe = multiprocessing.Pipe()
        p = multiprocessing.Process(
            target=writer, args=(rank, its_pipe)
        )
        p.start()
        pipes[pipe] = rank
        processes.append(p)
    before = something_there(pipes)
    for pipe in pipes:
        pipe.send("write")
    wait(list(pipes))  # until one letter is there
    after = something_there(pipes)
    letters = dict(take(pipes) for _ in LETTERS)
    for p in processes:
        p.join()

    print("before they may write, a letter is there:", before)
    print("after waiting, a letter is there:", after)
    for rank, letter in sorted(letters.items()):
        print(
            f"{rank} wrote {len(letter)} bytes: {letter.decode()}"
        )
    check(before, after, letters)


def check(before, after, letters):
    assert (before, after) == (False, True)
    assert letters == LETTERS


if __name__ == "__main__":
    main()
