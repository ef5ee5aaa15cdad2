"""How does a message find its receiver?

What travels: three words from each sender down one pipe, and
    how many there are down another.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    sender waits for its turn.
Idea: the address is the pipe. Who wants to tell two kinds of
    messages apart, or two senders, makes one pipe for each.
"""

import multiprocessing
from multiprocessing.connection import wait

WORDS = {1: ["red", "green", "blue"], 2: ["un", "deux", "trois"]}


def sender(rank, words, count):
    for word in WORDS[rank]:
        words.send(word)
    count.send(len(WORDS[rank]))


def receiver(words, counts):
    # The count was sent last and is read first: it has its pipe.
    count = {rank: counts[rank].recv() for rank in WORDS}
    # From anybody: each pipe keeps its order, the pipes none.
    said = {rank: [] for rank in WORDS}
    whose = {words[rank]: rank for rank in WORDS}
    while whose:
        for pipe in wait(list(whose)):
            rank = whose[pipe]
            said[rank].append(pipe.recv())
            if len(said[rank]) == count[rank]:
                del whose[pipe]
    return count, said


def main():
    words, counts, processes = {}, {}, []
    for rank in WORDS:
        words[rank], word = multiprocessing.Pipe(duplex=False)
        counts[rank], count = multiprocessing.Pipe(duplex=False)
        p = multiprocessing.Process(
            target=sender, args=(rank, word, count)
        )
        p.start()
        processes.append(p)
    count, said = receiver(words, counts)
    for p in processes:
        p.join()

    for rank in WORDS:
        print(f"{rank} announced {count[rank]} words")
    for rank in WORDS:
        print(f"{rank} said:", ", ".join(said[rank]))
    check(count, said)


def check(count, said):
    assert said == WORDS
    assert count == {rank: len(said[rank]) for rank in said}


if __name__ == "__main__":
    main()
