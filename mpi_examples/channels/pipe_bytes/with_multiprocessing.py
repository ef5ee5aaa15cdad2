"""How do plain bytes travel, without pickling?

What travels: a word to begin, then four messages of bytes back,
    all of them parts of one buffer.
Ranks: 2 or more under mpiprocessing: the program and the sender
    run at once.
Idea: send_bytes sends from memory that is there, and
    recv_bytes_into receives into memory that waits.
"""

import multiprocessing

TEXT = b"shared nothing"


def sender(receiver):
    receiver.recv_bytes()
    receiver.send_bytes(TEXT)
    receiver.send_bytes(TEXT, 7, 7)  # offset, size
    receiver.send_bytes(TEXT)
    receiver.send_bytes(TEXT)


def main():
    child, receiver = multiprocessing.Pipe()
    p = multiprocessing.Process(target=sender, args=(receiver,))
    p.start()
    early = child.poll()
    child.send_bytes(b"begin")
    child.poll(None)  # waits until a message is there
    whole = child.recv_bytes()

    room = bytearray(b"all or .......")
    size = child.recv_bytes_into(room, 7)  # offset

    small = bytearray(6)
    try:
        child.recv_bytes_into(small)
        into = "fits"
    except multiprocessing.BufferTooShort as error:
        into = "too short"
        assert error.args[0] == TEXT  # nothing is lost

    try:
        child.recv_bytes(maxlength=6)
        limit = "fits"
    except OSError:  # the pipe cannot be read any more
        limit = "refused"
    p.join()

    print("there before the word to begin:", early)
    print("received:", whole.decode())
    print("received into 14 bytes:", size, room.decode())
    print("received into 6 bytes:", into)
    print("received with a limit of 6:", limit)
    check(early, whole, size, room, into, limit)


def check(early, whole, size, room, into, limit):
    assert not early
    assert (whole, size, room) == (TEXT, 7, b"all or nothing")
    assert (into, limit) == ("too short", "refused")


if __name__ == "__main__":
    main()
