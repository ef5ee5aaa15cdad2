"""The player of the standard library's own tests: it runs one of their classes, and writes down how each test ended.

    mpiexec -n 8 python -m mpiprocessing play_own_tests.py RECORD CLASS [TEST LEFT OUT ...]

The tests are those that come with this Python, in `test._test_multiprocessing`, as it runs them for the start method "spawn".
"""

from __future__ import annotations

import json
import sys
import unittest
from typing import Any

from test import _test_multiprocessing as own

own.install_tests_in_module_dict(globals(), "spawn")  # also in children, which look for the classes here


class Record(unittest.TextTestResult):
    """Keeps how each test ended, by its name: "" where all was well."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.verdicts: dict[str, str] = {}

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.verdicts[test._testMethodName] = ""

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        super().addError(test, err)
        self._note(test, self.errors)

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        super().addFailure(test, err)
        self._note(test, self.failures)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        super().addSkip(test, reason)
        self.verdicts.pop(getattr(test, "_testMethodName", ""), None)

    def _note(self, test: unittest.TestCase, troubles: list[tuple[unittest.TestCase, str]]) -> None:
        self.verdicts[getattr(test, "_testMethodName", "the class")] = troubles[-1][1]


def play(record: str, suite: unittest.TestSuite) -> None:
    """Run tests, and write down how each ended."""
    result: Any = unittest.TextTestRunner(resultclass=Record, verbosity=2).run(suite)
    with open(record, "w", encoding="utf-8") as file:
        json.dump(result.verdicts, file)


def main(record: str, name: str, *left_out: str) -> None:
    """Run the tests of a class.

    Args:
        record: the file to write.
        name: the class.
        left_out: tests that are not run.
    """
    kind = globals()[name]
    names = [one for one in unittest.defaultTestLoader.getTestCaseNames(kind) if one not in left_out]
    play(record, unittest.TestSuite([kind(one) for one in names]))


if __name__ == "__main__":
    main(*sys.argv[1:])
