"""Recordings of a run in a file, and what becomes of them: the way from the ranks to a timeline.

Theory of operation: rank 0 has the recordings of all ranks when the job ends. For the comparison it writes them as they are to
the file that MPIPROCESSING_TIMELINE names, and the comparison makes a timeline of them; for a trace it does that itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mpiprocessing.compare.chrome import write as write_chrome
from mpiprocessing.compare.merging import merge
from mpiprocessing.compare.timeline import Timeline

__all__ = ["keep", "read", "write_trace"]


def keep(path: str, recordings: Sequence[Mapping[str, Any]]) -> None:
    """Write recordings as they are.

    Args:
        path: the file.
        recordings: of all ranks that could tell.
    """
    Path(path).write_text(json.dumps(recordings), encoding="utf-8")


def read(path: Path) -> Timeline | None:
    """Read what a run left, as a timeline.

    Args:
        path: the file that MPIPROCESSING_TIMELINE named.

    Returns:
        The timeline, or None for a run that ended before it could write.
    """
    try:
        return merge(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None


def write_trace(path: str, recordings: Sequence[Mapping[str, Any]]) -> None:
    """Write recordings as a Chrome trace.

    Args:
        path: the file.
        recordings: of all ranks that could tell.
    """
    timeline = merge(recordings)
    with open(path, "w", encoding="utf-8") as file:
        write_chrome({} if timeline is None else {"": timeline}, file)
