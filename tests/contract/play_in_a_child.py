"""The player of the interpreter's own tests in a child process, which is to be a process like any other.

    mpiexec -n 4 python -m mpiprocessing play_in_a_child.py RECORD TESTS ...

Tests are named as for `unittest`. The record says how each ended.
"""

from __future__ import annotations

import multiprocessing
import sys
import unittest

from play_own_tests import play


def main(record: str, names: list[str]) -> None:
    """Run tests here, and write down how each ended."""
    play(record, unittest.defaultTestLoader.loadTestsFromNames(names))


if __name__ == "__main__":
    child = multiprocessing.Process(target=main, args=(sys.argv[1], sys.argv[2:]))
    child.start()
    child.join()
    sys.exit(child.exitcode)
