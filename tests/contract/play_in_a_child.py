"""The player of the interpreter's own tests in a child process, which is to be a process like any other.

    mpiexec -n 4 python -m mpiprocessing play_in_a_child.py RECORD TESTS ...

Tests are named as for `unittest`. The record says how each ended.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import unittest
from typing import Any

from play_own_tests import Record


def play(record: str, names: list[str]) -> None:
    """Run tests here, and write down how each ended."""
    suite = unittest.defaultTestLoader.loadTestsFromNames(names)
    result: Any = unittest.TextTestRunner(resultclass=Record, verbosity=2).run(suite)
    with open(record, "w", encoding="utf-8") as file:
        json.dump(result.verdicts, file)


if __name__ == "__main__":
    child = multiprocessing.Process(target=play, args=(sys.argv[1], sys.argv[2:]))
    child.start()
    child.join()
    sys.exit(child.exitcode)
