"""How a child ended: well, by an exception, by its own choice, by its parent."""

import os
import signal
import sys
import time
from multiprocessing import Process


def well():
    pass


def choose(code):
    sys.exit(code)


def at_once():
    os._exit(9)


def forever():
    time.sleep(1000)


if __name__ == "__main__":
    for target, args in ((well, ()), (choose, (3,)), (choose, ("a text",)), (choose, (None,)), (at_once, ())):
        child = Process(target=target, args=args)
        child.start()
        child.join()
        print(target.__name__, args, child.exitcode)
    child = Process(target=forever)
    child.start()
    child.join(timeout=0.01)
    print(child.is_alive(), child.exitcode)
    child.terminate()
    child.join()
    print(child.is_alive(), child.exitcode == -signal.SIGTERM)
    child = Process(target=forever)
    child.start()
    child.kill()
    child.join()
    print(child.exitcode == -signal.SIGKILL)
