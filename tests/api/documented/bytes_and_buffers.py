"""Bytes through a connection, into a buffer, and into one that is too short."""

import array
from multiprocessing import BufferTooShort, Pipe

if __name__ == "__main__":
    a, b = Pipe()
    a.send([1, "hello", None])
    print(b.recv())
    b.send_bytes(b"thank you")
    print(a.recv_bytes())
    numbers = array.array("i", range(5))
    target = array.array("i", [0] * 10)
    a.send_bytes(numbers)
    count = b.recv_bytes_into(target)
    print(count == len(numbers) * numbers.itemsize, target.tolist())
    a.send_bytes(b"0123456789", 2, 5)
    print(b.recv_bytes())
    a.send_bytes(b"much too long for it")
    try:
        b.recv_bytes_into(bytearray(4))
    except BufferTooShort as error:
        print("too short for", error.args[0])
    print(a.poll(), b.poll(0.01), a.readable, a.writable, a.closed)
    with a:
        pass
    print(a.closed)
