"""What is to be told of a job: options of the command line, and environment variables that stand for them in job scripts.

Every rank has the same command line; its environment may be its own, where the launcher does not pass it on (Open MPI over
ssh). So nothing of this needs the ranks to agree: rank 0 asks, and each answers. Only labels, logs and the count of messages
are each rank's own affair, and need the variable there.
"""

from __future__ import annotations

import os

from mpiprocessing.core.errors import LaunchError

TYPE_CHECKING = False  # the module `typing` is not needed for less
if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BAR", "LINES", "OPTIONS", "TEXT", "Wanted"]

BAR, LINES = "bar", "lines"
"""The two ways to show how far the job is, where it is not to be found out which one suits."""

TEXT = "-"
"""A report as text only."""

_NO = ("", "0", "no", "off", "false")
_YES = "1"

OPTIONS = """\
  --report-ranks           say at the start where each rank runs: host, cores, process id
  --label                  begin each line that is printed with [rank host process]
  --log-dir DIR            also write what each rank prints to DIR/rank-0000.log, DIR/rank-0001.log, ...
  --status DIR             keep DIR/status.json up to date, for `python -m mpiprocessing status DIR` in another terminal
  --progress[=HOW]         show how far pools are: bar, lines, or a line every so many seconds; found out without HOW
  --report[=FILE.json]     say at the end how busy the workers were, what was slow, what was sent, how much memory it took
"""


class Wanted:
    """What is wanted of one job.

    Args:
        environment: the variables; those of this process without it.

    Attributes:
        report_ranks: whether it is said at the start where each rank runs.
        label: whether lines are labelled.
        log_dir: the directory for a log of each rank; "" for none.
        status: the directory for the status file; "" for none.
        progress: how to show how far pools are: "" not at all, "1" as it suits, `BAR`, `LINES`, or seconds between two lines.
        report: the file for the report at the end, `TEXT` for one on stderr only, "" for none.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        said = os.environ if environment is None else environment

        def value(name: str) -> str:
            text = said.get(f"MPIPROCESSING_{name}", "").strip()
            return "" if text.lower() in _NO else text

        self.report_ranks = bool(value("REPORT_RANKS"))
        self.label = bool(value("LABEL"))
        self.log_dir = value("LOG_DIR")
        self.status = value("STATUS")
        self.progress = value("PROGRESS")
        report = value("REPORT")
        self.report = TEXT if report == _YES else report

    def take(self, arguments: list[str]) -> bool:
        """Take one of these options off the front of a command line.

        Args:
            arguments: the command line; changed.

        Returns:
            Whether there was one.

        Raises:
            LaunchError: it lacks its argument, or that makes no sense.
        """
        name, equals, text = arguments[0].partition("=")
        if name in ("--report-ranks", "--label") and not equals:
            setattr(self, name[2:].replace("-", "_"), True)
        elif name in ("--log-dir", "--status"):
            if not equals and len(arguments) > 1:
                text = arguments.pop(1)
            if not text:
                raise LaunchError(f"{name} needs the name of a directory")
            setattr(self, name[2:].replace("-", "_"), text)
        elif name == "--progress":
            self.progress = "1.0" if text == _YES else text or _YES
            self.check(name)
        elif name == "--report":
            self.report = text or TEXT
        else:
            return False
        del arguments[0]
        return True

    def check(self, name: str = "MPIPROCESSING_PROGRESS") -> None:
        """See that what is said makes sense; on rank 0 alone for what its environment says.

        Args:
            name: where it is said.

        Raises:
            LaunchError: it makes none.
        """
        if self.progress not in ("", _YES, BAR, LINES) and not self.seconds():
            raise LaunchError(
                f"{name} is {self.progress!r}: it must be {BAR}, {LINES} or a number of seconds above 0, such as 10"
            )

    def seconds(self) -> float:
        """How many seconds lie between two lines about the progress, where a number is given; 0 where it is not."""
        try:
            seconds = float(self.progress)
        except ValueError:
            return 0.0
        return seconds if 0 < seconds < float("inf") and self.progress != _YES else 0.0

    @property
    def observed(self) -> bool:
        """Whether rank 0 has to ask the others about their work."""
        return bool(self.status or self.progress or self.report)
