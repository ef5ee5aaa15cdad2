"""Several readers watched at once, until each has come to its end."""

from multiprocessing import Pipe, Process, current_process
from multiprocessing.connection import wait


def tell(writer, number):
    for i in range(4):
        writer.send((number, i, current_process().name))
    writer.close()


if __name__ == "__main__":
    readers, children = [], []
    for number in range(3):
        reader, writer = Pipe(duplex=False)
        readers.append(reader)
        child = Process(target=tell, args=(writer, number), name=f"teller {number}")
        child.start()
        children.append(child)
        writer.close()
    messages = []
    while readers:
        for reader in wait(readers):
            try:
                messages.append(reader.recv())
            except EOFError:
                readers.remove(reader)
    print(*sorted(messages), sep="\n")
    sentinels = {child.sentinel for child in children}
    while sentinels:
        sentinels -= set(wait(list(sentinels)))
    print([child.exitcode for child in children if child.join() is None])
