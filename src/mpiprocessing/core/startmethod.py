"""The start method that this process has chosen. It is a name alone, since all start a child in the same way, but programs ask
for it, in their children as well, and no process can choose twice."""

from __future__ import annotations

__all__ = ["DEFAULT", "StartMethod", "chosen"]

DEFAULT = "spawn"
"""The one whose rules hold, whatever is chosen."""


class StartMethod:
    """What was chosen.

    Attributes:
        name: of the method; None where none was chosen yet.
    """

    def __init__(self) -> None:
        self.name: str | None = None


chosen = StartMethod()
