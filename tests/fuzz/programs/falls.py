"""A main program that ends at any moment, in any way, while its processes do all kinds of things.

python -m mpiprocessing falls.py SEED WAY
"""

from __future__ import annotations

import _thread
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable

from ends import DEEDS, exit_in_a_thread


def fail() -> None:
    raise LookupError("as it should")


def exit_() -> None:
    for child in multiprocessing.active_children():  # it would wait for them
        child.terminate()
    sys.exit(3)


def leave() -> None:
    os._exit(4)


def leave_in_a_thread() -> None:
    threading.Thread(target=os._exit, args=(5,)).start()
    time.sleep(600)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)
    time.sleep(600)


def interrupt_from_a_thread() -> None:
    _thread.interrupt_main()
    time.sleep(600)


WAYS: dict[str, Callable[[], None]] = {
    "fail": fail,
    "exit": exit_,
    "leave": leave,
    "leave in a thread": leave_in_a_thread,
    "interrupt": interrupt,
    "interrupt from a thread": interrupt_from_a_thread,
}
"""How it ends; the statuses stand in test_ends.py."""


def main(seed: int, way: str) -> None:
    chance = random.Random(seed)
    for _ in range(chance.choice([0, 1, 2, 3])):
        multiprocessing.Process(target=chance.choice(DEEDS)).start()
    if chance.random() < 0.5:
        deeds = [deed for deed in DEEDS if deed is not exit_in_a_thread]
        threading.Thread(target=chance.choice(deeds), daemon=True).start()
    time.sleep(chance.random() * chance.choice([0.01, 0.1, 0.3]))  # no order is meant: any moment will do
    WAYS[way]()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
