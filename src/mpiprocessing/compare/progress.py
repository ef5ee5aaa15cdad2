"""How far a comparison is, for whoever waits for it: a bar on a terminal, a line for each pattern in a log.

Theory of operation: both go to stderr, so that stdout has the report alone. The bar counts columns, since each takes
about as long as another; it is gone when all is done. A log gets a line when a pattern is done, with its result; for
a single subject it gets none: the report follows at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.text import Text

from mpiprocessing.compare.catalogue import Subject
from mpiprocessing.compare.terminal import bar
from mpiprocessing.compare.verdict import Verdict
from mpiprocessing.compare.visible import visible

__all__ = ["Waiting"]


class Waiting:
    """Shows how far it is, as a context.

    Args:
        console: where.
        subjects: what will be compared.
    """

    def __init__(self, console: Console, subjects: Sequence[Subject]) -> None:
        self._console = console
        self._subjects = len(subjects)
        self._done = 0
        self._bar = bar(console, "columns")
        columns = sum(len(subject.columns) for subject in subjects if not subject.refusal)
        self._task = self._bar.add_task("", total=columns)

    def __enter__(self) -> Waiting:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, subject: Subject) -> None:
        """A subject is next."""
        self._bar.update(self._task, description=visible(subject.name), refresh=True)

    def column(self) -> None:
        """A column has ended."""
        self._bar.advance(self._task)

    def end(self, verdict: Verdict) -> None:
        """A subject is done."""
        self._done += 1
        if self._subjects > 1 and not self._console.is_terminal:
            name = visible(verdict.subject.name)
            line = f"[{self._done}/{self._subjects}] {name}: {verdict.summary}"
            self._console.print(Text(line), soft_wrap=True)
