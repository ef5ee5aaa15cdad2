"""Recordings of a run in a file, and what becomes of them: the way from the ranks to a timeline.

Theory of operation: rank 0 has the recordings of all ranks when the job ends. For the comparison it writes them as they are to
the file that MPIPROCESSING_TIMELINE names, and the comparison makes a timeline of them; for a trace it does that itself.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mpiprocessing.compare.chrome import write as write_chrome
from mpiprocessing.compare.merging import merge
from mpiprocessing.compare.timeline import Timeline

__all__ = ["keep", "read", "tell", "write_trace"]


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


def tell(recordings: Sequence[Mapping[str, Any]], trace: str, raw: str | None) -> bool:
    """Write what a job leaves behind; what cannot be written is said, and harms the job no more.

    Args:
        recordings: of all ranks that could tell.
        trace: the file for a Chrome trace, "" for none.
        raw: the file for the recordings as they are, None for none.

    Returns:
        Whether a trace was written.
    """
    try:
        if raw:
            keep(raw, recordings)
        if trace:
            write_trace(trace, recordings)
    except OSError as error:
        sys.stderr.write(f"mpiprocessing: cannot write the trace: {error}\n")
        return False
    return bool(trace)
