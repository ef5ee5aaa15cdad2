"""How do processes form a chain of stages?

What travels: ten items down the first pipe, ten squares down
    the second; then each pipe is closed.
Ranks: 3 or more under mpiprocessing: the program and its two
    stages run at once.
Idea: the end of a stream is not sent. A reader gets EOFError
    when every process has closed the writing end.
"""

import multiprocessing

ITEMS = 10


def create_items(pipe):
    output_pipe, unused = pipe
    unused.close()
    for item in range(ITEMS):
        output_pipe.send(item)
    output_pipe.close()


def multiply_items(pipe_1, pipe_2):
    # The stream would never end while this very process holds
    # its writing end: whoever has no use for an end closes it.
    unused, input_pipe = pipe_1
    unused.close()
    output_pipe, unused = pipe_2
    unused.close()
    try:
        while True:
            item = input_pipe.recv()
            output_pipe.send(item * item)
    except EOFError:
        output_pipe.close()


def main():
    pipe_1 = multiprocessing.Pipe(True)
    process_pipe_1 = multiprocessing.Process(
        target=create_items, args=(pipe_1,)
    )
    process_pipe_1.start()
    pipe_2 = multiprocessing.Pipe(True)
    process_pipe_2 = multiprocessing.Process(
        target=multiply_items, args=(pipe_1, pipe_2)
    )
    process_pipe_2.start()
    for unused in (*pipe_1, pipe_2[0]):
        unused.close()
    squares = []
    try:
        while True:
            squares.append(pipe_2[1].recv())
    except EOFError:
        process_pipe_1.join()
        process_pipe_2.join()

    for square in squares:
        print(square)
    print("End")
    check(squares)


def check(squares):
    assert squares == [item * item for item in range(ITEMS)]


if __name__ == "__main__":
    main()
