"""What is asked of a call of a pool besides: that its results are kept, that its items have random numbers of their own."""

from __future__ import annotations

import os
from typing import NamedTuple

from mpiprocessing.seeds import Seed

__all__ = ["Keeps", "Path"]

Path = str | os.PathLike[str] | None


class Keeps(NamedTuple):
    """The arguments that only pools of this library have.

    Args:
        checkpoint: the file; None for none.
        resume: "force", or None.
        seed: an int or a sequence of them; None for none.
    """

    checkpoint: Path
    resume: str | None
    seed: Seed

    @property
    def any(self) -> bool:
        """Whether anything is asked."""
        return not (self.checkpoint is self.resume is self.seed is None)
