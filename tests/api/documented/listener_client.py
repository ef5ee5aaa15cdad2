"""Two processes that know only an address and a key."""

from multiprocessing import Process, Queue
from multiprocessing.connection import Client, Listener

KEY = b"a secret"


def serve(addresses):
    with Listener(("localhost", 0), authkey=KEY) as listener:
        addresses.put(listener.address)
        with listener.accept() as connection:
            connection.send([2.25, None, "junk", float])
            connection.send_bytes(b"hello")
            print(connection.recv())


if __name__ == "__main__":
    addresses = Queue()
    server = Process(target=serve, args=(addresses,))
    server.start()
    with Client(addresses.get(), authkey=KEY) as connection:
        print(connection.recv())
        print(connection.recv_bytes())
        connection.send("and to you")
    server.join()
    print(server.exitcode)
