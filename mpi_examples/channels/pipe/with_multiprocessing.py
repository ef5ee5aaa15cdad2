"""How do two processes talk until one hangs up?

What travels: hello three times to the child, and three times
    back; then the end of the program is closed.
Ranks: 2 or more under mpiprocessing: the program and its child
    run at once.
Idea: both ends may send and receive. recv raises EOFError once
    no process is left that holds the other end open.
"""

from multiprocessing import Pipe, Process

WORDS = ["hello", "hello", "hello"]


def f(parent_conn, child_conn):
    # Both ends have come along. With this one open, the child
    # would wait for itself to speak, and never get EOFError.
    parent_conn.close()
    while True:
        try:
            word = child_conn.recv()
        except EOFError:
            child_conn.close()
            break
        child_conn.send(word)


def main():
    parent_conn, child_conn = Pipe()
    p = Process(target=f, args=(parent_conn, child_conn))
    p.start()
    child_conn.close()
    heard = []
    for word in WORDS:
        parent_conn.send(word)
        heard.append(parent_conn.recv())
    parent_conn.close()  # the last one: f gets EOFError
    p.join()

    for word in heard:
        print(word)
    print("both have hung up")
    check(heard)


def check(heard):
    assert heard == WORDS


if __name__ == "__main__":
    main()
