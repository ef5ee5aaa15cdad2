"""How far a benchmark is, for whoever waits for it: a bar on a terminal, a line for each job in a log.

Both go to stderr, so that stdout has the report alone.
"""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.text import Text

from mpiprocessing.bench.runner import Visit
from mpiprocessing.compare.terminal import bar

__all__ = ["Waiting"]


class Waiting:
    """Shows how far it is, as a context.

    Args:
        console: where.
        visits: how many there will be, as far as that is known.
    """

    def __init__(self, console: Console, visits: int) -> None:
        self._console = console
        self._visits = visits
        self._done = 0
        self._bar = bar(console, "jobs")
        self._task = self._bar.add_task("", total=visits)

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

    def begin(self, visit: Visit) -> None:
        """A visit is next."""
        self._done += 1
        name = f"{visit.family}, {visit.column.name}"
        self._bar.update(self._task, description=name, completed=self._done - 1, refresh=True)
        if not self._console.is_terminal:
            self._console.print(Text(f"[{self._done}/{self._visits}] {name}"), soft_wrap=True)
