"""A block of this machine's memory, found by its name in a child; a list in such a block."""

from multiprocessing import Process
from multiprocessing.shared_memory import ShareableList, SharedMemory


def change(name):
    block = SharedMemory(name=name)
    block.buf[:4] = bytes([22, 33, 44, 55])
    block.close()


if __name__ == "__main__":
    block = SharedMemory(create=True, size=10)
    child = Process(target=change, args=(block.name,))
    child.start()
    child.join()
    print(bytes(block.buf[:4]).hex())
    block.close()
    block.unlink()
    items = ShareableList(["howdy", b"HoWdY", -273.154, 100, None, True, 42])
    items[2] = -78.5
    print(list(items), items.count(42), items.index(42))
    items.shm.close()
    items.shm.unlink()
