"""Verdicts as JSON: one record for each pattern and column."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from mpiprocessing.compare.verdict import Outcome, Verdict
from mpiprocessing.compare.visible import encodable

__all__ = ["records", "write"]


def records(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Turn verdicts into plain data.

    Args:
        verdicts: any number of them.

    Returns:
        One dict for each column of each; none for a pattern that was not run. `messages`, `bytes`, `kinds`
        and the two parts of `seconds` are None where they are not known: the standard library passes no
        messages.
    """
    return [_record(v.subject.name, outcome) for v in verdicts for outcome in v.outcomes]


def write(verdicts: Sequence[Verdict], file: IO[str]) -> None:
    """Write the records as a JSON array.

    Args:
        verdicts: any number of them.
        file: open for writing text.
    """
    file.write(encodable(json.dumps(records(verdicts), indent=1, ensure_ascii=False)) + "\n")


def _record(pattern: str, outcome: Outcome) -> dict[str, Any]:
    run = outcome.run
    figures = run.figures.to_json() if run.figures else {}
    return {
        "pattern": pattern,
        "column": run.column,
        "ok": outcome.ok,
        "result": outcome.result.value,
        "exit_status": run.status,
        "timed_out": run.timed_out,
        "ranks": figures.get("ranks"),
        "seconds": run.seconds,
        "startup_seconds": run.startup_seconds,
        "work_seconds": run.work_seconds,
        "messages": figures.get("messages"),
        "bytes": figures.get("bytes"),
        "kinds": figures.get("kinds"),
        "uncounted": figures.get("uncounted", []),
        "output": run.stdout,
        "errors": run.stderr,
        "command": list(run.command),
    }
