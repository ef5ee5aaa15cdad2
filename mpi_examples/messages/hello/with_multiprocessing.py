"""Who am I, and how many are we?

What travels: to each process its number and how many there
    are, with one end of a pipe; one greeting back from each.
Ranks: 2 or more under mpiprocessing; where no rank is free, a
    process waits for its turn.
Idea: the program that starts the others is the first of them.
    Nobody is born with a number: it is an argument.
"""

import multiprocessing

TEAM = 4


def greeting(rank, size):
    return f"Hello, I am {rank} of {size}"


def tell(rank, size, pipe):
    pipe.send(greeting(rank, size))
    pipe.close()


def main():
    readers = []
    processes = []
    for rank in range(1, TEAM):
        reader, writer = multiprocessing.Pipe(duplex=False)
        p = multiprocessing.Process(
            target=tell, args=(rank, TEAM, writer)
        )
        p.start()
        writer.close()
        readers.append(reader)
        processes.append(p)
    greetings = [greeting(0, TEAM)]
    # One pipe for each: reading them in turn gives the order,
    # whoever was first to speak.
    for reader in readers:
        greetings.append(reader.recv())
    for p in processes:
        p.join()

    for line in greetings:
        print(line)
    check(greetings)


def check(greetings):
    assert greetings == [greeting(r, TEAM) for r in range(TEAM)]


if __name__ == "__main__":
    main()
